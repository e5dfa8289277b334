"""When a feature is active: share of problems by level and step, and how strongly."""

import numpy as np
import plotly.graph_objects as go
import xarray as xr

from app.shared.drawing import colours


def by_step(activity: np.ndarray, strength: np.ndarray, steps: np.ndarray) -> go.Figure:
    """Draw the share of problems in which a feature is active.

    Args:
        activity: [level, step], levels ascending from t = 0.
        strength: mean activation there; NaN if never active.
        steps: of the second axis; −1 is before the jump.

    Returns:
        The figure, smooth to sharp as inference walks the levels.
    """
    levels = len(activity)
    end = float(np.nanmax(activity)) if np.isfinite(activity).any() else 0.0
    made = go.Figure(
        go.Heatmap(
            z=activity.T, x=np.arange(levels), y=steps, customdata=strength.T,
            colorscale=colours.ENERGY, zmin=0.0, zmax=end or 1.0,
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
