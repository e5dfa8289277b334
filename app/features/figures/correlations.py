"""Rank correlations of a feature with properties of the problems."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from app.shared.drawing import colours

LEVEL = 0.05
"""Holm's p below which a bar is filled."""


def strongest(rho: np.ndarray, most: int) -> np.ndarray:
    """Positions of the largest |ρ|.

    Args:
        rho: NaN where there is none.
        most: how many at most.

    Returns:
        Largest first.
    """
    there = np.flatnonzero(np.isfinite(rho))
    return there[np.argsort(-np.abs(rho[there]), kind="stable")][:most]


def correlations(names: Sequence[str], rho: np.ndarray, p: np.ndarray) -> go.Figure:
    """Draw correlations as bars, filled where Holm's p is small.

    Args:
        names: of the properties, largest |ρ| first.
        rho: Spearman's ρ.
        p: corrected by Holm over all features and properties.

    Returns:
        The figure.
    """
    sure = p < LEVEL
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
