// The dock at the window's lower edge: what was asked live last, and the way back to the answers.
//
// Answers belong to this tab and to one store; they stand in the session storage, by address and key,
// with a picture that is bound to the key. Going back to one asks nothing: its address finds it.

import { copyText } from "./copy.js";
import { button, element } from "./dom.js";
import { LAST, seconds } from "./live.js";
import { inTurn } from "./turns.js";

const PLACE = "ired:answers";
const PINNED = ["set", "problem", "plane", "centre", "q", "walk"]; // of an address, as a pin spells it
const MOST = 12;

function remembered(place) {
  try {
    const read = JSON.parse(window.sessionStorage.getItem(place) ?? "[]");
    return Array.isArray(read) ? read : [];
  } catch {
    return []; // no storage, or another's
  }
}

/** An address without level and pin, which do not tell answers apart. */
function bare(href) {
  const address = new URL(href);
  for (const name of ["level", "pin"]) address.searchParams.delete(name);
  return address.href;
}

export class Dock {
  constructor(page) {
    this.page = page;
    this.node = element("section", "ip-dock");
    this.node.setAttribute("aria-label", "live answers");
    this.line = element("p", "ip-dock-line");
    this.line.setAttribute("role", "status");
    this.whole = button("ip-act ip-whole", "", () => this.computeAll());
    this.stopper = button("ip-act ip-cease", "Cancel", () => this.cancelAll(), "stop computing");
    this.stopper.textContent = "Cancel";
    this.opener = button("ip-dock-open", "answers", () => this.toggle(),
      "the last answers of this tab ([ and ] go to the one before and after)");
    this.list = element("div", "ip-dock-list");
    this.list.setAttribute("role", "listbox");
    this.list.hidden = true;
    const row = element("div", "ip-dock-row");
    row.append(this.line, this.whole, this.stopper, this.opener);
    this.node.append(row, this.list);
    this.answers = [];
    this.show();
  }

  /** Begin with the answers of this tab about a store, which the words that open it name. */
  of(store) {
    const place = `${PLACE}:${store}`;
    if (place === this.place) return;
    this.place = place;
    this.answers = remembered(place);
    this.show();
  }

  /** Take an answer in that is on the screen now. */
  add(answer) {
    const again = this.answers.find(({ key, href }) => key === answer.key && href === answer.href);
    const others = this.answers.filter((one) => one !== again);
    this.answers = [...others, { ...answer, kept: again?.kept ?? false }];
    while (this.answers.length > MOST) {
      const oldest = this.answers.findIndex(({ kept }) => !kept);
      this.answers.splice(Math.max(0, oldest), 1);
    }
    this.say(answer.sentence);
    this.keep();
  }

  say(text) {
    this.line.textContent = text;
    this.line.title = text;
    this.show();
  }

  keep() {
    try {
      window.sessionStorage.setItem(this.place, JSON.stringify(this.answers));
    } catch {
      this.answers = this.answers.map((one) => ({ ...one, picture: "" })); // too large: the words stay
    }
    this.show();
  }

  toggle() {
    this.list.hidden = !this.list.hidden;
    this.show();
  }

  /** The questions that panels of the page could ask now, each once, as [question, seconds]. */
  get open() {
    const found = new Map();
    for (const { asking: { compute } } of this.page.hub.panels) {
      if (compute?.expected && !compute.asked) found.set(JSON.stringify(compute.question), compute);
    }
    return [...found.values()];
  }

  /** Ask everything that is missing on the page, one after the other. */
  async computeAll(panels = null) {
    const { live } = this.page.hub;
    this.asking = panels;
    const turn = (this.turn = {});
    const done = new Set();
    const next = () => this.open.filter(({ panel }) => !panels || panels.includes(panel.id))
      .find(({ question }) => !done.has(JSON.stringify(question)));
    const before = this.line.textContent;
    this.running = true;
    for (let compute = next(); compute; compute = next()) {
      const { question, panel } = compute;
      done.add(JSON.stringify(question));
      this.say(`computing: ${question.analysis.replaceAll("_", " ")}`);
      const last = await new Promise((heard) => {
        this.asked = live.ask(question, (said) => LAST.has(said.say) && heard(said));
      });
      if (turn !== this.turn) return;
      if (last.say !== "answer") {
        this.say(last.say === "cancelled" ? "Cancelled." : `${last.words ?? "A newer question took its place"}.`);
        break;
      }
      this.say(before);
      const { problem } = question;
      if (panels) panel.asking.expect({ ...last, word: "exact", problem, pictured: panels.at(-1) });
      this.page.renew();
      if (!next()) await this.settled(next);
      if (turn !== this.turn) return;
    }
    this.rest(); // what was clicked meanwhile is still wanted
  }

  /** Wait a while for what the page finds missing once it is drawn anew. */
  async settled(next) {
    await inTurn(() => {}); // it has run by then
    for (let i = 0; i < 15 && !next(); i += 1) await new Promise((go) => setTimeout(go, 100));
  }

  cancelAll() {
    this.asked?.cancel();
  }

  /** Compute no more; what runs is taken back. */
  stop() {
    this.page.hub.wanted = null;
    this.rest();
  }

  /** The page goes; where it is mounted anew at once, what ran is computed there. */
  leave() {
    if (this.running) this.page.hub.wanted ??= { panels: this.asking };
    this.rest();
  }

  rest() {
    this.turn = null;
    this.asked?.leave();
    this.running = false;
    this.asked = null;
    this.show();
  }

  show() {
    const { answers, open } = this;
    const { wanted } = this.page.hub;
    const { panels } = wanted ?? {};
    const mine = panels ? open.filter(({ panel }) => panels.includes(panel.id)) : open;
    if (wanted && mine.length && !this.running && this.page.hub.page === this.page) {
      this.page.hub.wanted = null;
      this.computeAll(panels);
      return;
    }
    const all = open.length > 1 && !this.running;
    this.whole.hidden = !all;
    this.stopper.hidden = !this.running;
    if (all) {
      const sum = open.reduce((total, { expected }) => total + expected, 0);
      const { problem } = open[0].question;
      this.whole.textContent = `Compute all of problem ${problem} · about ${seconds(sum)}`;
      this.whole.setAttribute("aria-label", this.whole.textContent);
    }
    this.opener.hidden = !answers.length;
    this.node.hidden = !answers.length && !this.line.textContent && !all && !this.running;
    this.opener.textContent = `answers (${answers.length}) ${this.list.hidden ? "▴" : "▾"}`;
    this.opener.setAttribute("aria-expanded", String(!this.list.hidden));
    const listed = JSON.stringify([answers, answers.map((one) => this.here(one))]);
    if (this.list.hidden || listed === this.listed) return; // buttons stay under the pointer
    this.listed = listed;
    this.list.replaceChildren(...answers.map((one) => this.entry(one)));
  }

  entry(answer) {
    const node = element("div", "ip-answer");
    node.setAttribute("role", "option");
    node.setAttribute("aria-selected", String(this.here(answer)));
    const back = button("ip-back", `return to ${answer.name}`, () => this.back(answer));
    if (answer.picture) {
      const picture = element("img");
      picture.src = answer.picture;
      picture.alt = "";
      back.append(picture);
    }
    const words = element("span", "ip-answer-words");
    const [name, when] = [element("b"), element("span")];
    name.textContent = answer.name;
    when.textContent = `${answer.stored ? "from the store" : seconds(answer.seconds)} · ${answer.time}`;
    words.append(name, when);
    back.append(words);
    const acts = element("span", "ip-answer-acts");
    acts.append(
      this.act(answer.kept ? "■ kept" : "keep", "keep it from being evicted, so that its link stays (H)", () => this.hold(answer)),
      this.act("pin", "hold it beside what is shown (B pins what is shown)", () => this.pin(answer)),
      this.act("link", "copy the link of this answer", () => copyText(answer.href)),
      this.act("✕", "take it out of this list", () => {
        this.answers = this.answers.filter((one) => one !== answer);
        this.keep();
      }),
    );
    node.append(back, acts);
    return node;
  }

  /** Show an answer again, beside what is pinned now. */
  back(answer) {
    const to = new URL(answer.href);
    const pin = new URL(this.page.link()).searchParams.get("pin");
    if (to.searchParams.has("pin")) to.searchParams.set("pin", pin ?? "");
    this.page.visit(to.href);
  }

  /** Hold an answer beside what is shown. */
  pin(answer) {
    const here = new URL(this.page.link());
    const { searchParams } = new URL(answer.href);
    if (here.searchParams.get("model") !== searchParams.get("model")) {
      this.say("Not pinned: another model, whose energies do not compare.");
      return;
    }
    here.searchParams.set("pin", PINNED.map((name) => searchParams.get(name) ?? "").join("~"));
    this.page.visit(here.href);
  }

  here({ href }) {
    return bare(this.page.link()) === bare(href);
  }

  /** The answer that is shown; the newest where none is. */
  get shown() {
    return this.answers.find((answer) => this.here(answer)) ?? this.answers.at(-1);
  }

  /** [ and ] go to the answer before and after; H keeps the one that is shown. */
  key(key) {
    const { answers, shown } = this;
    if (!shown || !["[", "]", "h"].includes(key.toLowerCase())) return false;
    if (key.toLowerCase() === "h") {
      this.hold(shown);
      return true;
    }
    const at = answers.indexOf(shown) + (key === "]" ? 1 : this.here(shown) ? -1 : 0);
    if (answers[at]) this.back(answers[at]);
    return true;
  }

  act(text, title, act) {
    const node = button("ip-item", title, act);
    node.textContent = text;
    return node;
  }

  /** Ask the server to keep an answer. */
  async hold(answer) {
    const { analysis, key, problem } = answer;
    try {
      const { said } = await this.page.hub.live.post({ do: "keep", analysis, key, problem });
      const last = said.at(-1);
      if (last?.say === "kept") {
        answer.kept = true;
        this.say("Kept. Its link opens for everyone with this store.");
      } else this.say(`Not kept: ${last?.words ?? "the server does not answer"}.`);
    } catch {
      this.say("Not kept: the server does not answer.");
    }
    this.keep();
  }
}
