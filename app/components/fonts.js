// The font of saved pictures: they carry it along, so that no program falls back to another one.

import { base64Of } from "./served.js";

export const FAMILY = "Ired Figure";
/** What follows it where a program reads no embedded fonts. */
export const STACK = `'${FAMILY}', 'Source Sans 3', 'Source Sans Pro', Arial, sans-serif`;

const STYLES = { normal: "regular", bold: "bold" };

let loading = null;

/** Weight → base64 of a TrueType file; this page can measure and draw with it from then on. */
export function loadFonts() {
  loading ??= (async () => {
    const files = await Promise.all(Object.entries(STYLES).map(async ([weight, name]) => {
      const base64 = await base64Of(new URL(`./fonts/ired-figure-${name}.ttf`, import.meta.url));
      const face = new FontFace(FAMILY, `url(data:font/ttf;base64,${base64})`, { weight });
      document.fonts.add(await face.load());
      return [weight, base64];
    }));
    return Object.fromEntries(files);
  })().catch((error) => {
    loading = null;
    throw error;
  });
  return loading;
}

/** The same as rules of a style sheet. */
export function fontFaces(fonts) {
  return Object.entries(fonts).map(([weight, base64]) =>
    `@font-face{font-family:'${FAMILY}';font-weight:${weight};`
    + `src:url(data:font/ttf;base64,${base64}) format('truetype')}`).join("");
}
