"""A quantity, or the spectrum, against training step: one colour for each series."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.shared.drawing import colours
from app.shared.drawing.by_level import faint
from app.shared.drawing.steps import SERIES, SYMBOLS, StepAxis, hover, log_axis

LOG_RANGE = 30.0
"""Ratio of the largest to the smallest number from which an axis is logarithmic."""


@dataclass(frozen=True)
class Track:
    """A quantity along one training.

    Args:
        name: of the series, escaped.
        steps: of the training.
        middle: median, or the number itself.
        low: lower end of the band.
        high: upper end.
        counts: problems behind each step.
    """

    name: str
    steps: np.ndarray
    middle: np.ndarray
    low: np.ndarray
    high: np.ndarray
    counts: np.ndarray


@dataclass(frozen=True)
class Quantity:
    """What is drawn against training step.

    Args:
        label: with unit.
        tracks: one for each series.
        said: what the middle is: "median", "mean" or "value".
        baselines: name → number that something which learned nothing gives.
        ideal: name → number of an ideal model.
    """

    label: str
    tracks: Sequence[Track]
    said: str = "median"
    baselines: Mapping[str, float] = field(default_factory=dict)
    ideal: Mapping[str, float] = field(default_factory=dict)


def _numbers(found: Quantity) -> np.ndarray:
    parts = [v for t in found.tracks for v in (t.middle, t.low, t.high)]
    values = np.concatenate([*parts, [*found.baselines.values(), *found.ideal.values()]])
    return values[np.isfinite(values)]


def logarithmic(found: Quantity) -> bool:
    """Whether the numbers span so much that only a logarithmic axis shows them.

    Args:
        found: what is drawn.

    Returns:
        True if all are above 0 and span a factor `LOG_RANGE`.
    """
    values = _numbers(found)
    return bool(len(values) and values.min() > 0 and values.max() / values.min() > LOG_RANGE)


def quantity(found: Quantity, template: go.layout.Template, muted: str, ground: str) -> go.Figure:
    """Draw a quantity: its middle as a line, the band around it, what it is compared with.

    Args:
        found: what is drawn.
        template: of the page's ground.
        muted: colour of controls.
        ground: colour of the page, behind words on lines.

    Returns:
        The figure.
    """
    axis = StepAxis.of(np.concatenate([t.steps for t in found.tracks]))
    drawn = make_subplots(1, 1)
    log = logarithmic(found)
    ends = axis.layout()["range"]
    lines = [(n, v, colours.BASELINE, "dash") for n, v in found.baselines.items()]
    lines += [(n, v, colours.IDEAL, "dash") for n, v in found.ideal.items()]
    named: list[float] = []
    for name, value, colour, dash in sorted(lines, key=lambda line: -line[1]):
        if not np.isfinite(value) or (log and value <= 0):
            continue
        drawn.add_scatter(
            x=ends, y=[value, value], mode="lines", showlegend=False,
            line={"color": colour, "width": 1.2, "dash": dash},
            hovertemplate=f"{name} %{{y:.4g}}<extra></extra>",
        )  # fmt: skip
        if all(_apart(value, v, found, log) for v in named):
            named.append(value)
            drawn.add_annotation(
                x=ends[0], y=np.log10(value) if log else value, text=name, showarrow=False,
                xanchor="left", yanchor="middle", font={"size": 9.5, "color": muted},
                bgcolor=ground, borderpad=1, xshift=3,
            )  # fmt: skip
    for i, one in enumerate(found.tracks):
        drawn.add_traces(_track(one, i, axis, log, found.said))
    axis.broken(drawn, muted, row=1, col=1)
    drawn.update_layout(
        template=template, margin={"l": 8, "r": 10, "t": 30, "b": 8},
        xaxis=axis.layout(), hovermode="closest",
        yaxis={"title": {"text": found.label, "standoff": 4, "font": {"size": 11}},
               "tickfont": {"size": 10}, "zeroline": False,
               **(log_axis(_numbers(found)) if log else {})},
        legend={"y": 1.0, "x": 0},
    )  # fmt: skip
    return drawn


def _apart(one: float, other: float, found: Quantity, log: bool) -> bool:
    """Whether two names fit beside each other."""
    values = _numbers(found)
    if log:
        values, one, other = np.log10(values), float(np.log10(one)), float(np.log10(other))
    span = float(np.ptp(values)) if len(values) else 0.0
    return abs(one - other) > 0.06 * span


def _track(one: Track, i: int, axis: StepAxis, log: bool, said: str) -> list[go.Scatter]:
    x = axis.at(one.steps).astype(np.float32)
    middle, low, high = one.middle, one.low, one.high
    if log:
        middle, low, high = (np.where(v > 0, v, np.nan) for v in (middle, low, high))
    there = np.isfinite(low) & np.isfinite(high)
    x_band = x[there]
    spread = "± s.e." if said == "mean" else "25–75 %"
    info = np.stack([low, high, one.counts], axis=-1)
    told = f"<br>{spread}: %{{customdata[0]:.4g}} … %{{customdata[1]:.4g}}"
    if said == "median":
        told += "<br>%{customdata[2]:,} problems"
    return [
        go.Scatter(
            x=np.concatenate([x_band, x_band[::-1]]),
            y=np.concatenate([low[there], high[there][::-1]]).astype(np.float32),
            fill="toself", fillcolor=faint(SERIES[i], 0.2), line={"width": 0}, mode="lines",
            hoverinfo="skip", showlegend=False, legendgroup=str(i),
        ),
        go.Scatter(
            x=x, y=middle.astype(np.float32), mode="lines+markers", name=one.name,
            legendgroup=str(i), showlegend=True, text=hover(one.steps),
            customdata=info.astype(np.float32), line={"color": SERIES[i], "width": 2},
            marker={"color": SERIES[i], "symbol": SYMBOLS[i], "size": 7},
            hovertemplate=f"%{{text}}<br>{said} %{{y:.4g}}{'' if said == 'value' else told}"
            f"<extra>{one.name}</extra>",
        ),
    ]  # fmt: skip


SAID = ("min", "5 %", "25 %", "median", "75 %", "95 %", "max")


@dataclass(frozen=True)
class Bands:
    """The eigenvalues along one training, as the chosen axis reads them.

    Args:
        name: of the series, escaped.
        steps: of the training.
        quantiles: [step, quantile]: min, 5, 25, 50, 75, 95 %, max; ascending.
    """

    name: str
    steps: np.ndarray
    quantiles: np.ndarray


def spectra(
    found: Sequence[Bands],
    label: str,
    ideal: float,
    zero: float | None,
    template: go.layout.Template,
    muted: str,
    order: Sequence[int] = range(len(SERIES)),
) -> go.Figure:
    """Draw quantile bands of the eigenvalues, one panel for each series, all of one scale.

    Args:
        found: the series.
        label: of the axis, with unit.
        ideal: where λ = 1/σ lies.
        zero: where λ = 0 lies; None where it lies outside.
        template: of the page's ground.
        muted: colour of the break.
        order: number of each series among those chosen, which gives its colour.

    Returns:
        The figure.
    """
    axis = StepAxis.of(np.concatenate([b.steps for b in found]))
    drawn = make_subplots(1, len(found), shared_yaxes=True, horizontal_spacing=0.03,
                          subplot_titles=[b.name for b in found])  # fmt: skip
    ends = axis.layout()["range"]
    for i, one in enumerate(found):
        cell, k = {"row": 1, "col": 1 + i}, order[i]
        x = axis.at(one.steps).astype(np.float32)
        q = one.quantiles.T.astype(np.float32)
        for low, high, share in ((0, 6, 0.1), (1, 5, 0.18), (2, 4, 0.34)):
            drawn.add_scatter(
                x=np.concatenate([x, x[::-1]]), y=np.concatenate([q[low], q[high][::-1]]),
                fill="toself", fillcolor=faint(SERIES[k], share), line={"width": 0}, mode="lines",
                hoverinfo="skip", showlegend=False, **cell,
            )  # fmt: skip
        for at, said in enumerate(SAID):
            middle = said == "median"
            drawn.add_scatter(
                x=x, y=q[at], mode="lines+markers", text=hover(one.steps), showlegend=False,
                line={"color": SERIES[k], "width": 2 if middle else 0.5,
                      "dash": "dot" if said in {"min", "max"} else "solid"},
                marker={"color": SERIES[k], "size": 6 if middle else 3, "symbol": SYMBOLS[k]},
                hovertemplate=f"%{{text}}<br>{said} %{{y:.4g}}<extra>{one.name}</extra>", **cell,
            )  # fmt: skip
        lines = [("λ = 1/σ", ideal, colours.IDEAL, "dash")]
        lines += [("λ = 0", zero, colours.NEGATIVE, "dot")] if zero is not None else []
        for name, value, colour, dash in lines:
            drawn.add_scatter(
                x=ends, y=[value, value], mode="lines", name=name, showlegend=i == 0,
                line={"color": colour, "width": 1.6, "dash": dash},
                hovertemplate=f"{name} %{{y:.4g}}<extra></extra>", **cell,
            )  # fmt: skip
        axis.broken(drawn, muted, **cell)
        drawn.update_xaxes(axis.layout(most=5), **cell)
    drawn.update_yaxes(tickfont={"size": 10}, zeroline=False)
    drawn.update_yaxes(title={"text": label, "standoff": 4, "font": {"size": 11}}, row=1, col=1)
    drawn.update_annotations(font={"size": 11.5})
    drawn.update_layout(
        template=template, margin={"l": 8, "r": 10, "t": 48, "b": 8},
        hovermode="closest", legend={"y": 1.09, "x": 1, "xanchor": "right"},
    )  # fmt: skip
    return drawn
