"""Principal angles between answer and truth in one problem."""

import numpy as np
from jaxtyping import Float

from app.geometry.figures.by_level import area, empty
from app.shared.drawing import colours
from app.shared.drawing.by_level import faint
from app.shared.drawing.levels import LEVEL_ORDER, LINE_LEGEND, Layout, Levels, Trace, axis


def figure(
    theta: Float[np.ndarray, "L 2 K"], mean: Float[np.ndarray, "K"], sd: Float[np.ndarray, "K"],
    colour: str, muted: str,
) -> Levels:  # fmt: skip
    """Draw the angles of left (full) and right (hollow) spaces, smallest first.

    Args:
        theta: angles, t at index t.
        mean: of random pairs.
        sd: their s.d.
        colour: of the marks.
        muted: of words.

    Returns:
        The figure.
    """
    x = np.arange(1, theta.shape[2] + 1)
    grey: list[Trace] = [
        area(x.astype(np.float32), mean - 1.96 * sd, np.minimum(mean + 1.96 * sd, np.pi / 2),
             faint(colours.BASELINE, 0.3)),
        {"type": "scatter", "mode": "lines", "name": "random pairs", "x": x, "y": mean,
         "line": {"color": colours.BASELINE, "width": 1.4, "dash": "dash"},
         "hovertemplate": "angle %{x} · random %{y:.3g}<extra></extra>"},
    ]  # fmt: skip
    layout: Layout = {
        "margin": {"l": 50, "r": 12, "t": 26, "b": 36},
        "xaxis": axis("number of the angle", range=[0.5, len(x) + 0.5], zeroline=False,
                      showgrid=False, nticks=6),
        "yaxis": axis("angle [rad]", range=[0, 1.62], zeroline=False, nticks=5,
                      tickvals=[0, np.pi / 4, np.pi / 2], ticktext=["0", "π/4", "π/2"]),
        "legend": LINE_LEGEND,
        "hovermode": "closest",
    }  # fmt: skip
    levels, layouts = [], []
    for t in LEVEL_ORDER:
        traces, own = _sides(x, theta[t], mean, colour), {}
        if not np.isfinite(theta[t]).any():
            traces, own = empty("no angles at this level", muted)
        levels.append(traces)
        layouts.append({"annotations": [], **own})
    return Levels(layout, shared=grey, levels=levels, layouts=layouts)


def _sides(x: np.ndarray, theta: np.ndarray, mean: np.ndarray, colour: str) -> list[Trace]:
    return [
        {"type": "scatter", "mode": "markers", "name": name, "x": x, "y": values,
         "marker": {"symbol": symbol, "size": 8, "color": colour, "line": {"width": 1.6}},
         "customdata": [[float(m)] for m in mean],
         "hovertemplate": f"angle %{{x}} · {name}: %{{y:.3g}} (random %{{customdata[0]:.3g}})"
                          "<extra></extra>"}
        for name, values, symbol in (("left", theta[0], "circle"), ("right", theta[1],
                                                                    "circle-open"))
    ]  # fmt: skip
