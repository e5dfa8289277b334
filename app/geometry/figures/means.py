"""Mean attribution and mean size of every entry, as matrices with the means of rows and columns."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from app.shared.drawing import colours
from app.shared.drawing.levels import TINY, Layout, Levels, Trace
from ired_interp_core.spelling import number

GAP, BAR = 0.03, 0.16
"""Between matrices; of one matrix' share, what the bars beside and under it take."""
USUAL = {"showgrid": False, "zeroline": False, "showticklabels": False, "ticks": "",
         "showline": False}  # fmt: skip


@dataclass(frozen=True)
class Matrix:
    """One of the matrices.

    Args:
        head: what it shows.
        values: means by entry; parts of a problem under each other.
        unit: of them.
    """

    head: str
    values: Float[np.ndarray, "m n"]
    unit: str


def figure(matrices: Sequence[Matrix], ink: str) -> Levels:
    """Draw matrices side by side, each from 0 to its own limit, which stands above it.

    Args:
        matrices: from the left.
        ink: of words.

    Returns:
        The figure.
    """
    width = (1 - GAP * (len(matrices) - 1)) / len(matrices)
    layout: Layout = {"margin": {"l": 8, "r": 8, "t": 24, "b": 6}, "hovermode": "closest",
                      "showlegend": False, "bargap": 0, "annotations": []}  # fmt: skip
    traces: list[Trace] = []
    for k, one in enumerate(matrices):
        left = k * (width + GAP)
        inner = left + width * (1 - BAR)
        rows, columns = one.values.shape
        limit = float(np.nanmax(one.values, initial=0.0)) or 1.0
        axes = [str(3 * k + i + 1) if 3 * k + i else "" for i in range(3)]
        for end, across, up in zip(
            axes, ([left, inner], [inner, left + width], [left, inner]),
            ([BAR, 1], [BAR, 1], [0, BAR]), strict=True,
        ):  # fmt: skip
            layout[f"xaxis{end}"] = {**USUAL, "domain": across, "anchor": f"y{end}"}
            layout[f"yaxis{end}"] = {**USUAL, "domain": up, "anchor": f"x{end}"}
        layout[f"xaxis{axes[0]}"]["range"] = [-0.5, columns - 0.5]
        layout[f"yaxis{axes[0]}"]["range"] = [rows - 0.5, -0.5]
        layout[f"yaxis{axes[1]}"]["range"] = [rows - 0.5, -0.5]
        layout[f"xaxis{axes[2]}"]["range"] = [-0.5, columns - 0.5]
        layout[f"xaxis{axes[1]}"]["range"] = [0, limit]
        layout[f"yaxis{axes[2]}"]["range"] = [limit, 0]
        layout["annotations"].append({
            "xref": "paper", "yref": "paper", "x": (left + inner) / 2, "y": 1,
            "xanchor": "center", "yanchor": "bottom",
            "text": f"{one.head} · 0 … {number(limit)} {one.unit}", "showarrow": False,
            "font": {"size": TINY, "color": ink},
        })  # fmt: skip
        traces += _matrix(one, axes, limit)
    return Levels(layout, shared=traces)


def _matrix(one: Matrix, axes: Sequence[str], limit: float) -> list[Trace]:
    heat: Trace = {
        "type": "heatmap", "z": one.values.astype(np.float32), "zmin": 0, "zmax": limit,
        "xaxis": f"x{axes[0]}", "yaxis": f"y{axes[0]}", "colorscale": colours.ERROR,
        "showscale": False, "name": one.head, "meta": "matrix", "hoverongaps": False,
        "hovertemplate": f"row %{{y}}, column %{{x}} · {one.head} %{{z:.3g}} {one.unit}"
                         "<extra></extra>",
    }  # fmt: skip
    there = np.isfinite(one.values)
    total = np.where(there, one.values, 0.0)
    means = [total.sum(a) / np.maximum(there.sum(a), 1) for a in (1, 0)]
    usual: Trace = {"type": "bar", "marker": {"color": colours.BASELINE}}
    return [
        heat,
        {**usual, "orientation": "h", "xaxis": f"x{axes[1]}", "yaxis": f"y{axes[1]}",
         "x": means[0], "y": np.arange(len(means[0])),
         "hovertemplate": f"row %{{y}} · mean %{{x:.3g}} {one.unit}<extra></extra>"},
        {**usual, "xaxis": f"x{axes[2]}", "yaxis": f"y{axes[2]}",
         "x": np.arange(len(means[1])), "y": means[1],
         "hovertemplate": f"column %{{x}} · mean %{{y:.3g}} {one.unit}<extra></extra>"},
    ]  # fmt: skip
