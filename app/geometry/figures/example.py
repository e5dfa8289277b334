"""Four matrices of one problem: answer, turned-back answer, their difference, turned problem."""

import numpy as np
from jaxtyping import Float

from app.shared.drawing import colours
from app.shared.drawing.levels import LEVEL_ORDER, TINY, Layout, Levels, Trace
from ired_interp_core.spelling import number

GAP = 0.03
HEADS = ("answer ŷ", "turned back", "difference", "turned problem")


def figure(
    answer: Float[np.ndarray, "L n n"], back: Float[np.ndarray, "L n n"],
    problem: Float[np.ndarray, "m n"], told: list[str], ink: str,
) -> Levels:  # fmt: skip
    """Draw the matrices of every level; both answers have the same colours.

    Args:
        answer: ŷ_t, t at index t.
        back: of the turned problem, turned back.
        problem: what the model was given; parts under each other.
        told: above the difference, of each t.
        ink: of words.

    Returns:
        The figure.
    """
    width = (1 - 3 * GAP) / 4
    layout: Layout = {"margin": {"l": 8, "r": 8, "t": 26, "b": 8}, "hovermode": "closest",
                      "showlegend": False}  # fmt: skip
    for k in range(4):
        x0 = k * (width + GAP)
        end = str(k + 1) if k else ""
        usual = {"showgrid": False, "zeroline": False, "showticklabels": False, "ticks": "",
                 "showline": False}  # fmt: skip
        layout[f"xaxis{end}"] = {**usual, "domain": [x0, x0 + width], "anchor": f"y{end}",
                                 "constrain": "domain"}  # fmt: skip
        layout[f"yaxis{end}"] = {**usual, "anchor": f"x{end}", "autorange": "reversed",
                                 "scaleanchor": f"x{end}", "constrain": "domain"}  # fmt: skip
    levels, layouts = [], []
    for t in LEVEL_ORDER:
        apart = np.abs(back[t] - answer[t])
        limit = _limit(np.concatenate([answer[t], back[t]]))
        most = _limit(apart)
        given = _limit(problem)
        levels.append([
            _matrix(answer[t], 0, colours.SIGNED, -limit, limit),
            _matrix(back[t], 1, colours.SIGNED, -limit, limit),
            _matrix(apart, 2, colours.ERROR, 0.0, most),
            _matrix(problem, 3, colours.SIGNED, -given, given),
        ])  # fmt: skip
        limits = (f"±{number(limit)}", f"±{number(limit)}", f"0 … {number(most)}{told[t]}",
                  f"±{number(given)}")  # fmt: skip
        layouts.append({"annotations": [
            {"xref": "paper", "yref": "paper", "x": k * (width + GAP) + width / 2, "y": 1,
             "yanchor": "bottom", "text": f"{head} · {end}", "showarrow": False,
             "font": {"size": TINY, "color": ink}}
            for k, (head, end) in enumerate(zip(HEADS, limits, strict=True))
        ]})  # fmt: skip
    return Levels(layout, levels=levels, layouts=layouts)


def _limit(values: np.ndarray) -> float:
    known = np.abs(values[np.isfinite(values)])
    return float(known.max(initial=0.0)) or 1.0


def _matrix(values: np.ndarray, place: int, scale: object, low: float, high: float) -> Trace:
    end = str(place + 1) if place else ""
    return {
        "type": "heatmap", "z": values.astype(np.float32), "xaxis": f"x{end}", "yaxis": f"y{end}",
        "colorscale": scale, "zmin": low, "zmax": high, "showscale": False,
        "hovertemplate": f"row %{{y}}, column %{{x}} · {HEADS[place]} %{{z:.4g}}<extra></extra>",
    }  # fmt: skip
