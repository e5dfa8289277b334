// A figure with a WebGL context gives it back while its panel is out of sight: browsers have sixteen.

/** Follow whether a panel is near the window; the observer, to be disconnected with it. */
export function watchSight(panel) {
  const { hub } = panel;
  const sight = new IntersectionObserver((entries) => {
    panel.near = entries.at(-1).isIntersecting;
    if (!panel.figure?.deep) return;
    if (panel.near) hub.draw();
    else hub.enqueue(() => !panel.near && panel.figure?.rest());
  }, { rootMargin: "800px" });
  sight.observe(panel.slot);
  return sight;
}
