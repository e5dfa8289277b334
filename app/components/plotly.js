// plotly.js of the installed Python package, served by this server and loaded once per page.

import { scriptOf, textOf } from "./served.js";

/** The version in the address renews the copy that a browser keeps. */
function at(version) {
  return new URL(`../ired.plotly/plotly.min.js?v=${version}`, import.meta.url);
}

export function loadPlotly(version) {
  return scriptOf(at(version), "Plotly");
}

/** Its source, for a page that needs no network. */
export function plotlySource(version) {
  return textOf(at(version));
}
