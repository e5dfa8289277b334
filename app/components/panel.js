// One panel: its head, its body in each of its states, its caption, and what a reader does with it.

import { Asking } from "./asking.js";
import { element } from "./dom.js";
import { Editor } from "./edit.js";
import { toggleExpanded } from "./expand.js";
import { Figure } from "./figure.js";
import { Files } from "./files.js";
import { Head } from "./head.js";
import { heard } from "./heard.js";
import { keptFor } from "./kept.js";
import { Lit } from "./lit.js";
import { NUMBERS, Numbers } from "./numbers.js";
import { Pointer } from "./pointer.js";
import { watchSight } from "./sight.js";
import { drawNote, drawSentence } from "./states.js";
import { Table } from "./table.js";
import { telling } from "./turns.js";

/** Of these nothing is known yet, or nothing to be known. */
const EMPTY = { shared: [], levels: [], layouts: [], notes: [], files: [] };

export class Panel {
  constructor(hub) {
    this.hub = hub;
    this.slot = element("div", "ip ip-slot"); // keeps its place while the panel fills the window
    this.section = element("section", "ip-panel");
    this.main = element("div", "ip-main");
    this.head = new Head(this);
    this.files = new Files(this);
    this.asking = new Asking(this);
    this.editor = new Editor(this);
    this.lit = new Lit(this);
    this.bodyBox = element("div", "ip-body");
    this.body = element("div", "ip-stage");
    this.bodyBox.append(this.body);
    this.main.append(this.head.node, this.bodyBox);
    this.section.append(this.main, this.head.foot, this.head.menu.node, this.head.form.node);
    this.slot.append(this.section);
    this.text = null; // the payload as it came, to tell a new one from a rerun
    this.shown = null; // what stands in the body; while an answer is pending, that of before
    this.held = null; // customdata in lasso or box
    this.hovered = false;
    const touched = () => { hub.touched = this; };
    const hovered = ({ type }) => { this.hovered = type === "pointerenter"; };
    for (const way of ["pointerenter", "focusin"]) this.section.addEventListener(way, touched);
    for (const way of ["pointerenter", "pointerleave"]) this.section.addEventListener(way, hovered);
    this.observer = new ResizeObserver(() => this.figure?.resize());
    this.observer.observe(this.bodyBox);
    this.near = true;
    this.sight = watchSight(this);
  }

  /** Stand in a place of the page, as it stood in another before. */
  enter(place) {
    place.append(this.slot);
    this.hub.join(this);
    if (this.expanded) this.section.showPopover();
    if (this.keys) this.keys.focus();
  }

  /** Without a place, for a moment or for good. */
  wait() {
    this.hub.part(this);
    this.keys = this.focused ? document.activeElement : null;
    this.slot.remove();
  }

  stop() {
    this.observer.disconnect();
    this.sight.disconnect();
    this.clear();
    this.head.form.leave();
    this.editor.stop();
    this.slot.remove();
  }

  get id() {
    return this.panel?.id;
  }

  get focused() {
    return this.section.contains(document.activeElement);
  }

  get expanded() {
    return this.section.hasAttribute("popover");
  }

  get pickable() {
    return this.panel.picks && this.panel.state === "drawn";
  }

  update({ payload, height, file, early }) {
    this.early = Boolean(early); // drawn before the page has the address of what it shows
    this.slot.classList.toggle("ip-free", !height);
    if (payload !== this.text) {
      this.text = payload;
      this.take({ ...EMPTY, ...JSON.parse(payload) });
    }
    const least = this.panel.fills ? `max(${height}px, 100vh - var(--ip-around))` : `${height}px`;
    this.slot.style.setProperty("--ip-height", least);
    this.body.style.minWidth = this.panel.least ? `${this.panel.least}px` : "";
    if (this.panel.least) this.bodyBox.tabIndex = 0; // it may scroll, by the keyboard too
    if (file) this.files.receive(file);
    this.hub.draw();
  }

  /** Its answer is being asked, as `line` says; "" once it is not. */
  waits(line, waiting) {
    this.waiting = waiting;
    this.section.toggleAttribute("data-waits", Boolean(line));
    this.head.wait(line);
  }

  take(panel) {
    this.waiting?.leave(this);
    const other = this.panel && this.panel.id !== panel.id;
    // What was selected among the points of one answer means nothing among those of another.
    const gone = this.held && panel.kind !== "pending" && this.panel.question !== panel.question;
    this.panel = panel;
    if (other) this.leaveNumbers();
    const { dataset } = this.section;
    dataset.panel = panel.id;
    dataset.state = panel.state;
    dataset.question = panel.question ?? "";
    const waits = panel.kind === "pending" && this.shown && !other && this.shown.kind !== "note";
    if (!waits) {
      const asks = panel.state === "draft" && Boolean(this.asking.compute?.asked); // it goes on
      if (other || this.shown?.kind !== panel.kind) this.clear(this.held !== null, asks);
      else if (panel.kind !== "note" && !asks) this.asking.leave();
      this.shown = panel;
      this.stale = true;
      dataset.kind = panel.kind;
      if (this.numbers) this.files.ask(NUMBERS);
    }
    if (gone && this.held) this.hold(null);
    this.head.renew(this.shown, panel);
  }

  /** Empty the body; the server is told where a selection goes with it. */
  clear(told = false, asks = false) {
    if (told) this.state("selected", null);
    this.leaveNumbers();
    this.figure?.stop();
    this.table?.stop();
    this.pointer?.stop();
    if (!asks) this.asking.leave();
    this.figure = this.table = this.pointer = this.shown = this.held = null;
    this.body.replaceChildren();
  }

  reground(template) {
    this.template = template;
    this.stale = true;
  }

  /** Draw what is out of date, and this level. Says whether anything changed. */
  async show(index, level) {
    if (!this.shown) return false;
    const { stale } = this;
    this.stale = false;
    try {
      this.head.note(index);
      // By now the page has said who may ask; what a draft is of is being asked.
      if (stale && this.shown.state !== "draft") this.head.form.renew(this.shown.asks);
      const drew = await this.draw(index, stale);
      this.section.dataset.level = level ?? "";
      if (stale || this.asking.there) this.asking.drawn();
      if (stale) this.editor.renew();
      if (stale && this.hub.sought === this.id) this.seen();
      return drew || stale;
    } catch (error) {
      this.fail(error);
      return true;
    }
  }

  /** Come into sight: what a click led to may stand below the window's edge. */
  seen() {
    this.hub.sought = "";
    this.slot.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }

  async draw(index, stale) {
    const { shown, body } = this;
    if (shown.kind === "plot") {
      if (!this.figure) this.begin();
      if (stale) this.figure.renew(shown, this.template);
      if (stale && shown.hover) {
        this.pointer ??= new Pointer(this.bodyBox);
        this.pointer.renew(shown.hover);
      }
      if (this.figure.deep && !this.near) return false;
      const { figure } = this;
      await figure.equip(this.hub.page.version);
      return figure === this.figure ? figure.show(index) : false; // left while the library was fetched
    }
    if (shown.kind === "table") {
      this.table ??= new Table(body, shown.picks ? (pick) => this.pick(pick) : null,
        (name) => this.hub.light(name === undefined ? null : { name }));
      if (stale) this.table.renew(shown, index);
      else return this.table.show(index);
    } else if (shown.kind === "sentence") drawSentence(body, shown, index);
    else if (stale && shown.kind === "note") drawNote(body, shown, this.asking.box(shown.compute));
    return stale || shown.kind === "sentence";
  }

  /** A new figure, with what the link carried for it. */
  begin() {
    this.figure = new Figure(this.body, heard(this));
    const { held, view, zoom } = keptFor(this.id);
    this.figure.view = view;
    this.figure.zoom(zoom);
    if (held && this.shown.selects) this.hold(held);
    this.head.say("");
  }

  async prepare(index) {
    try {
      return Boolean(await this.figure?.prepare(index));
    } catch (error) {
      this.fail(error);
      return false;
    }
  }

  fail(error) {
    this.clear();
    this.section.dataset.state = "failed";
    this.section.dataset.kind = "note";
    drawNote(this.body, { text: `This panel could not be drawn: ${error.message}.` });
    console.error(error);
  }

  /** Tell the server what was clicked. */
  pick(point) {
    if (this.editor.pick(point)) return;
    if (this.pickable && this.panel.then?.length) this.hub.wanted = { panels: this.panel.then };
    if (!this.pickable) return;
    this.hub.sought = this.panel.opens;
    this.trigger("picked", { ...point, level: this.hub.level, turn: telling() });
  }

  hold(customs) {
    this.state("selected", customs && { custom: customs });
    this.held = customs;
    this.figure?.hold(customs);
  }

  /** Keep points bright and tell the server; null or none for all. */
  select(customs) {
    const some = customs?.length ? customs : null;
    if (some || this.held) this.hold(some);
    this.head.say(customs && !some ? "nothing selected" : "");
    this.hub.draw();
  }

  /** Show the exported numbers in place of the figure, or the figure again. */
  toggleNumbers() {
    if (this.numbers) {
      this.leaveNumbers();
      return;
    }
    this.lit.show(null);
    this.pointer?.hide();
    this.numbers = new Numbers(this.bodyBox);
    this.section.classList.add("ip-in-numbers");
    this.head.press();
    this.files.ask(NUMBERS);
  }

  leaveNumbers() {
    this.numbers?.stop();
    this.numbers = null;
    this.section.classList.remove("ip-in-numbers");
    this.head.press();
  }

  /** Fill the window, or return to the place on the page. */
  toggleExpanded() {
    toggleExpanded(this);
    this.head.press();
  }

  /** A key while the panel is focused or under the pointer; false if it means nothing here. */
  key(key) {
    if (this.head.menu.open) return false; // Esc closes it, by the browser
    if (key === "Escape") return this.escape();
    return this.head.key(key);
  }

  /** Leave the innermost mode. */
  escape() {
    if (this.numbers) this.leaveNumbers();
    else if (this.expanded) this.toggleExpanded();
    else if (this.held) this.select(null);
    else return false;
    return true;
  }
}
