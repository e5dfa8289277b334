// Live questions of one panel: the box where an answer is missing, and the answer on its way to the page.

import { Compute } from "./compute.js";
import { inTurn, telling } from "./turns.js";

export class Asking {
  constructor(panel) {
    this.panel = panel;
    this.wanted = ""; // the question of the box, spelled
  }

  /** The box that computes what is missing, kept while it is the same; null where nobody can. */
  box(compute) {
    const wanted = compute && this.panel.hub.live.there ? JSON.stringify(compute) : "";
    if (wanted !== this.wanted || !wanted) {
      this.leave();
      this.compute = wanted ? new Compute(this.panel, compute) : null;
      this.wanted = wanted;
    }
    return this.compute;
  }

  /** The panels that show what a form of this one asks: itself, or the one that it names. */
  get fills() {
    const { hub, shown, id } = this.panel;
    const shows = shown?.asks?.shows || id;
    return [...hub.panels].filter((one) => one.id === shows);
  }

  /** An answer is there, and will be drawn here, or in the panel that shows what a form asks. The
   * page may place other panels for it: what is not drawn yet is kept by the hub. */
  expect(answer) {
    const { hub, shown, id } = this.panel;
    hub.arrived = { ...answer, panel: shown?.asks?.shows || id };
  }

  /** An answer is there: the server draws it. */
  async answered(answer) {
    this.expect(answer);
    this.panel.head.form.close();
    await inTurn(() => this.panel.trigger("answered", { key: answer.key ?? "", turn: telling() }));
  }

  /** It was drawn before the page heard of it, and has its address now. */
  get there() {
    const { hub, id, shown } = this.panel;
    const { panel, key, placed } = hub.arrived ?? {};
    const draws = shown.state === "drawn" && shown.question.split(" ").includes(key);
    return (placed || !this.panel.early) && panel === id && draws;
  }

  /** It is on the screen: say so, and give it to the dock. */
  drawn() {
    const { panel } = this;
    const { page, arrived } = panel.hub;
    if (!page || arrived?.panel !== panel.id || panel.shown.kind === "note") return;
    if (panel.early && !arrived.placed) return; // it has no address yet to come back to
    panel.hub.arrived = null;
    panel.head.say(arrived.word);
    const name = arrived.difference || `${panel.shown.title} of problem ${arrived.problem}`;
    const said = [...panel.body.querySelectorAll(".ip-sentence")].slice(0, 2);
    const spoken = said.map(({ textContent }) => textContent).join(" ")
      || `${name}: ${panel.head.notes.textContent || arrived.word}`;
    const time = new Date().toTimeString().slice(0, 5);
    const of = (id) => [...panel.hub.panels].find((one) => one.id === id)?.figure;
    panel.hub.enqueue(async () => { // once all panels are drawn, of which one is the picture
      const sentence = panel.hub.live.lost.get(arrived.key) ?? spoken;
      const picture = (await (panel.figure ?? of(arrived.pictured))?.thumbnail()) ?? "";
      if (panel.hub.page === page) page.dock.add({ ...arrived, name, sentence, time, picture, href: page.link() });
    });
  }

  leave() {
    if (!this.compute) return;
    this.compute.leave();
    this.compute = null;
    this.wanted = "";
    this.panel.hub.page?.dock.show();
  }
}
