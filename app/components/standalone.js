// A figure as a page of its own that needs no network: it opens at the level that is on screen, and
// nothing plays by itself.

import { escaped } from "./dom.js";
import { STACK, fontFaces, loadFonts } from "./fonts.js";
import { wordsOf } from "./picture.js";
import { plotlySource } from "./plotly.js";
import { merged } from "./traces.js";

const STYLE = `
:root { color-scheme: light }
body { margin: 0; background: #fff; color: #1b2227; font: 13px/1.4 ${STACK};
  text-rendering: geometricPrecision }
main { padding: 12px 16px }
h1 { font-size: 18px; margin: 0 }
p { margin: 4px 0 0; max-width: 120ch }
.muted { color: #5b666d; font-size: 12px }
#figure { margin: 8px 0 }
label { display: flex; gap: 8px; align-items: center; font-weight: bold }
label input { width: min(420px, 60vw) }
`;

/** Nothing selects, plays or sends to a company's server. */
const CONFIG = {
  displaylogo: false,
  responsive: true,
  modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "sendChartToCloud", "sendDataToCloud"],
};

/** Runs in the saved page; `drawn`, `notes` and `levels` are in the order of the page's bar. */
function run(data) {
  const node = document.getElementById("figure");
  const bar = document.querySelector("input");
  const show = (at) => {
    const { traces, layout } = data.drawn[Math.min(at, data.drawn.length - 1)];
    Plotly.react(node, [...data.shared, ...traces], layout, data.config);
    const { notes } = data;
    document.getElementById("note").textContent = (notes.length > 1 ? notes[at] : notes[0]) ?? "";
    if (bar) document.querySelector("output").textContent = data.levels[at];
  };
  show(data.at);
  bar?.addEventListener("input", () => show(Number(bar.value)));
}

/** Traces and layout of every level, with what a reader zoomed or turned. */
function drawn({ figure, hub }, shown, many) {
  const changed = figure.turned();
  const own = { paper_bgcolor: "#ffffff", plot_bgcolor: "#ffffff", font: { family: STACK }, uirevision: "page" };
  return Array.from({ length: many }, (_, index) => {
    const { traces, layout } = figure.spelled(index, shown, hub.page.templates.light);
    return { traces: traces.slice(shown.shared.length), layout: merged(merged(layout, changed), own) };
  });
}

/** @param shown the panel on light ground. */
export async function pageOf(panel, shown) {
  const { figure, hub } = panel;
  const words = wordsOf(panel, shown);
  const levelled = words.level !== null;
  const { levels } = hub.page;
  const data = {
    shared: shown.shared,
    drawn: drawn(panel, shown, levelled ? levels.length : 1),
    notes: shown.notes,
    levels: levels.map(({ t, sigma }) => `t = ${t}, σ = ${sigma.toFixed(4)}`),
    at: levelled ? hub.index : 0,
    config: CONFIG,
  };
  const bar = levelled
    ? `<label>level <input type="range" min="0" max="${levels.length - 1}" value="${data.at}"><output></output></label>`
    : "";
  const [source, fonts] = await Promise.all([plotlySource(hub.page.version, figure.whole), loadFonts()]);
  // The figure keeps its shape and leaves room for the words, but is no smaller than in the app.
  const { width, height } = figure.size;
  const shape = `#figure { width: min(100%, max(${width}px, (100vh - 220px) * ${width / height}));`
    + ` min-height: ${height}px; aspect-ratio: ${width / height} }`;
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(words.title)} · ired-interp</title>
<style>${fontFaces(fonts)}${STYLE}${shape}</style></head>
<body><main><h1>${escaped(words.title)}</h1><p class="muted" id="note"></p>${bar}<div id="figure"></div>
<p>${escaped(words.caption)}</p>${words.facts.map((fact) => `<p class="muted">${escaped(fact)}</p>`).join("")}
</main><script>${source}</script>
<script>(${run})(${JSON.stringify(data).replaceAll("<", "\\u003c")})</script></body></html>
`;
  return { blob: new Blob([html], { type: "text/html" }), level: words.level };
}
