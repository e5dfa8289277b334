// What a panel asks the server for: files to save, its numbers, itself on light ground.

import { saveFile, textOf } from "./copy.js";
import { NUMBERS } from "./numbers.js";

/** The id of the file that brings the panel on light ground, and the label that asks for it. */
const LIGHT = "light";

export class Files {
  constructor(panel) {
    this.panel = panel;
    this.awaiting = null; // who waits for the panel on light ground
    this.light = null; // that, and the payload on dark ground that it belongs to
  }

  /** Ask the server for a file. */
  ask(label) {
    if (label !== NUMBERS && label !== LIGHT) this.panel.head.say(`saving ${label}`);
    this.panel.trigger("export", label);
  }

  /** What is shown, as it is on a light page: on a dark one the server is asked for it, once. */
  onLight() {
    const { hub, shown, text } = this.panel;
    if (hub.ground === "light") return Promise.resolve(shown);
    if (this.light?.of === text) return Promise.resolve(this.light.panel);
    return new Promise((resolve) => {
      this.awaiting = (came) => {
        this.light = { of: text, panel: { ...shown, ...came } };
        resolve(this.light.panel);
      };
      this.ask(LIGHT);
    });
  }

  /** A file came: it is saved once, or shown. */
  receive(file) {
    const { numbers, hub, head } = this.panel;
    if (file.id === NUMBERS) numbers?.show(file);
    else if (file.id === LIGHT) {
      this.awaiting?.(JSON.parse(textOf(file)));
      this.awaiting = null;
    } else if (!hub.saved.has(file.id)) {
      hub.saved.add(file.id);
      head.say("");
      saveFile(file);
    }
  }
}
