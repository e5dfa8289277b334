// A panel that fills the window, and returns to the place on the page that was kept for it.

/** Do the one or the other. */
export function toggleExpanded({ section, slot, expanded }) {
  if (expanded) {
    section.hidePopover();
    section.removeAttribute("popover");
    slot.style.minHeight = "";
  } else {
    slot.style.minHeight = `${slot.offsetHeight}px`;
    section.popover = "manual";
    section.showPopover(); // the topmost layer of the page, whatever contains the panel
  }
}
