// "+ Problem": another problem of this model's task, by its seed, pasted, or from a file.

import { button, element } from "./dom.js";
import { beside } from "./menu.js";

const MOST = 1_000_000; // bytes of a file

function labelled(text, input) {
  const label = element("label", "ip-field");
  label.append(text, input);
  return label;
}

function whole(value, high) {
  const input = element("input");
  Object.assign(input, { type: "number", min: 0, max: high, step: 1, value });
  return input;
}

function base64(buffer) {
  const bytes = new Uint8Array(buffer);
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}

export class Problem {
  constructor(page) {
    this.page = page;
    this.anchor = button("ip-link", "another problem", () => this.toggle(),
      "another problem: random, pasted, or from a file");
    this.anchor.textContent = "+ Problem";
    this.node = element("div", "ip-menu ip-form");
    this.node.popover = "auto";
  }

  toggle() {
    if (this.node.matches(":popover-open")) {
      this.node.hidePopover();
      return;
    }
    this.fill();
    this.node.showPopover();
    beside(this.node, this.anchor);
    this.node.querySelector("select, input")?.focus();
  }

  close() {
    if (this.node.matches(":popover-open")) this.node.hidePopover();
  }

  fill() {
    const { subject } = this.page;
    this.said = element("p", "ip-also");
    this.said.setAttribute("role", "status");
    this.node.replaceChildren(this.random(subject), this.given(subject), this.said);
  }

  random({ task, size, variant, seed, own, variants }) {
    const kind = element("select");
    kind.append(...variants.map((one) => new Option(one, one)));
    kind.value = variant;
    const [seeds, index] = [whole(own ? 0 : seed, 2 ** 31 - 1), whole(0, 999_999)];
    const fields = element("div", "ip-fields");
    fields.append(labelled("variant", kind), labelled("seed", seeds), labelled("index", index));
    const show = this.act("Show it", () => {
      if (!seeds.checkValidity() || !index.checkValidity()) {
        this.said.textContent = "Seed and index are whole numbers from 0.";
        return;
      }
      this.close();
      this.page.own.begin(`${task}, ${kind.value}, seed ${seeds.value}, problem ${index.value}`);
      this.page.own.open({
        set: `${task}-${kind.value}-${size}-${seeds.value}`, problem: Number(index.value),
      });
    });
    return this.part("Random", fields, show);
  }

  given({ task, size }) {
    const text = element("textarea");
    Object.assign(text, { rows: 6, spellcheck: false });
    text.setAttribute("aria-label", "numbers of the problem");
    text.placeholder = {
      inverse: `${size} lines of ${size} numbers: A`,
      addition: `${2 * size} lines of ${size} numbers: both summands`,
      completion: `${size} lines of ${size} numbers: x, hidden entries 0`,
    }[task] ?? `${size} lines of ${size} numbers`;
    const file = element("input");
    Object.assign(file, { type: "file", accept: ".csv,.tsv,.txt,.npy,.npz,.mat" });
    file.setAttribute("aria-label", "file with a problem");
    const show = this.act("Paste it, or choose a file", async () => {
      const [chosen] = file.files;
      const data = chosen ? await chosen.arrayBuffer() : new TextEncoder().encode(text.value).buffer;
      if (!data.byteLength || data.byteLength > MOST) {
        this.said.textContent = data.byteLength ? "At most 1 MB." : "Paste numbers, or choose a file.";
        return;
      }
      show.disabled = true;
      this.said.textContent = "reading";
      const question = { task, size, data: base64(data), name: chosen?.name ?? "" };
      const wrong = await this.page.own.make("load", question, "", "a problem of your own");
      show.disabled = false;
      this.said.textContent = wrong;
      if (!wrong) this.close();
    });
    show.textContent = "Show it";
    return this.part("Your own", text, file, show);
  }

  part(name, ...content) {
    const node = element("fieldset", "ip-part");
    const head = element("legend");
    head.textContent = name;
    node.append(head, ...content);
    return node;
  }

  act(name, act) {
    const node = button("ip-act", name, act);
    node.textContent = name;
    return node;
  }
}
