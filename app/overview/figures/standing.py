"""The model's error beside every trivial predictor's: one row for each, two axes."""

import numpy as np
import plotly.graph_objects as go
import xarray as xr
from plotly.subplots import make_subplots

from app.shared.drawing import colours
from app.shared.drawing.levels import axis
from ired_interp_core.spelling import number

ROW = 21
"""Pixels of one predictor's row."""

ANSWER, OFFICIAL = "answer ŷ", "official answer"
"""Rows of the model."""


def _scale(values: np.ndarray) -> dict[str, object]:
    """A logarithmic axis with a few ticks; linear where a value is 0, as of an exact predictor."""
    finite = values[np.isfinite(values)]
    if not finite.size or finite.min() <= 0:
        return {"type": "linear", "nticks": 6, "rangemode": "tozero"}
    low, high = float(finite.min()) / 1.25, float(finite.max()) * 1.25
    decades = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    width = np.log10(high / low)
    factors = (1, 1.5, 2, 3, 5, 7) if width < 0.9 else (1, 2, 5) if width < 2.2 else (1,)
    ticks = [f * 10.0**d for d in decades for f in factors if low <= f * 10.0**d <= high]
    return {
        "type": "log",
        "range": [np.log10(low), np.log10(high)],
        "tickvals": ticks,
        "ticktext": [number(t, "g") for t in ticks],
        "tickangle": 0,
    }


def height(count: int) -> int:
    """Pixels of the figure with so many predictors."""
    return 8 * round((ROW * (count + 2) + 54) / 8)


def standing(numbers: xr.Dataset, ink: str, muted: str) -> go.Figure:
    """Draw errors (left) and distances to the model's answer (right).

    Args:
        numbers: `answer` and `official` of the model, `mse` and `distance` by predictor, largest
            error first, each with its standard error.
        ink: colour of the model.
        muted: colour of the second marker of the model.

    Returns:
        The figure.
    """
    names = numbers["predictor"].values.tolist()
    answer, error, official = (
        float(numbers[name]) for name in ("answer", "answer_error", "official")
    )
    figure = make_subplots(1, 2, shared_yaxes=True, horizontal_spacing=0.035, column_widths=[3, 2])
    for column, (name, said) in enumerate((("mse", "MSE"), ("distance", "distance")), start=1):
        x = numbers[name].values
        figure.add_scatter(
            x=x,
            y=names,
            error_x={
                "array": numbers[f"{name}_error"].values.tolist(),
                "color": colours.BASELINE,
                "thickness": 1.2,
                "width": 0,
            },
            mode="markers",
            marker={"color": colours.BASELINE, "size": 7, "symbol": "circle"},
            name="trivial predictor",
            showlegend=False,
            hovertemplate=f"%{{y}}: {said} %{{x:.4g}}<extra></extra>",
            row=1,
            col=column,
        )
        ends = np.append(x, [answer, official]) if column == 1 else x
        figure.update_xaxes(**_scale(ends), row=1, col=column)
    figure.add_scatter(
        x=[official], y=[OFFICIAL], mode="markers", name="official, not divided by √ᾱ₀",
        marker={"color": muted, "size": 8, "symbol": "square-open", "line": {"width": 2}},
        hovertemplate="official answer: MSE %{x:.5g}<extra></extra>", row=1, col=1,
    )  # fmt: skip
    figure.add_scatter(
        x=[answer], y=[ANSWER], mode="markers", name="model's answer ŷ",
        error_x={"array": [error], "color": ink, "thickness": 1.4, "width": 0},
        marker={"color": ink, "size": 9, "symbol": "square"},
        hovertemplate="answer ŷ: MSE %{x:.5g}<extra></extra>", row=1, col=1,
    )  # fmt: skip
    figure.add_vline(answer, line={"color": ink, "width": 1, "dash": "dot"}, row=1, col=1)
    order = [*names, OFFICIAL, ANSWER]
    figure.update_yaxes(**axis(), categoryorder="array", categoryarray=order, showgrid=True)
    figure.update_xaxes(**axis("mean squared error [y²]"), row=1, col=1)
    figure.update_xaxes(**axis("distance of ŷ to its answer [y²]"), row=1, col=2)
    figure.update_layout(
        showlegend=False,
        margin={"l": 12 + 6 * max(map(len, order)), "r": 12, "t": 6, "b": 40},
    )
    return figure
