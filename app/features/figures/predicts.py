"""What a feature alone predicts, a row for each property."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from app.shared.drawing import colours


def figure(names: Sequence[str], gain: np.ndarray, low: np.ndarray, level: np.ndarray) -> go.Figure:
    """Draw R² less its control, with the lower half of its interval.

    Args:
        names: of the properties, top first.
        gain: R² of the feature alone − control.
        low: lower end of its interval.
        level: at which it is.

    Returns:
        The figure.
    """
    drawn = go.Figure()
    drawn.add_vline(0, line={"color": colours.BASELINE, "width": 1})
    drawn.add_scatter(
        x=gain, y=list(names), mode="markers", customdata=np.stack([low, level], 1),
        marker={"size": 8, "color": colours.FIRST, "line": {"width": 1.5},
                "symbol": ["circle" if v > 0 else "circle-open" for v in low]},
        error_x={"type": "data", "symmetric": False, "array": np.zeros(len(gain)),
                 "arrayminus": gain - low, "width": 0, "thickness": 1.6},
        hovertemplate="%{y}, t = %{customdata[1]}<br>R² − control %{x:.3f}, lower end"
        " %{customdata[0]:.3f}<extra></extra>",
    )  # fmt: skip
    least = float(np.nanmin(np.append(low, 0.0)))
    return drawn.update_layout(
        showlegend=False, margin={"l": 4, "r": 8, "t": 4, "b": 40},
        xaxis={"title": {"text": "R² of the feature alone − control"},
               "range": [max(-0.5, least) - 0.02, max(0.2, float(np.nanmax(gain)) + 0.05)]},
        yaxis={"autorange": "reversed", "showgrid": False, "dtick": 1},
    )  # fmt: skip
