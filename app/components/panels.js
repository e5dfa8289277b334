// Panels that one level control moves together, without asking the server.
//
// Python hands over everything for all levels in one payload: panels (title, notes, Plotly traces
// and layout, or table rows) and the levels of the bar. This file knows nothing about energies: it
// lays panels out, shows the level that the address names, and draws again when the level changes.

import { followAddress, readLevel, writeLevel } from "./address.js";
import { buildBar } from "./bar.js";
import { drawNote, drawTable, element } from "./dom.js";
import { Plot, saveImage } from "./plot.js";
import { loadPlotly } from "./plotly.js";

const instances = new WeakMap();

/** Where keys belong to a field. */
const TYPING =
  "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable], [role=listbox]";

/** Called by Streamlit at mount, and again whenever payload or theme changed. */
export default function panels({ data, parentElement }) {
  let instance = instances.get(parentElement);
  if (!instance) {
    instance = new Panels(parentElement);
    instances.set(parentElement, instance);
  }
  instance.update(data.payload);
  return () => {
    instance.stop();
    instances.delete(parentElement);
  };
}

class Panels {
  constructor(parent) {
    this.root = element("div", "ip-root");
    parent.append(this.root);
    this.text = null; // the payload as it came, to tell a new one from a rerun
    this.cells = new Map(); // panel id → {cell, body, title, notes, reading, plot, panel}
    this.level = null;
    this.address = null;
    this.timer = null; // of the play button
    this.writing = null; // pending note of the level in the address
    this.drawing = Promise.resolve();
    this.observer = new ResizeObserver(() => {
      if (!this.Plotly) return;
      for (const { plot } of this.cells.values()) plot?.resize(this.Plotly);
    });
    this.onKey = (event) => this.key(event);
    document.addEventListener("keydown", this.onKey);
  }

  stop() {
    this.play(false);
    this.preparing = null;
    clearTimeout(this.writing);
    document.removeEventListener("keydown", this.onKey);
    this.address?.stop();
    this.observer.disconnect();
    for (const id of [...this.cells.keys()]) this.drop(id);
    this.root.remove();
  }

  update(text) {
    if (text !== this.text) {
      this.text = text;
      this.payload = JSON.parse(text);
      this.ticks = this.payload.levels.map((level) => level.t);
      // At first the address decides; later reruns find the level as the reader left it.
      if (this.level === null) this.level = readLevel(this.ticks) ?? this.payload.level;
      this.build();
      this.address ??= followAddress({
        levels: this.ticks,
        current: () => this.level,
        show: (level) => this.show(level, false),
      });
      this.address.keep();
      // What was chosen from a menu is on screen now: the keys belong to the levels again.
      const focused = document.activeElement;
      if (focused?.matches("[role=combobox]:not([aria-expanded=true])")) focused.blur();
    }
    this.draw(true);
  }

  /** Lay out bar and panels; a panel that was there keeps its element, so that zoom and camera stay. */
  build() {
    const { payload } = this;
    this.bar?.node.remove();
    this.bar = buildBar(payload.levels, {
      choose: (level) => this.show(level),
      play: () => this.play(this.timer === null),
    });
    this.grid ??= element("div", "ip-grid");
    this.grid.dataset.layout = payload.arrangement;
    this.root.append(this.bar.node, this.grid);
    const wanted = new Set(payload.panels.map((panel) => panel.id));
    for (const id of [...this.cells.keys()]) if (!wanted.has(id)) this.drop(id);
    for (const panel of payload.panels) {
      if (this.cells.get(panel.id)?.panel.kind !== panel.kind) {
        this.drop(panel.id);
        this.cells.set(panel.id, this.cell(panel));
      }
      const known = this.cells.get(panel.id);
      known.panel = panel;
      known.title.textContent = panel.title;
      known.reading.textContent = panel.reading;
      this.grid.append(known.cell);
    }
  }

  drop(id) {
    const known = this.cells.get(id);
    if (!known) return;
    this.observer.unobserve(known.body);
    known.plot?.stop();
    known.cell.remove();
    this.cells.delete(id);
  }

  cell(panel) {
    const cell = element("section", `ip-panel ip-is-${panel.kind}`);
    cell.style.gridArea = panel.id;
    cell.dataset.panel = panel.id;
    const head = element("header", "ip-head");
    const title = element("h3", "ip-title");
    const notes = element("span", "ip-note");
    head.append(title, notes);
    const body = element("div", "ip-body");
    const reading = element("p", "ip-reading");
    cell.append(head, body, reading);
    let plot = null;
    if (panel.kind === "plot") {
      plot = new Plot(body, (level) => this.show(level));
      const save = element("button", "ip-icon");
      save.type = "button";
      save.textContent = "PNG";
      save.title = "Save this panel as it is drawn now";
      save.addEventListener("click", () => saveImage(plot.seen, `${panel.id}_t${this.level}`));
      head.append(save);
      this.observer.observe(body);
    }
    return { cell, body, title, notes, reading, plot, panel };
  }

  /** Show a level everywhere; `write` notes it in the address. */
  show(level, write = true) {
    if (level === this.level || !this.ticks.includes(level)) return;
    this.level = level;
    this.draw(false);
    if (!write) return;
    // Browsers refuse more than some 200 address changes in ten seconds: wait for a held key.
    clearTimeout(this.writing);
    this.writing = setTimeout(() => writeLevel(this.level), 120);
  }

  play(on) {
    clearInterval(this.timer);
    this.timer = null;
    if (on) {
      if (this.level === this.ticks.at(-1)) this.show(this.ticks[0]);
      this.timer = setInterval(() => {
        const next = this.ticks[this.ticks.indexOf(this.level) + 1];
        if (next !== undefined) this.show(next);
        if (this.level === this.ticks.at(-1)) this.play(false);
      }, 900);
    }
    this.bar?.playing(this.timer !== null);
  }

  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    const { target } = event;
    if (target.closest?.(TYPING)) return;
    const at = this.ticks.indexOf(this.level);
    if (event.key === "ArrowRight" && at + 1 < this.ticks.length) this.show(this.ticks[at + 1]);
    else if (event.key === "ArrowLeft" && at > 0) this.show(this.ticks[at - 1]);
    else if (/^\d$/.test(event.key) && this.ticks.includes(Number(event.key))) this.show(Number(event.key));
    else if (event.key === " " && !target.closest?.("button, a, input")) this.play(this.timer === null);
    else return;
    event.preventDefault();
  }

  /** Do something after everything that was asked for before. */
  enqueue(act) {
    this.drawing = this.drawing.then(act).catch((error) => {
      this.root.dataset.failed = "true";
      this.bar.say(`These panels could not be drawn: ${error.message}. Reload the page.`);
      console.error(error);
    });
  }

  /** Draw the current level; what is asked while a drawing runs is drawn once, at its end. */
  draw(renewed) {
    this.bar.show(this.level);
    this.renewed ||= renewed;
    if (this.queued) return;
    this.queued = true;
    this.enqueue(async () => {
      this.queued = false;
      const { level, renewed: everything } = this;
      this.renewed = false;
      const started = performance.now();
      this.Plotly = await loadPlotly(this.payload.version);
      const template = this.payload.templates[this.dark() ? "dark" : "light"];
      const index = this.ticks.indexOf(level);
      for (const { panel, plot, body, notes } of this.cells.values()) {
        notes.textContent = panel.notes.length > 1 ? panel.notes[index] : (panel.notes[0] ?? "");
        if (everything) plot?.renew(panel, template);
        if (plot) await plot.show(this.Plotly, index);
        else if (panel.kind === "table") drawTable(body, panel, index);
        else drawNote(body, panel);
      }
      this.root.dataset.level = level;
      this.root.dataset.drawings = Number(this.root.dataset.drawings ?? 0) + 1;
      this.root.dataset.milliseconds = (performance.now() - started).toFixed(1);
      if (everything) this.prepare();
    });
  }

  /** Draw the other levels while the browser has nothing to do, the nearest first. */
  prepare() {
    const turn = (this.preparing = {});
    const at = this.ticks.indexOf(this.level);
    const order = this.ticks.map((_, i) => i).sort((a, b) => Math.abs(a - at) - Math.abs(b - at));
    const tasks = order.flatMap((i) => [...this.cells.values()].map(({ plot }) => [plot, i]));
    const idle = window.requestIdleCallback ?? ((act) => setTimeout(act, 30));
    const next = () => this.enqueue(async () => {
      let drew = false;
      while (turn === this.preparing && tasks.length && !drew) {
        const [plot, index] = tasks.shift();
        drew = Boolean(await plot?.prepare(this.Plotly, index));
      }
      if (turn !== this.preparing) return;
      if (tasks.length) idle(next);
      else this.root.dataset.prepared = "true";
    });
    delete this.root.dataset.prepared;
    idle(next);
  }

  dark() {
    const colour = getComputedStyle(this.root).getPropertyValue("--st-background-color").trim();
    const probe = document.createElement("canvas").getContext("2d");
    probe.fillStyle = colour || "#ffffff"; // canvas turns any CSS colour into #rrggbb
    const [r, g, b] = [1, 3, 5].map((i) => Number.parseInt(probe.fillStyle.slice(i, i + 2), 16));
    return 0.299 * r + 0.587 * g + 0.114 * b < 128;
  }
}
