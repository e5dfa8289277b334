"""Scores by level, by number of training problems, on harder problems; predicted against true."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from app.shared.drawing import colours
from app.shared.drawing.filled import band
from app.shared.drawing.levels import LEVEL_ORDER, LINE_LEGEND
from app.shared.drawing.ticks import log_axis

TINTS: Mapping[str, str] = {
    "h1": colours.FIRST, "h2": colours.SECOND, "h3": colours.GROUPS[0],
    "gradient": colours.GROUPS[2], "codes": colours.NEGATIVE,
}  # fmt: skip
SCORE = {"title": {"text": "R² on unseen problems"}, "range": [-0.05, 1.05], "dtick": 0.25}


@dataclass(frozen=True)
class Line:
    """An input by level, levels in the order of inference.

    Args:
        id: of the input.
        name: of it.
        score: by level.
        spread: over splits, by level.
        control: of its best control, by level.
        links: what a click on each point tells.
    """

    id: str
    name: str
    score: np.ndarray
    spread: np.ndarray
    control: np.ndarray
    links: Sequence[Sequence[str | int]]


def levels(lines: Sequence[Line], chosen: int, template: go.layout.Template) -> go.Figure:
    """Draw scores by level with their best controls dashed.

    Args:
        lines: one for each input.
        chosen: the level that other panels speak of.
        template: of the ground.

    Returns:
        The figure.
    """
    drawn = go.Figure()
    x = list(range(len(LEVEL_ORDER)))
    drawn.add_vrect(LEVEL_ORDER.index(chosen) - 0.5, LEVEL_ORDER.index(chosen) + 0.5,
                    fillcolor=colours.SHADE, line_width=0, layer="below")  # fmt: skip
    for line in lines:
        tint = TINTS.get(line.id, colours.BASELINE)
        up, down = line.score + line.spread, line.score - line.spread
        drawn.add_trace(
            band(np.array(x), down, up, tint, 0.2, opacity=0.15, legendgroup=line.id)
        )  # fmt: skip
        drawn.add_scatter(
            x=x, y=line.control, mode="lines", showlegend=False, legendgroup=line.id,
            line={"color": tint, "width": 1.2, "dash": "dash"}, hoverinfo="skip",
        )  # fmt: skip
        drawn.add_scatter(
            x=x, y=line.score, mode="lines+markers", name=line.name, legendgroup=line.id,
            line={"color": tint, "width": 2}, marker={"size": 5},
            customdata=[[*link, float(c)] for link, c in zip(line.links, line.control,
                                                             strict=True)],
            hovertemplate=f"{line.name}, t = %{{customdata[2]}}: R² %{{y:.3g}}"
            "<br>best control %{customdata[3]:.3g}<extra></extra>",
        )  # fmt: skip
    return drawn.update_layout(
        template=template, margin={"l": 48, "r": 8, "t": 28, "b": 40}, legend=LINE_LEGEND,
        yaxis=SCORE,
        xaxis={"title": {"text": "level t"}, "tickvals": x, "showgrid": False, "zeroline": False,
               "ticktext": [str(t) for t in LEVEL_ORDER]},
    )  # fmt: skip


def learning(
    size: np.ndarray, test: np.ndarray, train: np.ndarray, control: np.ndarray,
    template: go.layout.Template,
) -> go.Figure:  # fmt: skip
    """Draw scores against the number of training problems.

    Args:
        size: training problems.
        test: score on unseen problems.
        train: score on these problems.
        control: of the best control on unseen problems.
        template: of the ground.

    Returns:
        The figure.
    """
    drawn = go.Figure()
    for values, name, line in (
        (control, "best control", {"color": colours.BASELINE, "width": 2}),
        (train, "training problems", {"color": colours.BULK, "width": 1.5, "dash": "dash"}),
        (test, "unseen problems", {"color": colours.BULK, "width": 2}),
    ):
        drawn.add_scatter(
            x=size, y=values, mode="lines+markers", name=name, line=line, marker={"size": 5},
            hovertemplate=f"%{{x}} problems · {name}: R² %{{y:.3g}}<extra></extra>",
        )  # fmt: skip
    return drawn.update_layout(
        template=template, margin={"l": 48, "r": 8, "t": 28, "b": 40}, legend=LINE_LEGEND,
        yaxis={**SCORE, "title": {"text": "R²"}},
        xaxis={"title": {"text": "training problems"}, **log_axis(size)},
    )  # fmt: skip


def transfer(rows: Mapping[str, Sequence[float]], template: go.layout.Template) -> go.Figure:
    """Draw scores on the same and on harder problems.

    Args:
        rows: input → score, its low and high end on harder problems with the score there, and the
            best control on both: [same, harder, low, high, control, control on harder].
        template: of the ground.

    Returns:
        The figure.
    """
    drawn, names = go.Figure(), list(rows)
    found = np.array([rows[n] for n in names], dtype=float).reshape(len(names), 6)
    same, harder, low, high, control, control_harder = found.T
    for at, (a, b, tint) in enumerate(((control, control_harder, colours.BASELINE),
                                       (same, harder, colours.BULK))):  # fmt: skip
        shift = [i + (0.18 if at == 0 else -0.1) for i in range(len(names))]
        ends = np.stack([a, b, np.full_like(a, np.nan)], 1).ravel()
        drawn.add_scatter(x=ends, y=np.repeat(shift, 3), mode="lines", showlegend=False,
                          line={"color": tint, "width": 1.5}, hoverinfo="skip")  # fmt: skip
        who = "best control" if at == 0 else "probe"
        drawn.add_scatter(
            x=a, y=shift, mode="markers", name=f"{who}, same", text=names,
            marker={"color": tint, "size": 9},
            hovertemplate=f"%{{text}}, {who}: R² %{{x:.3g}}<extra></extra>",
        )  # fmt: skip
        reach = {"error_x": {"type": "data", "symmetric": False, "array": high - b, "width": 0,
                             "arrayminus": b - low, "thickness": 1.6}} if at else {}  # fmt: skip
        drawn.add_scatter(
            x=b, y=shift, mode="markers", name=f"{who}, harder", text=names,
            marker={"color": tint, "size": 9, "symbol": "circle-open", "line": {"width": 2}},
            hovertemplate=f"%{{text}}, {who}, harder: R² %{{x:.3g}}<extra></extra>", **reach,
        )  # fmt: skip
    least = np.nanmin(np.append(found, 0.0))
    return drawn.update_layout(
        template=template, margin={"l": 48, "r": 8, "t": 28, "b": 40}, legend=LINE_LEGEND,
        xaxis={"title": {"text": "R² on unseen problems"}, "range": [max(least, -1) - 0.05, 1.05]},
        yaxis={"tickvals": list(range(len(names))), "ticktext": names, "autorange": "reversed",
               "showgrid": False, "zeroline": False},
    )  # fmt: skip


def fit(
    true: np.ndarray, predicted: np.ndarray, links: Sequence[Sequence[Any]], label: str, unit: str,
    template: go.layout.Template,
) -> go.Figure:  # fmt: skip
    """Draw what the probe predicts for problems that it has not seen against what is true.

    Args:
        true: value of each problem.
        predicted: by a probe that was fitted without it.
        links: what a click on each tells, its index first.
        label: of the property.
        unit: of it.
        template: of the ground.

    Returns:
        The figure.
    """
    both = np.concatenate([true, predicted])
    both = both[np.isfinite(both)]
    ends = [float(both.min()), float(both.max())] if both.size else [0.0, 1.0]
    drawn = go.Figure()
    drawn.add_scatter(
        x=true, y=predicted, mode="markers", marker={"size": 4, "color": colours.BULK},
        opacity=0.4, customdata=list(map(list, links)),
        hovertemplate="problem %{customdata[0]}<br>true %{x:.3g} · predicted %{y:.3g}"
        "<extra></extra>",
    )  # fmt: skip
    drawn.add_scatter(x=ends, y=ends, mode="lines", hoverinfo="skip",
                      line={"color": colours.BASELINE, "width": 1, "dash": "dash"})  # fmt: skip
    named = f"{label} [{unit}]" if unit not in ("", "1") else label
    return drawn.update_layout(
        template=template, showlegend=False, margin={"l": 56, "r": 8, "t": 8, "b": 40},
        xaxis={"title": {"text": f"true {named}"}}, yaxis={"title": {"text": "predicted"}},
    )  # fmt: skip


def along(
    steps: np.ndarray, score: Sequence[np.ndarray], control: np.ndarray, models: Sequence[str],
    now: int, template: go.layout.Template,
) -> go.Figure:  # fmt: skip
    """Draw the score of one cell at the checkpoints of a training, equally far apart.

    Args:
        steps: of the checkpoints, ascending.
        score: with its lower and upper ends.
        control: score of the best control.
        models: what a click on each point tells.
        now: place of the model of the page; −1 where it has no such probe.
        template: of the ground.

    Returns:
        The figure.
    """
    x = [f"{step:,}" for step in steps]
    value, low, high = score
    ends = {"array": np.maximum(high - value, 0), "arrayminus": np.maximum(value - low, 0)}
    drawn = go.Figure()
    if now >= 0:
        drawn.add_vrect(now - 0.4, now + 0.4, fillcolor=colours.SHADE, line_width=0, layer="below")
    drawn.add_scatter(
        x=x, y=control, mode="lines+markers", name="best control", marker={"size": 5},
        line={"color": colours.BASELINE, "width": 2, "dash": "dash"},
        hovertemplate="step %{x} · best control: R² %{y:.3g}<extra></extra>",
    )  # fmt: skip
    drawn.add_scatter(
        x=x, y=value, mode="lines+markers", name="unseen problems", marker={"size": 7},
        line={"color": colours.BULK, "width": 2}, error_y={**ends, "width": 3},
        customdata=[[m] for m in models],
        hovertemplate="step %{x}: R² %{y:.3g}<br>click: its probes<extra></extra>",
    )  # fmt: skip
    return drawn.update_layout(
        template=template, margin={"l": 48, "r": 8, "t": 28, "b": 40}, legend=LINE_LEGEND,
        yaxis={**SCORE, "title": {"text": "R²"}},
        xaxis={"title": {"text": "training step"}, "type": "category"},
    )  # fmt: skip
