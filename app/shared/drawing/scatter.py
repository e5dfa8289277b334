"""Any two scalars of all problems against each other, coloured by a third."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from app.shared.drawing import colours
from app.shared.drawing.scales import Scale, marker
from app.shared.drawing.ticks import log_ticks

MANY = 1500
"""Points of a figure from which on WebGL draws them: it needs three times as much to be loaded, and
saved pictures hold what it has drawn as pixels."""


@dataclass(frozen=True)
class Axis:
    """One quantity.

    Args:
        label: with unit.
        values: one number for each problem; NaN where there is none.
    """

    label: str
    values: np.ndarray


def marks(count: int) -> type[go.Scatter] | type[go.Scattergl]:
    """What draws so many points in one figure."""
    return go.Scattergl if count > MANY else go.Scatter


def spans_decades(values: np.ndarray) -> bool:
    """Whether all numbers are above 0 and the largest exceeds the smallest thirty times."""
    finite = values[np.isfinite(values)]
    return bool(finite.size and finite.min() > 0 and finite.max() > 30 * finite.min())


def ends(values: np.ndarray) -> list[float]:
    """Ends of an axis that numbers fill but for a margin; equal ones up to rounding are centred."""
    low, high = float(values.min()), float(values.max())
    largest = max(abs(low), abs(high))
    edge = 0.06 * (high - low) if high - low > 1e-9 * largest else 0.05 * largest or 1.0
    return [low - edge, high + edge]


def _axis(quantity: Axis) -> dict[str, object]:
    """An axis that the points fill; the line of equal values may leave it."""
    log = spans_decades(quantity.values)
    finite = quantity.values[np.isfinite(quantity.values)]
    axis: dict[str, Any] = {
        "title": {"text": quantity.label},
        "type": "log" if log else "linear",
    }
    if finite.size:
        axis["range"] = ends(np.log10(finite) if log else finite)
        if log:
            axis |= log_ticks(*(10.0**end for end in axis["range"]), most=7)
    return axis


def scatter(
    problems: Sequence[int],
    x: Axis,
    y: Axis,
    colour: Axis,
    scale: Scale,
    chosen: int | None,
    equal: bool,
    template: go.layout.Template,
    ink: str,
    muted: str,
) -> go.Figure:
    """Draw the problems as points; box and lasso select them.

    Args:
        problems: indices, one for each value.
        x: horizontal quantity.
        y: vertical quantity.
        colour: third quantity.
        scale: its colours.
        chosen: problem to ring.
        equal: both axes show the same quantity, so that the line x = y means something.
        template: of the page's ground.
        ink: colour of the ring.
        muted: colour of the line x = y and of the points' rims.

    Returns:
        The figure; its first trace carries `customdata` = problem.
    """
    indices = np.asarray(problems)
    figure = go.Figure()
    figure.add_trace(
        marks(len(indices))(
            x=x.values,
            y=y.values,
            customdata=indices,
            mode="markers",
            marker={
                **marker(colour.label, colour.values, scale),
                "size": 8 if len(indices) < 2000 else 4,
                "line": {"width": 0.6, "color": muted},
            },
            unselected={"marker": {"opacity": 0.15}},
            showlegend=False,
            hovertemplate="problem %{customdata}<br>%{x:.4g} · %{y:.4g}<br>%{marker.color:.4g}"
            "<extra></extra>",
        )
    )
    if equal and len(indices):
        both = np.concatenate([x.values, y.values])
        both = both[np.isfinite(both)]
        if both.size:
            ends = [float(both.min()), float(both.max())]
            figure.add_scatter(
                x=ends, y=ends, mode="lines", hoverinfo="skip", showlegend=False,
                line={"color": colours.BASELINE, "width": 1.4, "dash": "dash"},
            )  # fmt: skip
    if chosen is not None and (at := np.flatnonzero(indices == chosen)).size:
        figure.add_scatter(
            x=x.values[at], y=y.values[at], mode="markers", hoverinfo="skip", showlegend=False,
            marker={"symbol": "circle-open", "size": 16, "color": ink, "line": {"width": 2}},
        )  # fmt: skip
    figure.update_layout(
        template=template,
        dragmode="lasso",
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
        xaxis=_axis(x),
        yaxis=_axis(y),
    )
    return figure
