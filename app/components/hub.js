// What all mounts of a page share: the level, the page's data, its panels, one queue of drawings.
//
// Every mount imports this very module, so that there is one hub, and a change of level asks the
// server nothing.

import { Live } from "./live.js";

/** Of any CSS colour whether text on it must be light. */
function isDark(colour) {
  const probe = document.createElement("canvas").getContext("2d");
  probe.fillStyle = colour || "#ffffff"; // canvas turns any CSS colour into #rrggbb
  const [r, g, b] = [1, 3, 5].map((i) => Number.parseInt(probe.fillStyle.slice(i, i + 2), 16));
  return 0.299 * r + 0.587 * g + 0.114 * b < 128;
}

const PATIENCE = 20_000; // [ms] after which what was to be computed once it is missing is forgotten

const LATER = 200; // [ms] before it is looked again whether an answer is computed

class Hub {
  constructor() {
    this.page = null; // the mount that brings levels and templates
    this.panels = new Set();
    this.level = null; // t, null on a page without levels
    this.touched = null; // the panel that pointer or focus entered last
    this.sought = ""; // id of the panel that a click leads to
    this.saved = new Set(); // ids of files that were saved
    this.style = null;
    this.live = new Live(this);
    this.arrived = null; // a live answer that is on its way to its panel
    this.drawing = Promise.resolve();
  }

  /** The sheet of all mounts, once: a link in each would multiply the rules. */
  styled() {
    this.style ??= new Promise((resolve) => {
      const link = document.createElement("link");
      link.rel = "stylesheet";
      link.href = new URL("./host.css", import.meta.url);
      link.onload = link.onerror = resolve;
      document.head.append(link);
    });
    return this.style;
  }

  get ticks() {
    return this.page?.ticks ?? [];
  }

  /** The `panels`, or null for all, that are to be computed once the page says what they miss. It stands here because Streamlit may
   * mount a page anew while one rerun overtakes another; on another view it means nothing. */
  get wanted() {
    const { asked, path } = this.wish ?? {};
    const fresh = performance.now() - asked < PATIENCE && path === window.location.pathname;
    return fresh ? this.wish : null;
  }

  set wanted(wish) {
    this.wish = wish && { ...wish, path: window.location.pathname, asked: performance.now() };
  }

  /** Position of the level among the page's; 0 without levels. */
  get index() {
    return Math.max(0, this.ticks.indexOf(this.level));
  }

  arrive(page) {
    this.page = page;
    this.level = null;
    this.ground = null;
  }

  leave(page) {
    if (this.page === page) this.page = null;
  }

  join(panel) {
    this.panels.add(panel);
  }

  part(panel) {
    this.panels.delete(panel);
  }

  /** Do something after everything that was asked for before. */
  enqueue(act) {
    this.drawing = this.drawing.then(act).catch((error) => this.fail(error));
  }

  fail(error) {
    if (this.page) {
      this.page.root.dataset.failed = "true";
      this.page.say(`The page could not be drawn: ${error.message}. Reload it.`);
    }
    console.error(error);
  }

  /** Draw what is out of date; what is asked while a drawing runs is drawn once, at its end. */
  draw() {
    if (this.queued) return;
    this.queued = true;
    this.enqueue(async () => {
      this.queued = false;
      await this.styled();
      const { page } = this;
      if (!page) return; // it draws everything when it arrives
      const started = performance.now();
      const { level, index } = this;
      const ground = isDark(getComputedStyle(page.root).getPropertyValue("--st-background-color").trim())
        ? "dark" : "light";
      const regrounded = ground !== this.ground || page.templates !== this.templates;
      this.ground = ground;
      this.templates = page.templates;
      let renewed = false;
      let drew = false;
      for (const panel of this.panels) {
        if (this.page !== page) return;
        const late = !panel.template; // came after the others were drawn
        if (regrounded || late) panel.reground(page.templates[ground]);
        renewed ||= panel.stale;
        drew = (await panel.show(index, level)) || drew;
      }
      if (this.page !== page) return;
      const here = new Set([...this.panels].map((panel) => panel.id));
      if (page.panels.every((id) => here.has(id)) && !this.queued) {
        if (level !== null) page.root.dataset.level = level;
        page.root.dataset.drawn = "true";
      }
      if (drew || regrounded) {
        page.root.dataset.drawings = Number(page.root.dataset.drawings ?? 0) + 1;
        page.root.dataset.milliseconds = (performance.now() - started).toFixed(1);
      }
      if (renewed || regrounded) this.prepare();
    });
  }

  /** Draw the other levels while the browser has nothing to do, the nearest first; not while an answer is
   * computed, which would take longer for it, and have them drawn anew. */
  prepare() {
    const turn = (this.preparing = {});
    const { page, index: at } = this;
    const order = this.ticks.map((_, i) => i).sort((a, b) => Math.abs(a - at) - Math.abs(b - at));
    const tasks = order.flatMap((i) => [...this.panels].map((panel) => [panel, i]));
    const idle = (act) => (window.requestIdleCallback
      ? window.requestIdleCallback(act, { timeout: 1000 }) : setTimeout(act, 30));
    const next = () => (this.live.running ? setTimeout(() => idle(next), LATER) : this.enqueue(act));
    const act = async () => {
      let drew = false;
      while (turn === this.preparing && this.page === page && tasks.length && !drew) {
        const [panel, index] = tasks.shift();
        if (this.panels.has(panel)) drew = await panel.prepare(index);
      }
      if (turn !== this.preparing || this.page !== page) return;
      if (tasks.length) idle(next);
      else page.root.dataset.prepared = "true";
    };
    delete page.root.dataset.prepared;
    idle(next);
  }

  /** Show a level everywhere. */
  show(level) {
    if (level === this.level || !this.ticks.includes(level)) return false;
    this.level = level;
    this.page.mark(level);
    this.draw();
    return true;
  }

  /** The panel that keys speak to: of those focused or under the pointer the latest one. */
  get spoken() {
    const all = [...this.panels];
    const near = all.filter((panel) => panel.hovered || panel.focused);
    return all.find((panel) => panel.expanded)
      ?? near.find((panel) => panel === this.touched)
      ?? near[0]
      ?? null;
  }

  /** Light a matrix' cell or a state in every panel of the page; null puts the light out. */
  light(what) {
    for (const panel of this.panels) panel.lit.show(what);
  }
}

export const hub = new Hub();
