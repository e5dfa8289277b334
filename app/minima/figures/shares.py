"""Where starts of each kind end: one bar a kind, the truth's basin first."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from app.shared.drawing import colours
from app.shared.drawing.levels import TINY, Layout, Levels, Trace, axis, named
from app.shared.drawing.names import basin_id

INSIDE = 0.1
"""Share from which on a segment has room for its number."""
BESIDE = 0.34
"""How far below the middle of its bar a whisker runs: the number within stays legible."""
LOST = -1
"""Stands for starts that ended in no basin."""


@dataclass(frozen=True)
class Part:
    """Starts of one kind that ended in one basin.

    Args:
        basin: its number; LOST for starts that are in none.
        text: within the bar.
        share: of the starts of this kind.
        told: tooltip.
        outside: the minimum lies outside the box.
    """

    basin: int
    text: str
    share: float
    told: str
    outside: bool = False


@dataclass(frozen=True)
class Kind:
    """One row.

    Args:
        id: of the kind.
        name: as a reader calls it.
        parts: the first basin, others by energy, starts in none.
        ends: share of the first basin with its interval; NaN where there are no starts.
        side: what stands at the right.
    """

    id: str
    name: str
    parts: Sequence[Part]
    ends: tuple[float, float, float]
    side: str = field(default="")


def figure(levels: Sequence[Sequence[Kind]], head: str, ink: str, muted: str) -> Levels:
    """Draw the bars of every level.

    Args:
        levels: rows of each level, smoothest level first.
        head: above what stands at the right.
        ink: of whiskers.
        muted: of words at the right.

    Returns:
        The figure.
    """
    names = [row.name for row in levels[0]]
    layout: Layout = {
        "margin": {"l": 106, "r": 118, "t": 20, "b": 36},
        "xaxis": axis("share of starts [%]", range=[0, 100.5], dtick=25, zeroline=False),
        "yaxis": axis(range=[len(names) - 0.5, -0.5], tickvals=list(range(len(names))),
                      ticktext=names, showgrid=False, zeroline=False),
        "barmode": "stack",
        "bargap": 0.2,
        "showlegend": False,
        "hovermode": "closest",
    }  # fmt: skip
    drawn = [[*_bars(rows, muted), _whiskers(rows, ink)] for rows in levels]
    return Levels(layout, levels=drawn, layouts=[_sides(rows, head, muted) for rows in levels])


def _bars(rows: Sequence[Kind], muted: str) -> list[Trace]:
    """One trace a basin, in the order in which they are stacked."""
    basins = list(dict.fromkeys(part.basin for row in rows for part in row.parts))
    basins.sort(key=lambda basin: basin == LOST)
    return [_bar(rows, basin, muted) for basin in basins]


def _bar(rows: Sequence[Kind], basin: int, muted: str) -> Trace:
    at = [
        (k, row.id, part)
        for k, row in enumerate(rows)
        for part in row.parts
        if part.basin == basin and part.share > 0
    ]
    first = basin == 0
    colour = colours.PLACES["truth"] if first else colours.OTHER
    marker: dict[str, object] = {
        "color": colours.UNCHANGED if basin == LOST else colour,
        "line": {"width": 1, "color": muted if basin == LOST else "rgba(255,255,255,0.7)"},
    }
    if any(part.outside for *_, part in at):
        marker["pattern"] = {"shape": "/", "size": 6, "solidity": 0.22, "fgcolor": "#ffffff",
                             "fillmode": "overlay"}  # fmt: skip
    return {
        "type": "bar",
        "orientation": "h",
        "x": np.array([100 * part.share for *_, part in at], np.float32),
        "y": [k for k, *_ in at],
        "text": [part.text if part.share >= INSIDE else "" for *_, part in at],
        "textposition": "inside",
        "insidetextanchor": "middle",
        "textangle": 0,
        "textfont": {"size": TINY, "color": "#1b2227" if basin == LOST else "#ffffff"},
        "constraintext": "none",
        "marker": marker,
        "customdata": [[basin, kind] for _, kind, _ in at],
        "meta": named([basin_id(basin) for _ in at]),
        "hovertext": [part.told for *_, part in at],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _whiskers(rows: Sequence[Kind], ink: str) -> Trace:
    """The interval of the first basin's share, at the end of its segment."""
    there = [(k, row.ends) for k, row in enumerate(rows) if np.isfinite(row.ends).all()]
    share, low, high = (np.array([100 * ends[i] for _, ends in there]) for i in range(3))
    return {
        "type": "scatter",
        "mode": "markers",
        "x": share.astype(np.float32),
        "y": [k + BESIDE for k, _ in there],
        "marker": {"size": 1, "color": ink},
        "error_x": {
            "type": "data", "symmetric": False, "width": 0, "thickness": 1.6, "color": ink,
            "array": (high - share).astype(np.float32),
            "arrayminus": (share - low).astype(np.float32),
        },
        "hoverinfo": "skip",
        "cliponaxis": False,
    }  # fmt: skip


def _sides(rows: Sequence[Kind], head: str, muted: str) -> Layout:
    usual = {"xref": "paper", "x": 1.015, "xanchor": "left", "showarrow": False,
             "font": {"size": TINY, "color": muted}, "align": "left"}  # fmt: skip
    top = {**usual, "yref": "paper", "y": 1.0, "yanchor": "bottom", "text": head}
    return {"annotations": [top, *({**usual, "y": k, "text": row.side or " "}
                                   for k, row in enumerate(rows))]}  # fmt: skip
