"""Causal effects of a feature beside those of random directions, with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from app.shared.drawing import colours


@dataclass(frozen=True)
class Effect:
    """One measured effect.

    Args:
        name: what was done.
        value: ΔMSE.
        low: 2.5 % of a bootstrap.
        high: 97.5 % of it.
        shift: mean distance that the answer moved.
        control: a random direction in the feature's place.
    """

    name: str
    value: float
    low: float
    high: float
    shift: float
    control: bool


def effects(found: Sequence[Effect]) -> go.Figure:
    """Draw effects with their intervals; 0 is no effect.

    Args:
        found: in reading order, each before its control.

    Returns:
        The figure.
    """
    made = go.Figure()
    for e in found:
        colour = colours.BASELINE if e.control else colours.IDEAL
        made.add_scatter(
            x=[e.value], y=[e.name], mode="markers", showlegend=False,
            marker={"size": 9, "color": colour, "symbol": "diamond" if e.control else "circle"},
            error_x={"type": "data", "symmetric": False, "array": [e.high - e.value],
                     "arrayminus": [e.value - e.low], "color": colour, "thickness": 1.6},
            hovertemplate=f"{e.name}<br>ΔMSE {e.value:.4g} ({e.low:.4g} … {e.high:.4g}) y²"
            f"<br>‖Δŷ‖ {e.shift:.4g} y<extra></extra>",
        )  # fmt: skip
    made.add_vline(x=0, line={"width": 1, "color": colours.BASELINE})
    made.update_layout(
        margin={"l": 4, "r": 4, "t": 8, "b": 4},
        xaxis={"title": {"text": "ΔMSE of the final answer [y²]"}, "nticks": 5},
        yaxis={"autorange": "reversed", "showgrid": False},
    )  # fmt: skip
    return made
