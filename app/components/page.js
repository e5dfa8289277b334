// The page's own mount: the level bar, the keys, the level in the address.

import { followAddress, readLevel, writeLevel } from "./address.js";
import { buildBar } from "./bar.js";
import { linkOf } from "./copy.js";
import { Dock } from "./dock.js";
import { element } from "./dom.js";
import { withKept } from "./kept.js";
import { Own } from "./own.js";
import { Problem } from "./problem.js";
import { arrived, connected, going, hears, inTurn, telling } from "./turns.js";

/** Where keys belong to a field. */
const TYPING =
  "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable], [role=listbox]:not(.ip-dock-list)";

export class Page {
  constructor(hub) {
    this.hub = hub;
    this.root = element("div", "ip ip-root");
    this.dock = new Dock(this);
    this.own = new Own(this);
    this.problem = new Problem(this);
    this.root.append(this.dock.node, this.problem.node);
    this.text = null; // the payload as it came, to tell a new one from a rerun
    this.address = null;
    this.timer = null; // of the play button
    this.looking = null; // pending look for newer data
    this.writing = null; // pending note of the level in the address
    this.onKey = (event) => this.key(event);
  }

  /** Stand in a place of the document, as it stood in another before. */
  enter(place) {
    place.append(this.root);
    document.addEventListener("keydown", this.onKey);
    if (this.text !== null) this.stick();
  }

  /** Without a place, for a moment or for good. */
  wait() {
    this.play(false);
    document.removeEventListener("keydown", this.onKey);
    this.root.remove();
  }

  stop() {
    arrived();
    clearTimeout(this.writing);
    clearTimeout(this.looking);
    this.address?.stop();
    this.own.leave();
    this.hub.leave(this);
    this.dock.leave();
    this.root.remove();
  }

  update({ payload, heard }) {
    if (payload !== this.text) this.take(payload);
    hears(heard);
    this.hub.draw();
  }

  take(text) {
    const { version, templates, levels, bar, query, live, panels, opening, asking, subject, looks } =
      JSON.parse(text);
    const moved = this.path !== window.location.pathname; // another view under the same mount
    this.text = text;
    this.path = window.location.pathname;
    this.version = version;
    this.query = query ?? "";
    this.live = live ?? [];
    this.opening = opening ?? "";
    this.dock.of(this.opening);
    this.panels = panels ?? [];
    this.hub.live.take(asking);
    this.subject = subject ?? null;
    // Templates stay the same object while they stay the same: nothing is drawn again for them.
    const spelled = JSON.stringify(templates);
    if (spelled !== this.spelled) [this.spelled, this.templates] = [spelled, templates];
    this.levels = levels ?? [];
    this.ticks = this.levels.map((level) => level.t);
    if (moved) {
      arrived();
      this.own.leave();
      this.dock.rest();
      this.address?.stop();
      this.address = null;
      for (const name of ["level", "drawn", "prepared", "failed"]) delete this.root.dataset[name];
      this.hub.arrive(this);
    }
    this.build(Boolean(bar));
    this.settle();
    this.dock.show(); // which answer is shown
    this.look(looks);
    // What was chosen from a menu is on screen now: the keys belong to the levels again.
    const focused = document.activeElement;
    if (focused?.matches("[role=combobox]:not([aria-expanded=true])")) focused.blur();
  }

  build(wanted) {
    const spelled = wanted ? JSON.stringify([this.levels, Boolean(this.subject)]) : null;
    if (spelled !== this.barred) {
      this.barred = spelled;
      this.bar?.node.remove();
      this.bar = wanted
        ? buildBar(this.levels, {
            choose: (level) => this.show(level),
            play: () => this.play(this.timer === null),
            link: () => this.link(),
            cut: () => this.cut,
            more: this.subject && this.hub.live.token ? this.problem.anchor : null,
          })
        : null;
      if (this.bar) this.root.prepend(this.bar.node);
    }
    this.stick();
  }

  /** The bar stays in sight, with whatever is wrapped around it; without one it takes no place. */
  stick() {
    let node = this.root.closest("[data-testid=stElementContainer]") ?? this.root;
    while (node.parentElement?.childElementCount === 1) node = node.parentElement;
    Object.assign(node.style, this.bar
      ? { position: "sticky", top: "0", zIndex: "40" }
      : { position: "absolute", top: "", zIndex: "" });
  }

  /** At first the address decides; later reruns find the level as the reader left it. */
  settle() {
    const { hub, ticks } = this;
    if (!ticks.length) {
      hub.level = null;
      return;
    }
    if (!ticks.includes(hub.level)) hub.level = readLevel(ticks) ?? ticks.at(-1);
    this.mark(hub.level);
    if (!this.live.includes("level")) return;
    this.address ??= followAddress({
      levels: ticks,
      current: () => hub.level,
      show: (level) => hub.show(level),
    });
    this.address.keep();
  }

  mark(level) {
    this.bar?.show(level);
  }

  say(text) {
    this.bar?.say(text);
  }

  /** Look for newer data every so many seconds while somebody sees the page. Streamlit's own clock would
   * interrupt what the page is being told. */
  look(seconds) {
    clearTimeout(this.looking);
    if (!seconds) return;
    this.looking = setTimeout(async () => {
      if (!document.hidden) await inTurn(() => this.trigger("looked", { turn: telling() }));
      this.look(seconds);
    }, 1000 * seconds);
  }

  /** The address of exactly this view, with what its panels hold. */
  link(most) {
    return withKept(linkOf(this.query, this.live), this.hub.panels, most);
  }

  /** What a copied link leaves out, in words: more than some browsers take. */
  get cut() {
    return this.link() === this.link(Infinity) ? "" : ", without selection and zoom: too many for a link";
  }

  /** Something was answered that no panel asked for by itself: draw what it fills. */
  async renew() {
    if (this.renewing) return; // what is there by then is drawn once
    this.renewing = true;
    await inTurn(() => {
      this.renewing = false;
      this.trigger("answered", { turn: telling() });
    });
  }

  /** Something is known of an answer: panels that draw drafts show it. */
  draft(key, panel) {
    this.trigger("drafted", { key, panel, turn: telling() });
  }

  /** Show another address of the app without loading the page anew; `draft`: key of an answer of which
   * something is known that it shows. */
  async go(href, draft = "") {
    await connected();
    const { pathname, search } = new URL(href);
    const level = new URLSearchParams(search).get("level");
    if (level) this.show(Number(level));
    this.trigger("went", { path: pathname.split("/").at(-1), query: search.slice(1), draft, turn: going() });
  }

  /** Show it once the page has run for what it was told before. */
  visit(href) {
    return inTurn(() => this.go(href));
  }

  /** What the address says of model, set and problem. */
  get where() {
    return Object.fromEntries(new URLSearchParams(this.query));
  }

  /** Lines that load what a panel draws, and the answers behind it. */
  python({ id, python }) {
    const { pathname, search } = new URL(this.link(Infinity));
    const call = `drawn = numbers(s, ${JSON.stringify(pathname + search)}, ${JSON.stringify(id)})\n`;
    const rest = python.startsWith(this.opening) ? python.slice(this.opening.length) : python;
    return `${this.opening}\n# what the panel draws, as its files hold it\n`
      + `from app.panel_numbers import numbers\n\n${call}`
      + (rest ? `\n# the answers that it is made of\n${rest.trimStart()}` : "");
  }

  /** Show a level and name it in the address. */
  show(level) {
    if (!this.hub.show(level) || !this.live.includes("level")) return;
    // Browsers refuse more than some 200 address changes in ten seconds: wait for a held key.
    clearTimeout(this.writing);
    this.writing = setTimeout(() => writeLevel(this.hub.level), 120);
  }

  play(on) {
    clearInterval(this.timer);
    this.timer = null;
    if (on) {
      const { ticks, hub } = this;
      if (hub.level === ticks.at(-1)) this.show(ticks[0]);
      this.timer = setInterval(() => {
        if (this.root.dataset.level !== String(hub.level)) return; // still being drawn
        const next = ticks[ticks.indexOf(hub.level) + 1];
        if (next !== undefined) this.show(next);
        if (hub.level === ticks.at(-1)) this.play(false);
      }, 900);
    }
    this.bar?.playing(this.timer !== null);
  }

  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    const { target, key } = event;
    if (target.closest?.(TYPING)) {
      // Enter in a number field gives the keys back to the page.
      if (key === "Enter" && target.matches("input[type=number]")) setTimeout(() => target.blur());
      return;
    }
    const { spoken } = this.hub;
    if (this.levelKey(key, target) || spoken?.key(key) || this.dock.key(key) || this.escape(key)) {
      event.preventDefault();
    }
  }

  levelKey(key, target) {
    const { ticks, hub } = this;
    const at = ticks.indexOf(hub.level);
    if (at < 0) return false;
    if (key === "ArrowRight" && at + 1 < ticks.length) this.show(ticks[at + 1]);
    else if (key === "ArrowLeft" && at > 0) this.show(ticks[at - 1]);
    else if (/^\d$/.test(key) && ticks.includes(Number(key))) this.show(Number(key));
    else if (key === " " && !target.closest?.("button, a, input")) this.play(this.timer === null);
    else return false;
    return true;
  }

  /** Esc leaves the innermost mode of any panel. */
  escape(key) {
    return key === "Escape" && [...this.hub.panels].some((panel) => panel.key(key));
  }
}
