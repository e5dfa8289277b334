"""Effective rank, nuclear norm and symmetric share by level, side by side."""

from collections.abc import Sequence

import numpy as np

from app.geometry.figures.by_level import WALK, area
from app.geometry.over import Middle
from app.shared.drawing import colours
from app.shared.drawing.by_level import RANGE, faint
from app.shared.drawing.levels import LEVEL_ORDER, Layout, Levels, Trace, axis
from ired_interp_core.spelling import number

GAP = 0.075


def figure(parts: Sequence[tuple[str, Middle, float]], colour: str) -> Levels:
    """Draw each quantity with quartiles over problems and, dashed, the truth's own median.

    Args:
        parts: name with unit, values by level, value of the truth.
        colour: of the lines.

    Returns:
        The figure; its marks tell their level.
    """
    count = len(parts)
    width = (1 - GAP * (count - 1)) / count
    layout: Layout = {"margin": {"l": 52, "r": 12, "t": 12, "b": 36}, "showlegend": False,
                      "hovermode": "closest"}  # fmt: skip
    shared: list[Trace] = []
    for k, (name, middle, truth) in enumerate(parts):
        end = str(k + 1) if k else ""
        on = {"xaxis": f"x{end}", "yaxis": f"y{end}"}
        start = k * (width + GAP)
        layout[f"xaxis{end}"] = axis("level t", range=RANGE, tickvals=[9, 6, 3, 0], zeroline=False,
                                     domain=[start, start + width], anchor=f"y{end}",
                                     showgrid=False)  # fmt: skip
        layout[f"yaxis{end}"] = axis(name, anchor=f"x{end}", zeroline=False, nticks=5)
        shared.append({**area(WALK.astype(np.float32), middle.lower[WALK], middle.upper[WALK],
                              faint(colour, 0.2)), **on})  # fmt: skip
        shared.append({
            **on, "type": "scatter", "mode": "lines", "x": RANGE, "y": [truth, truth],
            "line": {"color": colours.BASELINE, "width": 1.6, "dash": "dash"},
            "hovertemplate": f"{name} of the truth %{{y:.3g}}<extra></extra>",
        })  # fmt: skip
        shared.append({
            **on, "type": "scatter", "mode": "lines+markers", "x": WALK,
            "y": middle.value[WALK].astype(np.float32), "line": {"color": colour, "width": 1.8},
            "marker": {"size": 6}, "customdata": [[int(t), k] for t in WALK],
            "hovertemplate": f"t %{{x}} · {name} %{{y:.3g}}, truth {number(truth)}"
                             "<br>click: problems of this level<extra></extra>",
        })  # fmt: skip
    layouts = [
        {"shapes": [{"type": "rect", "xref": f"x{str(k + 1) if k else ''}", "x0": t - 0.5,
                     "x1": t + 0.5, "yref": "paper", "y0": 0, "y1": 1, "line": {"width": 0},
                     "fillcolor": colours.SHADE, "layer": "below"} for k in range(count)]}
        for t in LEVEL_ORDER
    ]  # fmt: skip
    return Levels(layout, shared=shared, layouts=layouts)
