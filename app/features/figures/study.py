"""Orthogonality: what absorption it takes away against what it costs."""

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.shared.drawing import colours

KINDS = {
    "adaptive": ("pairs, adaptive τ", "circle", colours.FIRST),
    "fixed": ("pairs, fixed τ", "square", colours.SECOND),
    "ortsae": ("OrtSAE", "diamond", "#7b5ea7"),
}
"""Name, symbol and colour."""


def study(runs: pd.DataFrame, muted: str) -> go.Figure:
    """Absorption taken away against time and against explained variance.

    Args:
        runs: name of a dictionary, escaped; kind, a key of `KINDS`; label beside its point; time,
            extra in percent; ev, lost in hundredths; less, absorption taken away.
        muted: colour of the zero lines.

    Returns:
        The figure.
    """
    figure = make_subplots(1, 2, shared_yaxes=True, horizontal_spacing=0.05)
    for kind, (name, symbol, colour) in KINDS.items():
        own = runs[runs["kind"] == kind]
        for column, field in ((1, "time"), (2, "ev")):
            if len(own):
                figure.add_scatter(
                    x=own[field].tolist(), y=own["less"].tolist(),
                    mode="markers+text", text=own["label"].tolist(), name=name,
                    customdata=own["name"].tolist(), textposition="top center",
                    textfont={"size": 11}, showlegend=column == 1, row=1, col=column,
                    marker={"symbol": symbol, "size": 10, "color": colour},
                    hovertemplate="%{customdata}<br>%{text}<br>%{x:.3g} · %{y:.4f}<extra></extra>",
                )  # fmt: skip
    line = {"color": muted, "width": 1, "dash": "dash"}
    figure.add_hline(0, line=line)
    figure.add_vline(0, line=line)
    figure.update_xaxes(title={"text": "extra training time [%]"}, row=1, col=1)
    figure.update_xaxes(title={"text": "EV lost [0.01]"}, row=1, col=2)
    figure.update_yaxes(title={"text": "absorption taken away"}, row=1, col=1)
    low, high = min(0.0, runs["less"].min()), max(0.0, runs["less"].max())
    room = 0.15 * (high - low) or 0.01  # for what is written above the points
    figure.update_yaxes(range=[low - room, high + room])
    figure.update_layout(margin={"l": 8, "r": 8, "t": 30, "b": 8}, dragmode=False)
    return figure
