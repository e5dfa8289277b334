"""Shares of problems by level: how many minima, whether one is lower, who falls into T, births."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Int

from app.minima.parts import SHARE, Share
from app.shared.drawing import colours
from app.shared.drawing.by_level import level_axis
from app.shared.drawing.levels import LEVEL_ORDER
from ired_interp_core.schema import LEVELS

T = np.arange(LEVELS)
TOP: dict[str, Any] = {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom"}


def laid_out(drawn: go.Figure, template: go.layout.Template, **rest: Any) -> go.Figure:
    """A figure over the levels, smooth to sharp."""
    axis = {**level_axis(True, title=False), "title": {"text": "level t"}, "showgrid": False}
    layout = {"margin": {"l": 54, "r": 10, "t": 26, "b": 40}, "legend": TOP, **rest}
    return drawn.update_layout(template=template, xaxis=axis, hovermode="closest", dragmode=False,
                               **layout)  # fmt: skip


def whisker(share: Share, ink: str) -> dict[str, Any]:
    """The interval of a share as Plotly draws it."""
    low, high = share.ends
    return {"type": "data", "symmetric": False, "array": high - share.value,
            "arrayminus": share.value - low, "width": 0, "thickness": 1.6,
            "color": ink}  # fmt: skip


def _said(share: Share) -> list[str]:
    low, high = share.ends
    return [
        f"{h} of {n} problems ({v:.0%} [{a:.0%}, {b:.0%}])" if n else "not known"
        for h, n, v, a, b in zip(share.hits, share.count, share.value, low, high, strict=True)
    ]


def counts(
    classes: Mapping[str, Int[np.ndarray, "L"]], one: Share, ink: str, template: go.layout.Template
) -> go.Figure:
    """Draw shares of problems by their number of minima, one at the bottom.

    Args:
        classes: number in words → problems at each level.
        one: those with one minimum.
        ink: of its whisker and of the line.
        template: of the ground.

    Returns:
        The figure; its bars tell their level and the place of their class.
    """
    drawn = go.Figure()
    for k, (name, hits) in enumerate(classes.items()):
        word = "minimum" if name == "1" else "minima"
        drawn.add_bar(
            x=T, y=hits / np.maximum(one.count, 1), name=f"{name} {word}",
            marker={"color": colours.GROUPS[k]},
            customdata=[[t, k, h, n] for t, (h, n) in
                        enumerate(zip(hits.tolist(), one.count.tolist(), strict=True))],
            hovertemplate=f"t = %{{x}} · {name} {word}<br>%{{customdata[2]}} of %{{customdata[3]}}"
                          " problems (%{y:.0%})<br>click: these problems<extra></extra>",
        )  # fmt: skip
    drawn.add_scatter(
        x=T, y=one.value, mode="markers", marker={"size": 5, "color": ink}, showlegend=False,
        error_y=whisker(one, ink), text=_said(one),
        customdata=[[int(t), 0] for t in T],
        hovertemplate="t = %{x} · one minimum<br>%{text}<extra></extra>",
    )  # fmt: skip
    drawn.add_hline(SHARE, line={"color": ink, "width": 1.2, "dash": "dash"})
    return laid_out(drawn, template, barmode="stack", bargap=0.3,
                    legend={**TOP, "traceorder": "normal"},
                    yaxis={"title": {"text": "share of problems"}, "range": [0, 1.03],
                           "tickformat": ".0%"})  # fmt: skip


def lower(share: Share, wrong: bool, template: go.layout.Template) -> go.Figure:
    """Draw the share of problems with a minimum below T.

    Args:
        share: of problems.
        wrong: x fixes y, so that a lower minimum is a wrong answer; else marks are hollow.
        template: of the ground.

    Returns:
        The figure; its marks tell their level.
    """
    drawn = go.Figure()
    drawn.add_scatter(
        x=T, y=np.zeros(LEVELS), mode="markers", name="ideal", hoverinfo="skip",
        marker={"symbol": "line-ew", "size": 16, "line": {"width": 3, "color": colours.BASELINE}},
    )  # fmt: skip
    drawn.add_scatter(
        x=T, y=share.value, mode="markers", name="lower minimum",
        error_y=whisker(share, colours.IDEAL), text=_said(share),
        marker={"symbol": "circle" if wrong else "circle-open", "size": 9, "color": colours.IDEAL,
                "line": {"width": 2, "color": colours.IDEAL}},
        customdata=[[int(t)] for t in T],
        hovertemplate="t = %{x} · a lower minimum<br>%{text}<br>ideal Gaussian energy: 0"
                      "<br>click: these problems<extra></extra>",
    )  # fmt: skip
    axis = {"title": {"text": "share of problems"}, "range": [-0.04, 1.04], "tickformat": ".0%"}
    return laid_out(drawn, template, yaxis=axis)


def who(
    found: tuple[Float[np.ndarray, "L K"], ...], rows: Sequence[str], enough: int, fill: Any,
    muted: str, template: go.layout.Template,
) -> go.Figure:  # fmt: skip
    """Draw who ends in T, one row a kind of start.

    Args:
        found: share, its ends, and starts in all.
        rows: names of the kinds.
        enough: starts below which a cell is grey.
        fill: colours of a share of 0 … 1.
        muted: of numbers on grey.
        template: of the ground.

    Returns:
        The figure; its cells tell their level.
    """
    value, low, high, starts = (array[list(LEVEL_ORDER)].T for array in found)
    few = (starts < enough) & np.isfinite(value)
    told = [
        [f"{n:.0%} [{a:.0%}, {b:.0%}] of {int(k)} starts" if np.isfinite(a) else
         f"{n:.0%} of {int(k)} starts" if np.isfinite(n) else "no starts"
         for n, a, b, k in zip(*row, strict=True)]
        for row in zip(value, low, high, starts, strict=True)
    ]  # fmt: skip
    drawn = go.Figure()
    grey = ([[0, colours.SHADE], [1, colours.SHADE]], {"color": muted})
    for shown, (scale, font) in (
        (np.where(few, 0.0, np.nan), grey), (np.where(few, np.nan, value), (fill, {})),
    ):  # fmt: skip
        text = [
            [f"{100 * v:.0f}" if np.isfinite(z) else "" for v, z in zip(*row, strict=True)]
            for row in zip(value, shown, strict=True)
        ]
        drawn.add_heatmap(
            z=shown, x=list(LEVEL_ORDER), y=list(rows), zmin=0, zmax=1, colorscale=scale,
            xgap=1, ygap=1, showscale=False, text=text, texttemplate="%{text}",
            textfont={"size": 11, **font}, hovertext=told, hoverongaps=False,
            customdata=[[[int(t)] for t in LEVEL_ORDER] for _ in rows],
            hovertemplate="%{y} · t = %{x}<br>ends in T: %{hovertext}<br>click: problems of this"
                          " level<extra></extra>",
        )  # fmt: skip
    return laid_out(drawn, template, margin={"l": 96, "r": 10, "t": 8, "b": 40},
                    yaxis={"autorange": "reversed", "showgrid": False, "ticks": ""})  # fmt: skip


def births(
    born: Int[np.ndarray, "L"], ended: Int[np.ndarray, "L"], template: go.layout.Template
) -> go.Figure:
    """Draw basins that appear, upwards, and that are found for the last time, downwards.

    Args:
        born: basins by the level of their birth, t = 9 left out.
        ended: basins by their last level, t = 0 left out.
        template: of the ground.

    Returns:
        The figure; its bars tell their level.
    """
    drawn, places = go.Figure(), [[int(t)] for t in T]
    for name, values, sign, colour in (
        ("appear", born, 1, colours.OTHER), ("vanish", ended, -1, colours.BASELINE),
    ):  # fmt: skip
        drawn.add_bar(
            x=T, y=sign * values, name=name, marker={"color": colour}, customdata=places,
            text=values, textposition="none",
            hovertemplate=f"t = %{{x}} · %{{text}} basins {name}<br>click: problems of this level"
                          "<extra></extra>",
        )  # fmt: skip
    reach = 1.15 * max(1, int(born.max(initial=0)), int(ended.max(initial=0)))
    drawn.add_hline(0, line={"width": 1, "color": colours.BASELINE})
    axis = {"title": {"text": "basins"}, "range": [-reach, reach], "nticks": 6}
    return laid_out(drawn, template, barmode="relative", bargap=0.4, yaxis=axis)
