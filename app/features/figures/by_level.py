"""Quantities of a dictionary by annealing level, each beside its baseline."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from app.shared.drawing import colours


@dataclass(frozen=True)
class Line:
    """One quantity.

    Args:
        name: in the legend.
        values: one for each level t = 0 … 9; NaN where there is none.
        baseline: drawn in grey, dashed.
    """

    name: str
    values: np.ndarray
    baseline: bool = False


def by_level(lines: Sequence[Line], title: str) -> go.Figure:
    """Draw lines over the levels, smooth to sharp as inference walks them.

    Args:
        lines: quantities of one unit.
        title: of the axis, with unit.

    Returns:
        The figure.
    """
    figure = go.Figure()
    for line, colour in zip(lines, _colours(lines), strict=True):
        figure.add_scatter(
            x=np.arange(len(line.values)), y=line.values, mode="lines+markers", name=line.name,
            line={"color": colour, "width": 1.8, "dash": "dash" if line.baseline else "solid"},
            marker={"size": 5},
            hovertemplate=f"{line.name}<br>t = %{{x}}: %{{y:.4g}}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(
        margin={"l": 8, "r": 8, "t": 30, "b": 8},
        xaxis={"title": {"text": "level t: 9 smooth … 0 sharp"}, "range": [9.4, -0.4], "dtick": 1},
        yaxis={"title": {"text": title}},
    )
    return figure


def _colours(lines: Sequence[Line]) -> list[str]:
    own = iter((colours.FIRST, colours.SECOND, *colours.GROUPS))
    return [colours.BASELINE if line.baseline else next(own) for line in lines]
