// A question that can be asked from a panel: what it would cost, a button, how far it is. It stands
// inside of a panel that has no answer yet, or in a form that asks anew with other settings.

import { button, element } from "./dom.js";
import { seconds } from "./live.js";
import { idle } from "./turns.js";
import { Waiting } from "./waiting.js";

const TICK = 100;
const AGAIN = 2000;

const SWITCH = [["true", "yes"], ["false", "no"]];

/** What a reader may choose among, as [value, word]; nothing for a number or a text. */
function choicesOf({ kind, choices }) {
  return kind === "bool" ? SWITCH : choices;
}

/** A value of a parameter as a reader calls it. */
function said(parameter, value) {
  const [, word] = choicesOf(parameter).find(([one]) => one === String(value)) ?? [];
  return word ?? String(value);
}

/** A slider beside a number: either follows the other. */
function slider([low, high], input, label) {
  const range = element("input", "ip-slide");
  Object.assign(range, { type: "range", min: low, max: high, step: (high - low) / 80, value: input.value });
  range.setAttribute("aria-label", `${label}, slider`);
  range.addEventListener("input", () => { input.value = range.value; });
  range.addEventListener("change", () => input.dispatchEvent(new Event("change")));
  input.addEventListener("change", () => { range.value = input.value; });
  return range;
}

const LONG = 12; // letters of a choice that a narrow field would cut

/** A field of a declared parameter. */
function field(parameter, changed) {
  const { name, label: named, kind, help, low, high, value } = parameter;
  const label = element("label", "ip-field");
  label.title = help;
  label.append(named);
  const list = choicesOf(parameter);
  const letters = Math.max(0, ...list.map(([, word]) => word.length));
  if (letters > LONG) label.classList.add(letters > 2 * LONG ? "ip-wide" : "ip-long");
  const input = element(list.length ? "select" : "input");
  if (list.length) input.append(...list.map(([one, word]) => new Option(word, one)));
  else {
    input.type = kind === "str" ? "text" : "number";
    if (kind !== "str") {
      input.step = kind === "int" ? "1" : "any";
      if (low !== null) input.min = low;
      if (high !== null) input.max = high;
    }
  }
  input.value = String(value);
  input.setAttribute("aria-label", named);
  input.addEventListener("change", () => {
    if (input.checkValidity()) changed(name, read(kind, input.value), label);
    else input.reportValidity();
  });
  label.append(input);
  if (parameter.slider) label.append(slider(parameter.slider, input, named));
  return label;
}

function read(kind, text) {
  if (kind === "bool") return text === "true";
  return kind === "str" ? text : Number(text);
}

export class Compute {
  /** @param open a form: its fields are in sight, and it says what was changed. */
  constructor(panel, { question, parameters, also, again, label, follows }, open = false) {
    Object.assign(this, { panel, live: panel.hub.live, given: question, parameters, open, label, follows });
    this.changed = {};
    this.again = open && again; // as it stands it is answered
    this.node = element("div", "ip-compute");
    this.act = button("ip-act", "Compute", () => this.ask());
    this.stopper = button("ip-act ip-cease", "Cancel", () => this.cancel(), "stop computing");
    this.stopper.textContent = "Cancel";
    this.line = element("span", "ip-progress");
    this.line.setAttribute("role", "status");
    const row = element("div", "ip-row");
    row.append(this.act, this.stopper, this.line);
    this.node.append(row);
    if (also) this.node.append(Object.assign(element("p", "ip-also"), { textContent: also }));
    if (open) {
      this.words = element("p", "ip-also");
      this.node.prepend(this.fields(), this.words);
    } else if (parameters.length) this.node.append(this.settings());
    this.rest("");
    this.weigh();
  }

  settings() {
    const box = element("details", "ip-recipe");
    const summary = element("summary");
    summary.textContent = "other settings";
    box.append(summary, this.fields());
    return box;
  }

  fields() {
    const fields = element("div", "ip-fields");
    this.labels = this.parameters.map((one) => field(one, (name, value, label) => {
      this.changed[name] = value;
      if (value === one.value) delete this.changed[name];
      label.classList.toggle("ip-changed", name in this.changed);
      this.relate();
      this.weigh();
    }));
    fields.append(...this.labels);
    this.relate();
    return fields;
  }

  /** The level is that in view, until it is changed in the form. */
  follow() {
    const at = this.parameters.findIndex(({ name }) => name === this.follows);
    const { level } = this.panel.hub;
    if (at < 0 || level === null || this.follows in this.changed || level === this.parameters[at].value) return;
    this.parameters[at].value = level;
    this.given = { ...this.given, parameters: { ...this.given.parameters, [this.follows]: level } };
    this.labels[at].querySelector("input").value = level;
    this.weigh();
  }

  /** Show the fields that matter beside the others' values. */
  relate() {
    const now = this.question.parameters;
    const value = (name) => now[name] ?? this.parameters.find((one) => one.name === name)?.value;
    this.parameters.forEach(({ only }, i) => {
      this.labels[i].hidden = Boolean(only) && !only[1].includes(String(value(only[0])));
    });
  }

  /** What differs from the answer that is shown, such as "clip 2 → 5". */
  get difference() {
    return this.parameters.filter(({ name }) => name in this.changed).map((one) =>
      `${one.label} ${said(one, one.value)} → ${said(one, this.changed[one.name])}`).join(", ");
  }

  get question() {
    return { ...this.given, parameters: { ...this.given.parameters, ...this.changed } };
  }

  /** Ask what it would cost, and write that on the button. */
  async weigh() {
    const { question, live } = this;
    this.line.textContent = this.act.title = "";
    this.name("Compute");
    if (this.open) {
      this.words.textContent = this.difference || (this.again ? "Change a setting to ask anew." : "");
      this.act.disabled = this.again && !this.difference;
      if (this.act.disabled) return;
    }
    if (live.why) {
      this.refuse(live.why);
      return;
    }
    const said = await live.price(question);
    if (this.asked || JSON.stringify(question) !== JSON.stringify(this.question)) return;
    if (said?.say === "price") {
      this.expected = said.seconds;
      this.panel.hub.page?.dock.show();
      this.name(`Compute · about ${seconds(said.seconds)}`);
      this.act.disabled = false;
    } else if (said?.say === "answer") {
      this.name("Show · it is in the store");
      this.act.disabled = false;
    } else if (said?.say === "refused") this.refuse(said.words);
    else this.later(said?.words ?? "The server does not answer.");
  }

  name(text) {
    this.act.textContent = text;
    this.act.setAttribute("aria-label", text);
  }

  /** Nobody could say: ask once more, in a while. */
  later(words) {
    this.refuse(words);
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.weigh(), AGAIN);
  }

  refuse(words) {
    this.act.disabled = true;
    this.act.title = words;
    this.line.textContent = words;
  }

  ask() {
    if (this.asked) return;
    this.began = performance.now();
    this.state("pending");
    this.act.hidden = true;
    this.stopper.hidden = false;
    this.doing = "asking";
    this.asked = this.live.ask(this.question, (said) => this.hear(said), this.open ? this.panel.id : "");
    this.timer = setInterval(() => this.tick(), TICK);
    if (this.open) this.waiting = new Waiting(this.panel.asking.fills, () => this.expected ?? 0);
    this.tick();
  }

  hear(said) {
    const { say } = said;
    if (say === "waiting") {
      this.expected = said.seconds;
      this.doing = `waiting: ${said.place} in line`;
    } else if (say === "running") {
      this.expected = said.seconds ?? this.expected;
      this.doing = "computing";
    } else if (say === "progress") this.doing = said.words;
    else if (say === "answer") this.answered(said);
    else if (["cancelled", "replaced", "failed", "refused"].includes(say)) this.ended(said);
  }

  tick() {
    const now = (performance.now() - this.began) / 1000;
    const of = this.expected ? ` of about ${seconds(this.expected)}` : "";
    const late = this.expected && now > 3 * this.expected && now > 2;
    const note = now > 5 ? " · you can go on; the answer will appear here" : "";
    const line = `${late ? "longer than expected" : this.doing} · ${seconds(now)}${of}`;
    this.line.textContent = line + note;
    this.told?.(line);
  }

  answered({ key, seconds: taken = 0, stored = false }) {
    this.stop();
    this.rest("");
    this.line.textContent = "drawing";
    this.told?.("");
    this.panel.asking.answered({ key, word: stored ? "from the store" : `exact · ${seconds(taken)}`,
      seconds: taken, stored, difference: this.difference || this.label, analysis: this.given.analysis,
      problem: this.given.problem }).then(idle).then(() => this.waiting?.end());
  }

  ended({ say, words }) {
    const after = seconds((performance.now() - this.began) / 1000);
    const lines = {
      cancelled: `Cancelled after ${after}.`,
      replaced: "A newer question took its place.",
    };
    this.stop();
    this.waiting?.end();
    this.state(say === "failed" ? "failed" : "missing");
    this.rest(lines[say] ?? words);
    this.told?.("");
  }

  rest(line) {
    this.act.hidden = false;
    this.stopper.hidden = true;
    this.line.textContent = line;
  }

  cancel() {
    this.stopper.hidden = true;
    this.doing = "stopping";
    this.asked?.cancel();
  }

  state(word) {
    if (!this.open) this.panel.section.dataset.state = word;
  }

  stop() {
    clearInterval(this.timer);
    this.asked = null;
  }

  /** The panel shows something else, or is gone. */
  leave() {
    clearInterval(this.timer);
    clearTimeout(this.retry);
    this.waiting?.end();
    this.asked?.leave();
    this.asked = null;
  }
}
