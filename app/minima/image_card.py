"""An image of the chosen path: where it lies, and how the energy bends there."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from app.minima.address import Pair
from app.minima.found import Found
from app.shared.drawing.levels import LEVEL_ORDER
from ired_interp_core.spelling import number


def point(found: Found, t: int, pair: Pair | None, image: int) -> np.ndarray | None:
    """Where it lies, data frame; None where no such image is kept."""
    if pair is None or found.joined is None:
        return None
    points = found.joined.images(t, *pair)
    return None if points is None or image >= len(points) else points[image]


def spectrum(found: Found, t: int, pair: Pair, image: int) -> np.ndarray:
    """Its two lowest eigenvalues, level frame."""
    assert found.joined is not None  # it came from there
    return found.joined["path_curvature"][t][pair][image]


def lines(found: Found, t: int, pair: Pair, image: int, inverse_sigma: float) -> list[str]:
    """Its numbers, each beside what it is to be compared with."""
    assert found.joined is not None  # it came from there
    energy, along = (
        float(found.joined[name][t][pair][image]) for name in ("path_energy", "path_length")
    )
    low, next_ = (number(float(v)) for v in spectrum(found, t, pair, image))
    return [
        f"E {number(energy, '.5g')}",
        *(f"{number(energy - found.energy(t, b), '+.4g')} from {found.spoken(b)}" for b in pair),
        f"{number(along, '.3g')} rms from {found.name(pair[0])}",
        f"λ₁ {low}, λ₂ {next_}",
        f"1/σ {number(inverse_sigma)}",
        "on the string, no stationary point",
    ]


def numbers(
    found: Found, pairs: Mapping[int, Pair | None], image: int, beside: np.ndarray, name: str
) -> xr.Dataset:
    """The images of all levels, what they are compared with, and the two lowest eigenvalues."""
    n = found.minima.sizes["row"]
    points, low = np.full((len(LEVEL_ORDER), n, n), np.nan), np.full((len(LEVEL_ORDER), 2), np.nan)
    energies = np.full(len(LEVEL_ORDER), np.nan)
    for k, t in enumerate(LEVEL_ORDER):
        pair, here = pairs[t], point(found, t, pairs[t], image)
        if here is not None and pair is not None and found.joined is not None:
            points[k], low[k] = here, spectrum(found, t, pair, image)
            energies[k] = found.joined["path_energy"][t][pair][image]
    other, dims = beside[list(LEVEL_ORDER)], ("level", "row", "col")
    return xr.Dataset(
        {
            "point": (dims, points, {"long_name": "image, data frame", "units": "y"}),
            "beside": (dims, other, {"long_name": f"{name}, data frame", "units": "y"}),
            "difference": (dims, points - other,
                           {"long_name": f"image less {name}", "units": "y"}),
            "curvature": (("level", "lowest"), low,
                          {"long_name": "two lowest λ, level frame", "units": "E/ỹ²"}),
            "energy": ("level", energies, {"long_name": "E_t of the image", "units": "E"}),
        },
        {"level": list(LEVEL_ORDER)},
    )  # fmt: skip


def note(found: Found, pair: Pair, image: int) -> str:
    """Which one it is."""
    return f"image {image} of {'–'.join(map(found.name, pair))}"
