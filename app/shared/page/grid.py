"""Where the panels of a sheet stand: in 24 columns, in two on a narrower window, then in one."""

from collections.abc import Sequence
from itertools import groupby

from app.shared.page.contract import COLUMNS, Panel


def blocks(panels: Sequence[Panel]) -> list[list[Panel]]:
    """What has a place of its own in the grid: a panel, or those of one card."""
    grouped = groupby(enumerate(panels), lambda at: at[1].card or at[0])
    return [[panel for _, panel in block] for _, block in grouped]


def rules(key: str, panels: Sequence[Panel]) -> str:
    """Where panels stand on a wide window; `style.css` puts them in two columns, then in one."""
    heads = [block[0] for block in blocks(panels)]
    # By number: a rule about what a place holds (:has) is looked at again with each node that a
    # figure draws, a third of the browser's work on styles.
    rules = [
        f".st-key-{key} > div:nth-child({number})"
        f"{{ --span: {min(p.span, COLUMNS)}; --half: {half}; --later: {int(p.two == 'last')}; }}"
        for number, (p, half) in enumerate(zip(heads, halves(heads), strict=True), 1)
    ]
    return f"<style>{''.join(rules)}</style>"


def halves(panels: Sequence[Panel]) -> list[int]:
    """How many of two columns each panel takes; one that would be alone in its row takes both."""
    taken = [2] * len(panels)
    waits = -1  # the panel before, where its row has room for one more
    for at, panel in enumerate(panels):
        if panel.two == "last":
            continue
        half = panel.span <= COLUMNS // 2 and not panel.two
        if half and waits >= 0:
            taken[waits] = taken[at] = 1
        waits = at if half and waits < 0 else -1
    return taken
