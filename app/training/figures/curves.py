"""The log of some trainings: losses, gradient, and errors beside trivial predictors."""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.shared.drawing import colours
from app.shared.drawing.names import baseline_name
from app.shared.drawing.steps import SERIES, SYMBOLS, StepAxis, hover
from app.shared.drawing.ticks import log_axis

LOSSES = {
    "loss": "loss",
    "mse": "denoising: mean (∇E − ε)²",
    "contrastive": "contrastive: softplus(E⁺ − E⁻) [1]",
    "gradient_norm": "‖∂loss/∂θ‖ before clipping",
}
VARIANTS = {"same": "MSE of ŷ, same [y²]", "harder": "MSE of ŷ, harder [y²]"}
OWN = ("answer", "official_answer")
DRAWN = 240
"""Entries of a log that are drawn, evenly in the logarithm of the step."""


@dataclass(frozen=True)
class Course:
    """The log of one training.

    Args:
        name: of the series, escaped.
        steps: of the entries with losses.
        losses: key of LOSSES → a number for each of them.
        measured: variant → steps and errors of the evaluations.
        baselines: variant → predictor → its error.
    """

    name: str
    steps: np.ndarray
    losses: Mapping[str, np.ndarray]
    measured: Mapping[str, tuple[np.ndarray, np.ndarray]]
    baselines: Mapping[str, Mapping[str, float]]


def course(name: str, log: Sequence[Mapping[str, Any]]) -> Course:
    """Read a log.

    Args:
        name: of the series, as a reader sees it.
        log: entries {"step", losses …} or {"step", "evaluation": {variant: {name: MSE}}}.

    Returns:
        What is drawn of it.
    """
    entries = [e for e in log if "evaluation" not in e]
    looks = {e["step"]: e["evaluation"] for e in log if isinstance(e.get("evaluation"), Mapping)}
    losses = {n: np.array([_number(e.get(n)) for e in entries]) for n in LOSSES}
    measured, baselines = {}, {}
    for variant in VARIANTS:
        there = {s: e[variant] for s, e in looks.items() if isinstance(e.get(variant), Mapping)}
        values = [_number(e.get(OWN[0])) for e in there.values()]
        measured[variant] = (np.array(list(there), float), np.array(values))
        last = list(there.values())[-1] if there else {}
        baselines[variant] = {n: _number(v) for n, v in last.items() if n not in OWN}
    steps = np.array([e["step"] for e in entries], float)
    return Course(html.escape(name), steps, losses, measured, baselines)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")


def thinned(steps: np.ndarray) -> np.ndarray:
    """Positions of `DRAWN` entries, even in log step; the first and the last among them."""
    if len(steps) <= DRAWN:
        return np.arange(len(steps))
    wanted = np.geomspace(max(steps[0], 1), steps[-1], DRAWN)
    return np.unique(np.searchsorted(steps, wanted).clip(max=len(steps) - 1))


def figure(
    courses: Sequence[Course], template: go.layout.Template, muted: str, text: str, ground: str
) -> go.Figure:
    """Six panels: loss, its two parts, gradient, errors on both variants; a colour a course."""
    every = [c.steps for c in courses] + [m[0] for c in courses for m in c.measured.values()]
    axis = StepAxis.of(np.concatenate(every))
    titles = [*LOSSES.values(), *VARIANTS.values()]
    drawn = make_subplots(2, 3, subplot_titles=titles, horizontal_spacing=0.055,
                          vertical_spacing=0.19)  # fmt: skip
    for at, name in enumerate(LOSSES):
        cell = {"row": 1 + at // 3, "col": 1 + at % 3}
        silent = [c.name for c in courses if not _loss(drawn, courses, c, name, axis, cell)]
        if silent:
            _say(drawn, f"{', '.join(silent)}:<br>0 or not logged", muted, cell)
    for at, variant in enumerate(VARIANTS):
        _errors(drawn, courses, variant, axis, (muted, ground), {"row": 2, "col": 2 + at})
    for row in (1, 2):
        for col in (1, 2, 3):
            axis.broken(drawn, muted, row=row, col=col)
            drawn.update_xaxes(axis.layout(title=row == 2, most=6), row=row, col=col)
            drawn.update_yaxes(log_axis(_shown(drawn, row, col)), row=row, col=col)
    for notice in drawn.layout.annotations[: len(titles)]:
        notice.font = {"size": 11.5, "color": text}
    drawn.update_layout(
        template=template, hovermode="closest",
        margin={"l": 8, "r": 8, "t": 46, "b": 8},
        legend={"y": 1.075, "x": 0, "yanchor": "bottom"},
    )  # fmt: skip
    return drawn


def _shown(drawn: go.Figure, row: int, col: int) -> np.ndarray:
    """Every number that a panel draws."""
    lines = [np.asarray(t.y, float) for t in drawn.select_traces(row=row, col=col)]
    return np.concatenate(lines) if lines else np.zeros(0)


def _loss(
    drawn: go.Figure, courses: Sequence[Course], one: Course, name: str, axis: StepAxis,
    cell: dict[str, int],
) -> bool:  # fmt: skip
    """One line of the log; whether there is anything above 0."""
    at = thinned(one.steps)
    values = one.losses[name][at]
    values = np.where(values > 0, values, np.nan)
    there = np.isfinite(values).sum()
    mode = "lines" if there > 1 else "markers"
    line = _line(courses.index(one), one.name, axis, one.steps[at], values, mode)
    drawn.add_trace(line.update(showlegend=name == "loss"), **cell)
    return bool(there)


def _line(
    i: int, name: str, axis: StepAxis, steps: np.ndarray, values: np.ndarray, mode: str,
    said: str = "",
) -> go.Scatter:  # fmt: skip
    return go.Scatter(
        x=axis.at(steps).astype(np.float32), y=values.astype(np.float32), mode=mode,
        text=hover(steps), name=name, legendgroup=str(i), showlegend=False,
        line={"color": SERIES[i], "width": 1.8},
        marker={"color": SERIES[i], "symbol": SYMBOLS[i], "size": 6},
        hovertemplate=f"%{{text}}<br>{said}%{{y:.4g}}<extra>{name}</extra>",
    )  # fmt: skip


def _errors(
    drawn: go.Figure, courses: Sequence[Course], variant: str, axis: StepAxis,
    inks: tuple[str, str], cell: dict[str, int],
) -> None:  # fmt: skip
    ends = axis.layout()["range"]
    for name, mse in courses[0].baselines[variant].items():
        if not mse > 0:
            continue
        drawn.add_scatter(
            x=ends, y=[mse, mse], mode="lines", showlegend=False,
            line={"color": colours.BASELINE, "width": 1, "dash": "dash"},
            hovertemplate=f"{baseline_name(name)} %{{y:.4g}}<extra></extra>", **cell,
        )  # fmt: skip
    for name, mse in _named(courses[0].baselines[variant]).items():
        drawn.add_annotation(
            x=ends[0], y=np.log10(mse), text=baseline_name(name), showarrow=False,
            xanchor="left", yanchor="middle", font={"size": 9, "color": inks[0]},
            bgcolor=inks[1], borderpad=1, xshift=3, **cell,
        )  # fmt: skip
    for i, one in enumerate(courses):
        line = _line(i, one.name, axis, *one.measured[variant], "lines+markers", "MSE ")
        drawn.add_trace(line, **cell)


def _named(baselines: Mapping[str, float]) -> dict[str, float]:
    """Predictors whose names have room: the worst, then each that is a factor 2.2 better."""
    ordered = sorted(((m, n) for n, m in baselines.items() if m > 0), reverse=True)
    kept: dict[str, float] = {}
    for mse, name in ordered:
        if not kept or min(kept.values()) / mse > 2.2:
            kept[name] = mse
    return kept


def _say(drawn: go.Figure, words: str, muted: str, cell: dict[str, int]) -> None:
    """Say why a line is missing, where logs have no entries yet: beside step 0."""
    x = next(drawn.select_xaxes(**cell)).domain
    y = next(drawn.select_yaxes(**cell)).domain
    drawn.add_annotation(
        text=words, showarrow=False, x=x[0] + 0.055, y=y[1], xref="paper", yref="paper",
        xanchor="left", yanchor="top", align="left", font={"color": muted, "size": 11},
    )  # fmt: skip


def table(courses: Sequence[Course]) -> pd.DataFrame:
    """Everything that the logs say, entry by entry: series, step, quantity, value."""
    parts = []
    for one in courses:
        rows = [(n, one.steps, v) for n, v in one.losses.items()]
        rows += [(f"mse_{variant}", *found) for variant, found in one.measured.items()]
        for variant, known in one.baselines.items():
            steps = one.measured[variant][0]
            rows += [(f"{n}_{variant}", steps, np.full(len(steps), v)) for n, v in known.items()]
        parts += [
            pd.DataFrame({"series": html.unescape(one.name), "step": steps, "quantity": name,
                          "value": values})
            for name, steps, values in rows
        ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)
