// What is under the pointer in one panel, lit in all of them: a cell of a matrix, a state of the descent,
// whatever has a name.

import { element, spelled } from "./dom.js";
import { clickOf, namesOf } from "./traces.js";

function axisOf(layout, id) {
  return layout[`${id[0]}axis${id.slice(1)}`];
}

function centre(values, at, first = 0, step = 1) {
  const value = values?.[at];
  return typeof value === "number" ? value : first + at * step;
}

/** The same cell in every matrix that is seen: its box in pixels of the body, name and value. */
export function cellsOf(seen, [row, column]) {
  const { _fullData: traces, _fullLayout: layout } = seen ?? {};
  return (traces ?? []).flatMap((trace) => {
    if (trace.meta !== "matrix" || trace.visible !== true) return [];
    const [across, down] = [trace.xaxis, trace.yaxis].map((id) => axisOf(layout, id));
    const z = trace.z;
    if (!z?.[row] || column >= z[row].length) return [];
    const x = centre(trace.x, column, trace.x0, trace.dx);
    const y = centre(trace.y, row, trace.y0, trace.dy);
    const [left, right] = [x - 0.5, x + 0.5].map((v) => across._offset + across.c2p(v));
    const [top, bottom] = [y - 0.5, y + 0.5].map((v) => down._offset + down.c2p(v));
    const box = {
      left: Math.min(left, right),
      top: Math.min(top, bottom),
      width: Math.abs(right - left),
      height: Math.abs(bottom - top),
    };
    return [{ box, name: trace.name, value: spelled(z[row][column], 3) }];
  });
}

/** Where a state [level, step] of the descent is drawn, in pixels of the body. */
function statesOf(seen, [level, step]) {
  const { _fullData: traces, _fullLayout: layout } = seen ?? {};
  return (traces ?? []).flatMap((trace) => {
    const { customdata } = trace;
    if (clickOf(trace) !== "jump" || trace.type !== "scatter" || trace.visible !== true) return [];
    if (!trace.mode?.includes("markers") || !customdata) return [];
    const at = [...customdata].findIndex((c) => c?.[0] === level && c?.[1] === step);
    if (at < 0) return [];
    const [across, down] = [trace.xaxis, trace.yaxis].map((id) => axisOf(layout, id));
    const [left, top] = [across.c2p(trace.x[at]), down.d2p(trace.y[at])];
    const inside = left >= 0 && left <= across._length && top >= 0 && top <= down._length;
    return inside ? [{ left: across._offset + left, top: down._offset + top }] : [];
  });
}

/** Marks and bars of a name, in pixels of the body: {left, top} of a mark, with a size of a bar. */
function namesakesOf(seen, name) {
  const { _fullData: traces, _fullLayout: layout, calcdata } = seen ?? {};
  return (traces ?? []).flatMap((trace, number) => {
    if (trace.visible !== true) return [];
    const [across, down] = [trace.xaxis, trace.yaxis].map((id) => axisOf(layout, id));
    return namesOf(trace).flatMap((one, at) => {
      if (one !== name) return [];
      if (trace.type !== "bar") {
        const [left, top] = [across.d2p(trace.x[at]), down.d2p(trace.y[at])];
        const inside = left >= 0 && left <= across._length && top >= 0 && top <= down._length;
        return inside ? [{ left: across._offset + left, top: down._offset + top }] : [];
      }
      const { s0, s1, p0, p1 } = calcdata[number][at];
      const flat = trace.orientation === "h";
      const [x, y] = (flat ? [[s0, s1], [p0, p1]] : [[p0, p1], [s0, s1]]);
      const [left, right] = x.map((v) => across._offset + across.c2p(v)).sort((a, b) => a - b);
      const [top, bottom] = y.map((v) => down._offset + down.c2p(v)).sort((a, b) => a - b);
      return [{ left, top, width: right - left, height: bottom - top }];
    });
  });
}

/** What a point under the pointer stands for: a matrix' cell, a state, something with a name, or nothing. */
export function meant({ data, customdata, pointNumber }) {
  const name = namesOf(data)[pointNumber];
  if (name !== undefined) return { name };
  if (data.meta === "matrix" && Array.isArray(pointNumber)) return { cell: pointNumber };
  const [level, step] = typeof customdata === "object" && customdata ? customdata : [];
  const state = clickOf(data) === "jump" && Number.isInteger(level) && Number.isInteger(step);
  return state ? { state: [level, step] } : null;
}

export class Lit {
  constructor(panel) {
    this.panel = panel;
  }

  /** Outline what is meant in this panel; null for nothing. */
  show(what) {
    const { panel } = this;
    for (const old of panel.bodyBox.querySelectorAll(":scope > :is(.ip-cell, .ip-state)")) old.remove();
    const seen = what && !panel.numbers ? panel.figure?.seen : null;
    this.cells(seen && what.cell ? what.cell : null, seen);
    for (const { left, top } of seen && what.state ? statesOf(seen, what.state) : [])
      this.outline("ip-state", { left, top });
    for (const box of seen && what.name ? namesakesOf(seen, what.name) : [])
      this.outline(box.width === undefined ? "ip-state" : "ip-cell", box);
    panel.table?.light(what?.name);
  }

  cells(cell, seen) {
    const lit = cell ? cellsOf(seen, cell) : [];
    const values = lit.map(({ name, value }) => `${name} ${value}`);
    this.panel.head.light(lit.length ? `row ${cell[0]} · col ${cell[1]}   ${values.join("   ")}` : "");
    for (const { box } of lit) this.outline("ip-cell", box);
  }

  outline(kind, box) {
    const outline = element("div", kind);
    for (const [side, value] of Object.entries(box)) outline.style[side] = `${value}px`;
    this.panel.bodyBox.append(outline);
  }
}
