"""Effective rank, nuclear norm and symmetric share by level, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.geometry.figures.by_level import WALK, Line, area
from app.shared.drawing import colours
from app.shared.drawing.by_level import RANGE, faint
from app.shared.drawing.levels import LEVEL_ORDER, LINE_LEGEND, SMALL, Layout, Levels, Trace, axis
from ired_interp_core.spelling import number

GAP = 0.075


@dataclass(frozen=True)
class Part:
    """One quantity.

    Args:
        name: with unit.
        lines: of one set, or of several.
        truths: the truth's own value, of each line.
    """

    name: str
    lines: Sequence[Line]
    truths: Sequence[float]


def figure(parts: Sequence[Part]) -> Levels:
    """Draw each quantity with quartiles over problems and, dashed, the truth's own median.

    Args:
        parts: side by side.

    Returns:
        The figure; its marks tell their level.
    """
    count = len(parts)
    width = (1 - GAP * (count - 1)) / count
    several = max(len(part.lines) for part in parts) > 1
    layout: Layout = {
        "margin": {"l": 44, "r": 12, "t": 70 if several else 40, "b": 36},
        "showlegend": several, "legend": {**LINE_LEGEND, "y": 1.18}, "hovermode": "closest",
        "annotations": [_title(part.name, k * (width + GAP)) for k, part in enumerate(parts)],
    }  # fmt: skip
    shared: list[Trace] = []
    for k, part in enumerate(parts):
        end = str(k + 1) if k else ""
        on = {"xaxis": f"x{end}", "yaxis": f"y{end}"}
        start = k * (width + GAP)
        layout[f"xaxis{end}"] = axis("level t", range=RANGE, tickvals=[9, 6, 3, 0], zeroline=False,
                                     domain=[start, start + width], anchor=f"y{end}",
                                     showgrid=False)  # fmt: skip
        layout[f"yaxis{end}"] = axis(anchor=f"x{end}", zeroline=False, nticks=5)
        for line, truth in zip(part.lines, part.truths, strict=True):
            shared += [{**one, **on} for one in _line(line, part.name, truth, k, several)]
    layouts = [
        {"shapes": [{"type": "rect", "xref": f"x{str(k + 1) if k else ''}", "x0": t - 0.5,
                     "x1": t + 0.5, "yref": "paper", "y0": 0, "y1": 1, "line": {"width": 0},
                     "fillcolor": colours.SHADE, "layer": "below"} for k in range(count)]}
        for t in LEVEL_ORDER
    ]  # fmt: skip
    return Levels(layout, shared=shared, layouts=layouts)


def _title(name: str, start: float) -> Layout:
    """The name of a field above it, in two lines: it may be narrow."""
    return {
        "text": name.replace(" ", "<br>", 1), "align": "left", "showarrow": False,
        "xref": "paper", "yref": "paper", "x": start, "y": 1, "xanchor": "left",
        "yanchor": "bottom", "font": {"size": SMALL},
    }  # fmt: skip


def _line(line: Line, name: str, truth: float, place: int, several: bool) -> list[Trace]:
    middle, whose = line.middle, f" · {line.name}" if several else ""
    band = [area(WALK.astype(np.float32), middle.lower[WALK], middle.upper[WALK],
                 faint(line.colour, 0.2))] if line.band else []  # fmt: skip
    own = {"color": line.colour if several else colours.BASELINE, "width": 1.6, "dash": "dash"}
    return [
        *band,
        {
            "type": "scatter", "mode": "lines", "x": RANGE, "y": [truth, truth], "line": own,
            "showlegend": False,
            "hovertemplate": f"{name} of the truth %{{y:.3g}}{whose}<extra></extra>",
        },
        {
            "type": "scatter", "mode": "lines+markers", "x": WALK, "name": line.name,
            "y": middle.value[WALK].astype(np.float32),
            "line": {"color": line.colour, "width": 1.8},
            "marker": {"size": 6, "symbol": line.symbol},
            "customdata": [[int(t), place, *line.tells] for t in WALK],
            "legendgroup": line.name, "showlegend": several and place == 0,
            "hovertemplate": f"t %{{x}}{whose} · {name} %{{y:.3g}}, truth {number(truth)}"
                             "<br>click: problems of this level<extra></extra>",
        },
    ]  # fmt: skip
