// The head of a panel, title, note, icons, and its foot, the caption. An icon is one entry of a list.

import { button, element, icon } from "./dom.js";
import { Form } from "./form.js";
import { withHeld } from "./kept.js";
import { Menu } from "./menu.js";

const DRAGS = [
  { mode: "lasso", name: "select by lasso", path: "M3.5 10.5C1 8 2.5 3 8 3s7 4.5 4 6.8-7.5 1.6-8-.3 3-1.5 2.5 1.3S4 13.5 4 13.5" },
  { mode: "select", name: "select by box", path: "M2.5 5V2.5H5m3-.0h0M11 2.5h2.5V5m0 6v2.5H11m-6 0H2.5V11M7 2.5h2M7 13.5h2M2.5 7v2m11-2v2" },
  { mode: "zoom", name: "zoom", path: "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zm3.3 7.8 3.4 3.4M5 7h4M7 5v4" },
];

/** name, key, drawing, where it belongs, whether it is on, what it does. */
const ICONS = [
  ...DRAGS.map(({ mode, name, path }) => ({
    name,
    path,
    belongs: ({ kind, selects }) => kind === "plot" && selects,
    on: (panel) => (panel.figure?.mode ?? panel.shown?.layout?.dragmode ?? "lasso") === mode,
    act: (panel) => panel.figure?.drag(mode),
  })),
  {
    name: "edit",
    key: "e",
    path: "M3 13l.8-3.2 7-7 2.4 2.4-7 7zM9.4 4.2l2.4 2.4",
    belongs: ({ edits }) => Boolean(edits),
    on: (panel) => panel.editor.on,
    act: (panel) => panel.editor.toggle(),
  },
  {
    name: "numbers",
    key: "t",
    path: "M2.5 3.5h11v9h-11zM2.5 6.5h11M2.5 9.5h11M6.2 3.5v9",
    belongs: ({ kind }) => kind === "plot" || kind === "table" || kind === "sentence",
    off: ({ state }) => state === "draft",
    on: (panel) => Boolean(panel.numbers),
    act: (panel) => panel.toggleNumbers(),
  },
  {
    name: "expand",
    key: "f",
    path: "M9.5 2.5h4v4M6.5 13.5h-4v-4M13.3 2.7 9.3 6.7M2.7 13.3l4-4",
    belongs: ({ kind }) => kind === "plot" || kind === "table",
    on: (panel) => panel.expanded,
    act: (panel) => panel.toggleExpanded(),
  },
  {
    name: "export",
    path: "M8 2.5v7.5M4.8 7 8 10.2 11.2 7M2.5 10.5v3h11v-3",
    belongs: ({ kind }) => kind !== "pending",
    off: ({ state }) => state === "draft",
    act: (panel, node) => panel.head.menu.toggle(node, true),
  },
];

export class Head {
  constructor(panel) {
    this.panel = panel;
    this.node = element("header", "ip-head");
    this.words = element("div", "ip-words");
    this.title = element("h3", "ip-title");
    this.notes = element("span", "ip-note");
    const said = element("div", "ip-said");
    said.append(this.title, " ", this.notes);
    this.longest = element("div", "ip-longest"); // its room is kept at every level, so that nothing jumps
    this.longest.setAttribute("aria-hidden", "true");
    this.told = element("span", "ip-told");
    this.words.append(said, this.longest, this.told);
    this.chip = element("span", "ip-chip");
    this.cancel = button("ip-cancel", "Cancel", () => this.cease(), "stop computing");
    this.cancel.textContent = "Cancel";
    this.told.append(this.chip, this.cancel);
    this.icons = element("span", "ip-icons");
    this.share = element("div", "ip-share");
    this.form = new Form(panel);
    this.node.append(this.words, this.form.anchor, this.icons, this.share);
    this.foot = element("footer", "ip-foot");
    this.caption = element("p", "ip-caption");
    this.more = button("ip-more", "how to read it", () => this.menu.toggle(this.more, false),
      "how to read it, and its source (?)");
    this.more.textContent = "?";
    this.foot.append(this.caption, this.more);
    this.menu = new Menu(panel);
  }

  /** Stop what is computed for the panel. */
  cease() {
    const { panel, form } = this;
    const asking = [panel.asking.compute, ...(form.computes ?? [])].find((one) => one?.asked);
    if (asking) asking.cancel();
    else if (panel.panel.state === "draft") panel.hub.page?.dock.cancelAll();
    else panel.trigger("cancel", true);
  }

  /** @param shown what stands in the body; panel: what came, which may be pending. */
  renew(shown, panel) {
    this.title.textContent = shown.title;
    const [first = "", ...others] = shown.notes ?? [];
    const longest = others.reduce((one, other) => (other.length > one.length ? other : one), first);
    this.longest.replaceChildren(others.length ? this.title.cloneNode(true) : "", ` ${longest}`);
    this.caption.textContent = shown.caption ?? "";
    this.more.hidden = !shown.long && !shown.cite;
    this.foot.hidden = !shown.caption;
    const pending = panel.state === "pending";
    const known = pending && typeof panel.share === "number";
    this.share.style.setProperty("--ip-share", known ? panel.share : 0);
    this.share.classList.toggle("ip-unknown", pending && !known);
    const words = panel.text || "computing";
    this.state = pending ? (known ? `${words} ${Math.round(100 * panel.share)} %` : words) : "";
    if (panel.state === "draft") this.state = panel.word || "draft";
    this.say("");
    this.tools = ICONS.filter(({ belongs }) => belongs(shown)).map((tool) => {
      const { name, key, path, off, act } = tool;
      const node = button("ip-icon", name, () => {
        act(this.panel, node);
        this.press();
      }, key ? `${name} (${key.toUpperCase()})` : name);
      node.append(icon(path));
      node.disabled = off?.(panel) ?? false;
      return { ...tool, node };
    });
    const focused = this.tools.find(({ name }) => name === document.activeElement?.ariaLabel);
    const within = this.icons.contains(document.activeElement);
    this.icons.replaceChildren(...this.tools.map(({ node }) => node));
    (shown.caption ? this.foot : this.icons).append(this.more);
    if (within) focused?.node.focus();
    this.press();
  }

  /** Show which icons are on. */
  press() {
    for (const { node, on } of this.tools ?? [])
      if (on) node.setAttribute("aria-pressed", String(on(this.panel)));
  }

  note(index) {
    const { notes = [] } = this.panel.shown;
    const text = notes.length > 1 ? notes[index] : (notes[0] ?? "");
    if (this.notes.textContent !== text) this.notes.textContent = text;
  }

  /** A line in the place of the note, while a cell is under the pointer. */
  light(text) {
    if (!text) {
      this.lit?.remove();
      this.lit = null;
      return;
    }
    if (!this.lit) {
      this.lit = element("span", "ip-lit");
      this.lit.style.left = `${this.title.offsetLeft + this.title.offsetWidth + 6}px`;
      this.words.append(this.lit);
    }
    this.lit.textContent = text;
  }

  /** A word beside the icons for a while; without one the state, or what is selected. */
  say(text) {
    const { held, shown } = this.panel;
    const said = text || this.waited || this.state;
    const selected = !said && held ? `${held.length} selected` : "";
    // What stands for a moment lies over the words: the figure would follow a line more or less.
    this.told.classList.toggle("ip-over", Boolean(said));
    this.chip.replaceChildren(selected ? this.linked(selected, shown?.leads) : said || "");
    clearTimeout(this.timer);
    if (text) this.timer = setTimeout(() => this.say(""), 2500);
  }

  /** How many are selected; where they are problems, a link to these very ones. */
  linked(text, leads) {
    const { held, hub } = this.panel;
    const to = leads && hub.page ? withHeld(hub.page.link(), leads, held) : "";
    if (!to) return text;
    const link = element("a");
    link.textContent = text;
    link.href = to;
    link.title = "show them in Problems";
    return link;
  }

  /** How long an answer is waited for; "" for none. */
  wait(line) {
    this.waited = line;
    this.say("");
  }

  key(key) {
    if (key === "?" && !this.more.hidden) {
      this.menu.toggle(this.more, false);
      return true;
    }
    const tool = this.tools?.find((one) => one.key === key.toLowerCase());
    if (!tool || tool.node.disabled) return false;
    tool.act(this.panel, tool.node);
    this.press();
    return true;
  }
}
