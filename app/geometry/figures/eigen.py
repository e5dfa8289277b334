"""The answer in the eigenbasis of the problem: mean size of its entries, diagonal against 1/λ."""

import numpy as np
from jaxtyping import Float, Int

from app.shared.drawing import colours
from app.shared.drawing.levels import LEVEL_ORDER, LINE_LEGEND, Layout, Levels, Trace, axis
from ired_interp_core.records import seeded
from ired_interp_core.spelling import number

MOST = 600
"""Dots of a level; of more a seeded sample is drawn."""
LEFT, RIGHT = [0.0, 0.4], [0.52, 1.0]


def figure(
    size: Float[np.ndarray, "L n n"], diagonal: Float[np.ndarray, "L N n"],
    eigenvalue: Float[np.ndarray, "N n"], problems: Int[np.ndarray, "N"], colour: str, ink: str,
) -> Levels:  # fmt: skip
    """Draw |QᵀŶQ| and its diagonal at every level.

    Args:
        size: mean over problems, t at index t.
        diagonal: of each problem.
        eigenvalue: λ of A, descending.
        problems: indices.
        colour: of the dots.
        ink: of the line of the exact inverse.

    Returns:
        The figure; its dots tell their problem.
    """
    inverse = 1 / eigenvalue
    top = 1.05 * float(np.nanmax(inverse))
    n = eigenvalue.shape[1]
    layout: Layout = {
        "margin": {"l": 44, "r": 12, "t": 26, "b": 36}, "legend": {**LINE_LEGEND, "x": RIGHT[0]},
        "xaxis": axis("column", domain=LEFT, showgrid=False, zeroline=False, nticks=4),
        "yaxis": axis("row", autorange="reversed", showgrid=False, zeroline=False, nticks=4),
        "xaxis2": axis("1/λ [y]", domain=RIGHT, anchor="y2", range=[0, top], zeroline=False),
        "yaxis2": axis("diagonal of QᵀŶQ [y]", anchor="x2", zeroline=False, nticks=5),
        "hovermode": "closest",
    }  # fmt: skip
    equal: Trace = {"type": "scatter", "mode": "lines", "name": "exact inverse", "xaxis": "x2",
                    "yaxis": "y2", "x": [0, top], "y": [0, top], "hoverinfo": "skip",
                    "line": {"color": ink, "width": 1.2}}  # fmt: skip
    at = np.stack(np.meshgrid(np.arange(len(problems)), np.arange(n), indexing="ij"), -1)
    at = at.reshape(-1, 2)
    at = at[np.sort(seeded("eigen", len(at)).permutation(len(at))[:MOST])]
    levels, layouts = [], []
    for t in LEVEL_ORDER:
        most = float(np.nanmax(size[t])) or 1.0
        levels.append([
            _sizes(size[t], most), _dots(diagonal[t], inverse, eigenvalue, problems, at, colour),
            _line(diagonal[t], eigenvalue),
        ])  # fmt: skip
        layouts.append({"annotations": [
            {"xref": "paper", "yref": "paper", "x": sum(LEFT) / 2, "y": 1, "yanchor": "bottom",
             "text": f"mean |QᵀŶQ| · 0 … {number(most)}", "showarrow": False,
             "font": {"size": 11, "color": ink}}]})  # fmt: skip
    return Levels(layout, shared=[equal], levels=levels, layouts=layouts)


def _sizes(size: np.ndarray, most: float) -> Trace:
    rows = np.arange(1, len(size) + 1)
    return {
        "type": "heatmap", "x": rows, "y": rows, "z": size.astype(np.float32), "zmin": 0,
        "zmax": most, "colorscale": colours.ERROR, "showscale": False,
        "hovertemplate": "row %{y}, column %{x} · mean size %{z:.3g}<extra></extra>",
    }  # fmt: skip


def _dots(
    diagonal: np.ndarray, inverse: np.ndarray, eigenvalue: np.ndarray, problems: np.ndarray,
    at: np.ndarray, colour: str,
) -> Trace:  # fmt: skip
    p, i = at.T
    return {
        "type": "scatter", "mode": "markers", "name": "answer", "xaxis": "x2", "yaxis": "y2",
        "x": inverse[p, i].astype(np.float32), "y": diagonal[p, i].astype(np.float32),
        "marker": {"size": 5, "color": colour, "opacity": 0.6},
        "customdata": [[int(problems[a]), round(float(eigenvalue[a, b]), 3)] for a, b in at],
        "hovertemplate": "problem %{customdata[0]} · λ %{customdata[1]}<br>answer %{y:.3g}, exact"
                         " %{x:.3g}<br>click: Landscape<extra></extra>",
    }  # fmt: skip


def _line(diagonal: np.ndarray, eigenvalue: np.ndarray) -> Trace:
    """Least squares c₀ + c₁λ over all problems, as a curve over 1/λ."""
    there = np.isfinite(diagonal) & np.isfinite(eigenvalue)
    x, y = eigenvalue[there], diagonal[there]
    if x.size > 2 and np.ptp(x) > 0:
        slope = float(np.cov(x, y, bias=True)[0, 1] / x.var())
        start = float(y.mean() - slope * x.mean())
        over = np.geomspace(x.min(), x.max(), 40)
        drawn = 1 / over, start + slope * over
    else:
        drawn = np.zeros(0), np.zeros(0)
    return {"type": "scatter", "mode": "lines", "name": "c₀ + c₁λ", "xaxis": "x2", "yaxis": "y2",
            "x": drawn[0], "y": drawn[1],
            "line": {"color": colours.BASELINE, "width": 1.8, "dash": "dash"},
            "hoverinfo": "skip"}  # fmt: skip
