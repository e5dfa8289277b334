"""Default figures: what any analysis looks like before it has a view of its own."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
import xarray as xr

from app.shared.drawing import colours, scales
from app.shared.drawing.by_level import faint
from app.shared.drawing.colours import Ground
from app.shared.drawing.filled import band
from app.shared.drawing.levels import LEVEL_ORDER, Levels, axis
from ired_interp_core.schema import Span


def lines(arrays: Mapping[str, xr.DataArray], titles: Mapping[str, str], dim: str) -> go.Figure:
    """Numbers against a dim, one above the other: median and bands of problems, or one line.

    Args:
        arrays: name → [quantile, dim] or [dim].
        titles: name → label with unit.
        dim: of the horizontal axis.

    Returns:
        The figure.
    """
    figure = go.Figure()
    gap = 0.06 if len(arrays) > 1 else 0.0
    each = (1 - gap * (len(arrays) - 1)) / len(arrays)
    for i, (name, array) in enumerate(arrays.items()):
        n = "" if i == 0 else str(i + 1)
        top = 1 - i * (each + gap)
        head = axis(titles[name])
        figure.update_layout({f"yaxis{n}": {**head, "domain": [max(0.0, top - each), top]}})
        x, axes = array[dim].values, {"xaxis": "x", "yaxis": f"y{n}"}
        plot = {**axes, "showlegend": False}
        if array.ndim == 1:
            figure.add_scatter(
                x=x, y=array.values, mode="lines+markers", line={"color": colours.BULK}, **plot
            )
            continue
        q = array.values
        for low, high, share in ((0, 4, 0.14), (1, 3, 0.28)):
            figure.add_trace(band(x, q[low], q[high], faint(colours.BULK, share), **axes))
        figure.add_scatter(
            x=x, y=q[2], mode="lines+markers", line={"color": colours.BULK, "width": 2},
            hovertemplate=f"{dim} %{{x}} · median %{{y:.4g}}<extra></extra>", **plot,
        )  # fmt: skip
    across = axis("level t" if dim == "level" else dim)
    across |= {"anchor": f"y{len(arrays) if len(arrays) > 1 else ''}"}
    if dim == "level":
        across |= {"range": [9.5, -0.5], "dtick": 1}
    figure.update_layout(xaxis=across, margin={"l": 64, "r": 12, "t": 8, "b": 40})
    return figure


def _map(
    values: np.ndarray, unit: str, span: Span, ground: Ground, **rest: object
) -> dict[str, object]:
    """A heat map, in the colours of such a number."""
    scale = scales.scale(unit, span, values, ground)
    bar = {"thickness": 10, "title": {"text": unit}, "tickfont": {"size": 11}}
    return {"type": "heatmap", "z": values.astype(np.float32), "colorscale": scale.stops,
            "zmin": scale.low, "zmax": scale.high, "colorbar": bar, **rest}  # fmt: skip


def heat_map(array: xr.DataArray, unit: str, span: Span, ground: Ground) -> go.Figure:
    """A heat map over the two dims of an array, the first one upwards."""
    up, across = (str(d) for d in array.dims)
    places = {"x": array[across].values, "y": array[up].values}
    trace = _map(array.values, unit, span, ground, **places)
    figure = go.Figure([trace])
    reverse = {"autorange": "reversed"} if across == "level" else {}
    figure.update_layout(
        xaxis={**axis(across), **reverse},
        yaxis=axis(up),
        margin={"l": 64, "r": 12, "t": 8, "b": 40},
    )
    return figure


def matrix(array: xr.DataArray, unit: str, span: Span, ground: Ground) -> Levels:
    """A matrix of one problem, at every level where it has levels."""
    layout = {
        "xaxis": {**axis("col"), "constrain": "domain"},
        "yaxis": {**axis("row"), "autorange": "reversed", "scaleanchor": "x"},
        "margin": {"l": 48, "r": 12, "t": 8, "b": 40},
    }
    if "level" not in array.dims:
        return Levels(layout, [_map(array.values, unit, span, ground)])
    traces: Sequence[Sequence[dict[str, object]]] = [
        [_map(array.sel(level=t).values, unit, span, ground)] for t in LEVEL_ORDER
    ]
    return Levels(layout, levels=traces)
