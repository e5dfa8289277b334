// What is drawn at the pointer: of every feature a small matrix and some facts. All of it came with
// the payload, so that pointing asks nothing.

import { element } from "./dom.js";
import { plain, typed } from "./traces.js";

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

export class Pointer {
  constructor(body) {
    this.body = body;
    this.node = element("div", "ip-hover");
    body.append(this.node);
  }

  stop() {
    this.node.remove();
  }

  renew(hover) {
    this.hover = hover;
    this.hide();
    this.facts = hover.facts ? typed(hover.facts) : null;
    this.places = new Map();
    if (!hover.entries) return;
    this.entries = typed(hover.entries);
    this.scales = plain(hover.scale);
    this.colours = palette(hover.stops);
    plain(hover.features).forEach((feature, i) => this.places.set(feature, i));
  }

  hide() {
    this.node.style.display = "none";
  }

  /** Show a feature beside the pointer. */
  show(feature, event) {
    const { factNames = [], labels = {}, side } = this.hover;
    const name = element("div");
    const number = element("b");
    number.textContent = `feature ${feature}`;
    name.append(number, labels[feature] ? ` ${labels[feature]}` : "");
    const parts = [name];
    const at = this.places.get(feature);
    if (at !== undefined) parts.push(this.matrix(at, side));
    factNames.forEach((label, k) => {
      const value = this.facts[feature * factNames.length + k];
      parts.push(line(`${label} ${Number.isFinite(value) ? Number(value.toPrecision(4)) : "–"}`));
    });
    if (at !== undefined) parts.push(line(`colours ±${Number(this.scales[at].toPrecision(3))}`));
    this.node.replaceChildren(...parts);
    this.node.dataset.feature = feature;
    this.node.style.display = "block";
    this.place(event);
  }

  place(event) {
    const box = this.body.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const { offsetWidth: width, offsetHeight: height } = this.node;
    this.node.style.left = `${x + 18 + width > box.width ? Math.max(0, x - width - 18) : x + 18}px`;
    this.node.style.top =
      `${Math.min(Math.max(0, y - height / 2), Math.max(0, box.height - height))}px`;
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

function line(text) {
  const node = element("div", "ip-fact");
  node.textContent = text;
  return node;
}
