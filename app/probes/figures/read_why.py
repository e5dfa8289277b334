"""One property and level: scores of every input beside its controls, and whether it is used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.shared.drawing import colours
from app.shared.drawing.ticks import linear_ticks
from ired_interp_core.spelling import number

LEAST = -0.05
"""Left end of the axis of scores; what lies further left is written at the edge."""
CLOSE = 0.05
"""Apart by less than this, two letters would lie on each other on a phone."""


@dataclass(frozen=True)
class Bar:
    """The score of one input.

    Args:
        name: of the input.
        score: R² on problems that the probe has not seen.
        low: of its interval.
        high: of its interval.
        controls: letter of a control → its score.
        best: letter of the one that decides; "" for none.
        told: tooltip.
        link: what a click tells.
    """

    name: str
    score: float
    low: float
    high: float
    controls: Mapping[str, float]
    best: str
    told: str
    link: Sequence[str | int]


def bars(
    rows: Sequence[Bar], chosen: int, tint: str, ink: str, template: go.layout.Template
) -> go.Figure:
    """Draw scores beside controls: grey up to the best control, coloured beyond it.

    Args:
        rows: one for each input, top first.
        chosen: position of the chosen input.
        tint: of what the layer adds.
        ink: of the control that decides.
        template: of the ground.

    Returns:
        The figure.
    """
    names = [row.name for row in rows]
    best = [row.controls.get(row.best, row.score) for row in rows]
    grey = [max(0.0, min(row.score, b)) for row, b in zip(rows, best, strict=True)]
    more = [max(0.0, row.score) - g for row, g in zip(rows, grey, strict=True)]
    usual = {"y": names, "orientation": "h", "customdata": [list(row.link) for row in rows],
             "hovertext": [row.told for row in rows],
             "hovertemplate": "%{hovertext}<extra></extra>", "showlegend": False}  # fmt: skip
    drawn = go.Figure(
        [
            go.Bar(x=grey, marker={"color": colours.BASELINE, "opacity": 0.45}, **usual),
            go.Bar(x=more, marker={"color": tint}, **usual),
        ]
    )
    drawn.add_scatter(
        x=[row.score for row in rows], y=names, mode="markers",
        marker={"size": 1, "color": ink}, showlegend=False, hoverinfo="skip",
        error_x={"type": "data", "symmetric": False, "width": 0, "thickness": 1.6, "color": ink,
                 "array": [row.high - row.score for row in rows],
                 "arrayminus": [row.score - row.low for row in rows]},
    )  # fmt: skip
    for row in rows:
        for near in _together(row.controls):
            tint = ink if row.best in near else colours.BASELINE
            places = [row.controls[letter] for letter in near]
            drawn.add_scatter(
                x=places, y=[row.name] * len(near), mode="markers", showlegend=False,
                marker={"symbol": "line-ns", "size": 14, "line": {"width": 2, "color": tint}},
                hoverinfo="skip", cliponaxis=False,
            )  # fmt: skip
            drawn.add_annotation(
                text=" ".join(near), x=float(np.mean(places)), y=row.name, yshift=14,
                showarrow=False, font={"size": 11, "color": tint},
            )  # fmt: skip
    for row in rows:
        if row.score < LEAST:
            drawn.add_annotation(
                text=f"‹ {number(row.score, '.2g')}", x=0, y=row.name, xanchor="left",
                showarrow=False, font={"size": 11},
            )  # fmt: skip
    if 0 <= chosen < len(names):
        drawn.add_hrect(chosen - 0.5, chosen + 0.5, fillcolor=colours.SHADE, line_width=0,
                        layer="below")  # fmt: skip
    return drawn.update_layout(
        template=template, barmode="stack", bargap=0.55,
        margin={"l": 4, "r": 8, "t": 12, "b": 40},
        xaxis={"title": {"text": "R² on unseen problems"}, "range": [LEAST, 1.03], "dtick": 0.25},
        yaxis={"autorange": "reversed", "showgrid": False},
    )  # fmt: skip


def _together(controls: Mapping[str, float]) -> list[list[str]]:
    """Letters of controls from left to right, together those that would lie on each other."""
    groups: list[list[str]] = []
    for letter in sorted(controls, key=lambda one: controls[one]):
        if controls[letter] < LEAST:
            continue
        if groups and controls[letter] - controls[groups[-1][-1]] < CLOSE:
            groups[-1].append(letter)
        else:
            groups.append([letter])
    return groups


def use(
    shift: tuple[float, float, float], random: np.ndarray, limit: float,
    read: tuple[float, float], ink: str, template: go.layout.Template,
) -> go.Figure:  # fmt: skip
    """Draw how far the answer moves without what is read, beside random directions.

    Args:
        shift: ‖Δŷ‖ and its interval.
        random: ‖Δŷ‖ of every random direction.
        limit: their 95 % quantile.
        read: R² of a probe before the removal, and of a new one after it.
        ink: of lines and marks that speak of the direction.
        template: of the ground.

    Returns:
        The figure.
    """
    drawn = make_subplots(2, 1, row_heights=[0.62, 0.38], vertical_spacing=0.34)
    value, low, high = shift
    spread = np.linspace(-0.25, 0.25, max(len(random), 1))[: len(random)]
    drawn.add_scatter(
        x=random, y=spread, mode="markers", marker={"size": 6, "color": colours.BASELINE},
        opacity=0.7, hovertemplate="random direction: %{x:.3g} y<extra></extra>", row=1, col=1,
    )  # fmt: skip
    drawn.add_scatter(
        x=[limit], y=[0], mode="markers", row=1, col=1,
        marker={"symbol": "line-ns", "size": 34, "line": {"width": 2, "color": colours.BASELINE}},
        hovertemplate="95 % of random directions lie below %{x:.3g} y<extra></extra>",
    )  # fmt: skip
    drawn.add_scatter(
        x=[value], y=[0.5], mode="markers", marker={"size": 9, "color": colours.BULK},
        error_x={"type": "data", "symmetric": False, "array": [high - value],
                 "arrayminus": [value - low], "width": 0, "thickness": 1.6},
        hovertemplate="removed: %{x:.3g} y<extra></extra>", row=1, col=1,
    )  # fmt: skip
    drawn.add_scatter(
        x=list(read), y=[0, 0], mode="markers+lines", line={"color": colours.BASELINE, "width": 1},
        marker={"size": 9, "color": [ink, colours.BULK], "symbol": ["circle-open", "circle"],
                "line": {"width": 2}},
        text=["before", "after the removal, by a new probe"],
        hovertemplate="%{text}: R² %{x:.3g}<extra></extra>", row=2, col=1,
    )  # fmt: skip
    drawn.update_yaxes(visible=False, range=[-0.7, 0.9])
    ends = np.array([*random, limit, high])
    top = float(np.nanmax(ends[np.isfinite(ends)], initial=0.0)) or 1.0
    drawn.update_xaxes(title={"text": "‖Δŷ‖ [y]", "standoff": 2}, **linear_ticks(0, 1.05 * top),
                       range=[0, 1.05 * top], row=1, col=1)  # fmt: skip
    drawn.update_xaxes(title={"text": "R² before ○ and after ●", "standoff": 2},
                       range=[-0.05, 1.03], row=2, col=1)  # fmt: skip
    return drawn.update_layout(
        template=template, showlegend=False, margin={"l": 8, "r": 8, "t": 4, "b": 36}
    )
