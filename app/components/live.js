// Live questions from the page: asked over the server's route, looked at while they are under way.

import { idle, inTurn } from "./turns.js";

const COOKIE = /(?:^|;\s*)_streamlit_xsrf=([^;]*)/;
/** What ends a request. */
export const LAST = new Set(["made", "answer", "replaced", "cancelled", "refused", "failed"]);

const SOON = 400; // ms before a draft is drawn, and between two
const WALK = "walk"; // a draft with all that a reader asks for first
const DRAWN = /^(coarse|walk|level \d+)$/; // drafts that panels draw

const PATIENCE = 30_000; // of a cut connection, in ms: the server's own grace

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** One request on its way; `panel`: in whose form it was asked, or "". */
class Asked {
  constructor(live, body, hear, panel) {
    Object.assign(this, { live, body, hear, panel });
    this.began = performance.now();
    this.expected = 0; // seconds
    this.at = 0;
    this.gone = false; // nobody listens any more
    this.handed = null; // its answer, once that can be shown, though it is not saved yet
  }

  /** Ask, and tell `hear` everything that is said, until the last word. */
  async follow() {
    let lost = 0; // since when the server does not answer
    let wait = 200;
    let { body } = this;
    for (;;) {
      let answer;
      try {
        answer = await this.live.post(body);
        lost = 0;
        wait = 200;
      } catch {
        lost ||= performance.now();
        if (this.gone) return;
        if (performance.now() - lost > PATIENCE) {
          this.tell({ say: "failed", words: "The server does not answer. Ask again" });
          return;
        }
        await sleep(wait);
        wait = Math.min(2 * wait, 3000);
        continue;
      }
      const known = this.id;
      this.id = answer.request;
      if (this.unwanted && !known) this.cancel();
      this.at = Math.max(this.at, answer.at);
      for (const said of answer.said) this.tell(said);
      if (this.gone || answer.ended || !this.id) return;
      body = { do: "look", request: this.id, at: this.at };
    }
  }

  tell(said) {
    const { handed } = this;
    if (said.say === "answer" && said.saved === false) this.live.lose(said);
    else if (said.say === "answer") this.live.lost.delete(said.key);
    else if (handed && ["failed", "cancelled"].includes(said.say)) this.live.lose({ ...handed, ...said });
    if (this.gone || handed) return; // whoever listened has had the answer
    if (said.say === "running") this.expected = said.seconds ?? 0;
    if (said.say === "draft") this.draft(said);
    this.ended ||= LAST.has(said.say);
    if (LAST.has(said.say) && this.drafted) this.live.hub.page?.renew(); // what stood there before
    if (said.say === "handed") this.handed = said;
    this.hear(this.handed ? { ...said, say: "answer" } : said);
  }

  /** Nobody waits for a draft any more. */
  get over() {
    return this.gone || this.ended || Boolean(this.handed);
  }

  /** Draw what is finished, unless the whole is expected as soon: once it is asked for so long, and each
   * time a while after what was finished before stands there. */
  async draft(said) {
    if (!DRAWN.test(said.name)) return;
    this.newest = said;
    if (this.drafting) return;
    this.drafting = true;
    const since = () => performance.now() - this.began;
    const left = () => 1000 * this.expected - since(); // less than nothing where nobody knows
    while (this.newest) {
      const first = !this.drafted && this.newest.name === WALK && left() > SOON;
      await sleep(first ? 0 : Math.max(0, SOON + (this.drafted ?? 0) - since()));
      await idle();
      if (this.over) break;
      if (left() > 0 && left() < SOON) {
        await sleep(left());
        continue;
      }
      const { key } = this.newest;
      this.newest = null;
      const there = await this.before?.(key); // the page on which it is drawn, and it with the page
      if (this.over) break;
      this.drafted = since();
      if (!there) await inTurn(() => !this.over && this.live.hub.page?.draft(key, this.panel));
      await idle();
      await this.live.hub.drawing;
      this.drafted = since();
    }
    this.drafting = false;
  }

  /** Take it back; the server says "cancelled" to whoever still listens. */
  cancel() {
    this.unwanted = true;
    if (this.id) this.live.post({ do: "cancel", request: this.id }).catch(() => {});
  }

  /** Take it back, and listen no more; an answer that was handed over is still saved. */
  leave() {
    if (this.handed) return;
    this.gone = true;
    this.cancel();
  }
}

export class Live {
  constructor(hub) {
    this.hub = hub;
    this.token = "";
    this.why = "";
    this.prices = new Map(); // question → promise of what was said of its price
    this.lost = new Map(); // key → why an answer is not saved
    this.running = 0; // requests that are followed
  }

  /** What the page says of it: the token, and why this reader may not ask. */
  take(said) {
    const { token = "", why = "" } = said ?? {};
    if (token !== this.token) this.prices.clear();
    Object.assign(this, { token, why });
    document.documentElement.toggleAttribute("data-ired-live", this.there);
  }

  /** An answer that can be shown is not saved. */
  lose({ key, words = "the server stopped" }) {
    const line = `Answered, but not saved: ${words}; it stays until you leave`;
    this.lost.set(key, line);
    this.hub.page?.dock.say(line);
  }

  /** Whether the server has live questions at all. */
  get there() {
    return this.token !== "" || this.why !== "";
  }

  async post(body) {
    const base = window.__streamlit?.BACKEND_BASE_URL ?? new URL(".", window.location.href);
    const cookie = COOKIE.exec(document.cookie)?.[1] ?? "";
    const answer = await fetch(new URL("live", base), {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Ired-Live": this.token, "X-Xsrftoken": cookie },
      body: JSON.stringify(body),
      keepalive: body.do === "cancel", // also while the page is left
    });
    if (answer.status >= 500) throw new Error(`the server answered ${answer.status}`);
    return answer.json();
  }

  /** What an answer would cost: {say: "price", seconds}, or why it is not given. */
  price(question) {
    const spelled = JSON.stringify(question);
    if (!this.prices.has(spelled)) {
      const asked = this.post({ do: "price", question })
        .then(({ said }) => said.at(-1))
        .catch(() => undefined)
        .then((last) => {
          if (last?.say !== "price") this.prices.delete(spelled); // what hinders may pass
          return last;
        });
      this.prices.set(spelled, asked);
    }
    return this.prices.get(spelled);
  }

  ask(question, hear, panel = "") {
    return this.follow({ do: "ask", question }, hear, panel);
  }

  /** Send a request, and tell `hear` everything that is said of it. */
  follow(body, hear, panel = "") {
    const asked = new Asked(this, body, hear, panel);
    this.running += 1;
    asked.follow().finally(() => { this.running -= 1; });
    return asked;
  }
}

/** Seconds as one says them: "0.3 s", "12 s", "2 min". */
export function seconds(s) {
  if (s < 0.95) return `${Math.max(0.1, Math.round(10 * s) / 10)} s`;
  if (s < 9.5) return `${Math.round(10 * s) / 10} s`;
  return s < 120 ? `${Math.round(s)} s` : `${Math.round(s / 60)} min`;
}
