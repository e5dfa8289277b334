// A form in the head of a panel, which asks anew with other settings than those of the answer shown.

import { Compute } from "./compute.js";
import { button, element } from "./dom.js";
import { beside } from "./menu.js";

export class Form {
  constructor(panel) {
    this.panel = panel;
    this.anchor = button("ip-ask", "", () => this.toggle());
    this.node = element("div", "ip-menu ip-form");
    this.node.popover = "auto"; // in the topmost layer; Esc and a click elsewhere close it
    this.anchor.hidden = true;
  }

  /** What the panel offers to ask: {label, help, box}, or nothing. */
  renew(asks) {
    const spelled = asks && this.panel.hub.live.there ? JSON.stringify(asks) : "";
    this.anchor.hidden = !spelled;
    if (spelled === this.spelled) return;
    this.spelled = spelled;
    this.leave();
    if (!spelled) return;
    const { label, help, box } = asks;
    this.label = label;
    this.anchor.setAttribute("aria-label", label);
    this.anchor.title = help;
    this.say("");
    this.compute = new Compute(this.panel, box, true);
    this.compute.told = (line) => this.say(line);
    this.node.replaceChildren(this.compute.node);
  }

  /** How far it is; else what the form is for. */
  say(line) {
    this.anchor.textContent = line || `${this.label} ▾`;
  }

  toggle() {
    if (this.node.matches(":popover-open")) this.node.hidePopover();
    else {
      this.node.showPopover();
      beside(this.node, this.anchor);
      this.node.querySelector("input, select")?.focus();
    }
  }

  close() {
    if (this.node.matches(":popover-open")) this.node.hidePopover();
  }

  leave() {
    this.close();
    this.compute?.leave();
    this.compute = null;
  }
}
