"""The numbers that describe a spectrum, at the four places."""

import math
from collections.abc import Mapping

import numpy as np
import xarray as xr

from app.shared.drawing import colours
from app.shared.drawing.eigenvalues import VARIANCE_LEVELS
from app.shared.drawing.levels import LEVEL_ORDER, Column, Row, TablePanel
from ired_interp_core.schema import Variable

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
) -> TablePanel:
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
        rows.append(Row(declared.label.replace("_t", "ₜ"), f"{declared.help} [{unit}]", cells))
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
