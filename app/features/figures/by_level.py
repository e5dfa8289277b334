"""Explained variance of a dictionary by annealing level, beside its baseline."""

import numpy as np
import plotly.graph_objects as go

from app.shared.drawing import colours


def by_level(explained: np.ndarray, components: np.ndarray) -> go.Figure:
    """Draw EV [t] and that of principal components, smooth to sharp as inference walks."""
    figure = go.Figure()
    for name, values, colour, dash in (
        ("EV", explained, colours.FIRST, "solid"),
        ("EV of as many principal components", components, colours.BASELINE, "dash"),
    ):
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
