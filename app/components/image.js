// A panel as a picture: light on white whatever the page's ground, with its words around it.

import { element } from "./dom.js";
import { merged } from "./traces.js";

const INK = { text: "#1b2227", muted: "#5b666d" };
const HEAD = 44;

/** Lines of a text that fit a width, at some 6 pixels a letter. */
function wrapped(text, width) {
  const most = Math.max(20, Math.floor(width / 6));
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    if (lines.at(-1) && lines.at(-1).length + word.length >= most) lines.push("");
    lines[lines.length - 1] = `${lines.at(-1)} ${word}`.trim();
  }
  return lines;
}

/** Draw the level on screen anew, aside, and save it at twice its size. */
export async function saveImage({ shown, figure, hub, head }) {
  const { Plotly, page, level, index } = hub;
  const { clientWidth: width, clientHeight: body } = figure.body;
  const { traces, layout: plain } = figure.spelled(index, page.templates.light);
  const layout = merged(plain, figure.turned());
  const caption = wrapped([shown.caption, shown.cite].filter(Boolean).join(" · "), width - 16);
  const foot = 10 + 15 * caption.length;
  const height = body + HEAD + foot;
  const { l = 60, r = 20, t = 20, b = 40 } = layout.margin ?? {};
  const at = level === null ? "" : ` · t = ${level}`;
  const note = head.notes.textContent;
  layout.margin = { l, r, t: t + HEAD, b: b + foot };
  layout.title = { text: "" };
  layout.paper_bgcolor = "#ffffff";
  layout.plot_bgcolor = "#ffffff";
  const left = { showarrow: false, align: "left", xref: "paper", x: 0, xanchor: "left", xshift: 8 - l };
  layout.annotations = [
    ...(layout.annotations ?? []),
    {
      ...left, text: `<b>${shown.title}${at}</b>${note ? `<br>${note}` : ""}`,
      font: { size: 13, color: INK.text }, yref: "paper", y: 1, yanchor: "top", yshift: t + HEAD - 4,
    },
    {
      ...left, text: caption.join("<br>"), font: { size: 11, color: INK.muted },
      yref: "paper", y: 0, yanchor: "top", yshift: 2 - b,
    },
  ];
  const aside = element("div", "ip-aside");
  document.body.append(aside);
  const view = window.location.pathname.split("/").filter(Boolean).at(-1) ?? "overview";
  const filename = [view, shown.id, level === null ? "" : `t${level}`].filter(Boolean).join("-");
  try {
    await Plotly.newPlot(aside, traces, { ...layout, width, height, autosize: false });
    await Plotly.downloadImage(aside, { format: "png", scale: 2, width, height, filename });
  } finally {
    Plotly.purge(aside);
    aside.remove();
  }
}
