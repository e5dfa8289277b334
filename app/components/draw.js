// Drawing of single panels: a Plotly figure, a table, or a note in place of a missing figure.

export function element(name, classes = "") {
  const node = document.createElement(name);
  node.className = classes;
  return node;
}

function isPlain(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** A copy of `base` with the entries of `change` laid over it, dict by dict. */
function merged(base, change) {
  const result = {};
  for (const [key, value] of Object.entries(base)) result[key] = isPlain(value) ? merged(value, {}) : value;
  for (const [key, value] of Object.entries(change ?? {}))
    result[key] = isPlain(value) && isPlain(result[key]) ? merged(result[key], value) : value;
  return result;
}

const CONFIG = { displayModeBar: false, displaylogo: false, scrollZoom: false, doubleClick: "reset" };

/**
 * Draw one level of a figure; zoom and camera stay, since the layout's uirevision does not change.
 *
 * @param fresh something else than the level changed, or nothing was drawn yet.
 */
export async function drawPlot(Plotly, node, panel, index, template, { fresh, jump }) {
  if (!fresh && !panel.levels.length) {
    // Only the layout knows the level (a shade that moves): a thirtieth of a full drawing.
    if (panel.layouts.length) await Plotly.relayout(node, structuredClone(panel.layouts[index]));
    return;
  }
  const layout = merged(panel.layout, panel.layouts[index]);
  layout.template = template;
  layout.autosize = true;
  const traces = [...panel.shared, ...(panel.levels[index] ?? [])];
  await Plotly.react(node, traces, layout, CONFIG);
  if (node.dataset.clicks) return;
  node.dataset.clicks = "true";
  node.on("plotly_click", ({ points }) => {
    // A point that belongs to a level says so, and a click on it leads there.
    const point = points.find(({ data }) => data.meta === "jump");
    if (point?.customdata !== undefined) jump(Number([].concat(point.customdata)[0]));
  });
}

export function saveImage(node, filename) {
  const { width, height } = node.getBoundingClientRect();
  window.Plotly?.downloadImage(node, { format: "png", scale: 2, width, height, filename });
}

/** Rows of numbers; every cell is one text, or one text for each level. */
export function drawTable(node, panel, index) {
  const table = element("table", "ip-table");
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
      box.textContent = Array.isArray(cell) ? cell[index] : cell;
      if (panel.columns[column + 1]?.mark) box.className = "ip-mark";
    });
  }
  node.replaceChildren(table);
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
