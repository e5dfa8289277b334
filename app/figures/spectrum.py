"""The spectrum panel, and the table of numbers that describe a spectrum at the four places."""

import math
from collections.abc import Mapping

import numpy as np
import xarray as xr

from app.figures import colours
from app.figures.panel import (
    LEVEL_ORDER,
    SMALL,
    TOP_LEGEND,
    Column,
    Layout,
    Panel,
    Row,
    Table,
    Trace,
    axis,
)
from app.figures.spectra import VARIANCE_LEVELS, Spectrum, histogram
from ired_interp_core.schema import Variable

CITATION = (
    "Line 1/σ_t by Tweedie's formula: Efron, JASA 2011; to second order, as used here: Meng, Song,"
    " Li, Ermon, NeurIPS 2021 (arXiv 2111.04726)."
)
FEW = 40
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
    count = s.values.shape[1]
    lines = []
    for i, level in enumerate(LEVEL_ORDER):
        if s.axis == "variance" and level > VARIANCE_LEVELS:
            lines.append(f"not read at t > {VARIANCE_LEVELS}: σ²/ᾱ is too large, v would be noise")
            continue
        if s.missing[i]:
            lines.append(f"{s.missing[i]} of {count} eigenvalues are not finite")
            continue
        symbol = "ᾱ/σ" if s.frame == "data" and s.axis == "eigenvalue" else "1/σ"
        above = f"{s.above[i]} of {count} above {symbol} = {s.inverse_sigma[i]:.3g}"
        if s.above[i]:
            above += " (impossible for an ideal denoiser)"
        lines.append(f"{above} · {s.below[i]} below 0")
    return lines


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


def panel(s: Spectrum) -> Panel:
    """Draw all eigenvalues, sorted, with their histogram beside them.

    Args:
        s: the spectrum.

    Returns:
        The panel "spectrum".
    """
    rank = np.arange(1, s.values.shape[1] + 1, dtype=np.float32)
    frame = "data frame, ᾱλ" if s.frame == "data" else "level frame"
    unit = "E/y²" if s.frame == "data" else "E/ỹ²"
    label = f"λ ({frame}) [{unit}]" if s.axis == "eigenvalue" else "v [y²]"
    if s.axis == "variance" and s.place != "noised_truth":
        label += " · extrapolated"
    levels = [_traces(s, i, rank) for i in range(len(LEVEL_ORDER))]
    layout: Layout = {
        "margin": {"l": 44, "r": 6, "t": 22, "b": 30},
        "xaxis": axis("rank, λ ascending", domain=[0, 0.74]),
        "xaxis2": axis("count", domain=[0.76, 1], nticks=3, rangemode="tozero"),
        "yaxis": axis(label, zeroline=False),
        "legend": {**TOP_LEGEND, "itemsizing": "trace"},
        "uirevision": f"spectrum {s.axis} {s.frame}",
        "hovermode": "closest",
    }
    layouts = [_lines(s, i) for i in range(len(LEVEL_ORDER))]
    return Panel(
        "spectrum", "Spectrum", reading(s), layout, levels=levels, layouts=layouts, notes=notes(s)
    )


def reading(s: Spectrum) -> str:
    """How to read the spectrum.

    Args:
        s: the spectrum.

    Returns:
        Two sentences.
    """
    place = colours.PLACE_NAMES.get(s.place, s.place)
    if s.axis == "variance":
        trust = (
            "calibrated at this place"
            if s.place == "noised_truth"
            else f"extrapolated at the {place}: only the noised truth carries the training noise"
        )
        return (
            "v = (σ²/ᾱ)(1 − σλ): posterior variance of the answer along an eigenvector; v < 0 is"
            f" impossible for an ideal denoiser. Reading {trust}."
        )
    return (
        f"Exact Hessian at the {place}. An ideal denoiser certain of its answer has every λ at 1/σ;"
        " below it a direction is left uncertain, above it impossible, λ < 0 means several modes."
    )


def _traces(s: Spectrum, i: int, rank: np.ndarray) -> list[Trace]:
    traces: list[Trace] = []
    low, high = _span(s, i)
    for code, name, colour in GROUPS:
        mine = s.kind[i] == code
        own = s.values[i][mine]
        traces.append(
            {
                "type": "scatter",
                # A few are points; many are one line, which the browser draws twice as fast.
                "mode": "markers" if len(own) <= FEW else "lines",
                "x": rank[mine],
                "y": own,
                "name": f"{name}: {len(own)}",
                "marker": {"color": colour, "size": 5},
                "line": {"color": colour, "width": 3.5},
                "hovertemplate": "rank %{x}<br>%{y:.5g}<extra>" + name + "</extra>",
                "cliponaxis": False,
            }
        )
        if not len(own):
            continue
        centres, counts = histogram(own, low, high)
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "y": centres.astype(np.float32),
                "x": counts.astype(np.int32),
                "xaxis": "x2",
                "fill": "tozerox",
                "line": {"color": colour, "width": 1, "shape": "vhv"},
                "showlegend": False,
                "hovertemplate": "%{x} near %{y:.4g}<extra>" + name + "</extra>",
            }
        )
    return traces


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
                "yanchor": "bottom",
                "text": text,
                "showarrow": False,
                "font": {"color": colour, "size": SMALL},
            }
        )
    return {
        "shapes": shapes,
        "annotations": annotations,
        "yaxis": {"range": [low, high]},
    }


ROWS = (
    "energy",
    "gradient_norm",
    "trace",
    "largest_eigenvalue",
    "smallest_eigenvalue",
    "above_inverse_sigma",
    "index",
    "condition",
    "participation_ratio",
    "entropy_rank",
    "relative_gap",
    "hessian_norm",
    "gauss_newton_norm",
    "residual_norm",
    "gauss_newton_residual_cosine",
    "implied_variance",
)
POWERS = {
    "gradient_norm": 1,
    "trace": 2,
    "largest_eigenvalue": 2,
    "smallest_eigenvalue": 2,
    "hessian_norm": 2,
    "gauss_newton_norm": 2,
    "residual_norm": 2,
}
"""How often √ᾱ multiplies a number that goes to the data frame."""


def number(value: float) -> str:
    """A number for a narrow column: four significant digits, two where a power of ten is needed.

    Args:
        value: any float.

    Returns:
        Short text; a dash where there is no number.
    """
    if not math.isfinite(value):
        return "–"
    if value == int(value) and abs(value) < 1e5:
        return str(int(value)).replace("-", "−")
    text = f"{value:.4g}" if 1e-3 <= abs(value) < 1e5 else f"{value:.1e}"
    return text.replace("e-0", "e-").replace("e+0", "e").replace("-", "−")


def table(
    spectra: xr.Dataset,
    variables: Mapping[str, Variable],
    place: str,
    frame: str,
    alpha_bar: np.ndarray,
) -> Table:
    """The scalars of the spectrum at every place, for every level.

    Args:
        spectra: hessian_spectrum of one problem (no problem dim).
        variables: their declarations, for labels and help.
        place: the chosen place, marked.
        frame: "level" or "data".
        alpha_bar: ᾱ_t, index t.

    Returns:
        The table "numbers".
    """
    places = [str(p) for p in spectra["place"].values]
    rows = []
    for name in ROWS:
        if name not in spectra:
            continue
        values = spectra[name].sel(level=list(LEVEL_ORDER)).transpose("place", "level").values
        power = POWERS.get(name, 0)
        factor = alpha_bar[list(LEVEL_ORDER)] ** (power / 2) if frame == "data" else 1.0
        declared = variables[name]
        unit = declared.unit.replace("ỹ", "y") if frame == "data" and power else declared.unit
        cells = [[number(float(v)) for v in row] for row in values * factor]
        if name == "implied_variance":  # noise where σ²/ᾱ is large
            cells = [
                [c if t <= VARIANCE_LEVELS else "–" for c, t in zip(row, LEVEL_ORDER, strict=True)]
                for row in cells
            ]
        rows.append(Row(declared.label, f"{declared.help} [{unit}]", cells))
    columns = [
        Column(""),
        *(Column(SHORT.get(p, p), colours.PLACE_NAMES.get(p, p), p == place) for p in places),
    ]
    reading = (
        f"{'Data' if frame == 'data' else 'Level'} frame; the chosen place is marked. Hover a name"
        " for its meaning. Implied variance: calibrated under “noised” only, t ≤ 7."
    )
    return Table("numbers", "Curvature in numbers", reading, columns, rows)


SHORT = {
    "noised_truth": "noised",
    "truth": "truth",
    "answer": "answer",
    "minimum": "minim.",
}
