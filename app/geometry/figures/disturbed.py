"""How far the answer moves when some entries are disturbed; a histogram of completeness gaps."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from app.geometry.figures.by_level import area
from app.geometry.over import Middle
from app.shared.drawing import colours
from app.shared.drawing.by_level import faint
from app.shared.drawing.levels import LINE_LEGEND, Layout, Levels, Trace, axis
from app.shared.drawing.ticks import log_axis, spelled
from ired_interp_core.spelling import counted, number

STYLES = (
    ("most attribution", "solid", "circle", colours.FIRST),
    ("largest", "dash", "diamond", colours.SECOND),
    ("random", "dot", "circle-open", colours.BASELINE),
)
"""How the entries were chosen → dash, mark and colour, in the order of `CHOSEN`."""
LEAST_GAP = 1e-14
"""Of the histogram, in per cent: smaller ones are rounding, and stand in the first bar."""


def figure(moved: Sequence[Middle], counts: Sequence[int]) -> Levels:
    """Draw ‖Δŷ‖ against the number of disturbed entries, both logarithmic.

    Args:
        moved: over problems by number of entries, in the order of `STYLES`.
        counts: of disturbed entries.

    Returns:
        The figure; its marks tell the place of their line.
    """
    x = np.array(counts, float)
    traces: list[Trace] = []
    for place, (m, (name, dash, symbol, colour)) in enumerate(zip(moved, STYLES, strict=True)):
        value, low, high = (np.where(v > 0, v, np.nan) for v in (m.value, m.lower, m.upper))
        told = [
            f"{counted(n, 'entry', 'entries')}: "
            + ", ".join(f"{label} {number(one.value[k])}"
                        for one, (label, *_) in zip(moved, STYLES, strict=True))
            for k, n in enumerate(counts)
        ]  # fmt: skip
        traces.append(area(x, low, high, faint(colour, 0.2)))
        traces.append({
            "type": "scatter", "mode": "lines+markers", "name": name, "x": x, "y": value,
            "line": {"color": colour, "width": 1.8, "dash": dash},
            "marker": {"symbol": symbol, "size": 7}, "customdata": [[place]] * len(x),
            "hovertext": told,
            "hovertemplate": "%{hovertext}<br>click: problems<extra></extra>",
        })  # fmt: skip
    values = np.concatenate([v for m in moved for v in (m.value, m.lower, m.upper)])
    layout: Layout = {
        "margin": {"l": 62, "r": 14, "t": 26, "b": 36},
        "xaxis": axis("disturbed entries of x", type="log", tickvals=list(x),
                      ticktext=[str(n) for n in counts], zeroline=False, showgrid=False),
        "yaxis": axis("‖Δŷ‖ [y]", zeroline=False, **log_axis(values, most=6)),
        "legend": LINE_LEGEND,
        "hovermode": "closest",
    }  # fmt: skip
    return Levels(layout, shared=traces)


def gaps(
    values: Float[np.ndarray, "N"], true: Float[np.ndarray, "N"] | None, most: float, label: str,
    ink: str,
) -> Levels:  # fmt: skip
    """Draw a histogram of completeness gaps over decades.

    Args:
        values: gaps, as shares.
        true: gaps to the true change, behind them; None for none.
        most: beyond which an attribution is not shown, as a share: a line.
        label: of the axis.
        ink: of the line.

    Returns:
        The figure.
    """
    every = np.concatenate([values, values if true is None else true])
    every = every[np.isfinite(every)]
    top = max(float(np.max(100 * every, initial=0.0)), 100 * most)
    first, last = round(np.log10(LEAST_GAP)), int(np.ceil(np.log10(top * 1.01)))
    edges = np.arange(first, last + 1)
    series = [("frozen decisions" if true is not None else "problems", values, colours.FIRST, 0.6)]
    if true is not None:
        series.insert(0, ("two real walks", true, colours.BASELINE, 0.95))
    bars: list[Trace] = []
    most_bar = 1
    for name, shares, colour, width in series:
        there = 100 * shares[np.isfinite(shares)]
        count = np.histogram(np.log10(np.clip(there, LEAST_GAP * 1.0001, None)), edges)[0]
        most_bar = max(most_bar, int(count.max(initial=0)))
        told = [
            f"{name}, {number(10.0**a)} … {number(10.0**b)} %: {counted(int(n), 'problem')}"
            for (a, b), n in zip(pairwise(edges), count, strict=True)
        ]
        bars.append({
            "type": "bar", "name": name, "x": (edges[1:] + edges[:-1]) / 2, "y": count,
            "width": width, "marker": {"color": colour}, "hovertext": told,
            "customdata": [[k] for k in range(len(count))],
            "hovertemplate": "%{hovertext}<br>click: problems<extra></extra>",
        })  # fmt: skip
    shown = [v for v in edges if v % 4 == 2]
    layout: Layout = {
        "margin": {"l": 44, "r": 12, "t": 26, "b": 36},
        "xaxis": axis(label, range=[first - 0.3, last + 0.3], tickvals=shown,
                      ticktext=[spelled(10.0**v) for v in shown], zeroline=False, showgrid=False),
        "yaxis": axis("problems", range=[0, 1.15 * most_bar], zeroline=False, nticks=5),
        "barmode": "overlay", "legend": LINE_LEGEND, "showlegend": true is not None,
        "hovermode": "closest",
        "shapes": [{"type": "line", "x0": np.log10(100 * most), "x1": np.log10(100 * most),
                    "yref": "paper", "y0": 0, "y1": 1,
                    "line": {"color": ink, "width": 1.2, "dash": "dash"}}],
    }  # fmt: skip
    return Levels(layout, shared=bars)
