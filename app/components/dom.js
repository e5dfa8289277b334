// Elements of the page.

export function element(name, classes = "") {
  const node = document.createElement(name);
  node.className = classes;
  return node;
}

/** A text inside of HTML. */
export function escaped(text) {
  return text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
}

/** A number as a paper prints it, with a true minus and raised powers; other values as they are. */
export function spelled(value, digits = 6) {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "number") return String(value);
  if (!Number.isFinite(value)) return "–";
  const short = Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(digits)));
  const [shown, power] = short.replace(/^-/, "−").split("e");
  if (power === undefined) return shown;
  return `${shown}×10${[...power.replace("+", "")].map((c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] ?? "⁻").join("")}`;
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
