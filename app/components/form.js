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
    const { label, help, boxes } = asks;
    this.label = label;
    this.anchor.setAttribute("aria-label", label);
    this.anchor.title = help;
    this.say("");
    this.computes = boxes.map((box) => new Compute(this.panel, box, true));
    for (const compute of this.computes) compute.told = (line) => this.say(line);
    this.node.replaceChildren(...(boxes.length > 1 ? [this.tabs()] : []),
      ...this.computes.map(({ node }) => node));
    this.choose(0);
  }

  tabs() {
    const row = element("div", "ip-tabs");
    row.setAttribute("role", "tablist");
    this.heads = this.computes.map(({ label }, i) => {
      const head = button("ip-item", label, () => this.choose(i));
      head.textContent = label;
      head.setAttribute("role", "tab");
      return head;
    });
    row.append(...this.heads);
    return row;
  }

  /** Show one of several questions. */
  choose(at) {
    this.computes.forEach(({ node }, i) => { node.hidden = i !== at; });
    this.heads?.forEach((head, i) => head.setAttribute("aria-selected", String(i === at)));
  }

  /** How far it is; else what the form is for. */
  say(line) {
    this.anchor.textContent = line || `${this.label} ▾`;
  }

  toggle() {
    if (this.node.matches(":popover-open")) this.node.hidePopover();
    else {
      for (const compute of this.computes) compute.follow();
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
    for (const compute of this.computes ?? []) compute.leave();
    this.computes = this.heads = null;
  }
}
