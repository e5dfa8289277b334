"""The paper's Figure 3: how the error falls from level to level, and where it lies in a matrix."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from jaxtyping import Float

from app.shared.drawing import colours
from app.shared.drawing.levels import LEVEL_ORDER, subscript
from app.shared.drawing.ticks import log_axis

COLUMNS = 5
GAP = 2
"""Empty rows and columns between matrices, at least."""


FALL = ("absolute_error_level", "absolute_error_level_error")
"""Columns of what `figure` draws: mean |ŷ_t − y*|, and its standard error."""

COLOURS = {"same": colours.FIRST, "harder": colours.SECOND}
SYMBOLS = {"same": "circle", "harder": "diamond"}


def figure(falls: Mapping[str, pd.DataFrame], template: go.layout.Template) -> go.Figure:
    """Draw errors over the levels, smooth to sharp as inference walks them.

    Args:
        falls: variant → columns `FALL`, rows t = 0 … 9.
        template: of the page's ground.

    Returns:
        The figure, on a logarithmic axis.
    """
    drawn = go.Figure()
    means = np.concatenate([fall[FALL[0]].to_numpy(float) for fall in falls.values()] or [[]])
    for variant, fall in falls.items():
        mean, error = (fall[name].to_numpy(float) for name in FALL)
        drawn.add_scatter(
            x=np.arange(len(fall)), y=mean, mode="lines+markers", name=variant,
            error_y={"array": error, "thickness": 1.2, "width": 0},
            line={"color": COLOURS[variant], "width": 1.8},
            marker={"size": 6, "symbol": SYMBOLS[variant]},
            hovertemplate=f"{variant}<br>t = %{{x}}: %{{y:.4g}}<extra></extra>",
        )  # fmt: skip
    drawn.update_layout(
        template=template, margin={"l": 8, "r": 8, "t": 30, "b": 8},
        xaxis={"title": {"text": "level t: 9 smooth … 0 sharp"}, "range": [9.4, -0.4], "dtick": 1},
        yaxis={"title": {"text": "mean |ŷₜ − y*| [y]"}, **log_axis(means, most=6)},
    )  # fmt: skip
    return drawn


def strip(errors: Float[np.ndarray, "L n n"], template: go.layout.Template) -> go.Figure:
    """Draw |ŷ_t − y*| of one problem as matrices in two rows, all in one picture.

    Args:
        errors: levels in the order t = 9 … 0.
        template: of the page's ground.

    Returns:
        The figure; colours end at the 98th percentile of t ≤ 4.
    """
    levels, n, _ = errors.shape
    rows = -(-levels // COLUMNS)
    step = n + max(GAP, n // 6)
    wide = np.full((rows * step, COLUMNS * step), np.nan, dtype=np.float32)
    told = np.zeros((*wide.shape, 3), dtype=np.int16)
    for i, (t, matrix) in enumerate(zip(LEVEL_ORDER, errors, strict=True)):
        at = corner(i, n)
        wide[at] = matrix
        told[at] = np.stack(np.broadcast_arrays(t, *np.mgrid[:n, :n]), axis=-1)
    late = errors[-5:][np.isfinite(errors[-5:])]
    end = float(np.quantile(late, 0.98)) if late.size else 1.0
    drawn = go.Figure(
        go.Heatmap(
            z=wide, customdata=told, zmin=0.0, zmax=end or 1.0, colorscale=colours.ERROR,
            hoverongaps=False,
            hovertemplate="t = %{customdata[0]}, row %{customdata[1]}, col %{customdata[2]}<br>"
            "|error| %{z:.4g}<extra></extra>",
            colorbar={"title": {"text": "|ŷₜ − y*| [y]", "side": "right"}},
        )
    )  # fmt: skip
    for i, t in enumerate(LEVEL_ORDER):
        down, across = corner(i, n)
        drawn.add_annotation(
            x=across.start - 0.5, y=down.start - 0.6, text=f"ŷ{subscript(t)}", showarrow=False,
            xanchor="left", yanchor="bottom", font={"size": 11}, borderpad=0,
        )  # fmt: skip
    drawn.update_layout(
        template=template, margin={"l": 0, "r": 8, "t": 4, "b": 4},
        xaxis={"visible": False, "constrain": "domain"},
        yaxis={"visible": False, "autorange": "reversed", "scaleanchor": "x",
               "constrain": "domain"},
    )  # fmt: skip
    return drawn


def corner(rank: int, n: int) -> tuple[slice, slice]:
    """Rows and columns of the matrix of a level in the picture; rank 0 is t = 9."""
    step = n + max(GAP, n // 6)
    down, across = (k * step for k in divmod(rank, COLUMNS))
    down += step - n
    return slice(down, down + n), slice(across, across + n)
