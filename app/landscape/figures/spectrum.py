"""All eigenvalues of a Hessian, sorted, beside what an ideal denoiser may have."""

import numpy as np

from app.shared.drawing import colours
from app.shared.drawing.eigenvalues import (
    VARIANCE_LEVELS,
    Spectrum,
    apart,
    histogram,
    shortened,
    with_gaps,
)
from app.shared.drawing.levels import LEVEL_ORDER, SMALL, TOP_LEGEND, Layout, Levels, Trace, axis

FEW = 60
"""So many eigenvalues, e.g. of small matrices, are all drawn as points."""
LABEL = 0.07
"""Two lines nearer than this share of the axis have their words on either side."""
APART = 0.02
"""Neighbours farther apart than this share of the axis are not joined by a line."""
MANY_FLAT = 0.25
"""From this share on, eigenvalues that are exactly 0 are drawn short: they would be the axis."""
FLAT_WIDTH = 0.06
"""What is left of them, as a share of the others."""
GROUPS = (
    (-1, "λ < 0", colours.NEGATIVE),
    (0, "0 ≤ λ ≤ 1/σ", colours.BULK),
    (1, "λ > 1/σ", colours.IDEAL),
)


def notes(s: Spectrum) -> list[str]:
    """The counts in words, per level.

    Args:
        s: the spectrum.

    Returns:
        Texts in LEVEL_ORDER.
    """
    return [_counted(s, i) for i in range(len(LEVEL_ORDER))]


def _counted(s: Spectrum, i: int) -> str:
    count = s.values.shape[1]
    if s.axis == "variance" and LEVEL_ORDER[i] > VARIANCE_LEVELS:
        return f"not read at t > {VARIANCE_LEVELS}: σ²/ᾱ is too large, v would be noise"
    if s.missing[i]:
        return f"{s.missing[i]} of {count} eigenvalues are not finite"
    symbol = "ᾱ/σ" if s.frame == "data" and s.axis == "eigenvalue" else "1/σ"
    above = f"{s.above[i]} of {count} above {symbol} = {s.inverse_sigma[i]:.3g}"
    if s.above[i]:
        above += " (impossible for an ideal denoiser)"
    flat = _flat(s, i)[1]
    return f"{above} · {s.below[i]} below 0" + (f" · {flat} exactly 0" if flat else "")


def _flat(s: Spectrum, i: int) -> tuple[int, int]:
    """The run of eigenvalues that are exactly 0, where it is worth drawing short.

    Returns:
        Ranks before it and its length, 0 where all ranks are drawn alike.
    """
    first, many = (int(v) for v in s.flat[i])
    count = s.values.shape[1]
    return (first, many) if count > FEW and many >= MANY_FLAT * count else (0, 0)


def _positions(s: Spectrum, i: int, rank: np.ndarray) -> np.ndarray:
    first, many = _flat(s, i)
    return shortened(rank, first, many, FLAT_WIDTH * (s.values.shape[1] - many))


def _span(s: Spectrum, i: int) -> tuple[float, float]:
    """Range of the axis: all eigenvalues and the line 1/σ; λ = 0 only if they come near it.

    Returns:
        Low and high end, low < high.
    """
    shown = np.append(s.values[i].astype(np.float64), s.line[i])
    shown = shown[np.isfinite(shown)]
    if not shown.size:
        return 0.0, 1.0
    low, high = float(shown.min()), float(shown.max())
    zero = float(s.zero[i])
    if np.isfinite(zero) and min(abs(zero - low), abs(zero - high)) < 0.5 * (high - low):
        low, high = min(low, zero), max(high, zero)
    room = 0.04 * (high - low) or 0.5
    return low - room, high + room


def figure(s: Spectrum) -> Levels:
    """Draw all eigenvalues, sorted, with their histogram beside them.

    Args:
        s: the spectrum.

    Returns:
        The spectrum at all levels.
    """
    n = s.values.shape[1]
    rank = np.arange(1, n + 1, dtype=np.float32)
    frame = "data frame, ᾱλ" if s.frame == "data" else "level frame"
    unit = "E/y²" if s.frame == "data" else "E/ỹ²"
    label = f"λ ({frame}) [{unit}]" if s.axis == "eigenvalue" else "v [y²]"
    if s.axis == "variance" and s.place != "noised_truth":
        label += " · extrapolated"
    levels = [_traces(s, i, rank) for i in range(len(LEVEL_ORDER))]
    layout: Layout = {
        "margin": {"l": 54, "r": 8, "t": 22, "b": 36},
        "xaxis": axis("rank, λ ascending", domain=[0, 0.73]),
        "xaxis2": axis("count", domain=[0.77, 1], nticks=3, rangemode="tozero"),
        "yaxis": axis(label, zeroline=False),
        "legend": {**TOP_LEGEND, "itemsizing": "trace"},
        "uirevision": f"spectrum {s.axis} {s.frame}",
        "hovermode": "closest",
    }
    layouts = [_lines(s, i) for i in range(len(LEVEL_ORDER))]
    return Levels(layout, levels=levels, layouts=layouts)


def caption(s: Spectrum) -> str:
    """How to read the spectrum."""
    if s.axis == "variance":
        trust = (
            "Calibrated at this place."
            if s.place == "noised_truth"
            else "Extrapolated: calibrated at the noised truth only."
        )
        return (
            "v = (σ²/ᾱ)(1 − σλ), posterior variance along an eigenvector; v < 0: impossible for"
            f" an ideal denoiser. {trust}"
        )
    place = colours.PLACE_NAMES.get(s.place, s.place)
    return (
        f"Exact Hessian at the {place}. Ideal denoiser: λ = 1/σ where certain, less elsewhere;"
        " above 1/σ impossible; below 0 several modes."
    )


def _traces(s: Spectrum, i: int, rank: np.ndarray) -> list[Trace]:
    traces: list[Trace] = []
    low, high = _span(s, i)
    first, many = _flat(s, i)
    zero = (rank > first) & (rank <= first + many)
    ends = zero & ((rank == first + 1) | (rank == first + many))
    at = _positions(s, i, rank).astype(np.float32)
    for code, name, colour in GROUPS:
        mine = s.kind[i] == code
        count, counted = int(mine.sum()), s.values[i][mine & ~zero]
        mine &= ~zero | ends  # of values that are all the same, the two ends say everything
        x, y = at[mine], s.values[i][mine]
        if not np.isfinite(y).any():
            continue
        lone = apart(y, APART * (high - low)) if len(rank) > FEW else np.ones(len(y), dtype=bool)
        word = f"{name}: {count}"
        ranked = "%{customdata}" if many else "%{x}"
        common: Trace = {
            "type": "scatter",
            "name": word,
            "legendgroup": name,
            "hovertemplate": f"rank {ranked}<br>%{{y:.5g}}<extra>{name}</extra>",
            "cliponaxis": False,
        }
        # Neighbours are one line, which the browser draws twice as fast; lone ones are points.
        line_x, line_y = with_gaps(x[~lone], y[~lone], APART * (high - low))
        line_rank, _ = with_gaps(rank[mine][~lone], y[~lone], APART * (high - low))
        traces.append(
            common
            | {"mode": "lines", "x": line_x, "y": line_y, "showlegend": not lone.all()}
            | {"line": {"color": colour, "width": 3.5}}
            | ({"customdata": line_rank} if many else {})
        )
        traces.append(
            common
            | {"mode": "markers", "x": x[lone], "y": y[lone], "showlegend": bool(lone.all())}
            | {"marker": {"color": colour, "size": 5}}
            | ({"customdata": rank[mine][lone]} if many else {})
        )
        centres, counts = histogram(counted, low, high)
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "y": centres.astype(np.float32),
                "x": counts.astype(np.int32),
                "xaxis": "x2",
                "fill": "tozerox",
                "fillcolor": colour,
                "line": {"color": colour, "width": 0, "shape": "vhv"},
                "showlegend": False,
                "hovertemplate": "%{x} near %{y:.4g}<extra>" + name + "</extra>",
            }
        )
    # Without any trace the browser would leave the axes out too.
    return traces or [{"type": "scatter", "x": [None], "y": [None], "showlegend": False}]


def _lines(s: Spectrum, i: int) -> Layout:
    """The line of certainty and the line of flatness, and the range that shows both.

    Returns:
        What the level changes in the layout.
    """
    shapes, annotations = [], []
    words = {
        "eigenvalue": ("ᾱ/σ" if s.frame == "data" else "1/σ", "0"),
        "variance": ("v = 0 (λ = 1/σ)", "v = σ²/ᾱ (λ = 0)"),
    }[s.axis]
    low, high = _span(s, i)
    close = abs(float(s.line[i]) - float(s.zero[i])) < LABEL * (high - low)
    under = min(float(s.line[i]), float(s.zero[i])) if close else None
    for at, text, colour in (
        (s.line[i], f"{words[0]}", colours.IDEAL),
        (s.zero[i], words[1], colours.NEGATIVE),
    ):
        if not np.isfinite(at) or not low <= at <= high:
            continue
        shapes.append(
            {
                "type": "line",
                "xref": "paper",
                "x0": 0,
                "x1": 1,
                "y0": float(at),
                "y1": float(at),
                "line": {"color": colour, "width": 1.5, "dash": "dash"},
            }
        )
        annotations.append(
            {
                "xref": "paper",
                "x": 0.005,
                "xanchor": "left",
                "y": float(at),
                "yanchor": "top" if at == under else "bottom",
                "text": text,
                "showarrow": False,
                "font": {"color": colour, "size": SMALL},
            }
        )
    if not np.isfinite(s.values[i]).any():
        centre = {"xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5, "showarrow": False}
        annotations.append({**centre, "text": _counted(s, i)})
    counted = "count without zeros" if _flat(s, i)[1] else "count"
    return {
        "shapes": shapes,
        "annotations": annotations,
        "xaxis": _ranks(s, i),
        "xaxis2": {"title": {"text": counted}},
        "yaxis": {"range": [low, high]},
    }


def _ranks(s: Spectrum, i: int) -> Layout:
    """Range and ticks of the axis of ranks; where a run is drawn short, ticks say the true ranks.

    Returns:
        What the level changes in the axis.
    """
    n = s.values.shape[1]
    first, many = _flat(s, i)
    end = float(_positions(s, i, np.array([n], dtype=float))[0])
    room = [-0.02 * end, 1.02 * end]
    if not many:
        return {"range": room, "tickmode": "auto"}
    step = 10 ** int(np.log10(max(n - many, 10) / 2))
    ranks = {first + 1, first + many, n}
    ranks |= set(range(step, first + 1, step)) | {
        n - back for back in range(0, n - first - many, step)
    }
    kept: list[int] = []
    at = {r: float(_positions(s, i, np.array([r], dtype=float))[0]) for r in ranks}
    # The ends of the run come first; others only where there is room for their text.
    for r in sorted(ranks, key=lambda r: (r not in (first + many, n), r)):
        if all(abs(at[r] - at[k]) > 0.11 * end for k in kept):
            kept.append(r)
    kept.sort()
    return {
        "range": room,
        "title": {"text": f"rank, λ ascending · {many:,} exact zeros drawn short"},
        "tickmode": "array",
        "tickvals": [at[r] for r in kept],
        "ticktext": [f"{r:,}" for r in kept],
    }
