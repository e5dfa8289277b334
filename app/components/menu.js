// What a reader takes along from a panel: the long text, the citation, copies and files.

import { copyText } from "./copy.js";
import { button, element } from "./dom.js";
import { FORMATS, save } from "./save.js";

/** Put an open popover under a button, or above it where there is no room. */
export function beside(node, anchor) {
  const [box, menu] = [anchor.getBoundingClientRect(), node.getBoundingClientRect()];
  const below = box.bottom + 4 + menu.height <= window.innerHeight - 8;
  const top = below ? box.bottom + 4 : Math.max(8, box.top - 4 - menu.height);
  const left = Math.min(Math.max(8, box.right - menu.width), window.innerWidth - menu.width - 8);
  node.style.top = `${top}px`;
  node.style.left = `${left}px`;
}

export class Menu {
  constructor(panel) {
    this.panel = panel;
    this.node = element("div", "ip-menu");
    this.node.popover = "auto"; // in the topmost layer; Esc and a click elsewhere close it
  }

  get open() {
    return this.node.matches(":popover-open");
  }

  /** Open beside a button; `actions` for copies and files, else only the texts. */
  toggle(anchor, actions) {
    if (this.open) {
      this.node.hidePopover();
      return;
    }
    this.fill(actions);
    this.node.showPopover();
    beside(this.node, anchor);
    this.node.querySelector("button")?.focus();
  }

  fill(actions) {
    const { shown, hub } = this.panel;
    const parts = [["ip-long", shown.long], ["ip-cite", shown.cite]].flatMap(([classes, text]) => {
      if (!text) return [];
      const line = element("p", classes);
      line.textContent = text;
      return [line];
    });
    if (!actions && shown.words?.length) parts.push(glossary(shown.words));
    if (actions) {
      const copies = [
        ["copy link", hub.page?.link() ?? window.location.href],
        ["copy as Python", shown.python && hub.page?.python(shown)],
        ["copy as command", shown.command],
      ].filter(([, text]) => text).map(([name, text]) => this.copy(name, text));
      const files = (shown.files ?? []).map((label) => this.item(label, () => this.panel.files.ask(label)));
      if (shown.kind === "plot")
        files.push(...FORMATS.map((format) => this.item(format, () => save(this.panel, format))));
      parts.push(group("Copy", copies), ...(files.length ? [group("Save", files)] : []));
    }
    this.node.replaceChildren(...parts);
  }

  item(name, act) {
    const node = button("ip-item", name, () => {
      this.node.hidePopover();
      act();
    });
    node.textContent = name;
    return node;
  }

  copy(name, text) {
    const node = button("ip-item", name, async () => {
      const cut = this.panel.hub.page?.link() === text ? this.panel.hub.page.cut : "";
      node.textContent = (await copyText(text)) ? `copied${cut}` : "not allowed by the browser";
      setTimeout(() => { node.textContent = name; }, 1200);
    }, text);
    node.textContent = name;
    return node;
  }
}

/** Words of the panel and what they mean. */
function glossary(words) {
  const list = element("dl", "ip-glossary");
  for (const [word, meaning] of words) {
    const [term, said] = [element("dt"), element("dd")];
    term.textContent = word;
    said.textContent = meaning;
    list.append(term, said);
  }
  return list;
}

function group(name, items) {
  const node = element("div", "ip-group");
  node.setAttribute("role", "group");
  node.setAttribute("aria-label", name);
  const head = element("span", "ip-group-name");
  head.textContent = name;
  node.append(head, ...items);
  return node;
}
