"""Explained variance against the number of active features: what sparsity costs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from app.shared.drawing import colours

VARIANTS = {
    "topk": ("TopK", "circle", "#2f7ed8"),
    "batch_topk": ("BatchTopK", "square", "#2f9e8f"),
    "matryoshka": ("Matryoshka", "diamond", "#7b5ea7"),
    "relu": ("ReLU + L1", "triangle-up", "#c98a1b"),
    "jump_relu": ("JumpReLU", "cross", "#d9480f"),
}
"""Name, symbol and colour: a kind of dictionary is told apart by its symbol alone, too."""


@dataclass(frozen=True)
class Point:
    """One dictionary.

    Args:
        key: of its question.
        name: for a reader, escaped.
        variant: kind.
        penalised: trained with an orthogonality penalty.
        l0: mean number of active features.
        explained: EV on held-out problems.
        pca: EV of as many principal components.
        random: EV of as many random atoms.
    """

    key: str
    name: str
    variant: str
    penalised: bool
    l0: float
    explained: float
    pca: float
    random: float


def front(l0: np.ndarray, explained: np.ndarray) -> np.ndarray:
    """Which points no other one beats: none is as sparse and explains more, or vice versa.

    Args:
        l0: smaller is better.
        explained: larger is better.

    Returns:
        True for points of the front; False where a number is missing.
    """
    better = (l0[:, None] <= l0) & (explained[:, None] >= explained)
    strictly = better & ((l0[:, None] < l0) | (explained[:, None] > explained))
    return ~strictly.any(axis=0) & np.isfinite(l0) & np.isfinite(explained)


def pareto(points: Sequence[Point], chosen: str, ink: str, muted: str) -> go.Figure:
    """Draw dictionaries of one site beside their baselines.

    Args:
        points: with finite L0 and EV.
        chosen: key of the one to ring.
        ink: colour of the ring.
        muted: colour of the front.

    Returns:
        The figure; points carry `customdata` = key.
    """
    l0, ev = (np.array([getattr(p, n) for p in points]) for n in ("l0", "explained"))
    figure = go.Figure()
    on = np.flatnonzero(front(l0, ev))
    on = on[np.argsort(l0[on])]
    figure.add_scatter(
        x=l0[on], y=ev[on], mode="lines", name="front", hoverinfo="skip",
        line={"color": muted, "width": 1.2, "shape": "hv"},
    )  # fmt: skip
    for name, field, symbol in (("PCA", "pca", "line-ew"), ("random atoms", "random", "x-thin")):
        values = np.array([getattr(p, field) for p in points])
        figure.add_scatter(
            x=l0, y=values, mode="markers", name=name,
            marker={"symbol": symbol, "size": 10, "color": colours.BASELINE,
                    "line": {"width": 1.6, "color": colours.BASELINE}},
            hovertemplate=f"{name}, as many as L0<br>L0 %{{x:.4g}} · EV %{{y:.4f}}<extra></extra>",
        )  # fmt: skip
    for variant, (name, symbol, colour) in VARIANTS.items():
        for penalised in (False, True):
            own = [p for p in points if (p.variant, p.penalised) == (variant, penalised)]
            if own:
                figure.add_scatter(
                    x=[p.l0 for p in own], y=[p.explained for p in own], mode="markers",
                    name=f"{name}, orthogonal" if penalised else name,
                    customdata=[p.key for p in own], text=[p.name for p in own],
                    marker={"symbol": f"{symbol}-open" if penalised else symbol, "size": 11,
                            "color": colour, "line": {"width": 2 if penalised else 0.6}},
                    hovertemplate="%{text}<br>L0 %{x:.4g} · EV %{y:.4f}<extra></extra>",
                )  # fmt: skip
    ring = [p for p in points if p.key == chosen]
    figure.add_scatter(
        x=[p.l0 for p in ring], y=[p.explained for p in ring], mode="markers", hoverinfo="skip",
        showlegend=False,
        marker={"symbol": "circle-open", "size": 19, "color": ink, "line": {"width": 2}},
    )  # fmt: skip
    figure.update_layout(
        margin={"l": 8, "r": 8, "t": 34, "b": 8},
        xaxis={"title": {"text": "L0: mean active features"}, **_scale(l0)},
        yaxis={"title": {"text": "EV on held-out problems"}},
        clickmode="event",
        dragmode=False,
    )
    return figure


def _scale(l0: np.ndarray) -> dict[str, object]:
    """Logarithmic where dictionaries differ in sparsity; where they do not, no zoom into rounding.

    Returns:
        Part of an axis.
    """
    low, high = float(l0.min()), float(l0.max())
    if low > 0 and high > 3 * low:
        return {"type": "log", "dtick": "D2"}
    edge = max(0.1 * (high - low), 0.1 * high) or 1.0
    return {"range": [low - edge, high + edge]}
