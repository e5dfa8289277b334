"""All eigenvalues of a Hessian, sorted, beside what an ideal denoiser may have."""

import numpy as np

from app.landscape.figures import ranks
from app.shared.drawing import colours
from app.shared.drawing.centred import centred
from app.shared.drawing.eigenvalues import (
    VARIANCE_LEVELS,
    Spectrum,
    apart,
    histogram,
    with_gaps,
)
from app.shared.drawing.levels import LEVEL_ORDER, SMALL, TOP_LEGEND, Layout, Levels, Trace, axis
from ired_interp_core.spelling import counted, number

LABEL = 0.07
"""Two lines nearer than this share of the axis have their words on either side."""
APART = 0.02
"""Neighbours farther apart than this share of the axis are not joined by a line."""
GROUPS = (
    (-1, "λ < 0", colours.NEGATIVE),
    (0, "0 ≤ λ ≤ 1/σ", colours.BULK),
    (1, "λ > 1/σ", colours.IDEAL),
)


BREAK = 30
"""Median gaps: from so wide on a gap is called a break. Of 360 independent gaps the widest measures
9 ± 2; of the bundled models, inverse has 50 to 250 at its answers, completion up to 20."""


def notes(spectrum: Spectrum, pinned: np.ndarray | None = None) -> list[str]:
    """The counts in words, per level; how far the pinned values are."""
    lines = [_counted(spectrum, i) for i in range(len(LEVEL_ORDER))]
    if pinned is None:
        return lines
    first = [" · ".join(line.split(" · ")[:2]) for line in lines]
    return [f"{_farthest(spectrum, pinned, i)} · {line}" for i, line in enumerate(first)]


def _farthest(spectrum: Spectrum, pinned: np.ndarray, i: int) -> str:
    """The largest difference from a pinned spectrum, rank by rank."""
    away = np.abs(spectrum.values[i].astype(np.float64) - pinned[i])
    if not np.isfinite(away).any():
        return "pinned: no number"
    rank = int(np.nanargmax(away))
    symbol = "v" if spectrum.axis == "variance" else "λ"
    return f"pinned: |Δ{symbol}| ≤ {number(away[rank])}, at rank {rank + 1}"


def _counted(spectrum: Spectrum, i: int) -> str:
    count = spectrum.values.shape[1]
    if spectrum.axis == "variance" and LEVEL_ORDER[i] > VARIANCE_LEVELS:
        return (
            f"not shown at t > {VARIANCE_LEVELS}: σ²/ᾱ is so large that v would be rounding noise"
        )
    if spectrum.draft and spectrum.missing[i] == count:
        return "not here yet"
    if spectrum.missing[i]:
        return f"{spectrum.missing[i]} of {counted(count, 'eigenvalue')} are not finite"
    symbol = "ᾱ/σ" if spectrum.frame == "data" and spectrum.axis == "eigenvalue" else "1/σ"
    above = f"{spectrum.above[i]} of {count} above {symbol} = {number(spectrum.inverse_sigma[i])}"
    if spectrum.above[i]:
        above += " (impossible for an ideal denoiser)"
    if spectrum.axis == "variance":
        mean, error = spectrum.check[i]
        ratio = number(mean / error, ".2g")
        return f"{above} · at the noised truth mean v is {ratio} × the denoising error"
    flat = ranks.flat(spectrum, i)[1]
    parts = [above, f"{spectrum.below[i]} below 0"] + ([f"{flat} exactly 0"] if flat else [])
    return " · ".join(parts + _breaks(spectrum, i))


def _breaks(spectrum: Spectrum, i: int) -> list[str]:
    """Where the spectrum breaks, and whether its stiffest direction is the identity."""
    below, ratio = spectrum.broken[i]
    parts = []
    if ratio >= BREAK:
        parts.append(f"breaks after {below:.0f} (gap: {ratio:.0f} median gaps)")
    if spectrum.identity[i] > 0.5:
        parts.append(f"stiffest: the identity (≥ {100 * spectrum.identity[i]:.0f} %)")
    return parts


def _span(spectrum: Spectrum, i: int, pinned: np.ndarray | None = None) -> tuple[float, float]:
    """Range of the axis: all eigenvalues and the line 1/σ; λ = 0 only if they come near it."""
    shown = np.append(spectrum.values[i].astype(np.float64), spectrum.line[i])
    if pinned is not None:
        shown = np.append(shown, pinned[i])
    shown = shown[np.isfinite(shown)]
    if not shown.size:
        return 0.0, 1.0
    low, high = float(shown.min()), float(shown.max())
    zero = float(spectrum.zero[i])
    if np.isfinite(zero) and min(abs(zero - low), abs(zero - high)) < 0.5 * (high - low):
        low, high = min(low, zero), max(high, zero)
    room = 0.04 * (high - low) or 0.5
    return low - room, high + room


def figure(spectrum: Spectrum, pinned: np.ndarray | None = None) -> Levels:
    """Draw all eigenvalues, sorted, with their histogram beside them; pinned ones dashed."""
    n = spectrum.values.shape[1]
    rank = np.arange(1, n + 1, dtype=np.float32)
    frame = "data frame, ᾱλ" if spectrum.frame == "data" else "level frame"
    unit = "E/y²" if spectrum.frame == "data" else "E/ỹ²"
    label = f"λ ({frame}) [{unit}]" if spectrum.axis == "eigenvalue" else "v [y²]"
    if spectrum.axis == "variance" and spectrum.place != "noised_truth":
        label += " · extrapolated"
    levels = [_traces(spectrum, i, rank, pinned) for i in range(len(LEVEL_ORDER))]
    layout: Layout = {
        "margin": {"l": 54, "r": 8, "t": 22, "b": 36},
        "xaxis": axis("rank, λ ascending", domain=[0, 0.73]),
        "xaxis2": axis("count", domain=[0.77, 1], nticks=3, rangemode="tozero"),
        "yaxis": axis(label, zeroline=False),
        "legend": {**TOP_LEGEND, "itemsizing": "trace"},
        "uirevision": f"spectrum {spectrum.axis} {spectrum.frame}",
        "hovermode": "closest",
    }
    layouts = [_lines(spectrum, i, pinned) for i in range(len(LEVEL_ORDER))]
    return Levels(layout, levels=levels, layouts=layouts)


def caption(spectrum: Spectrum, partly: bool = False) -> str:
    """How to read the spectrum; `partly`: only some entries are certain, as on completion."""
    if spectrum.axis == "variance":
        trust = (
            ""
            if spectrum.place == "noised_truth"
            else " Extrapolated, since this place has no noise."
        )
        return (
            "v = (σ²/ᾱ)(1 − σλ), an ideal denoiser's posterior variance along an eigenvector;"
            f" v < 0 is impossible.{trust}"
        )
    place = colours.PLACE_NAMES.get(spectrum.place, spectrum.place)
    certain = "at observed entries and less at others" if partly else "where certain, else less"
    return (
        f"Eigenvalues of the exact Hessian at the {place}. An ideal denoiser has λ = 1/σ {certain};"
        " none is above 1/σ."
    )


def _dashed(values: np.ndarray, at: np.ndarray, rank: np.ndarray) -> Trace:
    """The pinned eigenvalues of a level, at the positions of the same ranks."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": at,
        "y": values,
        "customdata": rank,
        "name": "pinned",
        "line": {"color": colours.BASELINE, "width": 1.5, "dash": "dash"},
        "hovertemplate": "rank %{customdata}<br>%{y:.5g}<extra>pinned</extra>",
        "cliponaxis": False,
    }


def _traces(spectrum: Spectrum, i: int, rank: np.ndarray, pinned: np.ndarray | None) -> list[Trace]:
    traces: list[Trace] = []
    low, high = _span(spectrum, i, pinned)
    first, many = ranks.flat(spectrum, i)
    zero = (rank > first) & (rank <= first + many)
    ends = zero & ((rank == first + 1) | (rank == first + many))
    at = ranks.positions(spectrum, i, rank).astype(np.float32)
    for code, name, colour in GROUPS:
        mine = spectrum.kind[i] == code
        count, counted = int(mine.sum()), spectrum.values[i][mine & ~zero]
        mine &= ~zero | ends  # of values that are all the same, the two ends say everything
        x, y = at[mine], spectrum.values[i][mine]
        if not np.isfinite(y).any():
            continue
        lone = (
            apart(y, APART * (high - low)) if len(rank) > ranks.FEW else np.ones(len(y), dtype=bool)
        )
        word = f"{name}: {count}"
        common: Trace = {
            "type": "scatter",
            "name": word,
            "legendgroup": name,
            "hovertemplate": f"rank %{{customdata}}<br>%{{y:.5g}}<extra>{name}</extra>",
            "cliponaxis": False,
        }
        # Neighbours are one line, which the browser draws twice as fast; lone ones are points.
        line_x, line_y = with_gaps(x[~lone], y[~lone], APART * (high - low))
        line_rank, _ = with_gaps(rank[mine][~lone], y[~lone], APART * (high - low))
        traces.append(
            common
            | {"mode": "lines", "x": line_x, "y": line_y, "showlegend": not lone.all()}
            | {"line": {"color": colour, "width": 3.5}, "customdata": line_rank}
        )
        traces.append(
            common
            | {"mode": "markers", "x": x[lone], "y": y[lone], "showlegend": bool(lone.all())}
            | {"marker": {"color": colour, "size": 5}, "customdata": rank[mine][lone]}
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
    if pinned is not None and np.isfinite(pinned[i]).any():
        traces.append(_dashed(pinned[i], at, rank))
    # Without any trace the browser would leave the axes out too.
    return traces or [{"type": "scatter", "x": [None], "y": [None], "showlegend": False}]


def _lines(spectrum: Spectrum, i: int, pinned: np.ndarray | None) -> Layout:
    """What a level changes: lines of certainty and of flatness, and the range that shows both."""
    shapes, annotations = [], []
    words = {
        "eigenvalue": ("ᾱ/σ" if spectrum.frame == "data" else "1/σ", "0"),
        "variance": ("v = 0 (λ = 1/σ)", "v = σ²/ᾱ (λ = 0)"),
    }[spectrum.axis]
    low, high = _span(spectrum, i, pinned)
    close = abs(float(spectrum.line[i]) - float(spectrum.zero[i])) < LABEL * (high - low)
    under = min(float(spectrum.line[i]), float(spectrum.zero[i])) if close else None
    for at, text, colour in (
        (spectrum.line[i], words[0], colours.IDEAL),
        (spectrum.zero[i], words[1], colours.NEGATIVE),
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
    if not np.isfinite(spectrum.values[i]).any():
        annotations.append(centred(_counted(spectrum, i)))
    counted = "count without zeros" if ranks.flat(spectrum, i)[1] else "count"
    return {
        "shapes": shapes,
        "annotations": annotations,
        "xaxis": ranks.axis(spectrum, i),
        "xaxis2": {"title": {"text": counted}},
        "yaxis": {"range": [low, high]},
    }
