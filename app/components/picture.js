// A figure as a picture: light on white whatever the page's ground, with its words around it. It is
// composed as SVG; PNG and PDF are made from that.

import { FAMILY, STACK, fontFaces, loadFonts } from "./fonts.js";
import { merged } from "./traces.js";

const NS = "http://www.w3.org/2000/svg";
const INK = { text: "#1b2227", muted: "#5b666d" };
const PAD = 16;
const NARROWEST = 560; // a figure of a phone is drawn anew, no narrower than this
const RASTER = 2; // pixels of what is no vector, for each unit

/** What a saved figure, `shown`, says of itself: title and note above it, lines below. */
export function wordsOf({ hub, head }, shown) {
  const levelled = hub.level !== null && Boolean(shown.levels.length || shown.layouts.length);
  const today = new Date().toISOString().slice(0, 10);
  return {
    title: shown.title,
    note: head.notes.textContent,
    caption: shown.printed ?? shown.caption ?? "", // a picture cannot be clicked
    facts: [[shown.about, `saved on ${today}`].filter(Boolean).join(" · "), shown.cite].filter(Boolean),
    level: levelled ? hub.level : null,
  };
}

/** Name of a file without its ending: what it shows. */
export function stemOf(shown, level) {
  return [shown.name || shown.id, level === null ? "" : `t${level}`].filter(Boolean).join("-");
}

const ruler = document.createElement("canvas").getContext("2d");
const ROOM = 0.98; // of a line: other programs set letters a little wider

/** Lines of a text that fit a width. */
function wrapped(text, width, size, weight) {
  ruler.textRendering = "geometricPrecision";
  ruler.font = `${weight} ${size}px '${FAMILY}'`;
  const lines = [];
  for (const word of text.split(/\s+/)) {
    const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
    if (lines.length && ruler.measureText(longer).width <= ROOM * width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

function node(name, attributes, ...content) {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...content);
  return made;
}

/** Texts under each other: [text, size, weight, colour]; gives the nodes and where they end. */
function column(entries, top, width) {
  let y = top;
  const nodes = entries.flatMap(([text, size, weight, fill]) =>
    (text ? wrapped(text, width - 2 * PAD, size, weight) : []).map((line) => {
      y += Math.round(1.35 * size);
      return node("text", { x: PAD, y, "font-size": size, "font-weight": weight, fill }, line);
    }));
  return [nodes, y];
}

/** Cells of a matrix come as one pixel each, and many programs would smooth them: draw them larger. */
async function sharpen(svg) {
  for (const image of svg.querySelectorAll("image[style*=pixelated]")) {
    const picture = new Image();
    picture.src = image.getAttribute("href") ?? image.getAttribute("xlink:href");
    await picture.decode();
    const canvas = document.createElement("canvas");
    for (const side of ["width", "height"]) {
      const times = Math.ceil((RASTER * Number(image.getAttribute(side))) / picture[side]);
      canvas[side] = picture[side] * Math.max(1, times);
    }
    const context = canvas.getContext("2d");
    context.imageSmoothingEnabled = false;
    context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    image.removeAttribute("xlink:href");
    image.setAttribute("href", canvas.toDataURL());
  }
}

/** Sizes and shifts of raised and lowered letters in pixels: not every program knows em and %. */
function inPixels(svg) {
  const sizeOf = (part) => {
    const size = part.style?.fontSize ?? "";
    if (size.endsWith("%")) return (Number.parseFloat(size) / 100) * sizeOf(part.parentNode);
    return size ? Number.parseFloat(size) : sizeOf(part.parentNode);
  };
  for (const part of svg.querySelectorAll("tspan[dy$=em]")) {
    const size = sizeOf(part);
    part.style.fontSize = `${size}px`;
    part.setAttribute("dy", (Number.parseFloat(part.getAttribute("dy")) * size).toFixed(2));
  }
}

/** One text for each line: not every program finds the place of a line within a text. */
function intoLines(svg) {
  for (const text of svg.querySelectorAll("text:has(> tspan.line)")) {
    const lines = [...text.children].map((line) => {
      const own = text.cloneNode(false);
      own.setAttribute("x", line.getAttribute("x"));
      own.setAttribute("y", Number(line.getAttribute("y")) + Number(line.getAttribute("dy")));
      own.append(...line.childNodes);
      return own;
    });
    text.replaceWith(...lines);
  }
}

/** The figure alone, as plotly.js saves it. */
async function figureOf({ figure, hub }, shown, width, height) {
  await figure.equip(hub.page.version);
  const { traces, layout: plain } = figure.spelled(hub.index, shown, hub.page.templates.light);
  const layout = merged(merged(plain, figure.turned()), {
    width, height, autosize: false, paper_bgcolor: "#ffffff", plot_bgcolor: "#ffffff",
    font: { family: STACK },
  });
  const drawn = { data: traces, layout, config: { plotGlPixelRatio: RASTER } };
  const options = { format: "svg", width, height, imageDataOnly: true };
  const text = await figure.Plotly.toImage(structuredClone(drawn), options);
  const svg = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  await sharpen(svg);
  inPixels(svg);
  intoLines(svg);
  return svg;
}

/** Draw the level on screen anew, aside, `shown` being the panel on light ground. */
export async function drawPicture(panel, shown) {
  const fonts = await loadFonts();
  const size = panel.figure.size;
  const across = Math.max(NARROWEST, Math.round(size.width));
  const width = across + 2 * PAD; // as much room around the figure as around its words
  const { title, note, caption, facts, level } = wordsOf(panel, shown);
  const sigma = level === null ? 0 : panel.hub.page.levels[panel.hub.index].sigma;
  const at = level === null ? "" : ` · t = ${level}, σ = ${sigma.toFixed(4)}`;
  const [above, top] = column([[`${title}${at}`, 16, "bold", INK.text], [note, 12, "normal", INK.muted]], 8, width);
  const body = Math.round(size.height);
  const [below, end] = column(
    [[caption, 12, "normal", INK.text], ...facts.map((fact) => [fact, 11, "normal", INK.muted])],
    top + 8 + body + 4, width,
  );
  const height = end + 12;
  const figure = document.importNode(await figureOf(panel, shown, across, body), true);
  const svg = node("svg", { xmlns: NS, width, height, viewBox: `0 0 ${width} ${height}`, "font-family": STACK,
    "text-rendering": "geometricPrecision" }, // else letters are moved to whole pixels
    node("title", {}, title),
    node("defs", {}, node("style", {}, fontFaces(fonts))),
    node("rect", { width, height, fill: "#ffffff" }),
    ...above,
    node("g", { transform: `translate(${PAD} ${top + 8})` }, figure),
    ...below);
  return { svg, width, height, fonts, level };
}
