"""How training went: the log of one dictionary, or of two over each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
import xarray as xr
from plotly.subplots import make_subplots

from app.shared.drawing.filled import band
from app.shared.drawing.ticks import log_axis

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

PENALTY = {
    "log_tau": "τ",
    "log_pair_cosine": "|cos| of selected pairs",
    "log_live_cosine": "|cos| of all live pairs",
    "log_pair_stability": "pair stability (Jaccard)",
    "log_taken": "successful steps",
    "log_loss": "loss and parts",
}
COURSE = {
    "log_explained_variance": "EV on the batch",
    "log_held_out_explained_variance": "EV on held-out problems",
    "log_l0": "L0 on the batch",
    "log_dead_share": "dead share",
    "log_rate": "learning rate",
}
NAMED = "log_explained_variance"
"""Number whose lines name the trainings in the legend."""
BANDS = {"log_pair_cosine", "log_live_cosine"}
"""Numbers that are drawn as mean ± s.d."""
FROM_ZERO = {"log_dead_share", "log_pair_stability", "log_tau", "log_l0", *BANDS}
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
    """Thin the log of a `dictionary` to what can be seen; its last entry stays."""
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
    why["log_held_out_explained_variance"] = "nothing was held out"
    why["log_live_cosine"] = "fewer than two live features"
    return Log(name, training["log_step"].values[kept].astype(float), values, every, why)


def figure(
    logs: Sequence[Log], inks: Sequence[str], muted: str, titles: Mapping[str, str]
) -> go.Figure:
    """Draw some numbers of a log, each in a cell of its own, two in a row.

    Args:
        logs: one, or two of which the second is dashed.
        inks: colour of each log.
        muted: colour of words.
        titles: variable → title of its cell.

    Returns:
        |cos| as mean ± s.d., the loss with its parts, all others as lines.
    """
    rows = -(-len(titles) // 2)
    cells = {name: {"row": 1 + at // 2, "col": 1 + at % 2} for at, name in enumerate(titles)}
    made = make_subplots(
        rows, 2, subplot_titles=list(titles.values()), horizontal_spacing=0.1,
        vertical_spacing=0.16 if rows == 2 else 0.12,
    )  # fmt: skip
    for i, (logged, ink) in enumerate(zip(logs, inks, strict=False)):
        line = {"color": ink, "width": 1.6, "dash": "dot" if i else "solid"}
        for name, cell in cells.items():
            if name == "log_loss":
                _parts(made, logged, line, legend=not i, **cell)
                continue
            if name in BANDS:
                _band(made, logged, name, ink, **cell)
            _line(made, logged, logged.values[name], line, legend=name == NAMED, **cell)
            if name in FROM_ZERO:
                made.update_yaxes(rangemode="tozero", **cell)
    if "log_taken" in cells:
        longest = max(float(logged.step[-1]) for logged in logs)
        made.add_scatter(
            x=[0, longest], y=[0, longest], mode="lines", showlegend=False, hoverinfo="skip",
            line={"color": muted, "width": 1, "dash": "dash"}, **cells["log_taken"],
        )  # fmt: skip
    if "log_loss" in cells:
        made.update_yaxes(
            log_axis(np.concatenate([one.values[name] for one in logs for name in PARTS])),
            **cells["log_loss"],
        )  # fmt: skip
    _silent(made, logs, cells, muted)
    if len(titles) % 2:
        _hide(made, row=rows, col=2)
    made.update_annotations(font={"size": 12})
    made.update_xaxes(title={"text": "step attempted", "standoff": 4}, row=rows)
    made.update_xaxes(rangemode="tozero", nticks=6)
    made.update_layout(
        margin={"l": 8, "r": 8, "t": 40, "b": 8},
        hovermode="closest",
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": -0.12, "yanchor": "top"},
    )
    return made


def _parts(
    figure: go.Figure, logged: Log, line: Mapping[str, Any], legend: bool, **cell: int
) -> None:
    """Loss and its parts, as far as a logarithmic axis can show them."""
    for name, (label, colour) in PARTS.items():
        positive = np.where(logged.values[name] > 0, logged.values[name], np.nan)
        own = {**line, "color": colour, "width": 3.4 if label == "loss" else line["width"]}
        _line(figure, logged, positive, own, legend, label, **cell)


def _line(
    figure: go.Figure, logged: Log, values: np.ndarray, line: Mapping[str, Any], legend: bool,
    label: str = "", **cell: int,
) -> None:  # fmt: skip
    if not np.isfinite(values).any():
        return
    told = f"{label}<br>" if label else ""
    figure.add_scatter(
        x=logged.step.astype(np.float32), y=values.astype(np.float32), mode="lines", line=line,
        name=label or logged.name, showlegend=legend, **cell,
        hovertemplate=f"step %{{x:,}}<br>{told}%{{y:.4g}}<extra>{logged.name}</extra>",
    )  # fmt: skip


def _band(figure: go.Figure, logged: Log, name: str, ink: str, **cell: int) -> None:
    mean, sd = logged.values[name], logged.values[f"{name}_sd"]
    if np.isfinite(mean + sd).any():
        figure.add_trace(band(logged.step, mean - sd, mean + sd, ink, opacity=0.18), **cell)


def _hide(figure: go.Figure, **cell: int) -> None:
    figure.update_xaxes(visible=False, **cell)
    figure.update_yaxes(visible=False, **cell)


def _silent(
    figure: go.Figure, logs: Sequence[Log], cells: Mapping[str, Mapping[str, int]], muted: str
) -> None:
    """Say in words why a cell is empty, and take its axes away."""
    for name, cell in cells.items():
        if any(np.isfinite(logged.values[name]).any() for logged in logs):
            continue
        _hide(figure, **cell)
        x, y = (
            next(select(**cell)).domain for select in (figure.select_xaxes, figure.select_yaxes)
        )
        figure.add_annotation(
            text=logs[0].why.get(name, "nothing was logged"), showarrow=False,
            x=sum(x) / 2, y=sum(y) / 2, xref="paper", yref="paper",
            xanchor="center", yanchor="middle",
            font={"color": muted, "size": 12},
        )  # fmt: skip
