"""What is known of one feature: when it is active, how strongly, what it goes with, its effects."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import xarray as xr
from plotly.subplots import make_subplots

from app.shared.drawing import colours
from app.shared.drawing.scales import Scale
from app.shared.drawing.ticks import log_axis

SURE = 0.05
"""Holm's p below which a correlation is filled."""


def by_step(
    activity: np.ndarray, strength: np.ndarray, steps: np.ndarray, scale: Scale
) -> go.Figure:
    """Draw the share of problems [level, step] in which a feature is active, smooth to sharp.

    Args:
        activity: the share, levels ascending from t = 0.
        strength: mean activation there; NaN if never active.
        steps: of the second axis; −1 is before the jump.
        scale: of shares.

    Returns:
        The figure.
    """
    levels = len(activity)
    made = go.Figure(
        go.Heatmap(
            z=activity.T, x=np.arange(levels), y=steps, customdata=strength.T,
            colorscale=scale.stops, zmin=scale.low, zmax=scale.high,
            colorbar={"title": {"text": "share of problems", "side": "right"}, "thickness": 8,
                      "outlinewidth": 0, "nticks": 4},
            hovertemplate="t = %{x}, step %{y}<br>active in %{z:.2%} of problems"
            "<br>mean activation %{customdata:.4g}<extra></extra>",
        )
    )  # fmt: skip
    made.update_layout(
        margin={"l": 4, "r": 4, "t": 8, "b": 4},
        xaxis={"title": {"text": "level t"}, "range": [levels - 0.5, -0.5], "dtick": 1,
               "showgrid": False},
        yaxis={"title": {"text": "step"}, "dtick": 1, "showgrid": False},
    )  # fmt: skip
    return made


def bins(counts: np.ndarray, largest: float) -> xr.Dataset:
    """Visited points in equal bins from 0 to the largest activation."""
    edges = np.linspace(0.0, largest, len(counts) + 1)
    return xr.Dataset(
        {
            "low": ("bin", edges[:-1], {"long_name": "activation from", "units": "1"}),
            "high": ("bin", edges[1:], {"long_name": "activation to", "units": "1"}),
            "points": ("bin", counts, {"long_name": "visited points", "units": "1"}),
        }
    )


def histogram(counted: xr.Dataset) -> go.Figure:
    """Draw how strong a feature is where it is active."""
    low, high = counted["low"].values, counted["high"].values
    made = go.Figure(
        go.Bar(
            x=(high + low) / 2, y=counted["points"].values, width=high - low, customdata=high,
            marker={"color": colours.BULK, "line": {"width": 0}},
            hovertemplate="up to %{customdata:.3g}: %{y} points<extra></extra>",
        )
    )  # fmt: skip
    made.update_layout(
        bargap=0, margin={"l": 4, "r": 4, "t": 8, "b": 4},
        xaxis={"title": {"text": "activation where active, scaled frame"}},
        yaxis={"title": {"text": "points"}, "rangemode": "tozero", "nticks": 4},
    )  # fmt: skip
    return made


def strongest(rho: np.ndarray, most: int) -> np.ndarray:
    """Positions of the largest |ρ|, largest first; NaN has none."""
    there = np.flatnonzero(np.isfinite(rho))
    return there[np.argsort(-np.abs(rho[there]), kind="stable")][:most]


def correlations(names: Sequence[str], rho: np.ndarray, p: np.ndarray) -> go.Figure:
    """Draw Spearman's ρ with properties as bars, largest first, filled where Holm's p is small."""
    sure = p < SURE
    made = go.Figure(
        go.Bar(
            x=rho, y=list(names), orientation="h", customdata=p,
            marker={"color": np.where(sure, colours.BULK, "rgba(128,140,160,0.15)").tolist(),
                    "line": {"width": 1, "color": colours.BULK}},
            hovertemplate="%{y}<br>ρ %{x:.3f}, Holm p %{customdata:.2g}<extra></extra>",
        )
    )  # fmt: skip
    beyond = [  # the other side of 0, where the bar is not
        {"x": 0, "y": name, "text": f"p {v:.1g}", "showarrow": False, "font": {"size": 11},
         "xanchor": "right" if r > 0 else "left", "xshift": -3 if r > 0 else 3}
        for name, r, v in zip(names, rho, p, strict=True)
    ]  # fmt: skip
    made.update_layout(
        annotations=beyond, bargap=0.3,
        margin={"l": 4, "r": 4, "t": 4, "b": 4},
        xaxis={"title": {"text": "Spearman ρ"}, "range": [-1, 1], "dtick": 0.5},
        yaxis={"autorange": "reversed", "showgrid": False},
    )  # fmt: skip
    return made


def effects(rows: pd.DataFrame) -> go.Figure:
    """Draw how far the answer moves in each way, and by how much the feature exceeds each control.

    Left the mean ‖Δŷ‖ on a logarithmic axis, right feature − control, paired by problem, with its
    interval; the control that is hardest to exceed is filled.
    """  # noqa: DOC201
    made = make_subplots(1, 2, shared_yaxes=True, horizontal_spacing=0.06)
    for e in rows.itertuples():
        colour = colours.BASELINE if e.control else colours.IDEAL
        reach = {} if e.control else _whisker(e.shift, e.shift_low, e.shift_high, colour)
        filled = "diamond" if e.hardest else "diamond-open"
        marker = {"size": 9, "color": colour, "symbol": filled if e.control else "circle"}
        spread = "" if e.control else f" [{e.shift_low:.3g}, {e.shift_high:.3g}]"
        made.add_scatter(
            x=[e.shift], y=[e.name], mode="markers", showlegend=False, marker=marker, **reach,
            hovertemplate=f"{e.name}<br>‖Δŷ‖ {e.shift:.3g}{spread} y<br>ΔMSE {e.error:.3g} y²"
            "<extra></extra>", row=1, col=1,
        )  # fmt: skip
        if e.control:
            low, high = e.shift_beyond_low, e.shift_beyond_high
            made.add_scatter(
                x=[e.shift_beyond], y=[e.name], mode="markers", showlegend=False, marker=marker,
                **_whisker(e.shift_beyond, low, high, colour),
                hovertemplate=f"feature − {e.name}, paired<br>‖Δŷ‖ {e.shift_beyond:.3g}"
                f" [{low:.3g}, {high:.3g}] y<br>ΔMSE {e.error_beyond:.3g}"
                f" [{e.error_beyond_low:.3g}, {e.error_beyond_high:.3g}] y²<extra></extra>",
                row=1, col=2,
            )  # fmt: skip
    made.add_vline(x=0, line={"width": 1, "color": colours.BASELINE}, row=1, col=2)
    made.update_layout(margin={"l": 4, "r": 4, "t": 8, "b": 4})
    made.update_yaxes(
        autorange="reversed", showgrid=False, categoryorder="array",
        categoryarray=rows["name"].tolist(),
    )  # fmt: skip
    made.update_xaxes(log_axis(rows["shift"].to_numpy(float)), title="mean ‖Δŷ‖ [y]", row=1, col=1)
    made.update_xaxes(title="feature − control [y]", nticks=4, row=1, col=2)
    return made


def _whisker(value: float, low: float, high: float, colour: str) -> dict[str, object]:
    """An interval about a value, 1.6 px and without caps."""
    return {
        "error_x": {
            "type": "data", "symmetric": False, "array": [high - value],
            "arrayminus": [value - low], "color": colour, "thickness": 1.6, "width": 0,
        }
    }  # fmt: skip
