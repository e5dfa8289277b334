// Bodies that are neither figure nor table: a sentence, or a note.

import { copyText } from "./copy.js";
import { button, element } from "./dom.js";

const LONG = 600; // letters of a command that stands behind a line to open

const MARKS = { holds: "●", not: "○", undecided: "◌", unmeasured: "–" };

/** The headline of a sheet: verdicts, then lines whose numbers stand out. */
export function drawSentence(node, { lines, chips, small }, index) {
  const verdicts = (chips ?? []).map(({ text, state }) => {
    const chip = element("span", "ip-verdict");
    chip.dataset.verdict = state;
    chip.textContent = `${MARKS[state] ?? ""} ${text}`;
    return chip;
  });
  const rows = lines.map((line) => {
    const row = element("p", small ? "ip-sentence ip-small" : "ip-sentence");
    for (const part of line.length > 1 ? line[index] : (line[0] ?? [])) {
      if (typeof part === "string") row.append(part);
      else {
        const strong = element("b");
        strong.textContent = part.b;
        row.append(strong);
      }
    }
    return row;
  });
  // On a card the name comes first; elsewhere the verdict is the headline's first word.
  const before = small ? rows.splice(0, 1) : [];
  node.replaceChildren(...before, ...verdicts, ...rows);
}

/** A long recipe, which would bury the line above it. */
function behind(box) {
  const recipe = element("details", "ip-recipe");
  const summary = element("summary");
  summary.textContent = "how to compute it";
  recipe.append(summary, box);
  return recipe;
}

/** What is missing or went wrong, the box that computes it, and the command that does. */
export function drawNote(node, { text, command }, compute = null) {
  const line = element("p", "ip-missing");
  line.textContent = text;
  const parts = compute ? [line, compute.node] : [line];
  if (command) {
    const box = element("div", "ip-command");
    const code = element("pre");
    code.textContent = command;
    code.tabIndex = 0;
    const copy = button("ip-copy", "copy the command", async () => {
      copy.textContent = (await copyText(command)) ? "copied" : "select and copy";
      setTimeout(() => { copy.textContent = "copy"; }, 1200);
    });
    copy.textContent = "copy";
    box.append(code, copy);
    parts.push(command.length > LONG || compute ? behind(box) : box);
  }
  node.replaceChildren(...parts);
}
