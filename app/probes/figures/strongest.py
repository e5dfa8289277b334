"""Which features differ between failures and others, where they lie; ways to predict, compared."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from app.shared.drawing import colours
from app.shared.drawing.levels import LEVEL_ORDER, TOP_LEGEND
from app.shared.drawing.ticks import log_axis

MOST = 30
LIMIT = 3.0
"""End of the colours, in doublings."""


def hot(
    count: np.ndarray, expected: np.ndarray, low: np.ndarray, high: np.ndarray,
    inputs: Sequence[str], steps: Sequence[int], template: go.layout.Template,
) -> go.Figure:  # fmt: skip
    """Draw where the strongest features lie against their share of live features.

    Args:
        count: strongest features [input, level in the order of inference, step].
        expected: what their share of live features gives.
        low: 2.5 % of the counts by chance.
        high: 97.5 % of them.
        inputs: names of the rows.
        steps: labels of the steps.
        template: of the ground.

    Returns:
        The figure.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        fill = np.log2(np.maximum(count, 0.25) / expected)
    fill = np.where(expected > 0, np.clip(fill, -LIMIT, LIMIT), np.nan)
    pale = (count >= low) & (count <= high)
    any_sure = bool((~pale & np.isfinite(fill)).any())
    rows, levels, width = count.shape
    x = (np.arange(levels)[:, None] * (width + 0.6) + np.arange(width)).ravel()
    drawn = go.Figure()
    for mine, opacity in ((pale, 0.35), (~pale, 1.0)):
        told = np.stack([count, expected, low, high], -1).reshape(rows, -1, 4)
        place = np.array([[t, s] for t in LEVEL_ORDER for s in steps])
        custom = np.concatenate([np.repeat(place[None], rows, 0), told], -1)
        drawn.add_heatmap(
            z=np.where(mine, fill, np.nan).reshape(rows, -1).astype(np.float32), x=x,
            y=list(inputs), zmin=-LIMIT, zmax=LIMIT, colorscale=colours.SIGNED, opacity=opacity,
            hoverongaps=False, customdata=custom.astype("f4").tolist(),
            showscale=(opacity == 1) == any_sure,
            colorbar={"title": {"text": "log₂(share ÷ expected)", "side": "right"},
                      "thickness": 8, "nticks": 5},
            hovertemplate="%{y}, t = %{customdata[0]}, step %{customdata[1]}<br>%{customdata[2]} of"
            " the strongest, expected %{customdata[3]:.1f} [%{customdata[4]:.0f},"
            " %{customdata[5]:.0f}]<extra></extra>",
        )  # fmt: skip
    middle = np.arange(levels) * (width + 0.6) + (width - 1) / 2
    return drawn.update_layout(
        template=template, margin={"l": 4, "r": 4, "t": 8, "b": 40},
        xaxis={"title": {"text": "level t, its states side by side"}, "showgrid": False,
               "tickvals": middle, "ticktext": [str(t) for t in LEVEL_ORDER], "zeroline": False},
        yaxis={"autorange": "reversed", "showgrid": False},
    )  # fmt: skip


@dataclass(frozen=True)
class Feature:
    """A feature that differs.

    Args:
        name: where it lies.
        d: Cohen's d on problems it was not chosen on, with the ends of its interval.
        p: after Holm.
        failed: mean over failures.
        other: mean over the others.
        link: what a click tells.
    """

    name: str
    d: tuple[float, float, float]
    p: float
    failed: float
    other: float
    link: Sequence[str | int]


def forest(features: Sequence[Feature], null: float, template: go.layout.Template) -> go.Figure:
    """Draw differences in pooled standard deviations, largest first.

    Args:
        features: at most MOST, largest first.
        null: largest |d| that chance reaches with 95 %.
        template: of the ground.

    Returns:
        The figure.
    """
    drawn = go.Figure()
    if np.isfinite(null):
        drawn.add_vrect(-null, null, fillcolor=colours.SHADE, line_width=0, layer="below")
    names = [f.name for f in features]
    d, low, high = (np.array([f.d[i] for f in features]) for i in range(3))
    sure = [f.p < 0.05 for f in features]
    drawn.add_scatter(
        x=d, y=names, mode="markers",
        marker={"size": 8, "color": colours.FIRST, "line": {"width": 1.5},
                "symbol": ["circle" if s else "circle-open" for s in sure]},
        error_x={"type": "data", "symmetric": False, "array": high - d, "arrayminus": d - low,
                 "width": 0, "thickness": 1.4},
        customdata=[[*f.link, f.p, f.failed, f.other] for f in features],
        hovertemplate="%{y}<br>d %{x:.2f} · Holm p %{customdata[3]:.2g}<br>mean if failed"
        " %{customdata[4]:.3g}, if not %{customdata[5]:.3g}<extra></extra>",
    )  # fmt: skip
    drawn.add_vline(0, line={"color": colours.BASELINE, "width": 1})
    return drawn.update_layout(
        template=template, showlegend=False, margin={"l": 4, "r": 8, "t": 4, "b": 40},
        xaxis={"title": {"text": "Cohen's d, failures − others"}},
        yaxis={"autorange": "reversed", "showgrid": False, "dtick": 1, "tickfont": {"size": 11}},
    )  # fmt: skip


def rivals(
    names: Sequence[str], value: np.ndarray, low: np.ndarray, high: np.ndarray,
    gaps: np.ndarray, template: go.layout.Template,
) -> go.Figure:  # fmt: skip
    """Draw paired differences between ways to predict.

    Args:
        names: first − second.
        value: difference of balanced accuracy.
        low: lower end of its interval.
        high: upper end.
        gaps: AUROC on training rows less that on test rows, of the first and the second [rival, 2].
        template: of the ground.

    Returns:
        The figure.
    """
    drawn = go.Figure()
    drawn.add_vline(0, line={"color": colours.BASELINE, "width": 1})
    for i, symbol in enumerate(("circle-open", "diamond-open")):
        drawn.add_scatter(
            x=gaps[:, i], y=list(names), mode="markers", name=f"gap, {('first', 'second')[i]}",
            marker={"symbol": symbol, "size": 8, "color": colours.BASELINE, "line": {"width": 1.5}},
            hovertemplate="%{y}, training − test: %{x:.3f}<extra></extra>",
        )  # fmt: skip
    drawn.add_scatter(
        x=value, y=list(names), mode="markers", name="difference",
        marker={"size": 9, "color": colours.FIRST},
        error_x={"type": "data", "symmetric": False, "array": high - value, "width": 0,
                 "arrayminus": value - low, "thickness": 1.6},
        hovertemplate="%{y}: %{x:.3f}<extra></extra>",
    )  # fmt: skip
    return drawn.update_layout(
        template=template, margin={"l": 4, "r": 8, "t": 28, "b": 40}, legend=TOP_LEGEND,
        xaxis={"title": {"text": "difference of balanced accuracy, paired"}},
        yaxis={"autorange": "reversed", "showgrid": False},
    )  # fmt: skip


def learning(
    size: np.ndarray, balanced: np.ndarray, confounds: np.ndarray, template: go.layout.Template
) -> go.Figure:
    """Draw balanced accuracy against the number of training problems.

    Args:
        size: training problems.
        balanced: of the activations.
        confounds: of the confounds alone.
        template: of the ground.

    Returns:
        The figure.
    """
    drawn = go.Figure()
    for values, name, tint in ((confounds, "confounds alone", colours.BASELINE),
                               (balanced, "activations", colours.FIRST)):  # fmt: skip
        drawn.add_scatter(
            x=size, y=values, mode="lines+markers", name=name,
            line={"color": tint, "width": 2}, marker={"size": 6},
            hovertemplate=f"%{{x:.0f}} problems · {name}: %{{y:.3f}}<extra></extra>",
        )  # fmt: skip
    return drawn.update_layout(
        template=template, margin={"l": 52, "r": 8, "t": 28, "b": 40}, legend=TOP_LEGEND,
        xaxis={"title": {"text": "training problems"}, **log_axis(size)},
        yaxis={"title": {"text": "balanced accuracy"}, "range": [0.4, 1.02], "dtick": 0.2},
    )  # fmt: skip
