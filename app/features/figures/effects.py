"""Causal effects of a feature beside those of random directions, with intervals."""

import pandas as pd
import plotly.graph_objects as go

from app.shared.drawing import colours


def effects(rows: pd.DataFrame) -> go.Figure:
    """Draw effects with their intervals, each before its control; 0 is no effect."""
    made = go.Figure()
    for e in rows.itertuples():
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
