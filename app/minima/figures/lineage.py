"""Minima by level and distance to the truth, joined where one falls into the other."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.shared.drawing import colours
from app.shared.drawing.by_level import RANGE
from app.shared.drawing.levels import (
    LEVEL_ORDER,
    SMALL,
    TINY,
    TOP_LEGEND,
    Layout,
    Levels,
    Trace,
    axis,
    named,
)
from app.shared.drawing.names import basin_id
from app.shared.drawing.ticks import log_axis

LEAST, MOST = 8.0, 24.0
"""Sizes of marks for no start and for all of them; the area between grows with the share."""
ASIDE = 0.36
"""How far beside its level marks stand that would hide one another."""
CLOSE = 0.06
"""Share of the axis within which marks hide one another."""


@dataclass(frozen=True)
class Node:
    """A minimum of one level.

    Args:
        level: t.
        basin: its number.
        value: on the axis, above 0.
        share: of the starts; 0 is drawn hollow.
        told: tooltip.
        outside: it lies outside the box.
        signs: "+" where it is born, "×" where it ends.
    """

    level: int
    basin: int
    value: float
    share: float
    told: str
    outside: bool = False
    signs: str = ""


@dataclass(frozen=True)
class Link:
    """A minimum that falls into another of the next level.

    Args:
        start: level and basin.
        end: level and basin.
        both: the other falls back into it.
    """

    start: tuple[int, int]
    end: tuple[int, int]
    both: bool


@dataclass(frozen=True)
class Seen:
    """What is drawn beside the marks.

    Args:
        first: what the first basin is called.
        chosen: basin whose marks are ringed.
        answers: level → value of the sampler's answer.
        answer: what those are called.
        predictor: of the best trivial predictor; NaN for none.
        more: level → minima left out.
        label: of the axis.
    """

    first: str
    chosen: int
    answers: dict[int, float]
    answer: str
    predictor: float
    more: dict[int, int]
    label: str


def figure(
    nodes: Sequence[Node], links: Sequence[Link], seen: Seen, ink: str, muted: str, accent: str
) -> Levels:
    """Draw all minima; the level in view is shaded.

    Args:
        nodes: minima.
        links: between them.
        seen: what stands beside them.
        ink: of signs.
        muted: of rims.
        accent: of the chosen basin's rings.

    Returns:
        The figure.
    """
    values = [node.value for node in nodes] + list(seen.answers.values())
    values += [seen.predictor] if np.isfinite(seen.predictor) else []
    at = _places(nodes, np.array(values))
    shared = [*_lines(links, at, muted), *_best(seen)]
    shared += _ring([n for n in nodes if n.basin == seen.chosen], at, accent)
    groups = (
        (seen.first, colours.PLACES["truth"], [n for n in nodes if n.basin == 0]),
        ("other minimum", colours.OTHER, [n for n in nodes if n.basin != 0]),
    )
    for name, colour, mine in groups:
        if mine:
            shared.append(_marks(name, colour, mine, at))
    shared += [_answers(seen), *_strokes(nodes, at, ink), _signs(nodes, at, ink)]
    layout: Layout = {
        "margin": {"l": 58, "r": 14, "t": 26, "b": 36},
        "xaxis": axis("level t", range=RANGE, tickvals=list(LEVEL_ORDER), zeroline=False,
                      showgrid=False),
        "yaxis": axis(seen.label, **log_axis(np.array(values)), zeroline=False,
                      range=_range(values)),
        "legend": TOP_LEGEND,
        "hovermode": "closest",
    }  # fmt: skip
    return Levels(layout, shared=shared, layouts=[_shade(t, seen, muted) for t in LEVEL_ORDER])


def _range(values: Sequence[float]) -> list[float]:
    drawn = np.log10([v for v in values if np.isfinite(v) and v > 0] or [0.1, 1.0])
    room = 0.12 * float(np.ptp(drawn)) or 0.3
    return [float(drawn.min()) - room, float(drawn.max()) + room]


def _places(nodes: Sequence[Node], values: np.ndarray) -> dict[tuple[int, int], tuple]:
    """Where each minimum is drawn: side by side those that would hide one another."""
    low, high = _range(list(values))
    found: dict[tuple[int, int], tuple[float, float]] = {}
    for level in LEVEL_ORDER:
        waiting = sorted((n for n in nodes if n.level == level), key=lambda n: n.value)
        while waiting:
            lowest = np.log10(waiting[0].value)
            near = [n for n in waiting if np.log10(n.value) - lowest < CLOSE * (high - low)]
            waiting = waiting[len(near) :]
            near.sort(key=lambda n: n.basin)
            sides = -np.linspace(-ASIDE, ASIDE, len(near)) if len(near) > 1 else np.zeros(1)
            for node, side in zip(near, sides, strict=True):
                found[level, node.basin] = (level + float(side), node.value)
    return found


def _lines(links: Sequence[Link], at: dict, muted: str) -> list[Trace]:
    traces = []
    for both, dash in ((True, "solid"), (False, "dash")):
        x: list[float | None] = []
        y: list[float | None] = []
        for link in links:
            if link.both == both and link.start in at and link.end in at:
                x += [at[link.start][0], at[link.end][0], None]
                y += [at[link.start][1], at[link.end][1], None]
        if x:
            traces.append({
                "type": "scatter", "mode": "lines", "x": x, "y": y, "showlegend": False,
                "line": {"color": muted, "width": 1.4, "dash": dash}, "hoverinfo": "skip",
            })  # fmt: skip
    return traces


def _size(share: float) -> float:
    return float(np.sqrt(LEAST**2 + (MOST**2 - LEAST**2) * min(max(share, 0.0), 1.0)))


def _marks(name: str, colour: str, nodes: Sequence[Node], at: dict) -> Trace:
    hollow = [not n.share > 0 for n in nodes]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [at[n.level, n.basin][0] for n in nodes],
        "y": [n.value for n in nodes],
        "marker": {
            "symbol": ["triangle-down-open" if h else "triangle-down" for h in hollow],
            "size": [_size(n.share) for n in nodes],
            "color": colour,
            "line": {"width": [2 if h else 1 for h in hollow],
                     "color": [colour if h else "#ffffff" for h in hollow]},
        },
        "customdata": [[n.level, n.basin] for n in nodes],
        "hovertext": [n.told for n in nodes],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "meta": named([basin_id(n.basin) for n in nodes], "leap"),
        "cliponaxis": False,
    }  # fmt: skip


def _strokes(nodes: Sequence[Node], at: dict, ink: str) -> list[Trace]:
    """A stroke through what lies outside the box."""
    outside = [n for n in nodes if n.outside]
    if not outside:
        return []
    return [{
        "type": "scatter", "mode": "markers", "name": "outside the box",
        "x": [at[n.level, n.basin][0] for n in outside], "y": [n.value for n in outside],
        "marker": {"symbol": "line-ne-open", "size": [_size(n.share) for n in outside],
                   "color": ink, "line": {"width": 1.2}},
        "hoverinfo": "skip",
    }]  # fmt: skip


def _ring(nodes: Sequence[Node], at: dict, accent: str) -> list[Trace]:
    if not nodes:
        return []
    return [{
        "type": "scatter", "mode": "markers", "showlegend": False, "hoverinfo": "skip",
        "x": [at[n.level, n.basin][0] for n in nodes], "y": [n.value for n in nodes],
        "marker": {"symbol": "circle-open", "size": [_size(n.share) + 9 for n in nodes],
                   "color": accent, "line": {"width": 2}},
    }]  # fmt: skip


def _best(seen: Seen) -> list[Trace]:
    if not np.isfinite(seen.predictor):
        return []
    return [{
        "type": "scatter", "mode": "lines", "x": RANGE, "y": [seen.predictor] * 2,
        "name": "best predictor", "line": {"color": colours.BASELINE, "width": 1.4, "dash": "dash"},
        "hovertemplate": "best trivial predictor · MSE %{y:.3g}<extra></extra>",
    }]  # fmt: skip


def _answers(seen: Seen) -> Trace:
    return {
        "type": "scatter", "mode": "markers", "name": seen.answer,
        "x": list(seen.answers), "y": list(seen.answers.values()),
        "marker": {"symbol": "square", "size": 6, "color": colours.PLACES["answer"],
                   "line": {"width": 1, "color": "#ffffff"}},
        "customdata": [[t] for t in seen.answers], "meta": "jump",
        "hovertemplate": "t %{x} · sampler's answer · %{y:.3g}<extra></extra>",
    }  # fmt: skip


def _signs(nodes: Sequence[Node], at: dict, ink: str) -> Trace:
    told = [n for n in nodes if n.signs]
    return {
        "type": "scatter", "mode": "text", "showlegend": False, "hoverinfo": "skip",
        "x": [at[n.level, n.basin][0] for n in told], "y": [n.value for n in told],
        "text": [f"{'&nbsp;' * 6}{n.signs}" for n in told], "textposition": "middle right",
        "textfont": {"size": SMALL + 1, "color": ink},
    }  # fmt: skip


def _shade(level: int, seen: Seen, muted: str) -> Layout:
    shade = {"type": "rect", "x0": level - 0.5, "x1": level + 0.5, "yref": "paper", "y0": 0,
             "y1": 1, "line": {"width": 0}, "fillcolor": colours.SHADE,
             "layer": "below"}  # fmt: skip
    more = [
        {"x": t, "yref": "paper", "y": 1, "yanchor": "top", "text": f"+ {count}",
         "showarrow": False, "font": {"size": TINY, "color": muted}}
        for t, count in seen.more.items() if count
    ]  # fmt: skip
    return {"shapes": [shade], "annotations": more}
