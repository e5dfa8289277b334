// Tables: numbers in rows and columns, of all levels or of each, to read, walk and pick from.

import { element, escaped } from "./dom.js";

const ARROWS = { up: "▲", down: "▼" };

export class Table {
  /**
   * @param body where it is put.
   * @param picked called with {custom, x, head} of what was chosen; null where nothing can be.
   */
  constructor(body, picked) {
    this.scroll = element("div", "ip-scroll");
    this.scroll.tabIndex = 0;
    this.table = element("table", "ip-table");
    this.scroll.append(this.table);
    body.append(this.scroll);
    this.picked = picked;
    this.at = null; // [row, column] of the keyboard's cell, row −1 is the head
    this.table.addEventListener("click", (event) => this.click(event));
    this.scroll.addEventListener("keydown", (event) => this.key(event));
    this.scroll.addEventListener("blur", () => this.walk(null));
  }

  stop() {
    this.scroll.remove();
  }

  /** Draw new rows; scrolled place and the keyboard's cell stay. */
  renew(table, index) {
    this.data = table;
    const { columns, rows, link } = table;
    const classes = columns.map(({ align, mark, pinned }, i) =>
      [i && align !== "left" ? "" : "ip-left", mark ? "ip-mark" : "", i && pinned ? "ip-pin" : ""]
        .filter(Boolean).join(" "));
    const head = columns.map(({ text, help, sortable, sorted }, i) => {
      const hint = help ? ` title="${escaped(help)}"` : "";
      const order = { up: "ascending", down: "descending" }[sorted];
      const arrow = sorted ? `<span class="ip-arrow">${ARROWS[sorted]}</span>` : "";
      return `<th scope="col" class="${classes[i]}${sortable ? " ip-sort" : ""}"${hint}`
        + `${order ? ` aria-sort="${order}"` : ""}>${escaped(text)}${arrow}</th>`;
    });
    const lines = rows.map(({ label, help, cells, chosen }) => {
      const hint = help ? ` title="${escaped(help)}"` : "";
      const row = cells.map((cell, i) =>
        `<td class="${classes[i + 1] ?? ""}">${content(at(cell, index), link)}</td>`);
      return `<tr${chosen ? ' class="ip-chosen" aria-current="true"' : ""}>`
        + `<th scope="row"${hint}>${escaped(label)}</th>${row.join("")}</tr>`;
    });
    this.table.innerHTML =
      `<thead><tr>${head.join("")}</tr></thead><tbody>${lines.join("")}</tbody>`;
    this.table.classList.toggle("ip-even", Boolean(link));
    this.table.classList.toggle("ip-picks", Boolean(this.picked));
    this.index = index;
    // Cells that a change of level writes anew.
    this.moving = rows.flatMap(({ cells }, r) =>
      cells.flatMap((cell, c) => (Array.isArray(cell) ? [[r, c + 1, cell]] : [])));
    this.pin(columns);
    if (this.at) this.walk(this.at);
  }

  /** Show another level of the same rows. Says whether anything changed. */
  show(index) {
    if (index === this.index) return false;
    this.index = index;
    const rows = this.table.tBodies[0].rows;
    for (const [r, c, cell] of this.moving)
      rows[r].cells[c].innerHTML = content(at(cell, index), this.data.link);
    return this.moving.length > 0;
  }

  /** Pinned columns beside the first one stand behind each other. */
  pin(columns) {
    const pinned = columns.flatMap((column, i) => (i && column.pinned ? [i] : []));
    if (!pinned.length) return;
    const heads = this.table.tHead.rows[0].cells;
    let left = heads[0].offsetWidth;
    for (const i of pinned) {
      const width = heads[i].offsetWidth;
      for (const row of this.table.rows) row.cells[i].style.left = `${left}px`;
      left += width;
    }
  }

  click(event) {
    if (event.target.closest("a") || window.getSelection().toString()) return;
    const cell = event.target.closest("th, td");
    if (cell) this.pick(cell);
  }

  pick(cell) {
    if (!this.picked) return;
    const { columns, rows } = this.data;
    const column = columns[cell.cellIndex];
    const head = cell.closest("thead") !== null;
    if (head && !column.sortable) return;
    const row = head ? null : rows[cell.parentNode.sectionRowIndex];
    const custom = head ? [] : [row.id === "" || row.id === undefined ? row.label : row.id];
    this.picked({ trace: -1, custom, x: column.id || column.text, y: null, z: null, head });
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
      const chosen = rows.findIndex((row) => row.chosen);
      this.walk(this.at
        ? [clip(this.at[0] + down, -1, rows.length - 1), clip(this.at[1] + right, 0, columns.length - 1)]
        : [Math.max(0, chosen), 0]);
    } else if (event.key === "Enter" && this.at) this.pick(this.cell(this.at));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  cell([row, column]) {
    return this.table.rows[row + 1]?.cells[column];
  }

  /** Move the keyboard's cell, and bring it into sight. */
  walk(to) {
    this.table.querySelector(".ip-at")?.classList.remove("ip-at");
    this.at = to;
    const cell = to && this.cell(to);
    if (!cell) return;
    cell.classList.add("ip-at");
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

function at(cell, index) {
  return Array.isArray(cell) ? cell[index] : cell;
}

/** A text, or a link and what stands behind it. */
function content(cell, link) {
  if (cell === null || cell === undefined) return "";
  if (typeof cell !== "object") return escaped(String(cell));
  const text = `${cell.to} ${cell.text}`;
  return `<span title="${escaped(text)}"><a class="ip-to" href="${escaped(link + cell.to)}">`
    + `${escaped(cell.to)}</a> ${escaped(cell.text)}</span>`;
}
