// One Plotly figure: every level is drawn once, into a layer of its own, and changing the level only
// changes which layer is seen. The first drawing of a level takes some 30 ms, the change none.

import { element } from "./dom.js";
import { loadPlotly } from "./plotly.js";
import { clickOf, customOf, isPlain, merged, plain, resolved } from "./traces.js";

const CONFIG = { displayModeBar: false, displaylogo: false, scrollZoom: false, doubleClick: "reset" };

/** Types that hold one of the browser's few WebGL contexts. */
const DEEP = /^(surface|mesh3d|scatter3d|cone|streamtube|isosurface|volume|scattergl|splom|parcoords)$/;

/** Types that the small part of plotly.js draws. */
const PLANE = /^(scatter|bar|box|violin|histogram|histogram2d|heatmap|contour|image)$/;

/** How long a panel keeps its size before its figure follows [ms]. */
const STILL = 100;

/** Changes of the view that a reader made with the pointer. */
const TURNED = /axis\d*\.(auto)?range|camera/;

export class Figure {
  /**
   * @param body where layers are put.
   * @param tell {jump(level), picked(point), hovered(point, event), left(), selected(list)}
   */
  constructor(body, tell) {
    this.body = body;
    this.tell = tell;
    this.Plotly = null; // what draws it
    this.layers = new Map(); // position of a level → its layer
    this.kept = null; // the layer that was zoomed or turned: it then shows all levels
    this.seen = null;
    this.view = null; // of a figure at rest
    this.linked = {}; // axis → range that a link asks for, until it is reset
    this.zoomed = new Set(); // axes whose range the reader or a link chose
    this.size = sizeOf(body); // known beforehand: asking at each level would lay the page out anew
    this.held = null; // names of what lasso or box hold
    this.wishes = 0; // how often that changed
    this.mode = null; // what dragging does, where a reader chose it
  }

  /** Take a new panel or theme; what was drawn before is out of date, unless it is the same figure, of
   * which something else is said. */
  renew(panel, template) {
    const same = panel.drawing && panel.drawing === this.panel?.drawing && template === this.template;
    this.panel = panel;
    if (same) return;
    this.template = template;
    this.edition = {};
    const types = new Set([...panel.shared, ...panel.levels.flat()].map(({ type }) => type ?? "scatter"));
    this.deep = [...types].some((type) => DEEP.test(type));
    this.whole = ![...types].every((type) => PLANE.test(type));
    this.layered = panel.levels.length > 0 && !this.deep;
    if (!this.layered) for (const key of [...this.layers.keys()]) if (key !== 0) this.drop(key);
  }

  /** Load what can draw it; what another library drew goes, with its ranges: they were of other data. */
  async equip(version) {
    const Plotly = await loadPlotly(version, this.whole);
    if (this.Plotly && this.Plotly !== Plotly) for (const key of [...this.layers.keys()]) this.drop(key);
    this.Plotly = Plotly;
  }

  /** Give the WebGL context back; camera and zoom are kept for the next drawing. */
  rest() {
    if (!this.layers.has(0)) return;
    this.view = this.turned();
    this.drop(0);
  }

  /** A small picture of what is seen; "" where there is none. */
  async thumbnail() {
    const { seen } = this;
    if (!seen) return "";
    const [width, height] = [seen.clientWidth, seen.clientHeight];
    const scale = 150 / width;
    try {
      return await this.Plotly.toImage(seen, { format: "png", width, height, scale });
    } catch {
      return ""; // words do without it
    }
  }

  /** What a reader zoomed or turned, as changes of the layout. */
  turned() {
    const now = this.seen?.layout ?? {};
    return Object.fromEntries(Object.entries(now).flatMap(([name, part]) => {
      if (/^[xy]axis\d*$/.test(name) && part.range)
        return [[name, { range: [...part.range], autorange: false }]];
      return /^scene\d*$/.test(name) && part.camera ? [[name, { camera: part.camera }]] : [];
    }));
  }

  /** Open with these ranges. */
  zoom(ranges) {
    this.linked = ranges;
    this.zoomed = new Set(Object.keys(ranges));
  }

  drop(key) {
    const layer = this.layers.get(key);
    this.layers.delete(key);
    if (this.kept === layer) this.kept = null;
    if (this.seen === layer) this.seen = null;
    this.Plotly?.purge(layer);
    layer.remove();
  }

  layer(index) {
    if (this.kept) return this.kept;
    const key = this.layered ? index : 0;
    if (!this.layers.has(key)) {
      const layer = element("div", "ip-layer");
      this.body.append(layer);
      this.layers.set(key, layer);
    }
    return this.layers.get(key);
  }

  current(layer, index) {
    return layer.edition === this.edition && layer.index === index;
  }

  /** Show a level; draw it if it was not drawn yet. Says whether anything changed. */
  async show(index) {
    const layer = this.layer(index);
    const stale = !this.current(layer, index);
    if (stale) await this.draw(layer, index);
    if (this.seen === layer) return stale;
    if (!stale) fit(this.Plotly, layer, this.size);
    this.seen?.classList.remove("ip-seen");
    layer.classList.add("ip-seen");
    this.seen = layer;
    return true;
  }

  /** Draw a level before it is asked for; false if there was nothing to do. */
  async prepare(index) {
    if (!this.layered || this.kept) return false;
    const layer = this.layer(index);
    if (this.current(layer, index)) return false;
    await this.draw(layer, index);
    return true;
  }

  /** Traces and layout of a level, as they are handed to plotly.js. */
  spelled(index, panel = this.panel, template = this.template) {
    const layout = merged(panel.layout, panel.layouts[index]);
    layout.template = template;
    layout.autosize = true;
    const own = panel.levels[index] ?? [];
    const traces = [...panel.shared, ...own.map((trace) => resolved(trace, own))];
    if (panel.selects)
      for (const trace of traces) trace.selectedpoints = this.held ? this.pointsOf(trace) : null;
    return { traces, layout };
  }

  async draw(layer, index) {
    const { panel, edition, Plotly } = this;
    const drawn = layer.edition === edition;
    layer.edition = edition;
    layer.index = index;
    if (drawn && !panel.levels.length) {
      // Only the layout knows the level (a shade that moves): a thirtieth of a full drawing.
      if (panel.layouts.length) await Plotly.relayout(layer, structuredClone(panel.layouts[index]));
      return;
    }
    const { traces, layout } = this.spelled(index);
    if (this.view) Object.assign(layout, merged(layout, this.view));
    this.view = null;
    for (const [name, range] of Object.entries(this.linked)) {
      if (layout[name]) layout[name] = { ...layout[name], range: [...range], autorange: false };
      this.kept = layer;
    }
    // Zoom and camera stay while the panel speaks of the same axes.
    layout.uirevision ??= [panel.id, ...axisTitles(panel.layout)].join("|");
    if (panel.selects) {
      layout.dragmode = this.mode ?? layout.dragmode ?? "lasso";
      // The outline would swallow clicks on points: what it held stays bright without it.
      layout.selections = [];
      layout.selectionrevision = this.wishes;
    }
    await Plotly.react(layer, traces, layout, CONFIG);
    if (!layer.listens) this.listen(layer);
  }

  /** Positions of the held points of a trace; all are bright in one that has no customdata. */
  pointsOf(trace) {
    if (trace.customdata === undefined) return null;
    const rows = plain(trace.customdata);
    return rows.flatMap((row, at) => (this.held.has([].concat(row)[0]) ? [at] : []));
  }

  listen(layer) {
    layer.listens = true;
    // plotly.js looks at most every 50 ms what is under the pointer: a quick click would be one on
    // what was there before. Forgetting it makes the click look anew.
    layer.addEventListener("mousedown", (event) => {
      if (event.shiftKey) event.preventDefault(); // else it would select text
      this.Plotly.Fx.unhover(layer);
    }, true);
    layer.on("plotly_click", ({ points, event }) => {
      // A point that belongs to a level says so, and a click on it leads there; "leap": and picks.
      const jump = points.find(({ data }) => ["jump", "leap"].includes(clickOf(data)));
      if (jump?.customdata !== undefined) this.tell.jump(Number(customOf(jump)[0]));
      if (points.length && !(jump && clickOf(jump.data) === "jump"))
        this.tell.picked(spoken(jump ?? points[0], event));
    });
    layer.on("plotly_hover", ({ points, event }) => this.tell.hovered(points[0], event));
    layer.on("plotly_unhover", () => this.tell.left());
    layer.on("plotly_selected", (event) => {
      // Only a drag has an outline; plotly.js says the same of a click and of a redrawing.
      if (!event?.lassoPoints && !event?.range) return;
      this.tell.selected(event.points.map(customOf).filter((custom) => custom.length));
    });
    layer.on("plotly_relayout", (change) => {
      const keys = Object.keys(change);
      if (keys.some((key) => TURNED.test(key))) this.kept = layer;
      for (const key of keys) {
        const [, name] = /^([xy]axis\d*)\.range/.exec(key) ?? [];
        if (name) this.zoomed.add(name);
      }
    });
    // The reset itself is announced as one more change of the axes, a moment later.
    layer.on("plotly_doubleclick", () => setTimeout(() => this.unzoom(layer), 300));
  }

  /** All axes are as the figure has them: a link's ranges are those that plotly.js would return to. */
  unzoom(layer) {
    this.kept = null;
    this.zoomed.clear();
    const names = Object.keys(this.linked);
    if (!names.length || !layer.isConnected) return;
    this.linked = {};
    const { layout } = this.spelled(layer.index);
    const own = names.filter((name) => layout[name]).map((name) =>
      layout[name].range ? [`${name}.range`, layout[name].range] : [`${name}.autorange`, layout[name].autorange ?? true]);
    this.Plotly.relayout(layer, Object.fromEntries(own)).then(() => {
      this.kept = null;
      this.zoomed.clear();
    });
  }

  /** Keep some points bright, by the first of their customdata; null for all. What was drawn is out of date. */
  hold(customs) {
    this.held = customs && new Set(customs.map(([first]) => first)); // a point's name
    this.wishes += 1;
    this.edition = {};
  }

  /** What dragging does: "lasso", "select" or "zoom". */
  drag(mode) {
    this.mode = mode;
    for (const layer of this.layers.values()) this.Plotly.relayout(layer, { dragmode: mode });
  }

  /** Follow the panel, once it has kept its size for a moment: while a page is built it has others. */
  resize() {
    this.size = sizeOf(this.body);
    clearTimeout(this.resizing);
    this.resizing = setTimeout(() => this.seen && fit(this.Plotly, this.seen, this.size), STILL);
  }

  stop() {
    clearTimeout(this.resizing);
    for (const key of [...this.layers.keys()]) this.drop(key);
  }
}

function axisTitles(layout) {
  return Object.entries(layout).flatMap(([name, axis]) =>
    /^[xy]axis\d*$/.test(name) && isPlain(axis) ? [axis.title?.text ?? "", axis.type ?? ""] : []);
}

/** What is told of a clicked point: numbers and texts alone. */
function spoken(point, event) {
  const tell = (value) => (typeof value === "number" || typeof value === "string" ? value : null);
  return {
    trace: point.curveNumber,
    custom: customOf(point),
    x: tell(point.x),
    y: tell(point.y),
    z: tell(point.z),
    head: false,
    shift: Boolean(event?.shiftKey),
  };
}

/** Follow the size of the panel; a layer that is not seen does so when it is shown. */
function fit(Plotly, layer, size) {
  const { width, height } = layer._fullLayout ?? {};
  const same = Math.abs(width - size.width) < 1 && Math.abs(height - size.height) < 1;
  if (width && size.width > 0 && !same) Plotly.relayout(layer, { autosize: true });
}

function sizeOf(node) {
  return { width: node.clientWidth, height: node.clientHeight };
}
