"""How training went: the log of one dictionary, or of two over each other."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
import xarray as xr
from plotly.subplots import make_subplots

DRAWN = 200
"""Entries of a log that are drawn: a line of more has no more to show, and svg grows slow."""

PARTS = {
    "log_loss": ("loss", "#2f7ed8"),
    "log_reconstruction": ("reconstruction", "#2f9e8f"),
    "log_sparsity": ("sparsity", "#c98a1b"),
    "log_auxiliary": ("auxiliary", "#7b5ea7"),
    "log_orthogonality": ("orthogonality", "#d9480f"),
}
"""Loss and its parts, each with its colour."""

PENALTY = (
    ("log_tau", "τ"),
    ("log_pair_cosine", "|cos| of selected pairs"),
    ("log_taken", "successful steps"),
    ("log_loss", "loss and parts"),
)
COURSE = (
    ("log_explained_variance", "EV on the batch"),
    ("log_l0", "L0 on the batch"),
    ("log_dead_share", "dead share"),
    ("log_rate", "learning rate"),
    ("log_pair_stability", "pair stability (Jaccard)"),
)
FROM_ZERO = {"log_dead_share", "log_pair_stability", "log_tau", "log_pair_cosine", "log_l0"}
"""Numbers that are drawn from 0 on."""


@dataclass(frozen=True)
class Log:
    """The log of one training.

    Args:
        name: of the dictionary, escaped.
        step: attempted updates.
        values: by variable.
        every: one of how many entries is kept.
        why: why a variable has no numbers, where it has none.
    """

    name: str
    step: np.ndarray
    values: dict[str, np.ndarray]
    every: int
    why: dict[str, str]


def log(training: xr.Dataset, name: str, orthogonality: str) -> Log:
    """Thin a log to what can be seen.

    Args:
        training: answer of the analysis `dictionary`.
        name: of the dictionary, escaped.
        orthogonality: its parameter.

    Returns:
        At most `DRAWN` entries, the last one among them.
    """
    count = training.sizes["iteration"]
    every = max(1, -(-count // DRAWN))
    kept = np.arange(count - 1, -1, -every)[::-1]
    names = [str(n) for n, v in training.items() if v.dims == ("iteration",) and n != "log_step"]
    values = {n: training[n].values[kept].astype(float) for n in names}
    no_pairs = {
        "none": "no orthogonality penalty:<br>no pairs are selected",
        "ortsae": "OrtSAE takes each atom's nearest:<br>no pairs are selected, no τ",
    }.get(orthogonality, "fewer than two logged steps")
    why = {n: no_pairs for n in ("log_tau", "log_pair_cosine")}
    late = "first value 100 steps<br>after the first pairs"
    why["log_pair_stability"] = no_pairs if orthogonality != "pairs" else late
    return Log(name, training["log_step"].values[kept].astype(float), values, every, why)


def penalty(logs: Sequence[Log], inks: Sequence[str], muted: str) -> go.Figure:
    """Four panels: τ; mean ± s.d. of |cos| of the pairs; steps made; loss and its parts.

    Args:
        logs: one, or two of which the second is dashed.
        inks: colour of each log.
        muted: colour of words.

    Returns:
        The figure.
    """
    figure = _grid(2, 2, [title for _, title in PENALTY])
    for i, (logged, ink) in enumerate(zip(logs, inks, strict=False)):
        dash = "dot" if i else "solid"
        _line(figure, logged, "log_tau", ink, dash, 1, 1)
        _band(figure, logged, ink, 1, 2)
        _line(figure, logged, "log_pair_cosine", ink, dash, 1, 2)
        _line(figure, logged, "log_taken", ink, dash, 2, 1)
        for name, (label, colour) in PARTS.items():
            positive = np.where(logged.values[name] > 0, logged.values[name], np.nan)
            if np.isfinite(positive).any():
                legend = label if not i else ""
                _add(figure, logged, positive, colour, dash, 2, 2, label, legend)
    longest = max(float(logged.step[-1]) for logged in logs)
    figure.add_scatter(
        x=[0, longest], y=[0, longest], mode="lines", showlegend=False, hoverinfo="skip",
        line={"color": muted, "width": 1, "dash": "dash"}, row=2, col=1,
    )  # fmt: skip
    figure.update_yaxes(
        type="log", row=2, col=2, dtick=_ticks(logs), exponentformat="power", tickformat="~g"
    )
    _silent(figure, logs, [n for n, _ in PENALTY], 2, muted)
    return _finish(figure, 2)


def course(logs: Sequence[Log], inks: Sequence[str], muted: str) -> go.Figure:
    """EV, L0, dead share, learning rate, and how stable the selection of pairs is.

    Args:
        logs: one, or two of which the second is dashed.
        inks: colour of each log.
        muted: colour of words.

    Returns:
        The figure.
    """
    figure = _grid(3, 2, [title for _, title in COURSE])
    for i, (logged, ink) in enumerate(zip(logs, inks, strict=False)):
        dash = "dot" if i else "solid"
        for at, (name, _) in enumerate(COURSE):
            row, column = 1 + at // 2, 1 + at % 2
            legend = "" if at else logged.name
            _line(figure, logged, name, ink, dash, row, column, legend)
    _silent(figure, logs, [n for n, _ in COURSE], 2, muted)
    figure.update_xaxes(visible=False, row=3, col=2)
    figure.update_yaxes(visible=False, row=3, col=2)
    return _finish(figure, 3)


def _grid(rows: int, columns: int, titles: Sequence[str]) -> go.Figure:
    return make_subplots(
        rows, columns, subplot_titles=titles, horizontal_spacing=0.1,
        vertical_spacing=0.16 if rows == 2 else 0.12,
    )  # fmt: skip


def _ticks(logs: Sequence[Log]) -> int | str:
    """Ticks of a log axis: decades, and digits between them where there are few decades.

    Returns:
        Plotly's dtick.
    """
    parts = np.concatenate([logged.values[name] for logged in logs for name in PARTS])
    parts = parts[np.isfinite(parts) & (parts > 0)]
    ratio = float(parts.max() / parts.min()) if parts.size else 1.0
    return 1 if ratio > 300 else "D2" if ratio > 3 else "D1"


def _line(
    figure: go.Figure, logged: Log, name: str, ink: str, dash: str, row: int, column: int,
    legend: str = "",
) -> None:  # fmt: skip
    _add(figure, logged, logged.values[name], ink, dash, row, column, "", legend)
    if name in FROM_ZERO:
        figure.update_yaxes(rangemode="tozero", row=row, col=column)


def _add(
    figure: go.Figure, logged: Log, values: np.ndarray, ink: str, dash: str, row: int, column: int,
    label: str, legend: str,
) -> None:  # fmt: skip
    if not np.isfinite(values).any():
        return
    told = f"{label}<br>" if label else ""
    figure.add_scatter(
        x=logged.step.astype(np.float32), y=values.astype(np.float32), mode="lines",
        line={"color": ink, "width": 3.4 if label == "loss" else 1.6, "dash": dash},
        name=legend or label or logged.name, showlegend=bool(legend), row=row, col=column,
        hovertemplate=f"step %{{x:,}}<br>{told}%{{y:.4g}}<extra>{logged.name}</extra>",
    )  # fmt: skip


def _band(figure: go.Figure, logged: Log, ink: str, row: int, column: int) -> None:
    mean, sd = logged.values["log_pair_cosine"], logged.values["log_pair_cosine_sd"]
    there = np.isfinite(mean) & np.isfinite(sd)
    if not there.any():
        return
    x, low, high = logged.step[there], (mean - sd)[there], (mean + sd)[there]
    figure.add_scatter(
        x=np.concatenate([x, x[::-1]]).astype(np.float32),
        y=np.concatenate([high, low[::-1]]).astype(np.float32),
        fill="toself", fillcolor=ink, opacity=0.18, line={"width": 0}, hoverinfo="skip",
        showlegend=False, row=row, col=column,
    )  # fmt: skip


def _silent(
    figure: go.Figure, logs: Sequence[Log], names: Sequence[str], columns: int, muted: str
) -> None:
    """Say in words why a panel is empty, and take its axes away."""
    for at, name in enumerate(names):
        if any(np.isfinite(logged.values[name]).any() for logged in logs):
            continue
        row, column = 1 + at // columns, 1 + at % columns
        figure.update_xaxes(visible=False, row=row, col=column)
        figure.update_yaxes(visible=False, row=row, col=column)
        x, y = (next(figure.select_xaxes(row=row, col=column)).domain,
                next(figure.select_yaxes(row=row, col=column)).domain)  # fmt: skip
        figure.add_annotation(
            text=logs[0].why.get(name, "nothing was logged"), showarrow=False,
            x=sum(x) / 2, y=sum(y) / 2, xref="paper", yref="paper",
            xanchor="center", yanchor="middle",
            font={"color": muted, "size": 12},
        )  # fmt: skip


def _finish(figure: go.Figure, rows: int) -> go.Figure:
    figure.update_annotations(font={"size": 12})
    for column in (1, 2):
        figure.update_xaxes(title={"text": "step attempted", "standoff": 4}, row=rows, col=column)
    figure.update_xaxes(rangemode="tozero", nticks=6)
    figure.update_layout(
        margin={"l": 8, "r": 8, "t": 40, "b": 8},
        hovermode="closest",
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": -0.12, "yanchor": "top"},
    )
    return figure
