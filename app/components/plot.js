// One Plotly panel: every level is drawn once, into a layer of its own, and changing the level only
// changes which layer is seen. The first drawing of a level takes some 30 ms, the change none.

import { element } from "./dom.js";

const CONFIG = { displayModeBar: false, displaylogo: false, scrollZoom: false, doubleClick: "reset" };

function isPlain(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** A copy of `base` with the entries of `change` laid over it, dict by dict. */
function merged(base, change) {
  const result = {};
  for (const [key, value] of Object.entries(base)) result[key] = isPlain(value) ? merged(value, {}) : value;
  for (const [key, value] of Object.entries(change ?? {}))
    result[key] = isPlain(value) && isPlain(result[key]) ? merged(result[key], value) : value;
  return result;
}

/** A trace with the arrays that it shares with another one of its level; each travels once. */
function resolved(trace, own) {
  const entries = Object.entries(trace).map(([key, value]) =>
    [key, isPlain(value) && "same" in value ? own[value.same][value.field] : value]);
  return Object.fromEntries(entries);
}

export class Plot {
  /** @param body where layers are put; jump: called with the level of a clicked state. */
  constructor(body, jump) {
    this.body = body;
    this.jump = jump;
    this.layers = new Map(); // position of a level → its layer
    this.kept = null; // the layer that was zoomed or turned: it then shows all levels
    this.seen = null;
  }

  /** Take a new panel or theme; what was drawn before is out of date. */
  renew(panel, template) {
    this.panel = panel;
    this.template = template;
    this.edition = {};
    // A 3-D scene holds one of the browser's few WebGL contexts: one layer for all levels.
    const deep = [...panel.shared, ...panel.levels.flat()].some(({ type }) => type === "surface");
    this.layered = panel.levels.length > 0 && !deep;
    if (!this.layered) for (const key of [...this.layers.keys()]) if (key !== 0) this.drop(key);
  }

  drop(key) {
    const layer = this.layers.get(key);
    this.layers.delete(key);
    if (this.kept === layer) this.kept = null;
    if (this.seen === layer) this.seen = null;
    window.Plotly?.purge(layer);
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

  /** Show a level; draw it if it was not drawn yet. */
  async show(Plotly, index) {
    const layer = this.layer(index);
    if (!this.current(layer, index)) await this.draw(Plotly, layer, index);
    else fit(Plotly, layer);
    if (this.seen !== layer) {
      this.seen?.classList.remove("ip-seen");
      layer.classList.add("ip-seen");
      this.seen = layer;
    }
  }

  /** Draw a level before it is asked for; false if there was nothing to do. */
  async prepare(Plotly, index) {
    if (!this.layered || this.kept) return false;
    const layer = this.layer(index);
    if (this.current(layer, index)) return false;
    await this.draw(Plotly, layer, index);
    return true;
  }

  async draw(Plotly, layer, index) {
    const { panel, edition } = this;
    const drawn = layer.edition === edition;
    layer.edition = edition;
    layer.index = index;
    if (drawn && !panel.levels.length) {
      // Only the layout knows the level (a shade that moves): a thirtieth of a full drawing.
      if (panel.layouts.length) await Plotly.relayout(layer, structuredClone(panel.layouts[index]));
      return;
    }
    const layout = merged(panel.layout, panel.layouts[index]);
    layout.template = this.template;
    layout.autosize = true;
    const own = panel.levels[index] ?? [];
    const traces = [...panel.shared, ...own.map((trace) => resolved(trace, own))];
    await Plotly.react(layer, traces, layout, CONFIG);
    if (!layer.listens) this.listen(layer);
  }

  listen(layer) {
    layer.listens = true;
    layer.on("plotly_click", ({ points }) => {
      // A point that belongs to a level says so, and a click on it leads there.
      const point = points.find(({ data }) => data.meta === "jump");
      if (point?.customdata !== undefined) this.jump(Number([].concat(point.customdata)[0]));
    });
    layer.on("plotly_relayout", (change) => {
      if (Object.keys(change).some((key) => /axis\d*\.(auto)?range|camera/.test(key))) this.kept = layer;
    });
    // The reset itself is announced as one more change of the axes, a moment later.
    layer.on("plotly_doubleclick", () => setTimeout(() => (this.kept = null), 300));
  }

  resize(Plotly) {
    if (this.seen) fit(Plotly, this.seen);
  }

  stop() {
    for (const key of [...this.layers.keys()]) this.drop(key);
  }
}

/** Follow the size of the panel; a layer that is not seen does so when it is shown. */
function fit(Plotly, layer) {
  const { width, height } = layer._fullLayout ?? {};
  const same = Math.abs(width - layer.clientWidth) < 1 && Math.abs(height - layer.clientHeight) < 1;
  if (width && layer.clientWidth > 0 && !same) Plotly.Plots.resize(layer);
}

export function saveImage(layer, filename) {
  const { width, height } = layer.getBoundingClientRect();
  window.Plotly?.downloadImage(layer, { format: "png", scale: 2, width, height, filename });
}
