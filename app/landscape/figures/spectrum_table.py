"""The numbers that describe a spectrum, at the four places."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from app.shared.drawing import colours
from app.shared.drawing.levels import LEVEL_ORDER, Column, Row, Table
from ired_interp_core import spelling
from ired_interp_core.analyses.descent import POLISH

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
    "hessian_norm",
    "gauss_newton_norm",
    "residual_norm",
    "gauss_newton_residual_cosine",
    "implied_variance",
    "denoising_error",
)


def number(value: float) -> str:
    """A number for a narrow column: four digits, two beside a power of ten; a dash for none."""
    whole = value == np.trunc(value) and abs(value) < 1e5
    return spelling.number(value, ".0f" if whole else ".4g" if 1e-3 <= abs(value) < 1e5 else ".1e")


def table(numbers: xr.Dataset, helps: Mapping[str, str], place: str) -> Table:
    """The scalars of the spectrum at every place, for every level.

    Args:
        numbers: scalars [level, place] with `long_name` and `units`, in the frame that is shown.
        helps: name of a scalar → what it is.
        place: the chosen place, marked.

    Returns:
        The table.
    """
    places = [str(p) for p in numbers["place"].values]
    columns = [
        Column(""),
        *(
            Column(p.removesuffix("_truth"), colours.PLACE_NAMES.get(p, p), p == place)
            for p in places
        ),
    ]
    return Table(columns, _rows(numbers, helps, "place"), dense=True)


def compared(numbers: xr.Dataset, helps: Mapping[str, str]) -> Table:
    """The scalars at one place beside those of the pinned view.

    Args:
        numbers: scalars [level, view] with `long_name` and `units`.
        helps: name of a scalar → what it is.

    Returns:
        The table.
    """
    views = [str(view) for view in numbers["view"].values]
    columns = [Column(""), *(Column(view) for view in views)]
    return Table(columns, _rows(numbers, helps, "view"), dense=True)


def _rows(numbers: xr.Dataset, helps: Mapping[str, str], dim: str) -> list[Row]:
    rows = []
    for name, column in numbers.data_vars.items():
        values = column.sel(level=list(LEVEL_ORDER)).transpose(dim, "level").values
        cells = [[number(float(v)) for v in row] for row in np.asarray(values, dtype=float)]
        label = str(column.attrs["long_name"]).replace("_t", "ₜ")
        rows.append(Row(label, f"{helps[str(name)]} [{column.attrs['units']}]", cells))
    return rows


def notes(curvature: xr.Dataset, descent: xr.Dataset) -> list[str]:
    """What the polishing from the answer ended in, per level: status, λ_min, box."""
    at = curvature["smallest_eigenvalue"].sel(place="minimum")
    lines = []
    for t in LEVEL_ORDER:
        ended = descent.sel(level=t)
        inside = {1.0: "inside the box", 0.0: "outside the box"}
        parts = [
            "minimum: " + POLISH[int(ended["minimum_status"])].replace("_", " "),
            f"min λ {number(float(at.sel(level=t)))} (level frame)",
            inside.get(float(ended["minimum_in_box"]), "no number"),
        ]
        lines.append(" · ".join(parts))
    return lines


def caption(frame: str) -> str:
    """How to read the table."""
    return (
        f"{'Data' if frame == 'data' else 'Level'} frame; hover over a name for its meaning. For an"
        " ideal model the mean implied variance equals the denoising error at the noised truth."
    )


def beside_pinned(frame: str, place: str) -> str:
    """How to read the table beside a pinned view."""
    word = colours.PLACE_NAMES.get(place, place)
    return (
        f"{'Data' if frame == 'data' else 'Level'} frame, at the {word}. A difference of"
        " eigenvalues below 10⁻⁵ of the largest is rounding (float32)."
    )
