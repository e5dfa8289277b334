"""Distance of the leading spaces for every dimension k, at every level."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from app.geometry.figures.by_level import area
from app.shared.drawing import colours
from app.shared.drawing.by_level import faint
from app.shared.drawing.levels import LEVEL_ORDER, LINE_LEGEND, Layout, Levels, Trace, axis


def figure(
    sides: Float[np.ndarray, "L F K"], random: tuple[np.ndarray, np.ndarray], k: int, label: str,
    top: float, names: Sequence[str], ink: str,
) -> Levels:  # fmt: skip
    """Draw a curve over k for the left and for the right spaces.

    Args:
        sides: medians over problems, t at index t.
        random: mean and s.d. of random pairs.
        k: chosen, a line.
        label: of the axis.
        top: its end.
        names: of the two spaces.
        ink: of the line at k.

    Returns:
        The figure; its marks tell their k.
    """
    x = np.arange(1, sides.shape[2] + 1)
    mean, sd = random
    shared: list[Trace] = [
        area(x.astype(np.float32), mean - 1.96 * sd, mean + 1.96 * sd,
             faint(colours.BASELINE, 0.3)),
        {"type": "scatter", "mode": "lines", "name": "random pairs", "x": x,
         "y": mean.astype(np.float32),
         "line": {"color": colours.BASELINE, "width": 1.4, "dash": "dash"},
         "hovertemplate": "k %{x} · random %{y:.3g}<extra></extra>"},
    ]  # fmt: skip
    layout: Layout = {
        "margin": {"l": 50, "r": 12, "t": 26, "b": 36},
        "xaxis": axis("dimension k", range=[0.5, len(x) + 0.5], zeroline=False, showgrid=False,
                      tickvals=[v for v in (1, 5, 10, 15, 20) if v <= len(x)]),
        "yaxis": axis(label, range=[0, top], zeroline=False),
        "legend": LINE_LEGEND,
        "hovermode": "closest",
        "shapes": [{"type": "line", "x0": k, "x1": k, "yref": "paper", "y0": 0, "y1": 1,
                    "line": {"color": ink, "width": 1, "dash": "dot"}}],
    }  # fmt: skip
    levels = [_sides(sides[t], mean, names, t) for t in LEVEL_ORDER]
    return Levels(layout, shared=shared, levels=levels)


def _sides(
    values: Float[np.ndarray, "F K"], mean: np.ndarray, names: Sequence[str], t: int
) -> list[Trace]:
    x = np.arange(1, values.shape[1] + 1)
    marks = (("circle", colours.FIRST), ("diamond", colours.SECOND))
    return [
        {"type": "scatter", "mode": "lines+markers", "name": name, "x": x,
         "y": values[f].astype(np.float32), "line": {"color": colour, "width": 1.8},
         "marker": {"size": 6, "symbol": symbol},
         "customdata": [[int(k), float(r)] for k, r in zip(x, np.round(mean, 3), strict=True)],
         "hovertemplate": f"t {t} · k %{{x}} · {name} %{{y:.3g}} · random %{{customdata[1]:.3g}}"
                          "<br>click: choose k<extra></extra>"}
        for f, (name, (symbol, colour)) in enumerate(zip(names, marks, strict=True))
    ]  # fmt: skip
