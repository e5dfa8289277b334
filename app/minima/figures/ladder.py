"""One minimum with the energy along two directions, and two with the saddle between them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.minima.figures.leaves import Knot, Leaf, dashed, mark, marks, saddles, said, span
from app.shared.drawing import colours
from app.shared.drawing.by_level import faint
from app.shared.drawing.levels import SMALL, Layout, Trace
from ired_interp_core.spelling import number

TINT = 0.08
WIDE = 0.32
"""Half the width of a step of the ladder."""


@dataclass(frozen=True)
class Curve:
    """The energy through a single minimum along one direction.

    Args:
        name: of the direction.
        curvature: λ along it.
        offset: rms over the entries, level frame.
        energy: as drawn; empty where it is not known.
    """

    name: str
    curvature: float
    offset: Sequence[float] = ()
    energy: Sequence[float] = ()


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
        curves: of a single minimum, along its softest and stiffest direction.
        entries: numbers of an answer: d.
        words: instead of everything where there is nothing.
    """

    leaves: Sequence[Leaf]
    knots: Sequence[Knot] = ()
    roots: Sequence[tuple[float, float]] = ()
    apart: str = ""
    more: str = ""
    line: float = float("nan")
    curves: Sequence[Curve] = ()
    entries: int = 1
    words: str = ""


def tinted(one: Grown, low: float) -> list[Layout]:
    """The ground below the first minimum: what lies there is lower."""
    if not np.isfinite(one.line):
        return []
    return [{"type": "rect", "xref": "paper", "x0": 0, "x1": 1, "y0": low, "y1": one.line,
             "line": {"width": 0}, "fillcolor": faint(colours.IDEAL, TINT),
             "layer": "below"}]  # fmt: skip


# ----- one minimum


def parabolas(one: Grown) -> tuple[list[Trace], Layout]:
    """One minimum: E along its softest and stiffest direction, and what its curvature predicts."""
    leaf, s = one.leaves[0], np.linspace(-1, 1, 41)
    traces: list[Trace] = []
    for curve, colour in zip(one.curves, (colours.FIRST, colours.SECOND), strict=True):
        said, known = f"{curve.name} (λ {number(curve.curvature)})", len(curve.energy) > 0
        line = {"type": "scatter", "mode": "lines"}
        if known:
            traces.append({
                **line, "name": said, "x": np.asarray(curve.offset, np.float32),
                "y": np.asarray(curve.energy), "line": {"color": colour, "width": 1.8},
                "hovertemplate": f"{curve.name} · s %{{x:.2g}} · E %{{y:.5g}}<extra></extra>",
            })  # fmt: skip
        traces.append({
            **line, "name": said, "showlegend": not known, "x": s.astype(np.float32),
            "y": leaf.energy + one.entries * curve.curvature * s**2 / 2,
            "line": {"color": colour, "width": 1.2 if known else 1.6, "dash": "dash"},
            "hovertemplate": f"{curve.name}, parabola · s %{{x:.2g}} · %{{y:.5g}}<extra></extra>",
        })  # fmt: skip
    middle = mark([leaf], colours.PLACES["truth"] if leaf.basin == 0 else colours.OTHER)
    middle["x"] = [0.0]
    title = {"text": "along the eigenvector [rms per entry, level frame]", "standoff": 4,
             "font": {"size": SMALL}}  # fmt: skip
    ends = [leaf.energy, *(leaf.energy + one.entries * c.curvature / 2 for c in one.curves),
            *(e for c in one.curves for e in c.energy)]  # fmt: skip
    layout: Layout = {
        "xaxis": {"range": [-1.05, 1.05], "title": title, "showticklabels": True, "showgrid": True},
        "yaxis": {"range": span(ends, 0.05)},
    }
    return [*traces, middle], layout


# ----- two minima


def ladder(one: Grown, ink: str, muted: str, accent: str) -> tuple[list[Trace], Layout]:
    """Two minima: their energies, the saddle's, and both barriers as arrows."""
    knot = one.knots[0] if one.knots else None
    places = {one.leaves[0].basin: 0.0, one.leaves[1].basin: 2.0}
    leaves = [replace(leaf, x=places[leaf.basin]) for leaf in one.leaves]
    traces: list[Trace] = [_step(leaf.x, leaf.energy, ink) for leaf in leaves]
    energies = [leaf.energy for leaf in leaves]
    notes: list[Layout] = []
    if knot is None:
        top = max(energies) + 0.5 * (abs(energies[0] - energies[1]) or 1.0)
        traces += [
            dashed(
                [0, 0, None, 2, 2, None, 0, 2],
                [energies[0], top, None, energies[1], top, None, top, top],
                muted,
            )
        ]
        notes.append({**said(one.apart, muted), "x": 1, "xref": "x", "y": top, "yref": "y",
                      "yanchor": "bottom"})  # fmt: skip
        energies.append(top)
    else:
        traces += [_step(1.0, knot.energy, colours.NEGATIVE), *saddles([knot], 1.0)]
        energies.append(knot.energy)
        for leaf in leaves:
            side = 0.5 if leaf.x == 0 else 1.5
            notes += _climb(leaf, side, knot.energy, ink)
            traces.append(dashed([leaf.x, side, None, side, 1], [leaf.energy] * 2 + [None]
                                  + [knot.energy] * 2, muted))  # fmt: skip
    ticks = {"tickvals": [leaf.x for leaf in leaves] + ([1] if knot else []),
             "ticktext": [leaf.name for leaf in leaves] + (["saddle"] if knot else [])}  # fmt: skip
    layout: Layout = {
        "xaxis": {"range": [-0.6, 2.6], "showgrid": False, "title": {"text": ""}, **ticks},
        "yaxis": {"range": span(energies)},
        "annotations": notes,
        "shapes": tinted(one, span(energies)[0]),
    }
    return [*traces, *marks(leaves, ink, accent)], layout


def _step(x: float, energy: float, colour: str) -> Trace:
    return {"type": "scatter", "mode": "lines", "x": [x - WIDE, x + WIDE], "y": [energy] * 2,
            "line": {"color": colour, "width": 2.4}, "hoverinfo": "skip",
            "showlegend": False}  # fmt: skip


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
