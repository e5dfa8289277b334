// The browser host of all panels: one mount for the page, one for every panel, all of them linked
// by the hub. It knows nothing about energies: Python describes what is drawn.

import { hub } from "./hub.js";
import { Page } from "./page.js";
import { Panel } from "./panel.js";

const instances = new WeakMap();

/** Called by Streamlit at mount, and again whenever data or theme changed. */
export default function host({ data, parentElement, setStateValue, setTriggerValue }) {
  let instance = instances.get(parentElement);
  if (!instance) {
    instance = data.part === "page" ? new Page(parentElement, hub) : new Panel(parentElement, hub);
    instances.set(parentElement, instance);
  }
  instance.state = setStateValue;
  instance.trigger = setTriggerValue;
  instance.update(data);
  return () => {
    instance.stop();
    instances.delete(parentElement);
  };
}
