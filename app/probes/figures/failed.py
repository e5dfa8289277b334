"""Who fails: the rule, predictions against outcomes, kinds of error, and what zeroing changes."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from app.shared.drawing import colours
from app.shared.drawing.colours import Stops
from app.shared.drawing.levels import TOP_LEGEND
from app.shared.drawing.ticks import log_axis

BINS = 40


def rule(
    values: np.ndarray,
    failed: np.ndarray,
    baselines: Mapping[str, float],
    threshold: float,
    label: str,
    logarithmic: bool,
    template: go.layout.Template,
) -> go.Figure:
    """Draw the quantity of the rule, failures in another colour.

    Args:
        values: of every problem.
        failed: whether it fails.
        baselines: trivial predictor → its mean error, where they have the unit of the quantity.
        threshold: of the rule.
        label: of the axis.
        logarithmic: the axis is.
        template: of the ground.

    Returns:
        The figure.
    """
    there = np.isfinite(values) & ((values > 0) | (not logarithmic))
    known = np.log10(values[there]) if logarithmic else values[there]
    edges = np.linspace(known.min(), known.max(), BINS + 1) if known.size else np.array([0.0, 1.0])
    back = (lambda v: 10.0**v) if logarithmic else (lambda v: v)
    drawn = go.Figure()
    for mine, name, tint in (
        (~failed, "others", colours.BULK),
        (failed, "failures", colours.IDEAL),
    ):
        counts, _ = np.histogram(known[mine[there]], edges)
        drawn.add_bar(
            x=back((edges[1:] + edges[:-1]) / 2), y=counts, name=name,
            width=back(edges[1:]) - back(edges[:-1]),
            marker={"color": tint, "opacity": 0.6 if name == "failures" else 1.0},
            customdata=np.stack([back(edges[:-1]), back(edges[1:])], 1),
            hovertemplate="%{customdata[0]:.3g} … %{customdata[1]:.3g}: %{y} problems"
            f"<extra>{name}</extra>",
        )  # fmt: skip
    top = max((float(max(t.y, default=0)) for t in drawn.data), default=1.0) or 1.0
    for name, value in baselines.items():
        if np.isfinite(value):
            drawn.add_scatter(
                x=[value] * 9, y=np.linspace(0, 1.05 * top, 9), mode="lines", showlegend=False,
                line={"color": colours.BASELINE, "dash": "dash", "width": 1},
                hovertemplate=f"{name}: %{{x:.3g}}<extra></extra>",
            )  # fmt: skip
    if np.isfinite(threshold):
        drawn.add_vline(threshold, line={"color": colours.IDEAL, "width": 1.5})
    axis = log_axis(back(edges)) if logarithmic else {}
    return drawn.update_layout(
        template=template, barmode="stack", bargap=0, margin={"l": 48, "r": 8, "t": 28, "b": 40},
        xaxis={"title": {"text": label}, **axis}, yaxis={"title": {"text": "problems"}},
        legend=TOP_LEGEND,
    )  # fmt: skip


def confusion(counts: np.ndarray, ink: str, template: go.layout.Template) -> go.Figure:
    """Draw predictions against outcomes.

    Args:
        counts: [[hits, missed], [false alarms, passed]].
        ink: of text.
        template: of the ground.

    Returns:
        The figure.
    """
    share = counts / max(counts.sum(), 1)
    words = (("failed and predicted", "failed, missed"), ("false alarm", "neither"))
    drawn = go.Figure(
        go.Heatmap(
            z=np.zeros((2, 2)), x=["predicted to fail", "not"], y=["failed", "did not"], xgap=2,
            ygap=2, colorscale=[[0, colours.SHADE], [1, colours.SHADE]], showscale=False,
            customdata=[list(w) for w in words], text=share,
            hovertemplate="%{customdata}: %{text:.1%} of the problems<extra></extra>",
        )
    )  # fmt: skip
    for i, row in enumerate(("failed", "did not")):
        for j, column in enumerate(("predicted to fail", "not")):
            drawn.add_annotation(x=column, y=row, text=f"{counts[i, j]:,.0f}", showarrow=False,
                                 font={"size": 20, "color": ink}, yshift=8)  # fmt: skip
            drawn.add_annotation(x=column, y=row, text=f"{100 * share[i, j]:.1f} %",
                                 showarrow=False, font={"size": 11}, yshift=-14)  # fmt: skip
    return drawn.update_layout(
        template=template, margin={"l": 8, "r": 8, "t": 4, "b": 24},
        xaxis={"showgrid": False, "showline": False, "ticks": ""},
        yaxis={"autorange": "reversed", "showgrid": False, "showline": False, "ticks": ""},
    )  # fmt: skip


def kinds(
    counts: np.ndarray, names: Sequence[str], scale: Stops, template: go.layout.Template
) -> go.Figure:
    """Draw the true kind of error against the predicted one; every row sums to one.

    Args:
        counts: [true, predicted].
        names: of the kinds.
        scale: of shares.
        template: of the ground.

    Returns:
        The figure.
    """
    total = counts.sum(1, keepdims=True)
    share = counts / np.where(total > 0, total, 1)
    drawn = go.Figure(
        go.Heatmap(
            z=share.astype(np.float32), x=list(names), y=list(names), zmin=0, zmax=1, xgap=1,
            ygap=1, colorscale=scale, showscale=False, text=counts.astype(int),
            texttemplate="%{text}", textfont={"size": 12},
            hovertemplate="%{y} → %{x}: %{text} · %{z:.0%} of this kind<extra></extra>",
        )
    )  # fmt: skip
    return drawn.update_layout(
        template=template, margin={"l": 8, "r": 8, "t": 4, "b": 40},
        xaxis={"title": {"text": "predicted kind"}, "showgrid": False, "tickangle": -60},
        yaxis={"title": {"text": "true kind"}, "autorange": "reversed", "showgrid": False},
    )  # fmt: skip


def causal(
    before: float, after: float, random: np.ndarray, template: go.layout.Template
) -> go.Figure:
    """Draw the failure rate with the strongest features set to 0, beside random ones.

    Args:
        before: of the sampler as it is.
        after: without the features.
        random: without each matched random set.
        template: of the ground.

    Returns:
        The figure.
    """
    drawn = go.Figure()
    for value in random:
        drawn.add_scatter(
            x=["as it is", "zeroed"], y=[before, value], mode="lines+markers",
            line={"color": colours.BASELINE, "width": 1}, marker={"size": 6},
            hovertemplate="random features: %{y:.1%}<extra></extra>",
        )  # fmt: skip
    drawn.add_scatter(
        x=["as it is", "zeroed"], y=[before, after], mode="lines+markers",
        line={"color": colours.IDEAL, "width": 2}, marker={"size": 9},
        hovertemplate="strongest features: %{y:.1%}<extra></extra>",
    )  # fmt: skip
    top = float(np.nanmax(np.array([before, after, *random, 0.01]))) * 1.2
    return drawn.update_layout(
        template=template, showlegend=False, margin={"l": 56, "r": 12, "t": 8, "b": 28},
        xaxis={"range": [-0.3, 1.3]},
        yaxis={"title": {"text": "failure rate"}, "tickformat": ".0%", "range": [0, top]},
    )  # fmt: skip
