"""Which points are one minimum, and whether a falling point will end in it."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

from ired_interp_core.minima.newton import Stationary

ENERGY = 1e-8
"""Two minima are one if their energies differ by no more than this times max(1, |E|) …"""
DISTANCE = 1e-3
"""… and their points by no more than this, root mean square over the entries, level frame."""
FACTORS = (0.1, 1.0, 10.0)
"""Of both tolerances: counts are given at each."""
FORESEEN = 0.1
"""Share by which the minimum's own quadratic may miss gradient, place and energy of a point that is
taken to fall into it …"""
FORESEEN_POLISHED = 0.5
"""… and those of a point that L-BFGS has come to."""


def apart(one: Stationary, other: Float[np.ndarray, "... d"]) -> Float[np.ndarray, "..."]:
    """Distance of points from a minimum across its flat directions, rms over the entries."""
    flat = np.abs(one.eigenvalues) <= one.flat_below
    way = other - one.y
    if flat.any():
        way = way - (way @ one.vectors[flat].T) @ one.vectors[flat]
    return np.sqrt((way**2).mean(-1))


def same(one: Stationary, other: Stationary, factor: float = 1.0) -> bool:
    """Whether two stationary points are one: docs/definitions.md §4.

    Args:
        one: a point, whose flat directions are not looked at.
        other: another.
        factor: of both tolerances.

    Returns:
        |ΔE| ≤ 1e-8·max(1, |E|) and rms distance ≤ 1e-3, both times the factor.
    """
    near_in_energy = abs(one.e - other.e) <= factor * ENERGY * max(1.0, abs(one.e))
    return bool(near_in_energy and apart(one, other.y) <= factor * DISTANCE)


def distinct(points: Sequence[Stationary], factor: float = 1.0) -> int:
    """How many minima some refined points are, at the tolerances times a factor."""
    kept: list[Stationary] = []
    for point in points:
        if not any(same(one, point, factor) for one in kept):
            kept.append(point)
    return len(kept)


def foreseen(
    one: Stationary,
    y: Float[np.ndarray, "B d"],
    e: Float[np.ndarray, "B"],
    g: Float[np.ndarray, "B d"],
    noise: tuple[float, float],
    share: float = FORESEEN,
) -> Bool[np.ndarray, "B"]:
    """Points near enough to a minimum that its quadratic foretells where they end.

    Its Hessian H has to tell gradient, place and energy from one another: g = H(ỹ − m), ỹ − m =
    H⁻¹g and E − E_m = ½g·(ỹ − m), each to a share, across its flat directions.

    Args:
        one: the minimum m.
        y: points, level frame.
        e: their energies.
        g: their gradients.
        noise: of energy and gradient in the arithmetic in which these were computed.
        share: by which the quadratic may miss.

    Returns:
        Whether each will end in it.
    """
    sure = np.abs(one.eigenvalues) > one.flat_below
    values, vectors = one.eigenvalues[sure], one.vectors[sure]
    away, slope = (y - one.y) @ vectors.T, g @ vectors.T
    energy_noise, rounding = noise
    norm, near = np.linalg.norm, 0.1 * DISTANCE * y.shape[1] ** 0.5
    blurred = rounding / np.abs(values).min(initial=np.inf)
    told = norm(slope - away * values, axis=1) <= share * norm(slope, axis=1) + rounding
    reach = norm(away - slope / values, axis=1)
    placed = reach <= share * norm(away, axis=1) + near + blurred
    above, half = e - one.e, 0.5 * (away * slope).sum(1)
    deep = np.abs(above - half) <= share * np.abs(half) + energy_noise
    drift = norm(g, axis=1) ** 2 - norm(slope, axis=1) ** 2  # along its flat directions
    still = drift <= (share * norm(g, axis=1) + rounding) ** 2
    return told & placed & deep & still
