"""How well and how early failure is foreseen, beside what is known without looking inside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.shared.drawing import colours
from app.shared.drawing.filled import band
from app.shared.drawing.levels import LEVEL_ORDER, LINE_LEGEND

TINTS: Mapping[str, str] = {
    "confounds": colours.BASELINE, "activations": colours.FIRST, "codes": colours.SECOND,
    "confounds_activations": colours.FIRST, "confounds_codes": colours.SECOND,
    "confounds_by_then": colours.BASELINE, "confounds_at_end": colours.BASELINE,
}  # fmt: skip
AUROC = [0.4, 1.02]


@dataclass(frozen=True)
class Way:
    """One way to predict.

    Args:
        id: of the design.
        name: of the row.
        auroc: with the ends of its interval.
        increment: over the confounds, with the ends of its interval; NaN of the confounds.
        boosting: a tree model, drawn hollow.
    """

    id: str
    name: str
    auroc: tuple[float, float, float]
    increment: tuple[float, float, float]
    boosting: bool


def increment(ways: Sequence[Way], null: float, template: go.layout.Template) -> go.Figure:
    """Draw the AUROC of every way, and below what it adds to the confounds.

    Args:
        ways: top first.
        null: standard deviation of an AUROC by chance.
        template: of the ground.

    Returns:
        The figure.
    """
    drawn = make_subplots(1, 2, shared_yaxes=True, horizontal_spacing=0.06,
                          column_widths=[0.6, 0.4])  # fmt: skip
    drawn.add_vrect(0.5 - 1.96 * null, 0.5 + 1.96 * null, fillcolor=colours.SHADE, line_width=0,
                    layer="below", row=1, col=1)  # fmt: skip
    for column, name in ((1, "auroc"), (2, "increment")):
        for way in ways:
            value, low, high = getattr(way, name)
            if not np.isfinite(value):
                continue
            said = "AUROC" if column == 1 else "increment"
            drawn.add_scatter(
                x=[value], y=[way.name], mode="markers",
                marker={"size": 9, "color": TINTS[way.id], "line": {"width": 2},
                        "symbol": "circle-open" if way.boosting else "circle"},
                error_x={"type": "data", "symmetric": False, "array": [high - value], "width": 0,
                         "arrayminus": [value - low], "thickness": 1.6},
                hovertemplate=f"{way.name}<br>{said} %{{x:.3f}} [{low:.3f}, {high:.3f}]"
                "<extra></extra>", row=1, col=column,
            )  # fmt: skip
    drawn.add_vline(0, line={"color": colours.BASELINE, "width": 1}, row=1, col=2)
    least = min((w.auroc[0] for w in ways if np.isfinite(w.auroc[0])), default=0.5)
    ends = [min(AUROC[0], least - 0.03), AUROC[1]]
    drawn.update_xaxes(title={"text": "AUROC"}, range=ends, dtick=0.2, row=1, col=1)
    drawn.update_xaxes(title={"text": "gain, paired"}, nticks=4, row=1, col=2)
    drawn.update_yaxes(autorange="reversed", showgrid=False)
    return drawn.update_layout(
        template=template, showlegend=False, margin={"l": 4, "r": 8, "t": 4, "b": 40}
    )


@dataclass(frozen=True)
class Curve:
    """An AUROC along the walk.

    Args:
        id: of the curve.
        name: of it.
        value: [level in the order of inference, step], NaN where there is none.
        low: lower end of the interval.
        high: upper end.
        dashed: drawn so.
    """

    id: str
    name: str
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    dashed: bool


def early(
    curves: Sequence[Curve], steps: Sequence[int], first: float, null: float,
    template: go.layout.Template,
) -> go.Figure:  # fmt: skip
    """Draw AUROCs along the walk, states of a level side by side.

    Args:
        curves: each [level, step].
        steps: labels of the steps.
        first: the level from which on confounds are exceeded; NaN for none.
        null: standard deviation of an AUROC by chance.
        template: of the ground.

    Returns:
        The figure.
    """
    drawn = go.Figure()
    drawn.add_hrect(0.5 - 1.96 * null, 0.5 + 1.96 * null, fillcolor=colours.SHADE, line_width=0,
                    layer="below")  # fmt: skip
    at = np.arange(len(LEVEL_ORDER))[:, None] + (np.arange(len(steps)) + 0.5) / len(steps) - 0.5
    x, places = at.ravel(), [[t, s] for t in LEVEL_ORDER for s in steps]
    for curve in curves:
        tint, there = TINTS[curve.id], np.isfinite(curve.value.ravel())
        if not there.any():
            continue
        low, high = curve.low.ravel()[there], curve.high.ravel()[there]
        if not curve.dashed:
            drawn.add_trace(band(x[there], low, high, tint, 0.1, opacity=0.15,
                                 legendgroup=curve.id))  # fmt: skip
        drawn.add_scatter(
            x=x[there].astype(np.float32), y=curve.value.ravel()[there], name=curve.name,
            mode="lines+markers", marker={"size": 4}, legendgroup=curve.id,
            line={"color": tint, "width": 1.6, "dash": "dash" if curve.dashed else "solid"},
            customdata=[p for p, known in zip(places, there, strict=True) if known],
            hovertemplate=f"{curve.name}<br>t = %{{customdata[0]}}, step %{{customdata[1]}}: AUROC"
            " %{y:.3f}<extra></extra>",
        )  # fmt: skip
    if np.isfinite(first):
        drawn.add_vline(LEVEL_ORDER.index(int(first)) - 0.5 + 0.5 / len(steps),
                        line={"color": colours.IDEAL, "width": 1.5, "dash": "dot"},
                        annotation={"text": f"first: t = {int(first)}", "font": {"size": 11}},
                        annotation_position="bottom right")  # fmt: skip
    known = [c.value[np.isfinite(c.value)] for c in curves]
    least = float(min((v.min() for v in known if v.size), default=0.5))
    return drawn.update_layout(
        template=template, margin={"l": 52, "r": 8, "t": 28, "b": 40}, legend=LINE_LEGEND,
        xaxis={"title": {"text": "level t, its states side by side"}, "showgrid": False,
               "tickvals": list(range(len(LEVEL_ORDER))), "zeroline": False,
               "ticktext": [str(t) for t in LEVEL_ORDER], "range": [-0.5, len(LEVEL_ORDER) - 0.5]},
        yaxis={"title": {"text": "AUROC"}, "range": [min(AUROC[0], least - 0.03), AUROC[1]],
               "dtick": 0.1},
    )  # fmt: skip


def roc(
    alarms: np.ndarray, recall: np.ndarray, low: np.ndarray, high: np.ndarray,
    confounds: np.ndarray, point: tuple[float, float], chosen: tuple[float, float] | None,
    thresholds: np.ndarray, template: go.layout.Template,
) -> go.Figure:  # fmt: skip
    """Draw recall against false alarms.

    Args:
        alarms: shares of false alarms.
        recall: there.
        low: lower end of its interval.
        high: upper end.
        confounds: recall of the confounds alone.
        point: false alarms and recall at the threshold of the training folds.
        chosen: likewise at one that was clicked.
        thresholds: that give the shares.
        template: of the ground.

    Returns:
        The figure.
    """
    drawn = go.Figure()
    drawn.add_trace(band(alarms, low, high, colours.FIRST, 0.01, opacity=0.15))
    drawn.add_scatter(x=[0, 1], y=[0, 1], mode="lines", showlegend=False, hoverinfo="skip",
                      line={"color": colours.BASELINE, "width": 1, "dash": "dot"})  # fmt: skip
    drawn.add_scatter(x=alarms, y=confounds, mode="lines", name="confounds",
                      line={"color": colours.BASELINE, "width": 1.6},
                      hovertemplate="confounds: %{y:.2f} at %{x:.2f}<extra></extra>")  # fmt: skip
    drawn.add_scatter(
        x=alarms, y=recall, mode="lines", name="confounds + activations",
        customdata=np.clip(np.nan_to_num(thresholds, nan=1.0), 0, 1)[:, None],
        line={"color": colours.FIRST, "width": 2},
        hovertemplate="recall %{y:.2f}, false alarms %{x:.2f}<br>"
        "threshold %{customdata[0]:.3f}<br>click: predict above it<extra></extra>",
    )  # fmt: skip
    drawn.add_scatter(
        x=[point[0]], y=[point[1]], mode="markers", customdata=[["stored"]],
        marker={"size": 10, "color": colours.IDEAL,
                "symbol": "circle" if chosen is None else "circle-open"},
        hovertemplate="threshold of the training folds: recall %{y:.2f}, false alarms %{x:.2f}"
        "<extra></extra>",
        showlegend=False,
    )  # fmt: skip
    if chosen is not None:
        drawn.add_scatter(
            x=[chosen[0]], y=[chosen[1]], mode="markers", showlegend=False,
            marker={"size": 10, "color": colours.IDEAL},
            hovertemplate="the chosen threshold: recall %{y:.2f}, false alarms %{x:.2f}"
            "<extra></extra>",
        )  # fmt: skip
    return drawn.update_layout(
        template=template, margin={"l": 48, "r": 8, "t": 28, "b": 40}, legend=LINE_LEGEND,
        xaxis={"title": {"text": "false alarms"}, "range": [0, 1], "dtick": 0.25},
        yaxis={"title": {"text": "recall"}, "range": [0, 1.02], "dtick": 0.25},
    )  # fmt: skip


def calibration(
    predicted: np.ndarray, observed: np.ndarray, low: np.ndarray, high: np.ndarray,
    count: np.ndarray, strips: Sequence[np.ndarray], template: go.layout.Template,
) -> go.Figure:  # fmt: skip
    """Draw the observed against the predicted failure rate, isotonic, without bins.

    Args:
        predicted: quantiles of the probabilities.
        observed: isotonic estimate there.
        low: lower end of the band of calibrated forecasts.
        high: its upper end.
        count: problems on the step.
        strips: predictions of failures, and of the others.
        template: of the ground.

    Returns:
        The figure.
    """
    drawn = make_subplots(2, 1, row_heights=[0.8, 0.2], vertical_spacing=0.04, shared_xaxes=True)
    drawn.add_trace(band(predicted, low, high, colours.BASELINE, 0.01, opacity=0.3), 1, 1)
    drawn.add_scatter(x=[0, 1], y=[0, 1], mode="lines", hoverinfo="skip", row=1, col=1,
                      line={"color": colours.BASELINE, "width": 1, "dash": "dot"})  # fmt: skip
    drawn.add_scatter(
        x=predicted, y=observed, mode="lines", line={"color": colours.FIRST, "width": 2},
        customdata=count, row=1, col=1,
        hovertemplate="predicted %{x:.2f} → observed %{y:.2f}, %{customdata:.0f} problems"
        "<extra></extra>",
    )  # fmt: skip
    for values, name, tint, side in (
        (strips[0], "failures", colours.IDEAL, 1),
        (strips[1], "others", colours.BULK, -1),
    ):
        drawn.add_scatter(
            x=values, y=np.full(len(values), 0.5 * side), mode="markers", opacity=0.5,
            marker={"symbol": "line-ns", "size": 10, "line": {"width": 1, "color": tint}},
            hovertemplate=f"{name}: %{{x:.3f}}<extra></extra>", row=2, col=1,
        )  # fmt: skip
    every = np.concatenate([*strips, predicted, observed])
    every = every[np.isfinite(every)]
    top = min(1.0, 1.1 * float(every.max())) if every.size else 1.0
    drawn.update_xaxes(range=[0, top])
    drawn.update_xaxes(title={"text": "predicted"}, row=2, col=1)
    drawn.update_yaxes(title={"text": "observed"}, range=[0, top], row=1, col=1)
    drawn.update_yaxes(visible=False, range=[-1.2, 1.2], row=2, col=1)
    return drawn.update_layout(
        template=template, showlegend=False, margin={"l": 48, "r": 8, "t": 8, "b": 40}
    )
