// Entries of a problem changed in its matrix: a field above the cell, keys, undo.
//
// The list of changes counts from the problem that was edited first, so that an edit of an edit is
// one problem, and undo is the list before.

import { button, element, spelled } from "./dom.js";
import { cellsOf } from "./lit.js";

const NUMBER = /^[-+−]?(\d+([.,]\d*)?|[.,]\d+)(e[-+]?\d{1,3})?$/i;

function read(text) {
  const plain = text.trim().replace("−", "-").replace(",", ".");
  return NUMBER.test(text.trim()) ? Number(plain) : Number.NaN;
}

const at = ({ row, col, part = 0 }) => `${part} ${row} ${col}`;

export class Editor {
  constructor(panel) {
    this.panel = panel;
    this.on = false;
    this.cell = null; // {row, col, part}
    this.node = element("div", "ip-bubble");
    this.node.hidden = true;
    this.name = element("b");
    this.field = element("input");
    this.field.type = "text";
    this.field.inputMode = "decimal";
    this.field.setAttribute("aria-label", "value of the entry");
    this.delta = element("span", "ip-delta");
    this.said = element("p", "ip-also");
    this.said.setAttribute("role", "status");
    this.both = element("input");
    this.both.type = "checkbox";
    this.both.checked = true;
    this.mirror = element("label", "ip-mirror");
    this.mirror.append(this.both, " keep symmetric");
    this.seen = this.small("hide", "hide or show the entry (space)", () => this.hide());
    const row = element("div", "ip-row");
    row.append(this.name, this.field, this.delta,
      this.small("−", "less by 1 % of the colours (Alt ↓)", () => this.nudge(-0.01)),
      this.small("+", "more by 1 % of the colours (Alt ↑)", () => this.nudge(0.01)),
      this.small("⌫", "the original value (Backspace in an empty field)", () => this.restore()),
      this.seen, this.mirror);
    this.node.append(row, this.said);
    this.field.addEventListener("keydown", (event) => this.key(event));
    this.field.addEventListener("input", () => this.compare());
  }

  small(text, title, act) {
    const node = button("ip-item", title, act);
    node.textContent = text;
    return node;
  }

  get edits() {
    return this.panel.shown?.edits;
  }

  get own() {
    return this.panel.hub.page?.own;
  }

  toggle() {
    const { live } = this.panel.hub;
    if (this.on) this.leave();
    else if (!live.token) this.panel.head.say(live.why || "no live questions here");
    else this.enter();
  }

  enter() {
    this.on = true;
    this.panel.section.classList.add("ip-editing");
    this.panel.bodyBox.append(this.node);
    this.mirror.hidden = !this.edits.symmetric;
    this.seen.hidden = !this.edits.hides;
    // After the drawings that are under way: a cell has a place once its matrix is drawn.
    this.panel.hub.enqueue(() => this.on && this.choose(this.cell ?? { row: 0, col: 0, part: 0 }));
  }

  /** The matrix was drawn anew: the field shows its entry, unless something is being typed. */
  renew() {
    const { own } = this;
    if (!this.on && own?.editing?.panel === this.panel.id && this.edits) {
      this.cell = own.editing.cell; // the page placed another panel here, and the reader goes on
      this.enter();
      this.panel.head.press();
      return;
    }
    if (!this.on) return;
    if (!this.edits) {
      this.leave();
      return;
    }
    const typing = this.field === document.activeElement && this.field.value !== this.given;
    if (!typing) this.panel.hub.enqueue(() => this.on && this.choose(this.cell));
  }

  /** The reader is done. */
  leave() {
    if (this.own) this.own.editing = null;
    this.stop();
  }

  stop() {
    this.on = false;
    this.panel.section.classList.remove("ip-editing");
    this.node.hidden = true;
    this.node.remove();
  }

  /** A click on a matrix; false where it is none of x. */
  pick({ trace, x, y }) {
    if (!this.on || trace < 0 || trace >= this.edits.parts) return false;
    this.choose({ row: y, col: x, part: trace });
    return true;
  }

  value({ row, col, part }) {
    return this.panel.figure.seen._fullData[part].z[row][col];
  }

  choose(cell) {
    const found = cellsOf(this.panel.figure?.seen, [cell.row, cell.col])[cell.part];
    if (!found) return;
    this.cell = cell;
    if (this.own) this.own.editing = { panel: this.panel.id, cell };
    const { box } = found;
    this.node.hidden = false;
    this.before = this.value(cell);
    this.name.textContent = `x[${cell.row}, ${cell.col}]`;
    this.given = spelled(this.before, 6).replace("−", "-");
    this.field.value = this.given;
    this.seen.textContent = this.before === 0 ? "show" : "hide";
    this.said.textContent = "";
    this.compare();
    const width = this.panel.bodyBox.clientWidth;
    const above = box.top - this.node.offsetHeight - 6;
    this.node.style.top = `${above >= 0 ? above : box.top + box.height + 6}px`;
    this.node.style.left = `${Math.max(0, Math.min(box.left - 20, width - this.node.offsetWidth))}px`;
    this.panel.lit.show({ cell: [cell.row, cell.col] });
    this.field.focus({ preventScroll: true });
    this.field.select();
  }

  compare() {
    const now = read(this.field.value);
    const change = now - this.before;
    this.delta.textContent = Number.isFinite(change) && this.field.value !== this.given
      ? `Δ ${change > 0 ? "+" : ""}${spelled(Number(change.toPrecision(3)))}` : "";
  }

  key(event) {
    const { key, altKey, ctrlKey, metaKey, shiftKey } = event;
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const empty = this.field.value === "";
    if (key === "Enter") this.accept();
    else if (key === "Escape") this.leave();
    else if (key === "Tab") this.accept().then(() => this.move([0, shiftKey ? -1 : 1]));
    else if ((ctrlKey || metaKey) && key.toLowerCase() === "z") this.undo(shiftKey);
    else if (altKey && (key === "ArrowUp" || key === "ArrowDown"))
      this.nudge((key === "ArrowUp" ? 1 : -1) * (shiftKey ? 0.1 : 0.01));
    else if (key in moves && !altKey) this.move(moves[key]);
    else if (key === "Backspace" && empty) this.restore();
    else if (key === " " && this.edits.hides) this.hide();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  move([down, right]) {
    const { row, col, part } = this.cell;
    const z = this.panel.figure.seen._fullData[part].z;
    const inside = (i, n) => Math.min(Math.max(i, 0), n - 1);
    this.choose({ row: inside(row + down, z.length), col: inside(col + right, z[0].length), part });
  }

  nudge(share) {
    const now = read(this.field.value);
    const from = Number.isFinite(now) ? now : this.before;
    this.field.value = String(Number((from + share * this.edits.limit).toPrecision(6)));
    this.compare();
    return this.accept();
  }

  async accept() {
    const value = read(this.field.value);
    if (!Number.isFinite(value)) {
      this.said.textContent = "A number is expected. Nothing was asked.";
      return;
    }
    if (Math.abs(value - this.before) <= 1e-7 * Math.max(1, Math.abs(this.before))) return;
    await this.change({ value });
  }

  hide() {
    return this.change({ observed: this.before === 0 });
  }

  /** The cell, and the one across the diagonal where both change. */
  get cells() {
    const { row, col, part } = this.cell;
    const twin = this.edits.symmetric && this.both.checked && row !== col;
    return [{ row, col, part }, ...(twin ? [{ row: col, col: row, part }] : [])];
  }

  get others() {
    const mine = new Set(this.cells.map(at));
    return this.edits.changes.filter((one) => !mine.has(at(one)));
  }

  change(what) {
    const cells = this.cells.map((cell) => ({ ...cell, ...what }));
    const to = what.value ?? (what.observed ? "shown" : "hidden");
    return this.ask([...this.others, ...cells], `${this.name.textContent}: ${spelled(this.before, 3)} → ${to}`);
  }

  restore() {
    return this.ask(this.others, `${this.name.textContent}: as it was`);
  }

  undo(again) {
    const { own } = this;
    const [from, to] = again ? [own.redone, own.undone] : [own.undone, own.redone];
    if (!from.length) return undefined;
    const changes = from.pop();
    to.push(this.edits.changes);
    return this.send(changes, again ? "redo" : "undo");
  }

  ask(changes, words) {
    this.own.undone.push(this.edits.changes);
    this.own.redone = [];
    return this.send(changes, words);
  }

  /** Ask for the problem with these changes; the newest wish is the one that is shown. */
  async send(changes, words) {
    const { problems, problem, set } = this.edits;
    this.said.textContent = "asking";
    if (!changes.length) {
      this.own.begin(words);
      this.own.open({ set, problem });
      return;
    }
    const question = { problems, problem, changes, symmetric: false };
    this.given = this.field.value; // it is asked for, and no longer being typed
    this.said.textContent = await this.own.make("edit", question, set, words);
  }
}
