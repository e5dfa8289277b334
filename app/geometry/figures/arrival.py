"""How much of each singular direction of the truth is present, by level; Spearman's histogram."""

from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Float

from app.geometry.figures.by_level import shade
from app.shared.drawing import colours
from app.shared.drawing.levels import LEVEL_ORDER, LINE_LEGEND, Layout, Levels, Trace, axis
from ired_interp_core.spelling import number

ASIDE = -1.5
"""Where the predictor's column stands on the axis of levels."""
EDGES = np.linspace(-1, 1, 21)


def arrival(
    present: Float[np.ndarray, "L K"], predictor: Float[np.ndarray, "K"],
    settled: Float[np.ndarray, "K"], singular: Float[np.ndarray, "K"], fill: Any, ground: str,
    ink: str,
) -> Levels:  # fmt: skip
    """Draw one row a direction, the largest on top, and the predictor's share beside it.

    Args:
        present: median share, t at index t.
        predictor: median share in the nearest predictor's answer.
        settled: level from which on a direction stays; −1 never.
        singular: median singular value of the truth.
        fill: colours of 0 … 1.
        ground: colour of the predictor's 0.
        ink: of the line.

    Returns:
        The figure; its cells tell their level.
    """
    rows = np.arange(1, present.shape[1] + 1)
    told = [
        [f"direction {i} (s {number(singular[i - 1])}) · t {t}: {number(present[t, i - 1], '.2f')}"
         f"<br>settles at {_when(settled[i - 1])}; predictor {number(predictor[i - 1], '.2f')}"
         "<br>click: problems of this level" for t in LEVEL_ORDER]
        for i in rows
    ]  # fmt: skip
    usual: Trace = {"type": "heatmap", "zmin": 0, "zmax": 1, "showscale": False, "xgap": 1,
                    "ygap": 1, "y": rows}  # fmt: skip
    cells: Trace = {
        **usual, "x": list(LEVEL_ORDER), "z": present[list(LEVEL_ORDER)].T.astype(np.float32),
        "colorscale": fill, "hovertext": told, "hovertemplate": "%{hovertext}<extra></extra>",
        "customdata": [[[int(t)] for t in LEVEL_ORDER] for _ in rows],
    }  # fmt: skip
    beside: Trace = {
        **usual, "x": [ASIDE], "z": predictor[:, None].astype(np.float32),
        "colorscale": [[0, ground], [1, colours.BASELINE]],
        "hovertemplate": "direction %{y} · predictor %{z:.2f}<extra></extra>",
    }  # fmt: skip
    line: Trace = {
        "type": "scatter", "mode": "lines", "hoverinfo": "skip", "showlegend": False,
        "x": np.repeat(settled + 0.5, 2), "y": np.stack([rows - 0.5, rows + 0.5], 1).ravel(),
        "line": {"color": ink, "width": 2},
    }  # fmt: skip
    layout: Layout = {
        "margin": {"l": 50, "r": 12, "t": 10, "b": 36},
        "xaxis": axis("level t", range=[9.5, -2.1], tickvals=[*LEVEL_ORDER, ASIDE],
                      ticktext=[*map(str, LEVEL_ORDER), "pred."], zeroline=False, showgrid=False),
        "yaxis": axis("singular direction", range=[len(rows) + 0.5, 0.5], zeroline=False,
                      showgrid=False, nticks=8),
        "hovermode": "closest",
    }  # fmt: skip
    layouts = [
        {
            "shapes": [
                {
                    **shade(t),
                    "layer": "above",
                    "fillcolor": "rgba(0,0,0,0)",
                    "line": {"width": 1.5, "color": ink},
                }
            ]
        }
        for t in LEVEL_ORDER
    ]
    return Levels(layout, shared=[cells, beside, line], layouts=layouts)


def _when(settled: float) -> str:
    return f"t = {number(settled)}" if settled >= 0 else "no level"


def order(
    values: Float[np.ndarray, "N"], shuffled: Float[np.ndarray, "N"],
    lines: dict[str, float], colour: str, ink: str,
) -> Levels:  # fmt: skip
    """Draw a histogram of Spearman(s, arrival), one value a problem.

    Args:
        values: of the problems.
        shuffled: of shuffled directions.
        lines: name → mean that stands beside them.
        colour: of the bars.
        ink: of the means' names.

    Returns:
        The figure.
    """
    middle = (EDGES[1:] + EDGES[:-1]) / 2
    counts = [np.histogram(v[np.isfinite(v)], EDGES)[0] for v in (shuffled, values)]
    bars: list[Trace] = [
        {"type": "bar", "name": name, "x": middle, "y": count, "width": width, "opacity": opacity,
         "marker": {"color": fill},
         "customdata": [[round(float(a), 1), round(float(b), 1)]
                        for a, b in pairwise(EDGES)],
         "hovertemplate": f"{name} · %{{customdata[0]}} … %{{customdata[1]}}: %{{y}} problems"
                          "<extra></extra>"}
        for name, count, width, fill, opacity in (
            ("shuffled", counts[0], 0.095, colours.BASELINE, 0.55),
            ("problems", counts[1], 0.06, colour, 1.0),
        )
    ]  # fmt: skip
    top = 1.15 * max(1, *(int(c.max(initial=0)) for c in counts))
    dashes = ("solid", "dash", "dot")
    means: list[Trace] = [
        {"type": "scatter", "mode": "lines", "name": name, "x": [value, value], "y": [0, top],
         "line": {"color": ink, "width": 1.4, "dash": dash},
         "hovertemplate": f"{name}: mean %{{x:.2f}}<extra></extra>"}
        for (name, value), dash in zip(lines.items(), dashes, strict=False) if np.isfinite(value)
    ]  # fmt: skip
    layout: Layout = {
        "margin": {"l": 44, "r": 12, "t": 42, "b": 36},
        "xaxis": axis("Spearman(s, arrival)", range=[-1.05, 1.05], dtick=0.5, zeroline=True),
        "yaxis": axis("problems", range=[0, top], zeroline=False, nticks=5),
        "barmode": "overlay", "legend": LINE_LEGEND, "hovermode": "closest",
    }  # fmt: skip
    return Levels(layout, shared=[*bars, *means])
