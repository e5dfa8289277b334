// The browser host of all panels: one mount for the page, one for every panel, all of them linked
// by the hub. It knows nothing about energies: Python describes what is drawn.

import { hub } from "./hub.js";
import { Page } from "./page.js";
import { Panel } from "./panel.js";

const WAITS = 2000; // [ms] for a place, without one

/** What was mounted under a name, and in which place. Streamlit takes everything below a new panel out of
 * the page and mounts it anew: what was drawn, asked or opened there goes on at its new place. */
const mounted = new Map();

function settle(name, part, place) {
  const found = mounted.get(name);
  if (found?.place === place) return found.instance;
  clearTimeout(found?.leaves);
  let instance = found?.instance;
  if (instance && part === "panel" && found.view !== hub.view) {
    instance.stop(); // of a view that was left meanwhile
    instance = null;
  }
  instance ??= part === "page" ? new Page(hub) : new Panel(hub);
  mounted.set(name, { instance, place, view: hub.view });
  instance.enter(place);
  return instance;
}

function leave(name, place) {
  const found = mounted.get(name);
  if (found?.place !== place) return; // it has another place by now
  found.place = null;
  found.instance.wait();
  found.leaves = setTimeout(() => {
    mounted.delete(name);
    found.instance.stop();
  }, WAITS);
}

/** Called by Streamlit at mount, and again whenever data or theme changed. */
export default function host({ data, parentElement, setStateValue, setTriggerValue }) {
  const instance = settle(data.name, data.part, parentElement);
  instance.state = setStateValue;
  instance.trigger = setTriggerValue;
  instance.update(data);
  return () => leave(data.name, parentElement);
}
