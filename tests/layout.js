// What a reader could not read on the page as it stands, one line for each fault.
() => {
  const LEAST = 10.9; // pixels of type
  const EXPLAINS = ".ip-caption, .ip-sentence, .ip-long"; // read as text, so no smaller than text
  const SCROLLS = ".ip-scroll, .ip-body[tabindex], pre, .ip-menu, [data-testid=stDataFrame]";
  const CONTROLS = "button, a, input, [role=combobox]";
  const found = [];
  const shown = (node) => node.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
  const panelOf = (node) => node.closest("[data-panel]")?.dataset.panel ?? "page";
  const name = (node) => (node.ariaLabel || node.textContent).trim().slice(0, 40);
  const boxOf = ({ left, right, top, bottom }) => ({ left, right, top, bottom });

  function within(box, other) {
    return {
      left: Math.max(box.left, other.left), right: Math.min(box.right, other.right),
      top: Math.max(box.top, other.top), bottom: Math.min(box.bottom, other.bottom),
    };
  }

  /** What can be seen of a box: whatever contains it may cut it, but the page, which scrolls. */
  function seen(node, box) {
    for (let at = node; at && !at.matches("body, [data-testid=stMain]"); at = at.parentElement) {
      if (at instanceof SVGElement && at.tagName !== "svg") continue;
      const { overflowX, overflowY } = getComputedStyle(at);
      if (overflowX !== "visible" || overflowY !== "visible")
        box = within(box, at.getBoundingClientRect());
    }
    return box;
  }

  /** Lines of a text without the empty room above and below its letters. */
  function lines(range, visible) {
    return [...range.getClientRects()].map((line) => {
      const room = line.width > line.height ? 0.24 * line.height : 0;
      return within({ ...boxOf(line), top: line.top + room, bottom: line.bottom - room }, visible);
    }).filter(({ left, right, top, bottom }) => right > left && bottom > top);
  }

  function texts() {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const all = [];
    for (let text; (text = walker.nextNode()); ) {
      const node = text.parentElement;
      if (!text.textContent.trim() || node.closest("style, script, .ip-longest") || !shown(node))
        continue;
      const range = document.createRange();
      range.selectNodeContents(text);
      const whole = boxOf(range.getBoundingClientRect());
      if (whole.right - whole.left < 2 || whole.bottom - whole.top < 2) continue;
      const visible = seen(node, whole);
      all.push({ node, whole, visible, said: text.textContent.trim().slice(0, 40),
        panel: panelOf(node), lines: lines(range, visible) });
    }
    return all;
  }

  function cut({ node, whole, visible, said, panel }) {
    const scroller = node.closest(SCROLLS);
    if (scroller) {
      const { textOverflow } = getComputedStyle(node);
      if (textOverflow === "ellipsis" && node.scrollWidth > node.clientWidth + 1)
        found.push(`${panel}: the cell "${said}" is cut`);
      return;
    }
    if (visible.right <= visible.left || visible.bottom <= visible.top) return; // not seen at all
    const across = Math.max(visible.left - whole.left, whole.right - visible.right);
    const down = Math.max(visible.top - whole.top, whole.bottom - visible.bottom);
    if (across > 1.5 || down > 3) found.push(`${panel}: "${said}" is cut`);
  }

  const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
  const related = (a, b) => a.contains(b) || b.contains(a)
    || (a.closest(".ip-scroll") && a.closest(".ip-scroll") === b.closest(".ip-scroll"));

  function overlapping(all) {
    const panels = Map.groupBy(all, ({ panel }) => panel);
    for (const [panel, group] of panels)
      group.forEach((one, at) => group.slice(at + 1).forEach((other) => {
        if (one.lines.some((a) => other.lines.some((b) => meet(a, b))) && !related(one.node, other.node))
          found.push(`${panel}: "${one.said}" and "${other.said}" lie on each other`);
      }));
  }

  /** A widget that is wider than the room it was given lies on the name of the next. */
  function spilling() {
    for (const node of document.querySelectorAll("[data-testid=stSelectbox], [data-testid=stNumberInput]")) {
      if (!shown(node)) continue;
      const { right } = node.getBoundingClientRect();
      const widget = [...node.querySelectorAll("input")].at(-1)?.parentElement;
      if (widget && widget.getBoundingClientRect().right > right + 1.5)
        found.push(`page: the widget "${name(node)}" leaves its room`);
    }
  }

  function controls() {
    const all = [...document.querySelectorAll(CONTROLS)].filter((node) =>
      shown(node) && !node.closest(".ip-menu") && node.getBoundingClientRect().width > 1);
    const boxes = new Map(all.map((node) => [node, node.getBoundingClientRect()]));
    all.forEach((one, at) => {
      const box = boxes.get(one);
      if (!one.closest(SCROLLS) && (box.left < -1 || box.right > innerWidth + 1))
        found.push(`${panelOf(one)}: "${name(one)}" leaves the window`);
      for (const other of all.slice(at + 1))
        if (meet(box, boxes.get(other)) && !related(one, other))
          found.push(`${panelOf(one)}: "${name(one)}" and "${name(other)}" lie on each other`);
    });
  }

  const over = document.documentElement.scrollWidth - innerWidth;
  if (over > 0) found.push(`the page is ${over} pixels wider than the window`);
  const all = texts();
  for (const text of all) {
    const size = parseFloat(getComputedStyle(text.node).fontSize);
    if (size < (text.node.closest(EXPLAINS) ? 12 : LEAST)) found.push(`${text.panel}: "${text.said}" is ${size} pixels high`);
    cut(text);
  }
  if (document.querySelector(".modebar-group")) found.push("page: Plotly's own toolbar lies on a figure");
  overlapping(all);
  controls();
  spilling();
  return [...new Set(found)];
}
