"""Energy cost of moves by their length, at the level in view."""

import numpy as np
from jaxtyping import Float

from app.geometry.figures.by_level import area
from app.shared.drawing import colours
from app.shared.drawing.by_level import faint
from app.shared.drawing.levels import LEVEL_ORDER, LINE_LEGEND, Layout, Levels, Trace, axis
from app.shared.drawing.ticks import log_axis
from ired_interp_core.spelling import number

STYLES = (
    ("solid", "circle", colours.FIRST), ("solid", "diamond", colours.SECOND),
    ("dash", "circle-open", colours.BASELINE),
)  # fmt: skip
"""Of keeping, leaving and random moves."""


def figure(
    quartiles: Float[np.ndarray, "Q L M S"], lengths: Float[np.ndarray, "S"], moves: list[str]
) -> Levels:
    """Draw ΔE against the length of a move, which is logarithmic.

    Args:
        quartiles: of ΔE over problems, t at index t; logarithmic where all medians are above 0.
        lengths: in units of ‖y*‖.
        moves: names of keeping, leaving and random ones.

    Returns:
        The figure.
    """
    layout: Layout = {
        "margin": {"l": 62, "r": 14, "t": 26, "b": 36},
        "xaxis": axis("length of the move [‖y*‖]", type="log", tickvals=list(lengths),
                      ticktext=[number(v) for v in lengths], zeroline=False, showgrid=False),
        "yaxis": axis("ΔE [E]", zeroline=False),
        "legend": LINE_LEGEND,
        "hovermode": "closest",
    }  # fmt: skip
    levels, layouts = [], []
    for t in LEVEL_ORDER:
        own, log = quartiles[:, t], bool((quartiles[1, t] > 0).all())
        own = np.where(own > 0, own, np.nan) if log else own
        levels.append(_level(own, lengths, moves, t))
        ticks = log_axis(own) if log else {"type": "linear", "tickmode": "auto", "nticks": 6}
        layouts.append({"yaxis": {"autorange": True, **ticks}})
    return Levels(layout, levels=levels, layouts=layouts)


def _level(
    quartiles: Float[np.ndarray, "Q M S"], lengths: np.ndarray, moves: list[str], t: int
) -> list[Trace]:
    traces: list[Trace] = []
    for k, (dash, symbol, colour) in enumerate(STYLES):
        low, middle, high = quartiles[:, k]
        traces.append(area(lengths, low, high, faint(colour, 0.18)))
        told = [
            f"t {t} · {number(x)} ‖y*‖<br>"
            + ", ".join(f"{name} {number(v)}" for name, v in zip(moves, here, strict=True))
            for x, here in zip(lengths, quartiles[1].T, strict=True)
        ]
        traces.append({
            "type": "scatter", "mode": "lines+markers", "name": moves[k], "x": lengths,
            "y": middle, "line": {"color": colour, "width": 1.8, "dash": dash},
            "marker": {"symbol": symbol, "size": 7}, "hovertext": told,
            "hovertemplate": "%{hovertext}<extra></extra>",
        })  # fmt: skip
    return traces
