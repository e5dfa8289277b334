"""One dot a problem at the level in view, in one field or in two side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from app.shared.drawing import colours
from app.shared.drawing.levels import LEVEL_ORDER, TOP_LEGEND, Layout, Levels, Trace, axis
from app.shared.drawing.scatter import ends, spans_decades
from app.shared.drawing.ticks import log_axis
from ired_interp_core.records import seeded

MOST = 2000
"""Dots of a level; of more problems a seeded sample is drawn."""


@dataclass(frozen=True)
class Field:
    """One field of dots.

    Args:
        label: of the horizontal axis.
        x: of every problem, t at index t.
        y: likewise.
        colour: of the dots.
        name: of the dots in the legend; "" for none.
        grey: of a control with the same x, behind them; None for none.
        control: its name.
        chosen: index of the problem that is ringed; −1 for none.
    """

    label: str
    x: Float[np.ndarray, "L N"]
    y: Float[np.ndarray, "L N"]
    colour: str
    name: str = ""
    grey: Float[np.ndarray, "L N"] | None = None
    control: str = ""
    chosen: int = -1


def figure(
    fields: Sequence[Field], problems: Int[np.ndarray, "N"], label: str, ink: str,
    equal: bool = False, log: bool = False,
) -> Levels:  # fmt: skip
    """Draw the problems of every level; axes fit the level.

    Args:
        fields: one, or two side by side with one vertical axis.
        problems: indices.
        label: of the vertical axis.
        ink: of the ring and of the line of equality.
        equal: both axes show the same quantity, so that x = y means something.
        log: both axes are logarithmic where the numbers allow it.

    Returns:
        The figure; its dots tell their problem.
    """
    shown = np.sort(seeded("dots", len(problems)).permutation(len(problems))[:MOST])
    domains = ([0.0, 1.0],) if len(fields) == 1 else ([0.0, 0.485], [0.515, 1.0])
    layout: Layout = {
        "margin": {"l": 62, "r": 14, "t": 26, "b": 40},
        "legend": TOP_LEGEND,
        "showlegend": any(field.name for field in fields),
        "hovermode": "closest",
        "yaxis": axis(label, zeroline=False),
    }
    for place, (field, domain) in enumerate(zip(fields, domains, strict=True)):
        layout[f"xaxis{_suffix(place)}"] = axis(field.label, domain=domain, zeroline=False)
    levels = [_level(fields, t, shown, problems, ink, equal) for t in LEVEL_ORDER]
    layouts = [_axes(fields, t, shown, log, equal) for t in LEVEL_ORDER]
    return Levels(layout, levels=levels, layouts=layouts)


def _suffix(place: int) -> str:
    return str(place + 1) if place else ""


def _level(
    fields: Sequence[Field], t: int, shown: Int[np.ndarray, "M"], problems: Int[np.ndarray, "N"],
    ink: str, equal: bool,
) -> list[Trace]:  # fmt: skip
    traces: list[Trace] = []
    for place, field in enumerate(fields):
        on = {"xaxis": f"x{_suffix(place)}", "type": "scatter"}
        x, y = field.x[t][shown], field.y[t][shown]
        if equal:
            grey = [] if field.grey is None else [field.grey[t][shown]]
            low, high = _range(np.concatenate([x, y, *grey]))
            traces.append({**on, "mode": "lines", "x": [low, high], "y": [low, high],
                           "line": {"color": colours.BASELINE, "width": 1.4, "dash": "dash"},
                           "hoverinfo": "skip", "showlegend": False})  # fmt: skip
        if field.grey is not None:
            control = field.grey[t][shown]
            traces.append(_dots(x, control, problems[shown], on, field.control, colours.BASELINE))
        traces.append(_dots(x, y, problems[shown], on, field.name, field.colour))
        at = np.flatnonzero(problems == field.chosen)
        if at.size:
            traces.append({**on, "mode": "markers", "x": field.x[t][at], "y": field.y[t][at],
                           "marker": {"symbol": "circle-open", "size": 13, "color": ink,
                                      "line": {"width": 2}},
                           "hoverinfo": "skip", "showlegend": False})  # fmt: skip
    return traces


def _dots(
    x: np.ndarray, y: np.ndarray, problems: np.ndarray, on: Trace, name: str, colour: str
) -> Trace:
    there = np.isfinite(x) & np.isfinite(y)
    return {
        **on, "mode": "markers", "name": name, "showlegend": bool(name),
        "x": x[there].astype(np.float32), "y": y[there].astype(np.float32),
        "marker": {"size": 7, "color": colour, "opacity": 0.8},
        "customdata": [[int(p)] for p in problems[there]],
        "hovertemplate": f"problem %{{customdata[0]}}{f' · {name}' if name else ''}<br>"
                         "%{x:.4g} → %{y:.4g}<br>click: Landscape<extra></extra>",
    }  # fmt: skip


def _range(values: np.ndarray) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    return (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)


def _axes(
    fields: Sequence[Field], t: int, shown: np.ndarray, log: bool, equal: bool
) -> dict[str, Layout]:
    """Axes that fit the numbers of a level; equal ones where x = y means something."""
    y = np.concatenate([f.y[t][shown] for f in fields]
                       + [f.grey[t][shown] for f in fields if f.grey is not None])  # fmt: skip
    found = {}
    for place, field in enumerate(fields):
        x = np.concatenate([field.x[t][shown], y]) if equal else field.x[t][shown]
        found[f"xaxis{_suffix(place)}"] = _fitted(x, log)
        y = x if equal else y
    return {**found, "yaxis": _fitted(y, log)}


def _fitted(values: np.ndarray, log: bool) -> Layout:
    known = values[np.isfinite(values)]
    if not known.size:
        return {"type": "linear", "range": [0, 1], "tickmode": "auto"}
    if log and spans_decades(known):
        return {**log_axis(known), "range": ends(np.log10(known))}
    return {"type": "linear", "range": ends(known), "tickmode": "auto", "nticks": 6}
