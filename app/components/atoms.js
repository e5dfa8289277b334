// The map of atoms: pointing at one draws it as a small matrix, a click opens its card, a lasso
// tells the server what it holds. All that is needed for pointing came with the payload.

import { element } from "./dom.js";
import { loadPlotly } from "./plotly.js";

const CONFIG = {
  displaylogo: false,
  responsive: true,
  modeBarButtonsToRemove: ["autoScale2d", "sendChartToCloud"],
  toImageButtonOptions: { format: "png", scale: 2, filename: "atoms" },
};
const instances = new WeakMap();

/** Called by Streamlit at mount, and again whenever data or theme changed. */
export default function atoms({ data, parentElement, setStateValue, setTriggerValue }) {
  let instance = instances.get(parentElement);
  if (!instance) {
    instance = new AtomMap(parentElement);
    instances.set(parentElement, instance);
  }
  instance.tell = setStateValue;
  instance.pick = setTriggerValue;
  instance.update(data);
  return () => {
    instance.stop();
    instances.delete(parentElement);
  };
}

/** A typed array of the payload: base64 of its bytes. */
function numbers(spec) {
  const bytes = Uint8Array.from(atob(spec.bdata), (c) => c.charCodeAt(0));
  const kinds = {
    i1: Int8Array, u1: Uint8Array, i2: Int16Array, u2: Uint16Array, i4: Int32Array,
    u4: Uint32Array, f4: Float32Array, f8: Float64Array,
  };
  return new kinds[spec.dtype](bytes.buffer);
}

function channels(colour) {
  const [r, g, b] = colour.match(/[\d.]+/g).map(Number);
  return [r, g, b];
}

/** 255 colours for −127 … 127. */
function palette(stops) {
  const known = stops.map(([at, colour]) => [at, channels(colour)]);
  return Array.from({ length: 255 }, (_, i) => {
    const at = i / 254;
    const next = Math.max(1, known.findIndex(([stop]) => stop >= at));
    const [[low, from], [high, to]] = [known[next - 1], known[next]];
    return from.map((c, k) => c + ((to[k] - c) * (at - low)) / (high - low));
  });
}

class AtomMap {
  constructor(parent) {
    this.root = element("div", "ia-root");
    this.plot = element("div", "ia-plot");
    this.hover = element("div", "ia-hover");
    this.root.append(this.plot, this.hover);
    parent.append(this.root);
    this.text = null;
    this.held = null; // features in the lasso
    this.drawing = Promise.resolve();
  }

  stop() {
    window.Plotly?.purge(this.plot);
    this.root.remove();
  }

  update({ payload, height }) {
    this.root.style.height = `${height}px`;
    if (payload === this.text) return;
    this.text = payload;
    this.drawing = this.drawing.then(() => this.draw(JSON.parse(payload))).catch((error) => {
      this.root.dataset.failed = "true";
      this.plot.textContent = `The map could not be drawn: ${error.message}. Reload the page.`;
      console.error(error);
    });
  }

  async draw(payload) {
    const Plotly = await loadPlotly(payload.version);
    this.payload = payload;
    this.facts = numbers(payload.facts);
    this.colours = palette(payload.stops);
    this.places = new Map();
    if (payload.atoms) {
      this.entries = numbers(payload.atoms.entries);
      this.scales = numbers(payload.atoms.scale);
      numbers(payload.atoms.features).forEach((feature, i) => this.places.set(feature, i));
    }
    const { data, layout } = payload.figure;
    this.features = data.slice(0, 2).map(({ customdata }) => Array.from(numbers(customdata)));
    this.selected().forEach((held, i) => { data[i].selectedpoints = held; });
    await Plotly.react(this.plot, data, { ...layout, autosize: true }, CONFIG);
    if (!this.listens) this.listen();
    this.root.dataset.drawings = Number(this.root.dataset.drawings ?? 0) + 1;
  }

  /** Feature of a point that an event speaks of; undefined for the ring. */
  feature({ curveNumber, pointNumber }) {
    return this.features[curveNumber]?.[pointNumber];
  }

  listen() {
    this.listens = true;
    this.plot.on("plotly_hover", ({ points, event }) => {
      const feature = this.feature(points[0]);
      if (feature !== undefined) this.point(feature, event);
    });
    this.plot.on("plotly_unhover", () => { this.hover.style.display = "none"; });
    this.plot.on("plotly_click", ({ points }) => {
      const feature = this.feature(points[0]);
      if (feature !== undefined) this.pick("picked", feature);
    });
    this.plot.on("plotly_selected", (event) => {
      // Only a drag has an outline; plotly.js says the same of a click and of `wipe`.
      if (!event?.lassoPoints && !event?.range) return;
      this.hold(event.points.map((p) => this.feature(p)).filter((f) => f !== undefined));
      this.wipe();
    });
  }

  /** Take the outline away, which would swallow clicks on points; what it held stays bright. */
  wipe() {
    this.drawing = this.drawing.then(() => window.Plotly.update(
      this.plot, { selectedpoints: this.selected() }, { selections: [] }, [0, 1],
    ));
  }

  /** Positions of the held features within each trace; null where nothing is held. */
  selected() {
    if (!this.held) return [null, null];
    return this.features.map((own) => own.flatMap((f, at) => (this.held.has(f) ? [at] : [])));
  }

  hold(features) {
    this.held = features.length ? new Set(features) : null;
    this.tell("lasso", features.length ? features : null);
  }

  /** Show a feature beside the pointer. */
  point(feature, event) {
    const { factNames, labels, side } = this.payload;
    const name = element("div");
    const number = element("b");
    number.textContent = `feature ${feature}`;
    name.append(number, labels[feature] ? ` ${labels[feature]}` : "");
    const parts = [name];
    const at = this.places.get(feature);
    if (at !== undefined) parts.push(this.matrix(at, side));
    factNames.forEach((label, k) => {
      const value = this.facts[feature * factNames.length + k];
      const line = element("div", "ia-soft");
      line.textContent = `${label} ${Number.isFinite(value) ? Number(value.toPrecision(4)) : "–"}`;
      parts.push(line);
    });
    if (at !== undefined) {
      const line = element("div", "ia-soft");
      line.textContent = `colours ±${Number(this.scales[at].toPrecision(3))}`;
      parts.push(line);
    }
    this.hover.replaceChildren(...parts);
    this.hover.dataset.feature = feature;
    this.hover.style.display = "block";
    const box = this.root.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const { offsetWidth: width, offsetHeight: height } = this.hover;
    this.hover.style.left = `${x + 18 + width > box.width ? Math.max(0, x - width - 18) : x + 18}px`;
    this.hover.style.top = `${Math.min(Math.max(0, y - height / 2), Math.max(0, box.height - height))}px`;
  }

  matrix(at, side) {
    const canvas = element("canvas");
    canvas.width = canvas.height = side;
    const context = canvas.getContext("2d");
    const image = context.createImageData(side, side);
    const first = at * side * side;
    for (let i = 0; i < side * side; i += 1) {
      const [r, g, b] = this.colours[this.entries[first + i] + 127];
      image.data.set([r, g, b, 255], 4 * i);
    }
    context.putImageData(image, 0, 0);
    return canvas;
  }
}
