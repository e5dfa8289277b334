// plotly.js, loaded once per page: its part for plane figures, a third of the whole and of the time until
// the first figure, and the whole of the installed Python package for those that need WebGL.

import { scriptOf, textOf } from "./served.js";

/** The version in the address renews the copy that a browser keeps. */
function at(version, whole) {
  const file = whole ? "../ired.plotly/plotly.min.js" : "./vendor/plotly-cartesian.min.js";
  return new URL(`${file}?v=${version}`, import.meta.url);
}

/** @param whole with the types that the part lacks */
export function loadPlotly(version, whole) {
  return scriptOf(at(version, whole), "Plotly");
}

/** Its source, for a page that needs no network. */
export function plotlySource(version, whole) {
  return textOf(at(version, whole));
}
