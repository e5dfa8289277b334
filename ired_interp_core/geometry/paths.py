"""From one matrix to another with its leading singular spaces turned along a geodesic.

Definitions: docs/definitions.md §6.5.
"""

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from jaxtyping import Float

from ired_interp_core.geometry import grassmann
from ired_interp_core.geometry.grassmann import Geodesic

LEAST = 1e-12
"""Singular values above it run on a logarithmic axis, others straight on."""

SYMMETRIC = 1e-12
"""Asymmetry, over the largest entry, below which a matrix counts as symmetric."""

Matrix = Float[np.ndarray, "n n"]
Core = Float[np.ndarray, "k k"]


@dataclass(frozen=True)
class Path:
    """Y(s) = U(s) M(s) V(s)ᵀ + (1 − s) N₀ + s N₁, N what a truncation to rank k leaves out.

    Args:
        left: geodesic of the column spaces.
        right: geodesic of the row spaces.
        core: M(s).
        rests: N₀ and N₁.
    """

    left: Geodesic
    right: Geodesic
    core: "Between"
    rests: tuple[Matrix, Matrix]

    def at(self, s: float) -> Matrix:
        """Y(s): the first matrix at s = 0, the second at s = 1."""
        first, second = self.rests
        turned = self.left.frame(s) @ self.core.at(s) @ self.right.frame(s).T
        return turned + (1 - s) * first + s * second

    def horizontals(self, gradient: Matrix, s: float) -> tuple[np.ndarray, np.ndarray]:
        """What of a gradient at Y(s) turns the column space and the row space.

        Args:
            gradient: G = ∇E at Y(s) [n, n].
            s: along the path.

        Returns:
            (I − UUᵀ)GVMᵀ and (I − VVᵀ)GᵀUM, each [n, k], along the lifts U(s) and V(s).
        """
        u, v, m = self.left.frame(s), self.right.frame(s), self.core.at(s)
        return (
            grassmann.horizontal(gradient @ v @ m.T, u),
            grassmann.horizontal(gradient.T @ u @ m, v),
        )

    def agreement(self, gradients: Float[np.ndarray, "S n n"], s: np.ndarray) -> np.ndarray:
        """Cosine of the gradient carried from the start, in parallel, with the one found there.

        Args:
            gradients: ∇E along the path, the first at s = 0.
            s: where they were taken [S].

        Returns:
            Cosines [S]; NaN where one of them turns no space.
        """
        start = self.horizontals(gradients[0], 0.0)
        found = []
        for one, at in zip(gradients, s, strict=True):
            here = self.horizontals(one, at)
            carried = self.left.transport(start[0], at), self.right.transport(start[1], at)
            product = sum(float((a * b).sum()) for a, b in zip(here, carried, strict=True))
            norms = [np.sqrt(sum(float((a**2).sum()) for a in pair)) for pair in (here, carried)]
            size = norms[0] * norms[1]
            found.append(product / size if size > 0 else np.nan)
        return np.array(found)


def between(first: Matrix, second: Matrix, k: int) -> Path:
    """The path from one matrix to another.

    The core M goes from U(0)ᵀY₀V(0) to U(1)ᵀY₁V(1), taken in the frames that the geodesics carry:
    its rotations by their geodesics, its singular values by `Between`. Two symmetric matrices stay
    symmetric on the way.

    Args:
        first: Y₀ [n, n], finite.
        second: Y₁ [n, n], finite.
        k: dimension of the leading spaces.

    Returns:
        The path; it meets both ends to rounding.
    """
    symmetric = _symmetric(first) and _symmetric(second)
    split = _leading_symmetric if symmetric else _leading
    (u0, v0, n0), (u1, v1, n1) = split(first, k), split(second, k)
    left = grassmann.towards(u0, u1)
    right = left if symmetric else grassmann.towards(v0, v1)
    cores = [
        left.frame(s).T @ matrix @ right.frame(s) for s, matrix in ((0.0, first), (1.0, second))
    ]
    meet = _between_symmetric if symmetric else _between
    return Path(left, right, meet(cores[0], cores[1]), (n0, n1))


@dataclass(frozen=True)
class Between:
    """P(s) diag(σ(s)) R(s)ᵀ between two k × k matrices.

    Args:
        left: rotation P(s).
        right: rotation R(s).
        values: σ at both ends [2, k].
    """

    left: "Rotation"
    right: "Rotation"
    values: Float[np.ndarray, "2 k"]

    def at(self, s: float) -> Core:
        """M(s); σ log-linear where both ends have one sign and exceed `LEAST`, else linear."""
        low, high = self.values
        both = (np.minimum(abs(low), abs(high)) > LEAST) & (low * high > 0)
        safe = np.where(both, abs(self.values), 1.0)
        logs = np.sign(low) * safe[0] ** (1 - s) * safe[1] ** s
        sigma = np.where(both, logs, (1 - s) * low + s * high)
        return (self.left.at(s) * sigma) @ self.right.at(s).T


@dataclass(frozen=True)
class Rotation:
    """Q₀ exp(s log Q₀ᵀQ₁), for Q₀ᵀQ₁ of determinant 1.

    Args:
        start: Q₀ turned into the basis of the planes.
        basis: Z: columns in which Q₀ᵀQ₁ turns planes.
        planes: (first column, second column, angle) of each plane.
    """

    start: Core
    basis: Core
    planes: tuple[tuple[int, int, float], ...]

    def at(self, s: float) -> Core:
        """Q(s)."""
        turned = np.eye(len(self.basis))
        for a, b, angle in self.planes:
            c, d = np.cos(s * angle), np.sin(s * angle)
            turned[a, a] = turned[b, b] = c
            turned[a, b], turned[b, a] = -d, d
        return self.start @ turned @ self.basis.T


def rotation(first: Core, second: Core) -> Rotation:
    """The geodesic between two orthogonal matrices of equal determinant.

    Args:
        first: Q₀ [k, k].
        second: Q₁ [k, k].

    Returns:
        It meets both ends to rounding; where planes turn by π, one of several.
    """
    turned, z = scipy.linalg.schur(first.T @ second, output="real")
    planes, reversed_, i = [], [], 0
    while i < len(turned):
        if i + 1 < len(turned) and turned[i + 1, i] != 0.0:
            planes.append((i, i + 1, float(np.arctan2(turned[i + 1, i], turned[i, i]))))
            i += 2
            continue
        if turned[i, i] < 0:
            reversed_.append(i)
        i += 1
    planes += [(a, b, np.pi) for a, b in zip(reversed_[::2], reversed_[1::2], strict=False)]
    return Rotation(first @ z, z, tuple(planes))


def barrier(energies: Float[np.ndarray, "... S"]) -> Float[np.ndarray, "..."]:
    """How far an energy rises again on its way: 0 where it has one valley or none.

    Args:
        energies: E along a path [..., S].

    Returns:
        max_s min(E(s) − min_{s' ≤ s} E, E(s) − min_{s' ≥ s} E).
    """
    before = energies - np.minimum.accumulate(energies, axis=-1)
    after = energies - np.minimum.accumulate(energies[..., ::-1], axis=-1)[..., ::-1]
    return np.minimum(before, after).max(axis=-1)


def _symmetric(matrix: Matrix) -> bool:
    return bool(abs(matrix - matrix.T).max() <= SYMMETRIC * abs(matrix).max())


def _leading(matrix: Matrix, k: int) -> tuple[np.ndarray, np.ndarray, Matrix]:
    """Leading frames U and V, and what they leave out."""
    u, s, vt = np.linalg.svd(matrix)
    return u[:, :k], vt[:k].T, (u[:, k:] * s[k:]) @ vt[k:]


def _leading_symmetric(matrix: Matrix, k: int) -> tuple[np.ndarray, np.ndarray, Matrix]:
    """The same by eigenvectors of the largest |λ|, so that U = V."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    order = np.argsort(-abs(values))
    kept, rest = order[:k], order[k:]
    left_out = (vectors[:, rest] * values[rest]) @ vectors[:, rest].T
    return vectors[:, kept], vectors[:, kept], left_out


def _between(first: Core, second: Core) -> Between:
    """By singular values; a pair of singular vectors may change its sign, to turn less."""
    (p0, s0, r0t), (p1, s1, r1t) = np.linalg.svd(first), np.linalg.svd(second)
    r0, r1 = r0t.T, r1t.T
    overlap = (p0 * p1).sum(0) + (r0 * r1).sum(0)
    sign = np.where(overlap < 0, -1.0, 1.0)
    p1, r1 = p1 * sign, r1 * sign
    turned = [np.linalg.det(a.T @ b) < 0 for a, b in ((p0, p1), (r0, r1))]
    least = int(np.argmin(abs(overlap))) if all(turned) else len(s1) - 1
    if turned[0]:
        p1[:, least] *= -1
    if turned[1]:
        r1[:, least] *= -1
    if turned[0] != turned[1]:  # determinants of opposite sign: a singular value goes through zero
        s1[least] *= -1
    return Between(rotation(p0, p1), rotation(r0, r1), np.stack([s0, s1]))


def _between_symmetric(first: Core, second: Core) -> Between:
    """By eigenvalues in ascending order."""
    (w0, q0), (w1, q1) = (np.linalg.eigh((m + m.T) / 2) for m in (first, second))
    q1 = q1 * np.where((q0 * q1).sum(0) < 0, -1.0, 1.0)
    if np.linalg.det(q0.T @ q1) < 0:
        q1[:, int(np.argmin(abs((q0 * q1).sum(0))))] *= -1
    turned = rotation(q0, q1)
    return Between(turned, turned, np.stack([w0, w1]))
