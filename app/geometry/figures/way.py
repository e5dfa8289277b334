"""Energy from answer to truth along two ways, and the cosine of the transported gradient below."""

import numpy as np
from jaxtyping import Float

from app.geometry.figures.by_level import empty
from app.shared.drawing import colours
from app.shared.drawing.levels import (
    LEVEL_ORDER,
    LINE_LEGEND,
    Layout,
    Levels,
    Trace,
    axis,
)

ENERGIES, COSINES = (0.42, 1.0), (0.0, 0.28)
"""Parts of the height."""


def figure(
    passed: Float[np.ndarray, "S"], turned: Float[np.ndarray, "L S"],
    straight: Float[np.ndarray, "L S"], cosine: Float[np.ndarray, "L S"], random: float, muted: str,
) -> Levels:  # fmt: skip
    """Draw both energies of every level.

    Args:
        passed: share of the way.
        turned: E along the geodesic path, t at index t.
        straight: E along the straight line.
        cosine: of the transported gradient with the one found there.
        random: half width of what random directions give.
        muted: of words.

    Returns:
        The figure.
    """
    layout: Layout = {
        "margin": {"l": 62, "r": 14, "t": 26, "b": 36},
        "xaxis": axis("share s of the way from ŷₜ to y*", range=[-0.02, 1.02], anchor="y2",
                      zeroline=False, showgrid=False),
        "yaxis": axis("Eₜ [E]", domain=list(ENERGIES), zeroline=False, nticks=5),
        "yaxis2": axis("cosine", domain=list(COSINES), range=[-1.1, 1.1], tickvals=[-1, 0, 1]),
        "legend": LINE_LEGEND,
        "hovermode": "closest",
        "shapes": [{"type": "rect", "xref": "paper", "x0": 0, "x1": 1, "yref": "y2", "y0": -random,
                    "y1": random, "line": {"width": 0}, "fillcolor": colours.BASELINE,
                    "opacity": 0.35, "layer": "below"}],
    }  # fmt: skip
    levels, layouts = [], []
    for t in LEVEL_ORDER:
        if np.isfinite(turned[t]).any():
            traces, own = _level(passed, turned[t], straight[t], cosine[t]), {}
        else:
            traces, own = empty("no way to a truth at this level", muted)
        levels.append(traces)
        layouts.append({"annotations": [], **own})
    return Levels(layout, levels=levels, layouts=layouts)


def _level(
    s: np.ndarray, turned: np.ndarray, straight: np.ndarray, cosine: np.ndarray
) -> list[Trace]:
    at = [[float(a), float(b)] for a, b in zip(turned, straight, strict=True)]
    told = "s %{x:.2f} · E %{customdata[0]:.5g}, straight %{customdata[1]:.5g}"
    return [
        {"type": "scatter", "mode": "lines", "name": "straight line", "x": s, "y": straight,
         "line": {"color": colours.BASELINE, "width": 1.6, "dash": "dash"}, "customdata": at,
         "hovertemplate": f"{told}<extra></extra>"},
        {"type": "scatter", "mode": "lines+markers", "name": "geodesic path", "x": s, "y": turned,
         "line": {"color": colours.FIRST, "width": 2}, "marker": {"size": 4}, "customdata": at,
         "hovertemplate": f"{told}<extra></extra>"},
        {"type": "scatter", "mode": "lines+markers", "name": "", "showlegend": False, "x": s,
         "y": cosine, "yaxis": "y2", "line": {"color": colours.FIRST, "width": 1.4},
         "marker": {"size": 3},
         "hovertemplate": "s %{x:.2f} · cosine %{y:.3f}<extra></extra>"},
    ]  # fmt: skip
