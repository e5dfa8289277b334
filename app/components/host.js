// The browser host of all panels: one mount for the page, one for every panel, all of them linked
// by the hub. It knows nothing about energies: Python describes what is drawn.

import { hub } from "./hub.js";
import { Page } from "./page.js";
import { Panel } from "./panel.js";

const WAITS = 10_000; // [ms] for another place, without one

/** What was mounted under a name, in which place and view. Streamlit takes everything below a new panel out
 * of the page and mounts it anew: what was drawn, asked or opened there goes on at its new place. */
const mounted = new Map();

const path = () => window.location.pathname; // tells views apart

function settle(name, part, place) {
  const found = mounted.get(name);
  if (found?.place === place) return found.instance;
  clearTimeout(found?.leaves);
  const goes = found && (part === "page" || found.view === path());
  if (found && !goes) {
    if (found.place) found.instance.wait(); // the new view came before the old one went
    found.instance.stop();
  }
  const instance = goes ? found.instance : new (part === "page" ? Page : Panel)(hub);
  mounted.set(name, { instance, place, view: path() });
  instance.enter(place);
  return instance;
}

function leave(name, part, place) {
  const found = mounted.get(name);
  if (found?.place !== place) return; // it has another place by now
  found.place = null;
  found.instance.wait();
  const waits = () => part === "page" || found.view === path(); // else another view is shown
  const end = (look) => {
    if (look < WAITS && waits()) {
      found.leaves = setTimeout(() => end(look + 500), 500);
      return;
    }
    mounted.delete(name);
    found.instance.stop();
  };
  end(0);
}

/** Called by Streamlit at mount, and again whenever data or theme changed. */
export default function host({ data, parentElement, setStateValue, setTriggerValue }) {
  const { name, part } = data;
  const instance = settle(name, part, parentElement);
  instance.state = setStateValue;
  instance.trigger = setTriggerValue;
  instance.update(data);
  return () => leave(name, part, parentElement);
}
