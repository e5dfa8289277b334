"""Energy against error at every level, one small map each: does low energy mean a right answer?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Int

from app.shared.drawing import colours
from app.shared.drawing.bands import rank_correlation
from app.shared.drawing.by_level import WALK, Look, legend
from app.shared.drawing.levels import TINY
from app.shared.drawing.scatter import ends, marks, spans_decades
from app.shared.drawing.ticks import log_ticks, small_ticks
from ired_interp_core.records import seeded
from ired_interp_core.spelling import number

MOST = 4000
"""Points of one level that are drawn; a seeded choice of all problems where there are more."""

COLUMNS = 5
GAP = 0.17
"""Between rows, for headings and tick labels."""

NEAR = 1.0
"""The truth is drawn where it lies within so many ranges of the points; else an arrow names it."""


WORDS = 0.2
"""Share of a panel's height that one line of words takes."""


@dataclass(frozen=True)
class Cloud:
    """Points of one level.

    Args:
        level: t.
        problem: of each point.
        group: of each point.
        error: squared error.
        energy: as chosen.
        truth: where the true answer lies on the axis of energies: its median.
        correlation: Spearman's ρ of all points, not only of those drawn.
        total: points before the choice.
        bowl: slope of the energy over the error in an isotropic bowl; NaN where none is drawn.
    """

    level: int
    problem: Int[np.ndarray, " M"]
    group: Int[np.ndarray, " M"]
    error: Float[np.ndarray, " M"]
    energy: Float[np.ndarray, " M"]
    truth: float
    correlation: float
    total: int
    bowl: float = float("nan")


def cloud(
    level: int,
    problem: Int[np.ndarray, " M"],
    group: Int[np.ndarray, " M"],
    error: Float[np.ndarray, " M"],
    energy: Float[np.ndarray, " M"],
    truth: Float[np.ndarray, " N"],
    bowl: float = float("nan"),
) -> Cloud:
    """Describe the points of one level.

    Args:
        level: t.
        problem: of each point.
        group: of each point; −1 is left out.
        error: squared error of each point.
        energy: of each point.
        truth: energy of the truth, one for each problem.
        bowl: slope of the energy over the error in an isotropic bowl around the answer.

    Returns:
        At most MOST points.
    """
    there = (group >= 0) & np.isfinite(error) & np.isfinite(energy)
    at = np.flatnonzero(there)
    rho = rank_correlation(error[at], energy[at])
    total = len(at)
    if total > MOST:
        at = np.sort(seeded("energy against error", level).choice(at, MOST, replace=False))
    finite = truth[np.isfinite(truth)]
    median = float(np.quantile(finite, 0.5)) if finite.size else np.nan
    return Cloud(level, problem[at], group[at], error[at], energy[at], median, rho, total, bowl)


def figure(
    clouds: Sequence[Cloud],
    look: Look,
    error_label: str,
    energy_label: str,
    chosen: tuple[int | None, int],
) -> go.Figure:
    """Draw all levels, smooth to sharp, row by row.

    Args:
        clouds: one for each level.
        look: shared.
        error_label: of the horizontal axes, with unit.
        energy_label: of the vertical axes, with unit.
        chosen: problem to ring at all levels, if any, and the level of the largest ring.

    Returns:
        The figure; a click gives customdata [problem, level].
    """
    drawn = go.Figure()
    by_level = {c.level: c for c in clouds}
    layout: dict[str, object] = {}
    notes: list[dict[str, object]] = []
    rows = -(-len(WALK) // COLUMNS)
    many = sum(len(c.error) for c in clouds)
    for i, level in enumerate(WALK.tolist()):
        n = "" if i == 0 else str(i + 1)
        row, column = divmod(i, COLUMNS)
        x0, x1 = column / COLUMNS, (column + 1) / COLUMNS - 0.034
        each = (1 - GAP * (rows - 1)) / rows
        y1 = 1 - row * (each + GAP)
        y0 = max(0.0, y1 - each)
        axes = {"xaxis": f"x{n}", "yaxis": f"y{n}"}
        points = by_level[level]
        drawn.add_traces([t.update(**axes) for t in _traces(points, look, chosen, many)])
        layout[f"xaxis{n}"] = {
            "domain": [x0, x1], "anchor": f"y{n}", **_axis(points.error, ()),
        }  # fmt: skip
        if row == rows - 1:
            title = {"text": error_label, "standoff": 2, "font": {"size": 11}}
            layout[f"xaxis{n}"]["title"] = title
        beside = [points.truth] if _near(points) else ()
        layout[f"yaxis{n}"] = {
            "domain": [y0, y1], "anchor": f"x{n}", **_axis(points.energy, beside, _room(points)),
        }  # fmt: skip
        if column == 0:
            title = {"text": energy_label, "standoff": 4, "font": {"size": 11}}
            layout[f"yaxis{n}"]["title"] = title
        notes += _away(points, n)
        rho = f"ρ = {number(points.correlation, '+.2f', 'none')}"
        notes.append(
            {
                "x": x0, "y": y1, "xref": "paper", "yref": "paper", "xanchor": "left",
                "yanchor": "bottom", "showarrow": False, "yshift": 1,
                "text": f"<b>t = {level}</b>  {rho}", "font": {"size": 11, "color": look.text},
            }
        )  # fmt: skip
    drawn.add_traces(legend(look))
    drawn.update_layout(
        template=look.template,
        margin={"l": 52, "r": 4, "t": 40 if len(look.names) > 1 else 20, "b": 38},
        legend={"y": 1.07} if len(look.names) > 1 else {},
        annotations=notes,
        clickmode="event+select",
        dragmode="zoom",
        hovermode="closest",
        **layout,
    )
    return drawn


def _traces(
    points: Cloud, look: Look, chosen: tuple[int | None, int], many: int
) -> list[go.Scattergl | go.Scatter]:
    traces: list[go.Scattergl | go.Scatter] = []
    if _near(points):
        ends = [float(points.error.min()), float(points.error.max())]
        traces.append(
            go.Scatter(
                x=ends, y=[points.truth] * 2, mode="lines",
                line={"color": colours.PLACES["truth"], "width": 1.4, "dash": "dash"},
                showlegend=False, hoverinfo="skip",
            )
        )  # fmt: skip
    if np.isfinite(points.bowl) and len(points.error):
        ends = np.array([points.error.min(), points.error.max()])
        traces.append(
            go.Scatter(
                x=ends, y=points.bowl * ends, mode="lines", hoverinfo="skip", showlegend=False,
                line={"color": colours.BASELINE, "width": 1.6, "dash": "dot"},
            )
        )  # fmt: skip
    size = 5 if len(points.error) < 1500 else 3
    for group in range(len(look.names)):
        own = points.group == group
        traces.append(
            marks(many)(
                x=points.error[own].astype(np.float32),
                y=points.energy[own].astype(np.float32),
                customdata=np.stack(
                    [points.problem[own], np.full(own.sum(), points.level)], axis=-1
                ).astype(np.int32),
                mode="markers",
                marker={"size": size, "color": look.colour(group), "opacity": 0.7},
                selected={"marker": {"opacity": 0.7}},
                unselected={"marker": {"opacity": 0.7}},
                showlegend=False,
                hovertemplate="problem %{customdata[0]}<br>error %{x:.4g}<br>energy %{y:.5g}"
                f"<extra>t = {points.level}</extra>",
            )
        )
    problem, level = chosen
    if problem is not None:
        own = points.problem == problem
        size, width = (13, 2) if level == points.level else (9, 1.5)
        if own.any():
            traces.append(
                go.Scatter(
                    x=points.error[own], y=points.energy[own], mode="markers",
                    marker={"symbol": "circle-open", "size": size, "color": look.text,
                            "line": {"width": width}},
                    hoverinfo="skip", showlegend=False,
                )
            )  # fmt: skip
    return traces


def _comparable(points: Cloud) -> bool:
    """Whether there are points, and a truth to compare them with."""
    return len(points.energy) > 0 and bool(np.isfinite(points.truth))


def _near(points: Cloud) -> bool:
    """Whether the truth's median lies near enough to be drawn among the points."""
    if not _comparable(points):
        return False
    low, high = float(points.energy.min()), float(points.energy.max())
    reach = NEAR * (high - low)
    return low - reach <= points.truth <= high + reach


def _room(points: Cloud) -> tuple[float, float]:
    """Share of the axis that `_away` writes on, below and above."""
    if _near(points) or not _comparable(points):
        return 0.0, 0.0
    return (0.0, WORDS) if points.truth > points.energy.max() else (WORDS, 0.0)


def _away(points: Cloud, n: str) -> list[dict[str, object]]:
    """Say where the truth is when it is far from all points."""
    if _near(points) or not _comparable(points):
        return []
    above = points.truth > points.energy.max()
    return [
        {
            "x": 0.99, "xref": f"x{n} domain", "xanchor": "right", "showarrow": False,
            "y": 0.98 if above else 0.02, "yref": f"y{n} domain",
            "yanchor": "top" if above else "bottom",
            "text": f"truth {number(points.truth)} {'↑' if above else '↓'}",
            "font": {"size": 11, "color": colours.PLACES["truth"]},
        }
    ]  # fmt: skip


def _axis(
    values: np.ndarray, beside: Sequence[float], room: tuple[float, float] = (0.0, 0.0)
) -> dict[str, object]:
    """An axis that the numbers fill, but for a share left free below and above for words."""
    log = spans_decades(values) and not any(b <= 0 for b in beside)
    axis: dict[str, Any] = {
        "type": "log" if log else "linear",
        "tickfont": {"size": TINY},
        "ticklen": 3,
        "nticks": 4,
        "automargin": False,
    }
    every = np.concatenate([values, [b for b in beside if np.isfinite(b)]])
    if every.size:
        every = np.log10(every) if log else every
        low, high = ends(every)
        axis["range"] = [low - room[0] * (high - low), high + room[1] * (high - low)]
        if log:
            axis |= log_ticks(*(10.0**end for end in axis["range"]), most=3)
        else:
            axis |= small_ticks(*axis["range"], most=3)
    return axis
