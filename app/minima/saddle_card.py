"""The saddle of a path: where it lies, how it is curved, how high it is from both sides."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from app.minima.address import Pair
from app.minima.branches import saddle_at
from app.minima.found import Found
from app.minima.joined import Saddle
from app.shared.drawing.levels import LEVEL_ORDER
from ired_interp_core.spelling import number


def saddle(found: Found, t: int, pair: Pair | tuple[()] | None) -> Saddle | None:
    """The highest saddle of the way between two minima; None where none is kept."""
    if not pair or found.joined is None or not set(pair) <= set(found.there(t)):
        return None
    barrier = found.joined.barrier(t, *pair)
    return saddle_at(found, t, found.energy(t, pair[0]) + barrier)


def point(found: Found, t: int, of: Saddle) -> np.ndarray:
    """Where it lies, data frame."""
    assert found.joined is not None  # it came from there
    return found.joined["saddle_point"][t, of.rank]


def direction(found: Found, t: int, of: Saddle) -> np.ndarray:
    """The unit direction in which it falls to both sides."""
    assert found.joined is not None  # it came from there
    return found.joined["saddle_direction"][t, of.rank]


def spectrum(found: Found, t: int, of: Saddle) -> np.ndarray:
    """All its eigenvalues, ascending, level frame."""
    assert found.joined is not None  # it came from there
    return found.joined["saddle_eigenvalue"][t, of.rank]


def lines(found: Found, t: int, of: Saddle, inverse_sigma: float) -> list[str]:
    """Its numbers, each beside what it is to be compared with."""
    every = spectrum(found, t, of)
    climbs = [
        f"{number(of.energy - found.energy(t, b), '.2f')} above {found.spoken(b)}"
        for b in of.ends
        if b >= 0
    ]
    return [
        f"E {number(of.energy, '.5g')}",
        *climbs,
        f"‖∇E‖ {number(of.gradient, '.1e')}",
        f"index 1 · λ {number(of.curvature)}",
        f"next λ {number(float(every[1]))} … {number(float(every[-1]))}",
        f"1/σ {number(inverse_sigma)}",
    ]


def note(found: Found, of: Saddle) -> str:
    """What it joins."""
    ends = [found.spoken(b) for b in of.ends if b >= 0]
    return f"saddle · joins {' and '.join(ends)}" if len(ends) == 2 else "saddle"


def numbers(
    found: Found, saddles: Mapping[int, Saddle | None], beside: np.ndarray, name: str
) -> xr.Dataset:
    """The saddles of all levels, what they are compared with, and all eigenvalues."""
    n, d = found.minima.sizes["row"], found.minima.sizes["eigenvalue"]
    points = np.full((len(LEVEL_ORDER), n, n), np.nan)
    values, ways = np.full((len(LEVEL_ORDER), d), np.nan), np.full_like(points, np.nan)
    scalars = np.full((2, len(LEVEL_ORDER)), np.nan)
    for k, t in enumerate(LEVEL_ORDER):
        of = saddles[t]
        if of is not None:
            points[k], values[k] = point(found, t, of), spectrum(found, t, of)
            ways[k], scalars[:, k] = direction(found, t, of), (of.energy, of.gradient)
    other = beside[list(LEVEL_ORDER)]
    dims = ("level", "row", "col")
    said = {"units": "y"}
    return xr.Dataset(
        {
            "point": (dims, points, {"long_name": "saddle, data frame", **said}),
            "beside": (dims, other, {"long_name": f"{name}, data frame", **said}),
            "difference": (dims, points - other, {"long_name": f"saddle less {name}", **said}),
            "direction": (dims, ways, {"long_name": "unstable direction", "units": "1"}),
            "eigenvalue_spectrum": (
                ("level", "eigenvalue"), values,
                {"long_name": "eigenvalue λ, level frame", "units": "E/ỹ²"},
            ),
            "energy": ("level", scalars[0], {"long_name": "E_t of the saddle", "units": "E"}),
            "gradient_norm": (
                "level", scalars[1], {"long_name": "‖∇E‖, level frame", "units": "E/ỹ"}
            ),
        },
        {"level": list(LEVEL_ORDER)},
    )  # fmt: skip
