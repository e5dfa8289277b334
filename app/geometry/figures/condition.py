"""Share of pairs of states that are not convex, one mark a set, by its condition number."""

from collections.abc import Sequence

import numpy as np

from app.geometry.conditions import Set
from app.shared.drawing import colours
from app.shared.drawing.levels import LEVEL_ORDER, Layout, Levels, Trace, axis
from app.shared.drawing.ticks import log_ticks
from ired_interp_core.spelling import number


def figure(sets: Sequence[Set], asked: float, ink: str) -> Levels:
    """Draw the sets of every level.

    Args:
        sets: at least one.
        asked: share that is asked for at κ = 10, a dashed line.
        ink: of the whiskers.

    Returns:
        The figure.
    """
    x = np.array([one.condition for one in sets])
    middles = [one.middle for one in sets]
    top = max(asked, float(np.nanmax([np.fmax(m.value, m.high) for m in middles], initial=0.0)))
    ends = float(x.min()) / 2, float(x.max()) * 2
    layout: Layout = {
        "margin": {"l": 52, "r": 14, "t": 14, "b": 40},
        "xaxis": axis("condition number κ", type="log", range=np.log10(ends).tolist(),
                      zeroline=False, showgrid=False, **log_ticks(*ends)),
        "yaxis": axis("share of pairs", range=[-0.04 * top, min(1.02, 1.12 * top)]),
        "showlegend": False, "hovermode": "closest",
        "shapes": [{"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": asked, "y1": asked,
                    "line": {"color": colours.BASELINE, "width": 1.4, "dash": "dash"}}],
    }  # fmt: skip
    return Levels(layout, levels=[[_marks(sets, x, t, ink)] for t in LEVEL_ORDER])


def _marks(sets: Sequence[Set], x: np.ndarray, t: int, ink: str) -> Trace:
    value, low, high = (np.array([getattr(one.middle, end)[t] for one in sets])
                        for end in ("value", "low", "high"))  # fmt: skip
    told = [
        f"κ {number(one.condition)}{', norm kept' if one.norm else ''}: {number(100 * v, '.2g')} %"
        f" [{number(100 * a, '.2g')}, {number(100 * b, '.2g')}] of {len(one.bent)} problems"
        for one, v, a, b in zip(sets, value, low, high, strict=True)
    ]
    return {
        "type": "scatter", "mode": "markers", "x": x, "y": value,
        "marker": {"symbol": ["circle-open" if one.norm else "circle" for one in sets],
                   "size": 10, "color": colours.IDEAL, "line": {"width": 2}},
        "error_y": {"type": "data", "symmetric": False, "width": 0, "thickness": 1.6, "color": ink,
                    "array": np.nan_to_num(high - value),
                    "arrayminus": np.nan_to_num(value - low)},
        "customdata": [[one.name] for one in sets],
        "hovertext": told, "cliponaxis": False,
        "hovertemplate": "%{hovertext}<br>click: this set<extra></extra>",
    }  # fmt: skip
