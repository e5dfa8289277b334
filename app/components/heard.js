// What a panel does when its figure tells that a pointer came, went, clicked or selected.

import { meant } from "./lit.js";

/** The pointer is over a point: say what it is, and light it everywhere. */
function point(panel, over, event) {
  const { data, customdata } = over;
  const leads = data.meta === "jump" || panel.pickable;
  panel.bodyBox.classList.toggle("ip-on-mark", Boolean(leads));
  if (panel.pointer && customdata !== undefined) panel.pointer.show([].concat(customdata)[0], event);
  const what = meant(over);
  if (!what) return;
  panel.lighting = true;
  panel.hub.light(what);
}

function left(panel) {
  panel.pointer?.hide();
  panel.bodyBox.classList.remove("ip-on-mark");
  if (panel.lighting) panel.hub.light(null);
  panel.lighting = false;
}

/** What a `Figure` calls. */
export const heard = (panel) => ({
  jump: (level) => panel.hub.page?.show(level),
  picked: (clicked) => panel.pick(clicked),
  hovered: (over, event) => point(panel, over, event),
  left: () => left(panel),
  selected: (customs) => panel.select(customs),
});
