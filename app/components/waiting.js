// Figures whose answer is being asked: dimmed, with how long it takes, until something else stands there.

import { seconds } from "./live.js";

const DIM = 100; // [ms] before figures are dimmed
const COUNT = 400; // [ms] before seconds are said
const TICK = 500; // [ms] from then on: every word has the browser lay out the page anew

export class Waiting {
  /** @param panels that will show the answer; expected(): its seconds, 0 while nobody has said. */
  constructor(panels, expected) {
    this.panels = new Set([...panels].filter(({ shown }) => shown && shown.kind !== "note"));
    this.expected = expected;
    this.began = performance.now();
    this.timer = setTimeout(() => this.tick(COUNT - DIM), DIM);
  }

  tick(next = TICK) {
    this.timer = setTimeout(() => this.tick(), next);
    const taken = performance.now() - this.began;
    const of = this.expected() ? ` of about ${seconds(this.expected())}` : "";
    const line = taken < COUNT ? "asking" : `asking · ${seconds(taken / 1000)}${of}`;
    for (const panel of this.panels) panel.waits(line, this);
  }

  /** Something else stands in a panel. */
  leave(panel) {
    if (this.panels.delete(panel)) panel.waits("", null);
    if (!this.panels.size) clearTimeout(this.timer);
  }

  /** There is no answer, or it stands everywhere: what stood there is as good as before. */
  end() {
    clearTimeout(this.timer);
    for (const panel of [...this.panels]) this.leave(panel);
  }
}
