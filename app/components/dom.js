// Panels that are no figures: a table, or a note in place of what is missing.

export function element(name, classes = "") {
  const node = document.createElement(name);
  node.className = classes;
  return node;
}

/** A text inside of HTML. */
export function escaped(text) {
  return text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
}

/** A small drawing of 16 by 16 units, in the ink of its text. */
export function icon(path) {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(ns, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

/** A button; its name is what a screen reader says. */
export function button(classes, name, act, title = name) {
  const node = element("button", classes);
  node.type = "button";
  node.setAttribute("aria-label", name);
  node.title = title;
  node.addEventListener("click", act);
  return node;
}

/** Rows of numbers; every cell is one text or link, or one for each level. */
export function drawTable(node, panel, index) {
  const table = element("table", panel.link ? "ip-table ip-even" : "ip-table");
  const head = table.createTHead().insertRow();
  for (const { text, help, mark } of panel.columns) {
    const cell = element("th", mark ? "ip-mark" : "");
    cell.textContent = text;
    if (help) cell.title = help;
    head.append(cell);
  }
  const body = table.createTBody();
  for (const { label, help, cells } of panel.rows) {
    const row = body.insertRow();
    const name = element("th");
    name.scope = "row";
    name.textContent = label;
    name.title = help;
    row.append(name);
    cells.forEach((cell, column) => {
      const box = row.insertCell();
      fill(box, Array.isArray(cell) ? cell[index] : cell, panel.link);
      if (panel.columns[column + 1]?.mark) box.className = "ip-mark";
    });
  }
  node.replaceChildren(table);
}

/** A text, or a link and what stands behind it; long ones are cut, and whole on hover. */
function fill(box, cell, link) {
  if (typeof cell === "string") {
    box.textContent = cell;
    return;
  }
  const to = element("a", "ip-to");
  to.href = link + cell.to;
  to.textContent = cell.to;
  box.append(to, ` ${cell.text}`);
  box.title = box.textContent;
}

/** What is missing, and the command that makes it. */
export function drawNote(node, panel) {
  const text = element("p", "ip-missing");
  text.textContent = panel.text;
  const parts = [text];
  if (panel.command) {
    const command = element("pre", "ip-command");
    command.textContent = panel.command;
    parts.push(command);
  }
  node.replaceChildren(...parts);
}
