"""Numbers of a landscape slice, ready to draw: the surface, and what lies on it.

All positions a, b are in units of the slice's radius; energies are E_t of their own level.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import xarray as xr
from jaxtyping import Float, Float32

from app.shared.drawing.levels import LEVEL_ORDER
from ired_interp_core.landscape.interpolation import CHEBYSHEV, drawn_at, evaluate

SCALES = {"energy": "E", "log": "log₁₀ E", "percent": "% of E at centre"}
"""How the energy is drawn."""

DRAWN_POINTS = 61
"""Points along each axis: enough for a smooth picture, 15 kB a level on the way to the browser."""

DIRECTIONS = {
    "stiff": ("stiffest eigenvector", "second stiffest eigenvector"),
    "soft": ("softest eigenvector", "second softest eigenvector"),
    "stiff_soft": ("stiffest eigenvector", "softest eigenvector"),
    "random": ("random direction 1", "random direction 2"),
    "gradient_error": ("gradient ∇E", "error ŷ − y*"),
    "trajectory": ("descent PC 1", "descent PC 2"),
    "symmetry": ("random symmetric", "random antisymmetric"),
    "three_points": ("towards truth", "towards minimum"),
}
"""What spans each plane, along a and along b."""


@dataclass(frozen=True)
class Surface:
    """The ten levels of a slice at drawing resolution.

    Args:
        a: positions along the first axis, in radius.
        b: positions along the second axis, in radius.
        values: the scaled energy [level in LEVEL_ORDER, b, a]; NaN where the scale has no value.
        scale: key of SCALES.
        centre_energy: E at the centre, per level.
        radius: length of one unit of a and b, data frame.
        nodes: stored nodes along each axis.
        interpolated: barycentric from Chebyshev nodes, else linear from a uniform grid.
        error: estimated surface error as a share of the level's energy range, per level.
        gaps: share of drawn points without a value, per level.
    """

    a: Float[np.ndarray, " P"]
    b: Float[np.ndarray, " P"]
    values: Float32[np.ndarray, "L P P"]
    scale: str
    centre_energy: Float[np.ndarray, " L"]
    radius: float
    nodes: int
    interpolated: bool
    error: Float[np.ndarray, " L"]
    gaps: Float[np.ndarray, " L"]

    def scaled(self, energy: Float[np.ndarray, "..."], i: int) -> Float[np.ndarray, "..."]:
        """Where an energy of the i-th level of LEVEL_ORDER stands on this surface's scale."""
        return _scaled(energy, self.centre_energy[i], self.scale)


def surface(
    slice_: xr.Dataset, half_width: float, scale: str = "energy", points: int = DRAWN_POINTS
) -> Surface:
    """Evaluate a stored slice where it is drawn.

    Args:
        slice_: landscape_slice of one problem (no problem dim).
        half_width: the plane spans a, b ∈ ±half_width.
        scale: key of SCALES. log₁₀ E has no value where E ≤ 0.
        points: along each axis; odd, so that a = b = 0 is one of them.

    Returns:
        The surface.
    """
    ordered = slice_.sel(level=list(LEVEL_ORDER))
    stored = ordered["energy"].transpose("level", "b", "a").values
    method = int(slice_["method"])
    a = np.linspace(-half_width, half_width, points)
    energy = evaluate(stored, slice_["node"].values, a, a, method)
    centre = ordered["centre_energy"].values.astype(np.float64)
    values = _scaled(energy, centre[:, None, None], scale)
    return Surface(
        a=a,
        b=a,
        values=values.astype(np.float32),
        scale=scale,
        centre_energy=centre,
        radius=float(slice_["radius"]),
        nodes=int(slice_["nodes"]),
        interpolated=method == CHEBYSHEV,
        error=ordered["surface_error"].values.astype(np.float64),
        gaps=1.0 - np.isfinite(values).mean(axis=(1, 2)),
    )


def _scaled(
    energy: Float[np.ndarray, "..."], centre: Float[np.ndarray, "..."], scale: str
) -> Float[np.ndarray, "..."]:
    with np.errstate(divide="ignore", invalid="ignore"):
        if scale == "log":
            return np.where(energy > 0, np.log10(energy), np.nan)
        if scale == "percent":
            return np.where(centre > 0, 100.0 * energy / centre, np.nan)
    return np.where(np.isfinite(energy), energy, np.nan)


def colour_limits(
    values: Float[np.ndarray, "L P P"], lock: str, fixed: tuple[float, float] | None = None
) -> list[tuple[float, float]]:
    """Finite ends of the colour scale for every level.

    Args:
        values: what is coloured.
        lock: "level" (each its own), "levels" (one for all), or "fixed".
        fixed: ends for "fixed", e.g. to compare problems.

    Returns:
        (low, high) per level, low < high, whatever the values are.
    """
    if lock == "fixed" and fixed is not None and fixed[0] < fixed[1]:
        return [fixed] * len(values)
    if lock != "level":
        return [_ends(values)] * len(values)
    return [_ends(level) for level in values]


def _ends(values: np.ndarray) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    if high - low > 1e-12 * max(abs(low), abs(high)):
        return low, high
    room = abs(low) * 1e-3 or 1.0  # a constant surface: any finite range around it
    return low - room, high + room


@dataclass(frozen=True)
class OnPlane:
    """Points seen from the plane.

    Args:
        a: projection along the first axis, in radius.
        b: projection along the second axis, in radius.
        distance: how far off the plane, in radius.
        energy: true energy of the point on its own level.
        gap: true energy minus the surface below it.
    """

    a: Float[np.ndarray, "..."]
    b: Float[np.ndarray, "..."]
    distance: Float[np.ndarray, "..."]
    energy: Float[np.ndarray, "..."]
    gap: Float[np.ndarray, "..."]


def on_plane(
    slice_: xr.Dataset, kind: Literal["path", "point"], energy: Float[np.ndarray, "L M"]
) -> OnPlane:
    """States of the descent, or named places, of every level [level in LEVEL_ORDER, mark].

    Args:
        slice_: landscape_slice of one problem.
        kind: "path" for the states, "point" for the places.
        energy: true energies of the marks; NaN where they are not known.

    Returns:
        Their projections.
    """
    ordered = slice_.sel(level=list(LEVEL_ORDER))
    position = ordered[f"{kind}_position"].values.astype(np.float64)
    return OnPlane(
        a=position[..., 0],
        b=position[..., 1],
        distance=ordered[f"{kind}_distance"].values.astype(np.float64),
        energy=energy.astype(np.float64),
        gap=ordered[f"{kind}_gap"].values.astype(np.float64),
    )


def projected(
    slice_: xr.Dataset, points: Float[np.ndarray, "L M d"], energy: Float[np.ndarray, "L M"]
) -> OnPlane:
    """Points of the data frame, at each level other ones, seen from a stored slice.

    The gap is to the surface as it is drawn (float32 directions, `surface_error`), and NaN where
    the projection lies beyond the nodes.

    Args:
        slice_: slice of one problem.
        points: data frame, at the levels of LEVEL_ORDER; NaN where there is none.
        energy: their true energies.

    Returns:
        Their projections.
    """
    ordered = slice_.sel(level=list(LEVEL_ORDER))
    centre, u, v = (
        np.asarray(one, dtype=np.float64).ravel()
        for one in (slice_["centre"], *slice_["direction"].values)
    )
    radius, away = float(slice_["radius"]), points - centre
    a, b = away @ u, away @ v
    off = away - a[..., None] * u - b[..., None] * v
    a, b = a / radius, b / radius
    stored = ordered["energy"].transpose("level", "b", "a").values.astype(np.float64)
    nodes = slice_["node"].values.astype(np.float64)
    nodes = nodes[np.isfinite(nodes)]
    count, surface_ = len(nodes), np.full(a.shape, np.nan)
    below = (np.abs(a) <= nodes[-1]) & (np.abs(b) <= nodes[-1])
    for i, here in enumerate(below):
        values = stored[i, :count, :count]
        surface_[i, here] = drawn_at(values, nodes, a[i, here], b[i, here], int(slice_["method"]))
    distance = np.linalg.norm(off, axis=-1) / radius
    return OnPlane(a=a, b=b, distance=distance, energy=energy, gap=energy - surface_)


def outside(points: OnPlane, half_width: float) -> np.ndarray:
    """Which points the window does not show: where |a| or |b| exceeds its half width."""
    return (np.abs(points.a) > half_width) | (np.abs(points.b) > half_width)


def axis_names(plane: str, explained: Sequence[float]) -> tuple[str, str]:
    """Names of the two directions, with the explained share where they are principal components.

    Args:
        plane: name of the plane.
        explained: share of the descent's variance along each axis; NaN on other planes.

    Returns:
        Name along a, name along b.
    """
    first, second = (
        f"{name} ({100 * share:.0f} %)" if np.isfinite(share) else name
        for name, share in zip(DIRECTIONS[plane], explained, strict=True)
    )
    return first, second


GRADIENT = -2
"""In `axis_feature`: the axis is the gradient at the centre."""


def atom_names(features: Sequence[int]) -> tuple[str, str]:
    """Names of the two directions, along a and b, of a plane along atoms (`axis_feature`)."""
    first, second = ("gradient ∇E" if f == GRADIENT else f"atom {f}" for f in features)
    return first, second
