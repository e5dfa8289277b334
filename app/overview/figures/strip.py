"""The ratio strip: one axis of errors, the model above, trivial predictors below."""

import numpy as np
import plotly.graph_objects as go
import xarray as xr

from app.shared.drawing import colours
from app.shared.drawing.levels import TINY, axis
from app.shared.drawing.ticks import log_ticks
from ired_interp_core.spelling import number

MODEL, PREDICTORS = 1.0, 0.0
"""Rows of the strip."""

NAMED = 4
"""Predictors with a name in the strip; the others have theirs under the pointer."""

LETTER = 0.019
"""Width of a letter as a share of the narrowest strip."""


def figure(
    numbers: xr.Dataset, relative: bool, ends: tuple[float, float], ink: str, text: str
) -> go.Figure:
    """Draw the strip.

    Args:
        numbers: `answer`, `official` and by predictor `mse`, `difference`, `distance`; the largest
            error first.
        relative: errors over the smallest one of a predictor, which is not 0.
        ends: smallest and largest error drawn on any strip of this kind.
        ink: colour of the model.
        text: colour of the best predictor and of names.

    Returns:
        The figure.
    """
    mse = numbers["mse"].values.astype(np.float64)
    unit = float(mse[-1]) if relative else 1.0
    low, high = ends[0] / 1.6, ends[1] * 1.6
    drawn = go.Figure()
    _predictors(drawn, numbers, unit, (low, high), text)
    _model(drawn, numbers, unit, relative, ink)
    if relative:
        drawn.add_vline(1.0, line={"color": text, "width": 1, "dash": "dash"})
    drawn.update_xaxes(
        **axis(
            type="log",
            range=np.log10([low, high]).tolist(),
            fixedrange=True,
            tickangle=0,
            **log_ticks(low, high, most=6),
        )
    )
    drawn.update_yaxes(visible=False, range=[-0.95, 1.5], fixedrange=True)
    drawn.update_layout(showlegend=False, margin={"l": 6, "r": 6, "t": 2, "b": 22})
    return drawn


def _predictors(
    drawn: go.Figure, numbers: xr.Dataset, unit: float, ends: tuple[float, float], text: str
) -> None:
    """Ticks; one without an error stands at the left edge, and says so."""
    low, high = ends
    names = [str(name) for name in numbers["predictor"].values]
    mse = numbers["mse"].values.astype(np.float64)
    distance = numbers["distance"].values.astype(np.float64)
    at = np.clip(np.where(mse > 0, mse / unit, low), low, high)
    best = len(names) - 1
    share = np.log(at / low) / np.log(high / low)
    shown = _named(names, mse, share)
    drawn.add_scatter(
        x=at, y=np.full(len(at), PREDICTORS), mode="markers+text",
        text=[shown.get(i, "") for i in range(len(at))],
        textposition=[f"bottom {_side(one)}" for one in share],
        textfont={"size": TINY, "color": text},
        marker={"symbol": "line-ns-open", "size": 13,
                "color": [text if i == best else colours.BASELINE for i in range(len(at))],
                "line": {"width": 2}},
        customdata=[[n, number(m), number(d)]
                    for n, m, d in zip(names, mse, distance, strict=True)],
        hovertemplate="%{customdata[0]}: MSE %{customdata[1]}<br>"
        "distance of ŷ to its answer %{customdata[2]}<extra></extra>",
        cliponaxis=False,
    )  # fmt: skip


def _named(names: list[str], mse: np.ndarray, share: np.ndarray) -> dict[int, str]:
    """Names that do not lie on each other, from the best predictor on: its index → text."""
    shown: dict[int, str] = {}
    taken: list[tuple[float, float]] = []
    for i in reversed(range(len(names))):
        text = names[i] if mse[i] > 0 else f"{names[i]}: 0"
        width = LETTER * (len(text) + 1)
        back = {"right": 0.0, "center": width / 2, "left": width}[_side(share[i])]
        left = share[i] - back
        if len(shown) < NAMED and all(left > end or left + width < start for start, end in taken):
            shown[i] = text
            taken.append((left, left + width))
    return shown


def _side(share: float) -> str:
    """Where the name of a tick goes on, by its place on the axis: at an edge to the middle."""
    return "right" if share < 0.15 else "left" if share > 0.8 else "center"


def _model(drawn: go.Figure, numbers: xr.Dataset, unit: float, relative: bool, ink: str) -> None:
    """The model's answer with its interval beside the best predictor, and the official answer."""
    answer, official = float(numbers["answer"]) / unit, float(numbers["official"]) / unit
    best = numbers.isel(predictor=-1)
    base = float(best["mse"]) / unit
    low, high = (base + float(best[f"difference_{end}"]) / unit for end in ("low", "high"))
    known = bool(np.isfinite([low, high]).all())
    error = {"type": "data", "symmetric": False, "array": [high - answer if known else 0.0],
             "arrayminus": [answer - low if known else 0.0], "color": ink, "thickness": 1.6,
             "width": 0}  # fmt: skip
    said = f" × [{number(low)}, {number(high)}]" if relative and known else ""
    drawn.add_scatter(
        x=[official], y=[MODEL], mode="markers", cliponaxis=False,
        marker={"color": ink, "size": 10, "symbol": "square-open", "line": {"width": 1.6}},
        customdata=[number(float(numbers["official"]))],
        hovertemplate="official answer: MSE %{customdata}<extra></extra>",
    )  # fmt: skip
    drawn.add_scatter(
        x=[answer], y=[MODEL], mode="markers", error_x=error, cliponaxis=False,
        marker={"color": ink, "size": 9, "symbol": "square"},
        customdata=[number(float(numbers["answer"]))],
        hovertemplate=f"answer ŷ: MSE %{{customdata}}<br>%{{x:.3g}}{said}<extra></extra>",
    )  # fmt: skip
