"""Subspaces as points of the Grassmannian Gr(n, k): distances, geodesics, parallel transport.

Definitions: docs/definitions.md §6.5. Frames are float64, columns orthonormal [..., n, k]; angles
are `curvature.subspaces.principal_angles`, by sines and cosines.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ired_interp_core.curvature.subspaces import principal_angles
from ired_interp_core.records import seeded

NULL_PAIRS = 300
"""Random pairs of spaces behind the null."""

Frame = Float[np.ndarray, "... n k"]


class Svd(NamedTuple):
    """Y = U diag(s) Vᵀ.

    Attributes:
        left: U [..., n, n].
        values: s [..., n], descending.
        right: V [..., n, n].
    """

    left: np.ndarray
    values: np.ndarray
    right: np.ndarray


def svd(matrices: Float[np.ndarray, "... n n"]) -> Svd:
    """Singular value decomposition; NaN throughout where a matrix is not finite.

    Args:
        matrices: Y [..., n, n].

    Returns:
        Both frames and the values.
    """
    known = np.isfinite(matrices).all((-1, -2))[..., None]
    u, s, vt = np.linalg.svd(np.where(known[..., None], matrices, 0.0))
    found = (u, known[..., None]), (s, known), (vt.swapaxes(-1, -2), known[..., None])
    return Svd(*(np.where(there, part, np.nan) for part, there in found))


def angles(first: Frame, second: Frame) -> Float[np.ndarray, "... k"]:
    """Principal angles between the spaces of two frames.

    Args:
        first: U [..., n, k].
        second: U' [..., n, k].

    Returns:
        Radians, ascending; NaN where a frame is no number.
    """
    return principal_angles(first.swapaxes(-1, -2), second.swapaxes(-1, -2))


def geodesic(theta: Float[np.ndarray, "... k"]) -> Float[np.ndarray, "..."]:
    """Geodesic distance ‖θ‖₂ in radians (geomstats' is √2 times it)."""
    return np.linalg.norm(theta, axis=-1)


def chordal(theta: Float[np.ndarray, "... k"]) -> Float[np.ndarray, "..."]:
    """Chordal distance ‖sin θ‖₂ = ‖UUᵀ − U'U'ᵀ‖_F/√2."""
    return np.linalg.norm(np.sin(theta), axis=-1)


@dataclass(frozen=True)
class Geodesic:
    """The geodesic from one space to another, with its horizontal lift and parallel transport.

    U(s) = (P cos sΘ + W sin sΘ) Xᵀ with U₀ᵀU₁ = X cos Θ Zᵀ, P = U₀X and W the unit vectors off U₀
    towards U₁Z. Source: Edelman, Arias & Smith, SIAM J. Matrix Anal. Appl. 20 (1998), §2.5.

    Args:
        start: P, turned frame of the first space.
        off: W; zero where an angle is zero.
        theta: Θ [..., k].
        turn: X [..., k, k].
    """

    start: Frame
    off: Frame
    theta: Float[np.ndarray, "... k"]
    turn: Float[np.ndarray, "... k k"]

    def frame(self, s: float) -> Frame:
        """U(s): the first frame at s = 0, a frame of the second space at s = 1."""
        along = (s * self.theta)[..., None, :]
        return (self.start * np.cos(along) + self.off * np.sin(along)) @ self.turn.swapaxes(-1, -2)

    def transport(self, vector: Frame, s: float) -> Frame:
        """Carry a horizontal vector from s = 0 to s, in parallel: its norm is kept.

        Args:
            vector: H [..., n, k] with U₀ᵀH = 0 (`horizontal`).
            s: along the geodesic.

        Returns:
            τ_s H = H + (W (cos sΘ − 1) − P sin sΘ) WᵀH.
        """
        along = (s * self.theta)[..., None, :]
        moved = self.off * (np.cos(along) - 1.0) - self.start * np.sin(along)
        return vector + moved @ (self.off.swapaxes(-1, -2) @ vector)


def towards(first: Frame, second: Frame) -> Geodesic:
    """The geodesic between the spaces of two frames.

    Args:
        first: U₀ [..., n, k].
        second: U₁ [..., n, k].

    Returns:
        The shortest one; at right angles, where there are several, one of them.
    """
    x, cosines, zt = np.linalg.svd(first.swapaxes(-1, -2) @ second)
    start, end = first @ x, second @ zt.swapaxes(-1, -2)
    rest = end - start * cosines[..., None, :]
    sines = np.linalg.norm(rest, axis=-2)
    off = np.divide(rest, sines[..., None, :], out=np.zeros_like(rest),
                    where=sines[..., None, :] > 0)  # fmt: skip
    return Geodesic(start, off, np.arctan2(sines, cosines), x)


def horizontal(vector: Frame, frame: Frame) -> Frame:
    """(I − UUᵀ)H: the part of a vector that turns the space."""
    return vector - frame @ (frame.swapaxes(-1, -2) @ vector)


@lru_cache(maxsize=8)
def null(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Principal angles of random pairs of spaces of every dimension.

    Args:
        size: n.

    Returns:
        Angles [pairs, k = 1 … n, angle]; NaN beyond the k-th. Then the two distances of every pair
        [pairs, k, 2], geodesic and chordal.
    """
    rng = seeded("random pairs of subspaces", size)
    first, second = np.linalg.qr(rng.standard_normal((2, NULL_PAIRS, size, size)))[0]
    theta = np.full((NULL_PAIRS, size, size), np.nan)
    distances = np.empty((NULL_PAIRS, size, 2))
    for k in range(1, size + 1):
        found = angles(first[..., :k], second[..., :k])
        theta[:, k - 1, :k] = found
        distances[:, k - 1] = np.stack([geodesic(found), chordal(found)], axis=-1)
    return theta, distances
