"""Explained variance: against the number of active features, what sparsity costs; by level."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.shared.drawing import colours
from app.shared.drawing.ticks import log_axis

VARIANTS = {
    "topk": ("TopK", "circle", "#2f7ed8"),
    "batch_topk": ("BatchTopK", "square", "#2f9e8f"),
    "matryoshka": ("Matryoshka", "diamond", "#7b5ea7"),
    "relu": ("ReLU + L1", "triangle-up", "#c98a1b"),
    "jump_relu": ("JumpReLU", "cross", "#d9480f"),
}
"""Name, symbol and colour: a kind of dictionary is told apart by its symbol alone, too."""


def front(l0: np.ndarray, explained: np.ndarray) -> np.ndarray:
    """Which points no other one beats: none is as sparse and explains more, or vice versa."""
    better = (l0[:, None] <= l0) & (explained[:, None] >= explained)
    strictly = better & ((l0[:, None] < l0) | (explained[:, None] > explained))
    return ~strictly.any(axis=0) & np.isfinite(l0) & np.isfinite(explained)


def pareto(rows: pd.DataFrame, chosen: str, ink: str, muted: str) -> go.Figure:
    """Draw dictionaries of one site beside their baselines.

    Args:
        rows: with key, name (escaped), variant, penalty ("" without one), finite l0 and EV beyond
            the mean of each (level, step) with its interval, and that of both rivals.
        chosen: key of the one to ring.
        ink: colour of the ring.
        muted: colour of the front.

    Returns:
        The figure; points carry `customdata` = key.
    """
    l0, ev = (rows[name].to_numpy(float) for name in ("l0", "beyond"))
    figure = go.Figure()
    on = np.flatnonzero(front(l0, ev))
    on = on[np.argsort(l0[on])]
    figure.add_scatter(
        x=l0[on], y=ev[on], mode="lines", name="front", hoverinfo="skip",
        line={"color": muted, "width": 1.2, "shape": "hv"},
    )  # fmt: skip
    for name, symbol in (("components", "line-ew"), ("entries", "x-thin")):
        figure.add_scatter(
            x=l0, y=rows[f"{name}_beyond"].to_numpy(float), mode="markers", name=name,
            marker={"symbol": symbol, "size": 10, "color": colours.BASELINE,
                    "line": {"width": 1.8, "color": colours.BASELINE}},
            hovertemplate=f"{name}, same rule and L0<br>L0 %{{x:.4g}} · EV %{{y:.4f}}"
                          "<extra></extra>",
        )  # fmt: skip
    for variant, (name, symbol, colour) in VARIANTS.items():
        for penalised in (False, True):
            own = rows[(rows["variant"] == variant) & ((rows["penalty"] != "") == penalised)]
            if len(own):
                figure.add_scatter(
                    x=own["l0"].tolist(), y=own["beyond"].tolist(), mode="markers",
                    error_y={"type": "data", "symmetric": False, "width": 0, "thickness": 1.6,
                             "array": (own["beyond_high"] - own["beyond"]).tolist(),
                             "arrayminus": (own["beyond"] - own["beyond_low"]).tolist()},
                    name=f"{name}, orthogonal" if penalised else name,
                    customdata=own["key"].tolist(), text=own["name"].tolist(),
                    marker={"symbol": f"{symbol}-open" if penalised else symbol, "size": 11,
                            "color": colour, "line": {"width": 2 if penalised else 0.6}},
                    hovertemplate="%{text}<br>L0 %{x:.4g} · EV %{y:.4f}<extra></extra>",
                )  # fmt: skip
    ring = rows[rows["key"] == chosen]
    figure.add_scatter(
        x=ring["l0"].tolist(), y=ring["beyond"].tolist(), mode="markers",
        hoverinfo="skip", showlegend=False,
        marker={"symbol": "circle-open", "size": 19, "color": ink, "line": {"width": 2}},
    )  # fmt: skip
    figure.update_layout(
        margin={"l": 8, "r": 8, "t": 34, "b": 8},
        xaxis={"title": {"text": "L0: mean active features"}, **_scale(l0)},
        yaxis={"title": {"text": "EV beyond the mean of each step, held out"}},
        clickmode="event",
        dragmode=False,
    )
    return figure


def _scale(l0: np.ndarray) -> dict[str, object]:
    """Logarithmic where dictionaries differ in sparsity; else without a zoom into rounding."""
    low, high = float(l0.min()), float(l0.max())
    if low > 0 and high > 3 * low:
        return log_axis(l0, most=6)
    edge = max(0.1 * (high - low), 0.1 * high) or 1.0
    return {"range": [low - edge, high + edge]}


def by_level(explained: Mapping[str, np.ndarray]) -> go.Figure:
    """Draw EV [t] of the dictionary, first, and of its rivals, smooth to sharp as in the walk."""
    figure = go.Figure()
    styles = ((colours.FIRST, "solid"), (colours.BASELINE, "dash"), (colours.BASELINE, "dot"))
    for (name, values), (colour, dash) in zip(explained.items(), styles, strict=True):
        figure.add_scatter(
            x=np.arange(len(values)), y=values, mode="lines+markers", name=name,
            line={"color": colour, "width": 1.8, "dash": dash}, marker={"size": 5},
            hovertemplate=f"{name}<br>t = %{{x}}: %{{y:.4g}}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(
        margin={"l": 8, "r": 8, "t": 30, "b": 8},
        xaxis={"title": {"text": "level t: 9 smooth … 0 sharp"}, "range": [9.4, -0.4], "dtick": 1},
        yaxis={"title": {"text": "EV on the level's held-out points"}},
    )
    return figure
