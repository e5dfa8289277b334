"""How the minima of a level hang together: a tree, a ladder of two, or one with its parabolas."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.shared.drawing import colours
from app.shared.drawing.by_level import faint
from app.shared.drawing.levels import SMALL, TINY, TOP_LEGEND, Layout, Levels, Trace, axis
from ired_interp_core.spelling import number

TINT = 0.08
STEM = 1.4
MARGIN: Layout = {"l": 58, "r": 16, "t": 24, "b": 36}
WIDE = 0.32
"""Half the width of a step of the ladder."""


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
        verified: a saddle, and not only the band's highest image.
    """

    x: float
    sides: Sequence[tuple[float, float]]
    energy: float
    pair: tuple[int, int]
    told: str
    verified: bool = True


@dataclass(frozen=True)
class Grown:
    """What is drawn of one level.

    Args:
        leaves: minima.
        knots: saddles.
        roots: x and energy of trees that nothing joins; one where all hang together.
        apart: what stands at the ends of several.
        more: minima that are not drawn, in words.
        line: E of the first minimum, below which the ground is tinted; NaN for none.
        curves: of a single minimum: name → λ along the softest and stiffest direction.
        entries: numbers of an answer: d.
        words: instead of everything where there is nothing.
    """

    leaves: Sequence[Leaf]
    knots: Sequence[Knot] = ()
    roots: Sequence[tuple[float, float]] = ()
    apart: str = ""
    more: str = ""
    line: float = float("nan")
    curves: Sequence[tuple[str, float]] = ()
    entries: int = 1
    words: str = ""


def figure(levels: Sequence[Grown], label: str, ink: str, muted: str, accent: str) -> Levels:
    """Draw every level as its number of minima asks for.

    Args:
        levels: smoothest first.
        label: of the axis of energies.
        ink: of branches.
        muted: of words.
        accent: of the chosen minimum's ring.

    Returns:
        The figure.
    """
    traces, layouts = [], []
    for one in levels:
        if len(one.leaves) == 1:
            drawn, layout = _parabolas(one)
        elif len(one.leaves) == 2:
            drawn, layout = _ladder(one, ink, muted, accent)
        elif one.leaves:
            drawn, layout = _tree(one, ink, muted, accent)
        else:
            drawn, layout = [_nothing()], {"annotations": [_said(one.words, muted)]}
        traces.append(drawn)
        layouts.append({"annotations": [], "shapes": [], **layout})
    layout = {
        "margin": MARGIN, "xaxis": axis(zeroline=False), "yaxis": axis(label, zeroline=False),
        "hovermode": "closest", "legend": TOP_LEGEND, "showlegend": True,
    }  # fmt: skip
    return Levels(layout, levels=traces, layouts=layouts)


def _nothing() -> Trace:
    return {"type": "scatter", "x": [None], "y": [None], "showlegend": False}


def _said(text: str, muted: str, y: float = 0.5) -> Layout:
    return {"xref": "paper", "yref": "paper", "x": 0.5, "y": y, "showarrow": False, "text": text,
            "font": {"size": SMALL, "color": muted}}  # fmt: skip


def _hidden(low: float, high: float) -> Layout:
    return {"range": [low, high], "showticklabels": False, "showgrid": False, "ticks": "",
            "title": {"text": ""}}  # fmt: skip


def _span(values: Sequence[float], above: float = 0.14, below: float = 0.14) -> list[float]:
    low, high = min(values), max(values)
    room = high - low or abs(high) * 0.1 or 1.0
    return [low - below * room, high + above * room]


# ----- one minimum


def _parabolas(one: Grown) -> tuple[list[Trace], Layout]:
    leaf, s = one.leaves[0], np.linspace(-1, 1, 41)
    traces: list[Trace] = [
        {
            "type": "scatter", "mode": "lines", "name": f"{name} (λ {number(lam)})",
            "x": s.astype(np.float32), "y": leaf.energy + one.entries * lam * s**2 / 2,
            "line": {"color": colour, "width": 1.6, "dash": "dash"},
            "hovertemplate": f"{name} · s %{{x:.2g}} · %{{y:.5g}}<extra></extra>",
        }
        for (name, lam), colour in zip(one.curves, (colours.FIRST, colours.SECOND), strict=True)
    ]  # fmt: skip
    mark = _marks([leaf], colours.PLACES["truth"] if leaf.basin == 0 else colours.OTHER)
    mark["x"] = [0.0]
    title = {"text": "along the eigenvector [rms per entry, level frame]", "standoff": 4,
             "font": {"size": SMALL}}  # fmt: skip
    ends = [leaf.energy, *(leaf.energy + one.entries * lam / 2 for _, lam in one.curves)]
    layout: Layout = {
        "xaxis": {"range": [-1.05, 1.05], "title": title, "showticklabels": True, "showgrid": True},
        "yaxis": {"range": _span(ends, 0.05)},
    }
    return [*traces, mark], layout


# ----- two minima


def _ladder(one: Grown, ink: str, muted: str, accent: str) -> tuple[list[Trace], Layout]:
    knot = one.knots[0] if one.knots else None
    places = {one.leaves[0].basin: 0.0, one.leaves[1].basin: 2.0}
    leaves = [Leaf(**{**vars(leaf), "x": places[leaf.basin]}) for leaf in one.leaves]
    traces: list[Trace] = [_step(leaf.x, leaf.energy, ink) for leaf in leaves]
    energies = [leaf.energy for leaf in leaves]
    notes: list[Layout] = []
    if knot is None:
        top = max(energies) + 0.5 * (abs(energies[0] - energies[1]) or 1.0)
        traces += [
            _dashed(
                [0, 0, None, 2, 2, None, 0, 2],
                [energies[0], top, None, energies[1], top, None, top, top],
                muted,
            )
        ]
        notes.append({**_said(one.apart, muted), "x": 1, "xref": "x", "y": top, "yref": "y",
                      "yanchor": "bottom"})  # fmt: skip
        energies.append(top)
    else:
        traces += [_step(1.0, knot.energy, colours.NEGATIVE), *_knots([knot], 1.0)]
        energies.append(knot.energy)
        for leaf in leaves:
            side = 0.5 if leaf.x == 0 else 1.5
            notes += _climb(leaf, side, knot.energy, ink)
            traces.append(_dashed([leaf.x, side, None, side, 1], [leaf.energy] * 2 + [None]
                                  + [knot.energy] * 2, muted))  # fmt: skip
    ticks = {"tickvals": [leaf.x for leaf in leaves] + ([1] if knot else []),
             "ticktext": [leaf.name for leaf in leaves] + (["saddle"] if knot else [])}  # fmt: skip
    layout: Layout = {
        "xaxis": {"range": [-0.6, 2.6], "showgrid": False, "title": {"text": ""}, **ticks},
        "yaxis": {"range": _span(energies)},
        "annotations": notes,
        "shapes": _tinted(one, _span(energies)[0]),
    }
    return [*traces, *_all_marks(leaves, ink, accent)], layout


def _step(x: float, energy: float, colour: str) -> Trace:
    return {"type": "scatter", "mode": "lines", "x": [x - WIDE, x + WIDE], "y": [energy] * 2,
            "line": {"color": colour, "width": 2.4}, "hoverinfo": "skip",
            "showlegend": False}  # fmt: skip


def _dashed(x: Sequence[float | None], y: Sequence[float | None], colour: str) -> Trace:
    return {"type": "scatter", "mode": "lines", "x": list(x), "y": list(y), "showlegend": False,
            "line": {"color": colour, "width": 1, "dash": "dot"}, "hoverinfo": "skip"}  # fmt: skip


def _climb(leaf: Leaf, x: float, top: float, ink: str) -> list[Layout]:
    """An arrow from the height of a minimum to the saddle, and how high that is."""
    arrow = {"x": x, "y": top, "ax": x, "ay": leaf.energy, "xref": "x", "yref": "y", "axref": "x",
             "ayref": "y", "showarrow": True, "arrowhead": 2, "arrowsize": 1, "arrowwidth": 1.4,
             "arrowcolor": ink, "text": ""}  # fmt: skip
    word = {"x": x, "y": (top + leaf.energy) / 2, "xref": "x", "yref": "y", "showarrow": False,
            "text": f"{number(top - leaf.energy, '.2f')}", "xshift": -4 if x < 1 else 4,
            "xanchor": "right" if x < 1 else "left",
            "font": {"size": SMALL, "color": ink}}  # fmt: skip
    return [arrow, word]


# ----- three and more


def _tree(one: Grown, ink: str, muted: str, accent: str) -> tuple[list[Trace], Layout]:
    x: list[float | None] = []
    y: list[float | None] = []
    loose_x: list[float | None] = []
    loose_y: list[float | None] = []
    for knot in one.knots:
        (a, low), (b, other) = knot.sides
        line = ([a, a, b, b, None], [low, knot.energy, knot.energy, other, None])
        (x if knot.verified else loose_x).extend(line[0])
        (y if knot.verified else loose_y).extend(line[1])
    tops = [leaf.energy for leaf in one.leaves] + [knot.energy for knot in one.knots]
    low, high = _span(tops, above=0.2)
    several = len(one.roots) > 1
    for at, energy in one.roots:
        (loose_x if several else x).extend([at, at, None])
        (loose_y if several else y).extend([energy, high, None])
    traces: list[Trace] = []
    if x:
        traces.append({"type": "scatter", "mode": "lines", "x": x, "y": y, "showlegend": False,
                       "line": {"color": ink, "width": STEM}, "hoverinfo": "skip"})  # fmt: skip
    if loose_x:
        traces.append(_dashed(loose_x, loose_y, ink))
    traces += [*_knots(one.knots), *_all_marks(one.leaves, ink, accent)]
    places = [leaf.x for leaf in one.leaves]
    notes: list[Layout] = []
    if one.more:
        notes.append({**_said(one.more, muted, 0.0), "x": 1.0, "xanchor": "right",
                      "yanchor": "bottom"})  # fmt: skip
    layout: Layout = {
        "xaxis": _hidden(min(places) - 0.7, max(places) + 0.7),
        "yaxis": {"range": [low, high]},
        "annotations": notes,
        "shapes": _tinted(one, low),
    }
    return traces, layout


def _tinted(one: Grown, low: float) -> list[Layout]:
    """The ground below the first minimum: what lies there is lower."""
    if not np.isfinite(one.line):
        return []
    return [{"type": "rect", "xref": "paper", "x0": 0, "x1": 1, "y0": low, "y1": one.line,
             "line": {"width": 0}, "fillcolor": faint(colours.IDEAL, TINT),
             "layer": "below"}]  # fmt: skip


# ----- marks


def _knots(knots: Sequence[Knot], x: float | None = None) -> list[Trace]:
    traces: list[Trace] = []
    for verified, symbol, name in ((True, "bowtie", "saddle"), (False, "bowtie-open", "band only")):
        mine = [knot for knot in knots if knot.verified == verified]
        if mine:
            traces.append({
                "type": "scatter", "mode": "markers", "name": name,
                "x": [knot.x if x is None else x for knot in mine],
                "y": [knot.energy for knot in mine],
                "marker": {"symbol": symbol, "size": 11, "color": colours.NEGATIVE,
                           "line": {"width": 1, "color": colours.NEGATIVE}},
                "customdata": [["pair", *knot.pair] for knot in mine],
                "hovertext": [knot.told for knot in mine],
                "hovertemplate": "%{hovertext}<extra></extra>",
            })  # fmt: skip
    return traces


def _all_marks(leaves: Sequence[Leaf], ink: str, accent: str) -> list[Trace]:
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
            traces.append({**_marks(mine, colour), "name": name, "showlegend": True})
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


def _marks(leaves: Sequence[Leaf], colour: str) -> Trace:
    return {
        "type": "scatter", "mode": "markers+text", "name": "minimum", "showlegend": False,
        "x": [leaf.x for leaf in leaves], "y": [leaf.energy for leaf in leaves],
        "text": [leaf.name for leaf in leaves], "textposition": "bottom center",
        "textfont": {"size": TINY},
        "marker": {"symbol": "triangle-down", "size": 13, "color": colour,
                   "line": {"width": 1, "color": "#ffffff"}},
        "customdata": [[leaf.basin] for leaf in leaves],
        "hovertext": [leaf.told for leaf in leaves],
        "hovertemplate": "%{hovertext}<extra></extra>", "cliponaxis": False,
    }  # fmt: skip
