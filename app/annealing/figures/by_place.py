"""Numbers with their intervals by level, side by side for several places or for one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from app.annealing.figures.rows import line_names, y_axis
from app.shared.drawing.by_level import Line, Look, Row, compare, level_axis
from app.shared.drawing.levels import TINY
from ired_interp_core.schema import LEVELS

BESIDE = 0.16
"""Levels from one place to the next."""


@dataclass(frozen=True)
class Measured:
    """A number at every level, with its interval over problems.

    Args:
        name: of the place, or "".
        colour: of it.
        symbol: of it.
        values: [level].
        low: lower ends.
        high: upper ends.
    """

    name: str
    colour: str
    symbol: str
    values: Float[np.ndarray, " L"]
    low: Float[np.ndarray, " L"]
    high: Float[np.ndarray, " L"]


def figure(
    measured: Sequence[Measured], label: str, lines: Sequence[Line], look: Look,
    span: tuple[float, float] | None = None, log: bool = False,
) -> go.Figure:  # fmt: skip
    """Draw markers with whiskers at every level, the first on the smooth side of its level."""
    whole = np.stack([np.stack([m.values, m.low, m.high]) for m in measured])
    row = Row("", label, whole, lines, log, span)
    drawn = go.Figure(compare(row, look))
    levels = np.arange(LEVELS)
    for i, one in enumerate(measured):
        aside = BESIDE * ((len(measured) - 1) / 2 - i)
        drawn.add_scatter(
            x=(levels + aside).astype(np.float32), y=one.values.astype(np.float32),
            customdata=np.stack([levels, one.low, one.high], axis=1).astype(np.float32),
            error_y={
                "array": (one.high - one.values).astype(np.float32),
                "arrayminus": (one.values - one.low).astype(np.float32),
                "width": 0, "thickness": 1.6, "color": one.colour,
            },
            mode="markers", marker={"symbol": one.symbol, "size": 7, "color": one.colour},
            name=one.name, showlegend=len(measured) > 1,
            hovertemplate="t = %{customdata[0]} · %{y:.3g} [%{customdata[1]:.3g},"
            f" %{{customdata[2]:.3g}}]<extra>{one.name}</extra>",
        )  # fmt: skip
    drawn.update_layout(
        template=look.template,
        margin={"l": 58, "r": 78, "t": 40 if len(measured) > 1 else 8, "b": 36},
        xaxis=level_axis(True), yaxis={"domain": [0, 1], **y_axis(row)},
        annotations=line_names(row, "", look),
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0,
                "font": {"size": TINY}},
        dragmode=False, hovermode="closest",
    )  # fmt: skip
    return drawn


def stacked(
    shares: dict[str, tuple[str, Float[np.ndarray, " L"]]], label: str, look: Look
) -> go.Figure:
    """Draw shares that add up to 1 at every level, one upon the other: name → colour, values."""
    drawn = go.Figure()
    levels = np.arange(LEVELS)
    for name, (colour, values) in shares.items():
        drawn.add_bar(
            x=levels, y=values.astype(np.float32), name=name, marker={"color": colour},
            hovertemplate=f"t = %{{x}} · %{{y:.1%}} {name}<extra></extra>",
        )  # fmt: skip
    drawn.update_layout(
        template=look.template, barmode="stack", bargap=0.25,
        margin={"l": 58, "r": 12, "t": 40, "b": 36}, xaxis=level_axis(True),
        yaxis=y_axis(Row("", label, np.zeros((1, LEVELS)), span=(0.0, 1.0))),
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0,
                "font": {"size": TINY}, "traceorder": "normal"},
        dragmode=False, hovermode="closest",
    )  # fmt: skip
    return drawn
