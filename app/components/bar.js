// The level bar: ten stops from the smoothest landscape to the sharpest, each with its σ_t.

import { copyText } from "./copy.js";
import { element } from "./dom.js";

/** A bell of standard deviation σ, so that smooth and sharp can be seen and need not be learned. */
function bell(sigma) {
  const points = [];
  for (let x = -30; x <= 30; x += 1.5) {
    const height = Math.exp(-((x / (11 * sigma)) ** 2) / 2);
    points.push(`${(x + 30).toFixed(1)},${(17 - 15 * height).toFixed(1)}`);
  }
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  svg.setAttribute("viewBox", "0 0 60 18");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(ns, "polyline");
  line.setAttribute("points", points.join(" "));
  svg.append(line);
  return svg;
}

async function copy(button, text, cut) {
  const before = button.textContent;
  button.textContent = (await copyText(text)) ? `Copied${cut}` : "Copy it from the address bar";
  setTimeout(() => (button.textContent = before), 1600);
}

/**
 * Build the bar.
 *
 * @param levels [{t, sigma, text, help}] in the order of inference, smoothest first.
 * @param choose called with a level that was clicked; play: called by the play button; link: gives
 * the address of exactly this view; cut: what of it is left out, in words; more: a further button, or null.
 */
export function buildBar(levels, { choose, play, link: addressOf = () => window.location.href, cut = () => "", more = null }) {
  const node = element("div", "ip-bar");
  const now = element("div", "ip-now");
  const name = element("span", "ip-now-name");
  name.textContent = "level t";
  const value = element("output", "ip-now-value");
  const facts = element("span", "ip-now-facts");
  now.append(name, value, facts);

  const start = element("button", "ip-play");
  start.type = "button";
  start.addEventListener("click", play);

  const track = element("div", "ip-track");
  track.setAttribute("role", "group");
  track.setAttribute("aria-label", "annealing level");
  const stops = new Map();
  for (const { t, sigma, text, help } of levels) {
    const stop = element("button", "ip-stop");
    stop.type = "button";
    stop.dataset.level = t;
    stop.title = help;
    const label = element("span", "ip-stop-t");
    label.textContent = t;
    const small = element("span", "ip-stop-sigma");
    small.textContent = text;
    stop.append(bell(sigma), label, small);
    stop.addEventListener("click", () => choose(t));
    stops.set(t, stop);
    track.append(stop);
  }

  const side = element("div", "ip-side");
  const link = element("button", "ip-link");
  link.type = "button";
  link.textContent = "Copy link";
  link.title = "Copy the address of exactly this view, level included";
  link.addEventListener("click", () => copy(link, addressOf(), cut()));
  const hint = element("span", "ip-hint");
  hint.textContent = "← →  0…9  space";
  hint.title = "Arrow keys or digits change the level, space plays from smooth to sharp";
  if (more) side.append(more);
  side.append(link, hint);
  node.append(now, start, track, side);

  const bar = {
    node,
    show(level) {
      value.textContent = level;
      for (const [t, stop] of stops) stop.setAttribute("aria-pressed", String(t === level));
      facts.textContent = levels.find(({ t }) => t === level)?.facts ?? "";
    },
    playing(on) {
      start.textContent = on ? "❚❚" : "▶";
      start.title = on ? "Pause (space)" : "Play from smooth to sharp (space)";
      start.setAttribute("aria-label", on ? "pause" : "play");
    },
    say(text) {
      facts.textContent = text;
    },
  };
  bar.playing(false);
  return bar;
}
