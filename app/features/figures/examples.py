"""Many small matrices in one heatmap: the examples of a feature."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from app.shared.drawing import colours

ACROSS = 6
"""Matrices in a row."""
GAP = 0.12
"""Between matrices, as a share of their side; rows stand further apart, for the words above."""
PART = 0.995
"""Quantile of |entry| at which the colours end."""


@dataclass(frozen=True)
class Example:
    """A point at which a feature is active.

    Args:
        name: rank or quantile.
        problem: index.
        level: t.
        step: within the level.
        value: activation.
    """

    name: str
    problem: int
    level: int
    step: int
    value: float


@dataclass(frozen=True)
class Sheet:
    """Matrices laid out on one grid.

    Args:
        z: entries; NaN between matrices.
        member: position of the example that a cell belongs to; −1 between.
        corners: (row, column) of the first cell of each.
        side: n.
    """

    z: np.ndarray
    member: np.ndarray
    corners: tuple[tuple[int, int], ...]
    side: int


def sheet(matrices: Float[np.ndarray, "k n n"], rows: Sequence[int]) -> Sheet:
    """Lay matrices out in rows.

    Args:
        matrices: of the examples.
        rows: how many stand in each group; a group begins a new row.

    Returns:
        The grid.
    """
    n = matrices.shape[1]
    gap, head = max(1, round(GAP * n)), max(2, round(0.32 * n))
    corners: list[tuple[int, int]] = []
    top = head
    for count in rows:
        for start in range(0, count, ACROSS):
            corners += [(top, i * (n + gap)) for i in range(min(ACROSS, count - start))]
            top += n + head
    height, width = top - head, ACROSS * (n + gap) - gap
    z = np.full((height, width), np.nan, dtype=np.float32)
    member = np.full((height, width), -1, dtype=np.int16)
    for i, ((r, c), matrix) in enumerate(zip(corners, matrices, strict=True)):
        z[r : r + n, c : c + n] = matrix
        member[r : r + n, c : c + n] = i
    return Sheet(z, member, tuple(corners), n)


def examples(
    points: Sequence[Example],
    matrices: Float[np.ndarray, "k n n"],
    rows: Sequence[int],
) -> go.Figure:
    """Draw examples as small matrices with one colour scale.

    Args:
        points: the examples, in the order of `matrices`.
        matrices: what is drawn of each.
        rows: how many stand in each group.

    Returns:
        The figure; cells carry `customdata` = problem, level, step.
    """
    laid = sheet(matrices, rows)
    finite = np.abs(matrices[np.isfinite(matrices)])
    end = float(np.quantile(finite, PART)) if finite.size else 1.0
    facts = [(e.problem, e.level, e.step) for e in points]
    custom = np.array([*facts, (-1, -1, -1)], dtype=np.int32)[laid.member]
    made = go.Figure(
        go.Heatmap(
            z=laid.z, customdata=custom, zmin=-(end or 1.0), zmax=end or 1.0,
            colorscale=colours.SIGNED,
            hoverongaps=False, hovertemplate="problem %{customdata[0]}, t = %{customdata[1]},"
            " step %{customdata[2]}"
            "<br>entry %{z:.4g}<br>click: its landscape<extra></extra>",
            colorbar={"thickness": 8, "outlinewidth": 0, "nticks": 5, "x": 1.0},
        )
    )  # fmt: skip
    heads = [
        {"x": c + (laid.side - 1) / 2, "y": r - 0.5, "yanchor": "bottom", "showarrow": False,
         "text": f"{e.name} · {e.value:.3g}", "font": {"size": 11}}
        for e, (r, c) in zip(points, laid.corners, strict=True)
    ]  # fmt: skip
    made.update_layout(
        annotations=heads,
        margin={"l": 2, "r": 2, "t": 4, "b": 4},
        xaxis={"visible": False, "constrain": "domain"},
        yaxis={"visible": False, "autorange": "reversed", "scaleanchor": "x",
               "constrain": "domain"},
    )  # fmt: skip
    return made
