"""Marks of minima and saddles, and what figures of a level's minima share."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.shared.drawing import colours
from app.shared.drawing.levels import SMALL, TINY, Layout, Trace, named
from app.shared.drawing.names import basin_id


@dataclass(frozen=True)
class Leaf:
    """A minimum.

    Args:
        basin: its number.
        name: as a reader calls it.
        x: place.
        energy: as drawn.
        told: tooltip.
        chosen: ringed.
        outside: outside the box.
        flat: its position is not determined along some directions.
    """

    basin: int
    name: str
    x: float
    energy: float
    told: str
    chosen: bool = False
    outside: bool = False
    flat: bool = False


@dataclass(frozen=True)
class Knot:
    """A saddle at which two branches meet.

    Args:
        x: place.
        sides: x and energy from which each branch rises.
        energy: as drawn.
        pair: the minima that a click chooses.
        told: tooltip.
    """

    x: float
    sides: Sequence[tuple[float, float]]
    energy: float
    pair: tuple[int, int]
    told: str


def nothing() -> Trace:
    """A trace without points: without any, axes would be left out."""
    return {"type": "scatter", "x": [None], "y": [None], "showlegend": False}


def said(text: str, muted: str, y: float = 0.5) -> Layout:
    """Words in the middle of the figure."""
    return {"xref": "paper", "yref": "paper", "x": 0.5, "y": y, "showarrow": False, "text": text,
            "font": {"size": SMALL, "color": muted}}  # fmt: skip


def span(values: Sequence[float], above: float = 0.14, below: float = 0.14) -> list[float]:
    """Ends of an axis that shows all values, with room above and below."""
    low, high = min(values), max(values)
    room = high - low or abs(high) * 0.1 or 1.0
    return [low - below * room, high + above * room]


def dashed(x: Sequence[float | None], y: Sequence[float | None], colour: str) -> Trace:
    """A dashed line."""
    return {"type": "scatter", "mode": "lines", "x": list(x), "y": list(y), "showlegend": False,
            "line": {"color": colour, "width": 1, "dash": "dash"}, "hoverinfo": "skip"}  # fmt: skip


def saddles(knots: Sequence[Knot], x: float | None = None) -> list[Trace]:
    """Bowties, at a place of their own where one is given."""
    if not knots:
        return []
    return [{
        "type": "scatter", "mode": "markers", "name": "saddle",
        "x": [knot.x if x is None else x for knot in knots],
        "y": [knot.energy for knot in knots],
        "marker": {"symbol": "bowtie", "size": 11, "color": colours.NEGATIVE},
        "customdata": [["pair", *knot.pair] for knot in knots],
        "hovertext": [knot.told for knot in knots],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }]  # fmt: skip


def marks(leaves: Sequence[Leaf], ink: str, accent: str) -> list[Trace]:
    """Minima with their names, the chosen one ringed; what lies outside the box has a stroke."""
    groups = (
        ("truth's basin" if leaves[0].name == "T" else "answer's basin", True,
         colours.PLACES["truth"]),
        ("other minimum", False, colours.OTHER),
    )  # fmt: skip
    traces: list[Trace] = []
    chosen = [leaf for leaf in leaves if leaf.chosen]
    if chosen:
        traces.append({
            "type": "scatter", "mode": "markers", "showlegend": False, "hoverinfo": "skip",
            "x": [leaf.x for leaf in chosen], "y": [leaf.energy for leaf in chosen],
            "marker": {"symbol": "circle-open", "size": 22, "color": accent, "line": {"width": 2}},
        })  # fmt: skip
    for name, first, colour in groups:
        mine = [leaf for leaf in leaves if (leaf.basin == 0) == first]
        if mine:
            traces.append({**mark(mine, colour), "name": name, "showlegend": True})
    for name, symbol, size, colour, mine in (
        ("outside the box", "line-ne-open", 16, ink, [leaf for leaf in leaves if leaf.outside]),
        ("flat", "line-ew-open", 26, colours.BASELINE, [leaf for leaf in leaves if leaf.flat]),
    ):
        if mine:
            traces.append({
                "type": "scatter", "mode": "markers", "name": name, "hoverinfo": "skip",
                "x": [leaf.x for leaf in mine], "y": [leaf.energy for leaf in mine],
                "marker": {"symbol": symbol, "size": size, "color": colour, "line": {"width": 1.4}},
            })  # fmt: skip
    return traces


def mark(leaves: Sequence[Leaf], colour: str) -> Trace:
    """Minima of one colour."""
    return {
        "type": "scatter", "mode": "markers+text", "name": "minimum", "showlegend": False,
        "x": [leaf.x for leaf in leaves], "y": [leaf.energy for leaf in leaves],
        "text": [leaf.name for leaf in leaves], "textposition": "bottom center",
        "textfont": {"size": TINY},
        "marker": {"symbol": "triangle-down", "size": 13, "color": colour,
                   "line": {"width": 1, "color": "#ffffff"}},
        "customdata": [[leaf.basin] for leaf in leaves],
        "meta": named([basin_id(leaf.basin) for leaf in leaves]),
        "hovertext": [leaf.told for leaf in leaves],
        "hovertemplate": "%{hovertext}<extra></extra>", "cliponaxis": False,
    }  # fmt: skip
