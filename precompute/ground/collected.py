"""What the last `collect` found in a store: quick to ask, and as old as that."""

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import store
from ired_interp_core.errors import Refusal
from ired_interp_core.spelling import counted
from store import shell
from store.faults import Fault

SHOWN = 20


@dataclass(frozen=True)
class Collected:
    """What a catalog says of the answers.

    Args:
        left_out: what does not hold and is in no catalog.
        diverged: question → how many of how many of its answers are not finite, where any is.
        analyses: question → analysis, of those.
    """

    left_out: list[Fault] = field(default_factory=list)
    diverged: dict[str, tuple[int, int]] = field(default_factory=dict)
    analyses: dict[str, str] = field(default_factory=dict)

    def lines(self, keys: Collection[str]) -> list[str]:
        """One line for each of some questions that has answers that are not finite."""
        return [
            f"{self.analyses[key]} {key[:8]}: {count:,} of {counted(rows, 'answer')} diverged"
            " (not finite); no mean has them"
            for key, (count, rows) in self.diverged.items()
            if key in keys
        ]


def collected(root: Path) -> Collected:
    """Ask the catalog in force; nothing is known where there is none."""
    try:
        with store.open(root) as opened:
            diverged = opened.diverged()
            analyses = {q.key: q.analysis for q in opened.questions() if q.key in diverged}
            return Collected(opened.left_out(), diverged, analyses)
    except Refusal:
        return Collected()


def left_out_lines(root: Path, faults: Collection[Fault]) -> list[str]:
    """What is left out, each thing once and in one line, at most SHOWN of them."""
    once = list({fault.path: fault for fault in faults}.values())
    lines = [f"left out: {fault}" for fault in once[:SHOWN]]
    if len(once) > SHOWN:
        lines.append(f"… and {len(once) - SHOWN} more, see {shell.command(root, 'verify')}")
    return lines
