"""The numbers that describe a spectrum, at the four places."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from app.shared.drawing import colours
from app.shared.drawing.eigenvalues import VARIANCE_LEVELS
from app.shared.drawing.levels import LEVEL_ORDER, Column, Row, TablePanel

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


@dataclass(frozen=True)
class Number:
    """A scalar of the spectrum in the chosen frame.

    Args:
        name: of its variable.
        label: short name.
        help: one sentence.
        unit: in the frame.
        factor: what brings the stored numbers into the frame [level t].
    """

    name: str
    label: str
    help: str
    unit: str
    factor: np.ndarray


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


def table(spectra: xr.Dataset, numbers: Sequence[Number], place: str, frame: str) -> TablePanel:
    """The scalars of the spectrum at every place, for every level.

    Args:
        spectra: hessian_spectrum of one problem (no problem dim).
        numbers: that are told, in order; those that the answer lacks are left out.
        place: the chosen place, marked.
        frame: "level" or "data".

    Returns:
        The table "numbers".
    """
    places = [str(p) for p in spectra["place"].values]
    order = list(LEVEL_ORDER)
    rows = []
    for one in numbers:
        if one.name not in spectra:
            continue
        values = spectra[one.name].sel(level=order).transpose("place", "level").values
        cells = [[number(float(v)) for v in row] for row in values * one.factor[order]]
        if one.name == "implied_variance":  # noise where σ²/ᾱ is large
            cells = [
                [c if t <= VARIANCE_LEVELS else "–" for c, t in zip(row, LEVEL_ORDER, strict=True)]
                for row in cells
            ]
        rows.append(Row(one.label.replace("_t", "ₜ"), f"{one.help} [{one.unit}]", cells))
    columns = [
        Column(""),
        *(Column(SHORT.get(p, p), colours.PLACE_NAMES.get(p, p), p == place) for p in places),
    ]
    reading = (
        f"{'Data' if frame == 'data' else 'Level'} frame; the chosen place is marked. Hover a name"
        " for its meaning. Implied variance: calibrated under “noised” only, t ≤ 7."
    )
    return TablePanel("numbers", "Curvature in numbers", reading, columns, rows)


SHORT = {
    "noised_truth": "noised",
    "truth": "truth",
    "answer": "answer",
    "minimum": "minimum",
}
