"""A quantity, or the spectrum, against training step: one colour for each series."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.shared.drawing import colours
from app.shared.drawing.by_level import faint
from app.shared.drawing.filled import band
from app.shared.drawing.scatter import spans_decades
from app.shared.drawing.steps import SERIES, SYMBOLS, StepAxis, hover
from app.shared.drawing.ticks import log_axis

MIDDLE = slice(1, 4)
"""Of the five quantiles of a quantity: the line, and the ends of its band."""


@dataclass(frozen=True)
class Track:
    """Numbers along one training.

    Args:
        steps: of the training.
        quantiles: [step, quantile], ascending; the middle one is drawn as a line.
        counts: problems behind each step.
    """

    steps: np.ndarray
    quantiles: np.ndarray
    counts: np.ndarray


@dataclass(frozen=True)
class Quantity:
    """What is drawn against training step.

    Args:
        label: with unit.
        tracks: name of a series, escaped → its medians between quartiles, or numbers ± their error.
        said: what the middle is: "median", "mean" or "value".
        baselines: name → number that something which learned nothing gives.
        ideal: name → number of an ideal model.
    """

    label: str
    tracks: Mapping[str, Track]
    said: str = "median"
    baselines: Mapping[str, float] = field(default_factory=dict)
    ideal: Mapping[str, float] = field(default_factory=dict)


def _numbers(tracked: Quantity) -> np.ndarray:
    parts = [track.quantiles[:, MIDDLE].ravel() for track in tracked.tracks.values()]
    values = np.concatenate([*parts, [*tracked.baselines.values(), *tracked.ideal.values()]])
    return values[np.isfinite(values)]


def quantity(tracked: Quantity, template: go.layout.Template, muted: str, ground: str) -> go.Figure:
    """Draw its middle as a line, the band around it, what it is compared with (muted words)."""
    axis = StepAxis.of(np.concatenate([track.steps for track in tracked.tracks.values()]))
    drawn = make_subplots(1, 1)
    log = spans_decades(_numbers(tracked))
    ends = axis.layout()["range"]
    lines = [(n, v, colours.BASELINE, "dash") for n, v in tracked.baselines.items()]
    lines += [(n, v, colours.IDEAL, "dash") for n, v in tracked.ideal.items()]
    named: list[float] = []
    for name, value, colour, dash in sorted(lines, key=lambda line: -line[1]):
        if not np.isfinite(value) or (log and value <= 0):
            continue
        drawn.add_scatter(
            x=ends, y=[value, value], mode="lines", showlegend=False,
            line={"color": colour, "width": 1.2, "dash": dash},
            hovertemplate=f"{name} %{{y:.4g}}<extra></extra>",
        )  # fmt: skip
        if all(_apart(value, v, tracked, log) for v in named):
            named.append(value)
            drawn.add_annotation(
                x=ends[0], y=np.log10(value) if log else value, text=name, showarrow=False,
                xanchor="left", yanchor="middle", font={"size": 9.5, "color": muted},
                bgcolor=ground, borderpad=1, xshift=3,
            )  # fmt: skip
    for i, (name, track) in enumerate(tracked.tracks.items()):
        drawn.add_traces(_track(name, track, i, axis, log, tracked.said))
    axis.broken(drawn, muted, row=1, col=1)
    drawn.update_layout(
        template=template, margin={"l": 8, "r": 10, "t": 30, "b": 8},
        xaxis=axis.layout(), hovermode="closest",
        yaxis={"title": {"text": tracked.label, "standoff": 4, "font": {"size": 11}},
               "zeroline": False,
               **(log_axis(_numbers(tracked)) if log else {})},
        legend={"y": 1.0, "x": 0},
    )  # fmt: skip
    return drawn


def _apart(one: float, other: float, tracked: Quantity, log: bool) -> bool:
    """Whether two names fit beside each other."""
    values = _numbers(tracked)
    if log:
        values, one, other = np.log10(values), float(np.log10(one)), float(np.log10(other))
    span = float(np.ptp(values)) if len(values) else 0.0
    return abs(one - other) > 0.06 * span


def _track(
    name: str, track: Track, i: int, axis: StepAxis, log: bool, said: str
) -> list[go.Scatter]:
    x = axis.at(track.steps).astype(np.float32)
    quantiles = track.quantiles[:, MIDDLE].T
    low, middle, high = np.where(quantiles > 0, quantiles, np.nan) if log else quantiles
    spread = "± s.e." if said == "mean" else "25–75 %"
    info = np.stack([low, high, track.counts], axis=-1)
    told = f"<br>{spread}: %{{customdata[0]:.4g}} … %{{customdata[1]:.4g}}"
    if said == "median":
        told += "<br>%{customdata[2]:,} problems"
    return [
        band(x, low, high, faint(SERIES[i], 0.2), legendgroup=str(i)),
        go.Scatter(
            x=x, y=middle.astype(np.float32), mode="lines+markers", name=name,
            legendgroup=str(i), showlegend=True, text=hover(track.steps),
            customdata=info.astype(np.float32), line={"color": SERIES[i], "width": 2},
            marker={"color": SERIES[i], "symbol": SYMBOLS[i], "size": 7},
            hovertemplate=f"%{{text}}<br>{said} %{{y:.4g}}{'' if said == 'value' else told}"
            f"<extra>{name}</extra>",
        ),
    ]  # fmt: skip


SAID = ("min", "5 %", "25 %", "median", "75 %", "95 %", "max")


def spectra(
    tracks: Mapping[str, Track],
    label: str,
    ideal: float,
    zero: float,
    template: go.layout.Template,
    muted: str,
) -> go.Figure:
    """Draw quantile bands of the eigenvalues, one panel for each series, all of one scale.

    Args:
        tracks: name of a series, escaped → min, 5, 25, 50, 75, 95 %, max of its eigenvalues; a
            series without any has no panel, and the others keep their colours.
        label: of the axis, with unit.
        ideal: where λ = 1/σ lies.
        zero: where λ = 0 lies.
        template: of the page's ground.
        muted: colour of the break.

    Returns:
        The figure.
    """
    shown = [(k, name, t) for k, (name, t) in enumerate(tracks.items()) if len(t.steps)]
    axis = StepAxis.of(np.concatenate([track.steps for *_, track in shown]))
    drawn = make_subplots(1, len(shown), shared_yaxes=True, horizontal_spacing=0.03,
                          subplot_titles=[name for _, name, _ in shown])  # fmt: skip
    ends = axis.layout()["range"]
    lines = [("λ = 1/σ", ideal, colours.IDEAL, "dash")]
    every = np.concatenate([track.quantiles.ravel() for *_, track in shown])
    every = every[np.isfinite(every)]
    if every.min() <= zero <= every.max():
        lines.append(("λ = 0", zero, colours.NEGATIVE, "dot"))
    for i, (k, series, track) in enumerate(shown):
        cell = {"row": 1, "col": 1 + i}
        x = axis.at(track.steps).astype(np.float32)
        q = track.quantiles.T.astype(np.float32)
        for low, high, share in ((0, 6, 0.1), (1, 5, 0.18), (2, 4, 0.34)):
            drawn.add_trace(band(x, q[low], q[high], faint(SERIES[k], share)), **cell)
        for at, said in enumerate(SAID):
            middle = said == "median"
            drawn.add_scatter(
                x=x, y=q[at], mode="lines+markers", text=hover(track.steps), showlegend=False,
                line={"color": SERIES[k], "width": 2 if middle else 0.5,
                      "dash": "dot" if said in {"min", "max"} else "solid"},
                marker={"color": SERIES[k], "size": 6 if middle else 3, "symbol": SYMBOLS[k]},
                hovertemplate=f"%{{text}}<br>{said} %{{y:.4g}}<extra>{series}</extra>", **cell,
            )  # fmt: skip
        for name, value, colour, dash in lines:
            drawn.add_scatter(
                x=ends, y=[value, value], mode="lines", name=name, showlegend=i == 0,
                line={"color": colour, "width": 1.6, "dash": dash},
                hovertemplate=f"{name} %{{y:.4g}}<extra></extra>", **cell,
            )  # fmt: skip
        axis.broken(drawn, muted, **cell)
        drawn.update_xaxes(axis.layout(most=5), **cell)
    drawn.update_yaxes(zeroline=False)
    drawn.update_yaxes(title={"text": label, "standoff": 4, "font": {"size": 11}}, row=1, col=1)
    drawn.update_annotations(font={"size": 11.5})
    drawn.update_layout(
        template=template, margin={"l": 8, "r": 10, "t": 48, "b": 8},
        hovermode="closest", legend={"y": 1.09, "x": 1, "xanchor": "right"},
    )  # fmt: skip
    return drawn
