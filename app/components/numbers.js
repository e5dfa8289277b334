// The exported numbers in the place of a panel's figure: what its files hold, as a table.

import { textOf } from "./copy.js";
import { element, spelled } from "./dom.js";
import { Table } from "./table.js";

/** The id of the file that brings them, and the label that asks for it. */
export const NUMBERS = "numbers";

export class Numbers {
  constructor(body) {
    this.node = element("div", "ip-numbers");
    const wait = element("p", "ip-wait");
    wait.textContent = "reading the numbers";
    this.node.append(wait);
    this.text = null; // the file as it came, to tell a new one from a rerun
    body.append(this.node);
  }

  stop() {
    this.table?.stop();
    this.node.remove();
  }

  /** @param file holds JSON {columns, rows, total}. */
  show(file) {
    if (file.base64 === this.text) return;
    this.text = file.base64;
    const { columns, rows, total } = JSON.parse(textOf(file));
    this.table?.stop();
    this.node.replaceChildren();
    const number = columns.map((_, i) => rows.some((row) => typeof row[i] === "number"));
    this.table = new Table(this.node, null);
    this.table.renew({
      columns: columns.map((text, i) => ({ text: String(text), align: number[i] ? "right" : "left" })),
      rows: rows.map(([first, ...rest]) => ({ label: spelled(first), cells: rest.map((cell) => spelled(cell)) })),
    }, 0);
    const count = element("p", "ip-count");
    const few = rows.length < total ? `first ${rows.length} of ${total}` : `${total}`;
    count.textContent = `${few} ${total === 1 ? "row" : "rows"}, as the files hold them`;
    this.node.append(count);
  }
}
