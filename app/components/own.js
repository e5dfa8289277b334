// Problems of the reader's own: made by the server of live answers, then shown by their address.

import { LAST } from "./live.js";
import { idle, inTurn } from "./turns.js";
import { Waiting } from "./waiting.js";

/** What the page needs of a problem before it can be shown under its own name. */
const FIRST = ["problem_properties", "descent"];

/** Planes that lie along directions of another answer: of a new problem they are not asked. */
const ALONG = ["atoms", "directions"];

/** What ends a question without words of its own. */
const ENDS = { cancelled: "Cancelled.", replaced: "A newer question took its place." };

export class Own {
  constructor(page) {
    this.page = page;
    this.turn = 0; // the newest wish: what belongs to an older one is not shown
    this.undone = []; // changes before, the newest last
    this.redone = [];
    this.editing = null; // {panel, cell} while entries are edited
  }

  get live() {
    return this.page.hub.live;
  }

  /** Ask, and wait for the last word; null where a newer wish came meanwhile. `before`: what is done
   * before a draft of the answer, whose key it takes, is drawn; true where it draws the draft. */
  async last(body, turn, before = null) {
    const said = await new Promise((done) => {
      this.asked = this.live.follow(body, (word) => LAST.has(word.say) && done(word));
      this.asked.before = before;
    });
    return turn === this.turn ? said : null;
  }

  /** Begin a wish: what was under way for an older one is taken back. */
  begin(words) {
    this.asked?.leave();
    this.waiting?.end();
    this.page.dock.stop();
    this.page.dock.say(words);
    this.turn += 1;
    return this.turn;
  }

  /** The reader has gone: what is under way is taken back. */
  leave() {
    this.editing = null;
    this.turn += 1;
    this.asked?.leave();
    this.waiting?.end();
  }

  /**
   * Have a problem made, and show it once its answer is there.
   *
   * @param verb "edit" or "load"; question: what the server is asked; origin: name of the set of
   * the problem it was edited from; words: for the dock.
   * @return what hinders, in one line, or "".
   */
  async make(verb, question, origin, words) {
    const turn = this.begin(words);
    const { hub } = this.page;
    const { following } = this; // by what the page shows now
    this.waiting = new Waiting(hub.panels, () => this.asked?.expected ?? 0);
    const made = await this.last({ do: verb, question }, turn);
    if (!made) return "";
    if (made.say !== "made") return this.hinder(made);
    const { problems, problem } = made;
    const set = `${problems.task}-own-${problems.size}-${problems.content}`;
    const { model } = this.page.where;
    let [said, shown] = [null, false];
    const show = async (draft = "") => {
      if (shown || turn !== this.turn) return false;
      shown = true;
      await inTurn(() => this.show({ set, problem, origin, draft }));
      await idle();
      return true;
    };
    for (const analysis of FIRST) {
      const about = { analysis, model, problems, problem, parameters: {}, inputs: {} };
      said = await this.last({ do: "ask", question: about }, turn, analysis === "descent" ? show : null);
      if (!said) return "";
      if (said.say !== "answer") return this.hinder(said);
    }
    const { key, seconds = 0, stored = false, analysis } = said;
    hub.arrived = { panel: "own", pictured: "matrices", difference: words, word: "exact",
      problem, analysis, key, seconds, stored, placed: shown };
    if (shown) {
      hub.draw();
      this.page.renew();
    }
    show().then(idle).then(() => turn === this.turn && this.waiting.end()); // where the same stands as before
    this.rest(following, { model, problems, problem, inputs: {} }, turn);
    return "";
  }

  /** What a page of another problem will lack: asked while it is drawn, the plane that is shown first. */
  get following() {
    const { hub, where } = this.page;
    const boxes = [...hub.panels].flatMap(({ shown }) => shown?.asks?.boxes ?? [shown?.compute]);
    const plane = boxes.find((box) => box?.question.analysis === "landscape_slice");
    const named = plane && !ALONG.includes(where.plane);
    const { plane: name, place } = plane?.question.parameters ?? {};
    const slice = { analysis: "landscape_slice", parameters: { plane: name, place } };
    return [...(named ? [slice] : []), { analysis: "hessian_spectrum", parameters: {} }];
  }

  /** Ask what the page lacks, then whatever it finds missing itself. */
  async rest(following, about, turn) {
    const { dock } = this.page;
    for (const question of following) {
      const last = this.last({ do: "ask", question: { ...about, ...question } }, turn);
      Object.assign(dock, { asked: this.asked, running: true });
      dock.show();
      const said = await last;
      if (!said) return;
      if (said.say !== "answer") {
        this.hinder(said);
        dock.stop();
        return;
      }
      this.page.renew();
    }
    await this.filled(following);
    if (turn !== this.turn) return;
    dock.stop();
    this.page.hub.wanted = { panels: null };
    dock.show();
  }

  /** Wait a while until the page shows what was answered: its boxes of the same questions are gone. */
  async filled(following) {
    const asked = following.map(({ analysis }) => analysis);
    const waits = () => [...this.page.hub.panels]
      .some(({ shown }) => asked.includes(shown?.compute?.question.analysis));
    await idle();
    for (let i = 0; i < 20 && waits(); i += 1) await new Promise((go) => setTimeout(go, 100));
  }

  hinder({ say, words = ENDS[say] ?? "The server does not answer" }) {
    this.waiting?.end();
    this.page.dock.say(words);
    return words;
  }

  /** Show another problem, and compute what is missing of it. */
  open(where) {
    this.leave(); // what is still under way for a wish before would end what this one asks
    this.page.hub.wanted = { panels: null };
    return inTurn(() => this.show(where));
  }

  /** Show another problem; a promise that the page has been told. */
  show({ set, problem, origin = "", draft = "" }) {
    const url = new URL(this.page.link());
    const others = { walk: "", q: "", lock: "", point: "", steer: "" };
    for (const [name, value] of Object.entries({ set, problem, origin, ...others }))
      url.searchParams.set(name, value);
    return this.page.go(url.href, draft);
  }
}
