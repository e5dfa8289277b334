// Tables: numbers in rows and columns, of all levels or of each, to read, walk and pick from.

import { element, escaped } from "./dom.js";

const ruler = document.createElement("canvas").getContext("2d");
const ROW = 28; // pixels, as in host.css
const DENSE = 19;
const MOST = 560; // pixels of a column
const ALIKE = 50; // texts of as many letters that are measured
const LINKED = 88; // pixels of a column with links, at least
const PROSE = 220; // pixels of a column of sentences, at least
const ARROWS = { up: "▲", down: "▼" };

export class Table {
  /**
   * @param body where it is put.
   * @param picked called with {custom, x, head} of what was chosen; null where nothing can be.
   * @param pointed called with the name of the row under the pointer; undefined for none.
   */
  constructor(body, picked, pointed) {
    this.scroll = element("div", "ip-scroll");
    this.scroll.tabIndex = 0;
    this.table = element("table", "ip-table");
    this.scroll.append(this.table);
    body.append(this.scroll);
    this.picked = picked;
    this.at = null; // [row, column] of the keyboard's cell, row −1 is the head
    this.table.addEventListener("click", (event) => this.click(event));
    this.table.addEventListener("mousedown", (event) => {
      if (event.shiftKey && picked) event.preventDefault(); // else it would select text
    });
    this.table.addEventListener("pointerover", ({ target }) => pointed(this.nameOf(target)));
    this.table.addEventListener("pointerleave", () => pointed(undefined));
    this.scroll.addEventListener("keydown", (event) => this.key(event));
    this.scroll.addEventListener("blur", () => this.walk(null));
  }

  stop() {
    clearTimeout(this.later);
    this.scroll.remove();
  }

  /** Draw new rows; scrolled place and the keyboard's cell stay. */
  renew(table, index) {
    this.data = table;
    const { columns, rows } = table;
    this.row = table.dense ? DENSE : ROW;
    this.classes = columns.map(({ align, mark, pinned, prose }, i) =>
      [i && align !== "left" ? "" : "ip-left", mark ? "ip-mark" : "", i && pinned ? "ip-pin" : "",
        prose ? "ip-prose" : ""].filter(Boolean).join(" "));
    const head = columns.map(({ text, help, sortable, sorted }, i) => {
      const hint = help ? ` title="${escaped(help)}"` : "";
      const order = { up: "ascending", down: "descending" }[sorted];
      const arrow = sorted ? `<span class="ip-arrow">${ARROWS[sorted]}</span>` : "";
      return `<th scope="col" class="${this.classes[i]}${sortable ? " ip-sort" : ""}"${hint}`
        + `${order ? ` aria-sort="${order}"` : ""}>${escaped(text)}${arrow}</th>`;
    });
    this.offsets = [];
    // Columns that are all linked share the width evenly; few rows are left to the browser.
    const even = rows.some(({ cells }) => [cells[0]].flat().some((cell) => cell?.to !== undefined));
    const given = !even && !table.dense && !table.tall;
    const widths = given ? this.widths(table, index) : columns.map(() => null);
    if (given) this.pin(columns, widths);
    const seen = Math.ceil((this.scroll.scrollTop + this.scroll.clientHeight) / this.row) + 2;
    const cols = widths.map((width) => (width ? `<col style="width:${width}px">` : "<col>"));
    const least = given ? widths.reduce((sum, width) => sum + (width ?? PROSE), 0)
      : even ? LINKED * columns.length : 0;
    this.table.style.minWidth = `${least}px`;
    this.table.innerHTML =
      `<colgroup>${cols.join("")}</colgroup><thead><tr>${head.join("")}</tr></thead><tbody></tbody>`;
    this.offsets.forEach((left, i) => { this.table.rows[0].cells[i].style.left = `${left}px`; });
    this.table.classList.toggle("ip-even", even);
    this.table.classList.toggle("ip-dense", Boolean(table.dense));
    this.table.classList.toggle("ip-tall", Boolean(table.tall));
    this.table.classList.toggle("ip-picks", Boolean(this.picked));
    this.table.setAttribute("aria-rowcount", rows.length + 1);
    this.index = index;
    // Cells that a change of level writes anew.
    this.moving = rows.flatMap(({ cells }, r) =>
      cells.flatMap((cell, c) => (Array.isArray(cell) ? [[r, c + 1, cell]] : [])));
    this.turning = rows.flatMap((row, r) => (Array.isArray(row.label) ? [r] : []));
    this.fill(this.scroll.clientHeight ? seen : rows.length);
    if (this.at) this.walk(this.at);
  }

  /** Write rows up to some; those out of sight follow when the browser has nothing to do. */
  fill(until) {
    const { columns, rows, link } = this.data;
    const body = this.table.tBodies[0];
    const from = body.rows.length;
    const lines = rows.slice(from, until).map(({ label, help, cells, chosen }) => {
      const hint = help ? ` title="${escaped(help)}"` : "";
      if (!cells.length)
        return `<tr class="ip-band"><th scope="rowgroup" colspan="${columns.length}"${hint}>`
          + `${lined(label)}</th></tr>`;
      const row = cells.map((cell, i) => {
        const left = this.offsets[i + 1];
        return `<td class="${this.classes[i + 1] ?? ""}"${left ? ` style="left:${left}px"` : ""}>`
          + `${content(at(cell, this.index), link)}</td>`;
      });
      return `<tr${chosen === true ? ' class="ip-chosen" aria-current="true"' : ""}>`
        + `<th scope="row"${hint}>${lined(at(label, this.index))}</th>${row.join("")}</tr>`;
    });
    body.insertAdjacentHTML("beforeend", lines.join(""));
    this.turn();
    const missing = rows.length - body.rows.length;
    this.table.style.marginBottom = `${missing * this.row}px`;
    clearTimeout(this.later);
    if (missing > 0) this.later = setTimeout(() => this.fill(body.rows.length + 10), 20);
  }

  /** Show another level of the same rows. Says whether anything changed. */
  show(index) {
    if (index === this.index) return false;
    this.index = index;
    const rows = this.table.tBodies[0].rows;
    for (const [r, c, cell] of this.moving)
      if (rows[r]) rows[r].cells[c].innerHTML = content(at(cell, index), this.data.link);
    this.turn();
    return this.moving.length > 0;
  }

  /** Rows that stand for something else at each level: what heads them, and which one is chosen. */
  turn() {
    const body = this.table.tBodies[0];
    for (const r of this.turning) {
      const node = body.rows[r];
      if (!node) continue;
      const { label, chosen } = this.data.rows[r];
      const here = at(label, this.index);
      node.hidden = here === "";
      node.cells[0].innerHTML = lined(here);
      node.classList.toggle("ip-chosen", at(chosen, this.index));
      if (at(chosen, this.index)) node.setAttribute("aria-current", "true");
      else node.removeAttribute("aria-current");
    }
  }

  /** What the row of a node is called where it has a name. */
  nameOf(node) {
    const row = node.closest("tbody tr");
    return row ? at(this.data.rows[row.sectionRowIndex].name, this.index) || undefined : undefined;
  }

  /** Light the rows of a name; undefined puts the light out. */
  light(name) {
    for (const row of this.table.tBodies[0]?.rows ?? [])
      row.classList.toggle("ip-named", name !== undefined && this.nameOf(row) === name);
  }

  /** Widths of columns from their longest texts: the browser, left alone, measures every cell. A column
   * of sentences has none, and takes what is left. */
  widths({ columns, rows }, index) {
    ruler.font = `600 12px ${getComputedStyle(this.scroll).fontFamily}`;
    // Digits of a table are as wide as a zero, which a canvas does not know.
    const wide = (text) => ruler.measureText(text.replace(/\d/g, "0")).width;
    return columns.map(({ text, sorted, prose }, i) => {
      if (prose) return null;
      const texts = rows.map(({ label, cells }) => (i ? said(at(cells[i - 1], index)) : at(label, index)));
      const letters = Math.max(0, ...texts.map(({ length }) => length));
      const long = texts.filter(({ length }) => length === letters).slice(0, ALIKE).map(wide);
      const head = wide(text) + (sorted ? 14 : 0);
      return Math.ceil(Math.max(head, Math.min(MOST, Math.max(0, ...long)))) + 18;
    });
  }

  /** Pinned columns beside the first one stand behind each other. */
  pin(columns, widths) {
    let left = widths[0];
    columns.forEach(({ pinned }, i) => {
      if (!i || !pinned) return;
      this.offsets[i] = left;
      left += widths[i];
    });
  }

  click(event) {
    if (event.target.closest("a") || window.getSelection().toString()) return;
    const cell = event.target.closest("th, td");
    if (cell) this.pick(cell, event.shiftKey);
  }

  pick(cell, shift = false) {
    if (!this.picked) return;
    const { columns, rows } = this.data;
    const column = columns[cell.cellIndex];
    const head = cell.closest("thead") !== null;
    if (head && !column.sortable) return;
    const row = head ? null : rows[cell.parentNode.sectionRowIndex];
    const [id, label] = head ? [] : [at(row.id, this.index), at(row.label, this.index)];
    const custom = head ? [] : [id === "" || id === undefined ? label : id];
    this.picked({ trace: -1, custom, x: column.id || column.text, y: null, z: null, head, shift });
  }

  key(event) {
    if (!this.picked || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target !== this.scroll) return;
    const { rows, columns } = this.data;
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
      Home: [-Infinity, 0], End: [Infinity, 0] };
    if (steps[event.key]) {
      const [down, right] = steps[event.key];
      const clip = (value, low, high) => Math.min(high, Math.max(low, value));
      const chosen = rows.findIndex((row) => at(row.chosen, this.index));
      this.walk(this.at
        ? [this.shown(clip(this.at[0] + down, -1, rows.length - 1), Math.sign(down)),
          clip(this.at[1] + right, 0, columns.length - 1)]
        : [this.shown(Math.max(0, chosen), 1), 0]);
    } else if (event.key === "Enter" && this.at) this.pick(this.cell(this.at));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** The next row from here on that this level shows; where there is none, the one before. */
  shown(row, step) {
    const { rows } = this.data;
    const hidden = (k) => k >= 0 && rows[k] && at(rows[k].label, this.index) === "";
    for (let k = row; step && k >= -1 && k < rows.length; k += step) if (!hidden(k)) return k;
    return this.at ? this.at[0] : row;
  }

  cell([row, column]) {
    return this.table.rows[row + 1]?.cells[column];
  }

  /** Move the keyboard's cell, and bring it into sight. */
  walk(to) {
    this.table.querySelector(".ip-at")?.classList.remove("ip-at");
    this.at = to;
    if (to) this.fill(to[0] + 1);
    const cell = to && this.cell(to);
    if (!cell) return;
    cell.classList.add("ip-at");
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

function at(cell, index) {
  return Array.isArray(cell) ? cell[index] : cell;
}

/** The text of a cell. */
function said(cell) {
  return cell?.to === undefined ? String(cell ?? "") : `${cell.to} ${cell.text}`;
}

/** A text, or a link and what stands behind it. */
function content(cell, link) {
  if (cell === null || cell === undefined) return "";
  if (typeof cell !== "object") return lined(String(cell));
  return `<span title="${escaped(said(cell))}"><a class="ip-to" href="${escaped(link + cell.to)}">`
    + `${escaped(cell.to)}</a> ${escaped(cell.text)}</span>`;
}

/** A text of one line, or smaller ones under it. */
function lined(text) {
  const [first, ...others] = text.split("\n").map(escaped);
  return first + (others.length ? `<small>${others.join("<br>")}</small>` : "");
}
