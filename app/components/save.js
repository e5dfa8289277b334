// Files that the browser makes of a figure: pictures, and a page that needs no network.

import { saveBlob } from "./copy.js";
import { FAMILY } from "./fonts.js";
import { drawPicture, stemOf } from "./picture.js";
import { scriptOf } from "./served.js";
import { pageOf } from "./standalone.js";

const SCALE = 2; // pixels of a PNG for each unit
const POINT = 0.75; // of a pixel

function spelled(svg) {
  return new Blob([new XMLSerializer().serializeToString(svg)], { type: "image/svg+xml" });
}

async function png({ svg, width, height }) {
  const address = URL.createObjectURL(spelled(svg));
  try {
    const picture = new Image();
    picture.src = address;
    await picture.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [SCALE * width, SCALE * height];
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** What is drawn stays lines and letters; only surfaces and cells of matrices are pixels. */
async function pdf({ svg, width, height, fonts }) {
  const { jsPDF } = await scriptOf(new URL("./vendor/jspdf.umd.min.js", import.meta.url), "jspdf");
  await scriptOf(new URL("./vendor/svg2pdf.umd.min.js", import.meta.url), "svg2pdf");
  const format = [POINT * width, POINT * height];
  const orientation = width > height ? "landscape" : "portrait";
  const paper = new jsPDF({ unit: "pt", format, orientation, compress: true });
  for (const [weight, base64] of Object.entries(fonts)) {
    paper.addFileToVFS(`${weight}.ttf`, base64);
    for (const style of { normal: ["normal", "italic"], bold: ["bold", "bolditalic"] }[weight])
      paper.addFont(`${weight}.ttf`, FAMILY, style);
  }
  paper.setProperties({ title: svg.querySelector("title").textContent, creator: "ired-interp" });
  svg.querySelector("style").remove(); // its fonts are in the file by now
  await paper.svg(svg, { x: 0, y: 0, width: format[0], height: format[1] });
  return paper.output("blob");
}

const PICTURES = { PNG: png, SVG: async ({ svg }) => spelled(svg), PDF: pdf };

/** What the menu offers of a figure. */
export const FORMATS = [...Object.keys(PICTURES), "HTML"];

/** Make one of `FORMATS` and save it under a name that says what it shows. */
export async function save(panel, format) {
  const { head } = panel;
  head.say(`saving ${format}`);
  try {
    const shown = await panel.files.onLight();
    const made = await (format === "HTML" ? pageOf : drawPicture)(panel, shown);
    const blob = format === "HTML" ? made.blob : await PICTURES[format](made);
    saveBlob(`${stemOf(shown, made.level)}.${format.toLowerCase()}`, blob);
    head.say("");
  } catch (error) {
    head.say(`no ${format}: ${error.message}`);
    console.error(error);
  }
}
