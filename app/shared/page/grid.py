"""Where the panels of a sheet stand: in 24 columns, in two on a narrower window, then in one."""

from collections.abc import Sequence
from itertools import groupby

from app.shared.page.contract import COLUMNS, Panel


def blocks(panels: Sequence[Panel]) -> list[list[Panel]]:
    """What has a place of its own in the grid: a panel, or those of one card."""
    grouped = groupby(enumerate(panels), lambda at: at[1].card or at[0])
    return [[panel for _, panel in block] for _, block in grouped]


def rules(panels: Sequence[Panel]) -> str:
    """Where panels stand on a wide window; `style.css` puts them in two columns, then in one."""
    heads = [block[0] for block in blocks(panels)]
    rules = [
        f'[class*="st-key-grid-"] > div:has(.st-key-panel-{p.id})'
        f"{{ --span: {min(p.span, COLUMNS)}; --half: {half}; }}"
        for p, half in zip(heads, halves(heads), strict=True)
    ]
    return f"<style>{''.join(rules)}</style>"


def halves(panels: Sequence[Panel]) -> list[int]:
    """How many of two columns each panel takes; one that would be alone in its row takes both."""
    taken: list[int] = []
    waiting = False  # the panel before stands in a row with room for one more
    for panel in panels:
        narrow = panel.span <= COLUMNS // 2
        if waiting and not narrow:
            taken[-1] = 2
        taken.append(1 if narrow else 2)
        waiting = narrow and not waiting
    if waiting:
        taken[-1] = 2
    return taken
