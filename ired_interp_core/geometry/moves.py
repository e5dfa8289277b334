"""Moves that keep a matrix on a manifold, or leave it: rank-r matrices, symmetric matrices.

Definitions: docs/definitions.md §6.5.
"""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from jaxtyping import Float

from ired_interp_core.geometry import grassmann
from ired_interp_core.geometry.names import MANIFOLDS
from ired_interp_core.records import seeded

RETRACTIONS = 8
"""Corrections of a move's length after it was brought back to the manifold."""

Matrices = Float[np.ndarray, "... n n"]


def transposed(matrices: Matrices) -> Matrices:
    """Yᵀ of every matrix."""
    return matrices.swapaxes(-1, -2)


def symmetric(matrices: Matrices) -> Matrices:
    """(Y + Yᵀ)/2, the nearest symmetric matrix."""
    return (matrices + transposed(matrices)) / 2


def truncated(matrices: Matrices, rank: int) -> Matrices:
    """The nearest matrix of rank r, by its r leading singular values."""
    u, s, v = grassmann.svd(matrices)
    return (u[..., :rank] * s[..., None, :rank]) @ transposed(v[..., :rank])


def onto(manifold: str, matrices: Matrices, rank: int) -> Matrices:
    """The nearest matrix of a manifold.

    Args:
        manifold: rank or symmetric.
        matrices: Y [..., n, n].
        rank: r.

    Returns:
        PY [..., n, n].
    """
    return truncated(matrices, rank) if manifold == "rank" else symmetric(matrices)


def tangent(manifold: str, at: Matrices, vectors: Matrices, rank: int) -> Matrices:
    """What of a matrix keeps another one on a manifold.

    P_T(G) = UUᵀG + GVVᵀ − UUᵀGVVᵀ at matrices of rank r, (G + Gᵀ)/2 at symmetric ones.

    Args:
        manifold: rank or symmetric.
        at: where the tangent space is taken: at the rank-r truncation of these [..., n, n].
        vectors: G [..., n, n].
        rank: r.

    Returns:
        P_T(G) [..., n, n].
    """
    if manifold == "symmetric":
        return symmetric(vectors)
    u, _, v = grassmann.svd(at)
    left, right = (one[..., :rank] @ transposed(one[..., :rank]) for one in (u, v))
    return left @ vectors + vectors @ right - left @ vectors @ right


def ratio(manifold: str, at: Matrices, vectors: Matrices, rank: int) -> Float[np.ndarray, "..."]:
    """‖P_N G‖_F/‖P_T G‖_F; NaN for a zero matrix."""
    along = tangent(manifold, at, vectors, rank)
    sizes = [np.linalg.norm(part, axis=(-2, -1)) for part in (vectors - along, along)]
    with np.errstate(divide="ignore", invalid="ignore"):
        return sizes[0] / sizes[1]


def ratio_of_random(size: int, rank: int) -> Mapping[str, float]:
    """The same of a random matrix, √(dim N/dim T).

    Args:
        size: n.
        rank: r.

    Returns:
        (n − r)/√(r(2n − r)) for rank r, √((n − 1)/(n + 1)) for symmetric matrices.
    """
    by_rank = (size - rank) / (rank * (2 * size - rank)) ** 0.5
    return dict(zip(MANIFOLDS, (by_rank, ((size - 1) / (size + 1)) ** 0.5), strict=True))


def displaced(
    manifold: str, base: Float[np.ndarray, "n n"], drawn: Matrices, length: float, rank: int
) -> dict[str, Matrices]:
    """Moves of one length from a point of a manifold.

    A move that keeps the rank goes along a tangent vector and back to the manifold by truncation;
    its length is corrected until it is the one asked. One that leaves it goes along a normal
    vector.

    Args:
        manifold: rank or symmetric.
        base: a matrix of the manifold.
        drawn: random matrices [D, n, n]; every move goes along their parts.
        length: ‖Y' − Y‖_F.
        rank: r.

    Returns:
        Name of `names.MOVES` → displaced matrices [D, n, n].
    """
    along = tangent(manifold, base, drawn, rank)
    parts = {"keeping": along, "leaving": drawn - along, "random": drawn}
    with np.errstate(divide="ignore", invalid="ignore"):
        ways = {
            name: part / np.linalg.norm(part, axis=(-2, -1), keepdims=True)
            for name, part in parts.items()
        }
    moved = {name: base + length * way for name, way in ways.items()}
    if manifold == "rank":
        step = np.full((len(drawn), 1, 1), length)
        for _ in range(RETRACTIONS):
            kept = truncated(base + step * ways["keeping"], rank)
            came = np.linalg.norm(kept - base, axis=(-2, -1), keepdims=True)
            step = step * length / np.where(came > 0, came, length)
        moved["keeping"] = kept
    return moved


@lru_cache(maxsize=8)
def random_normal(size: int, dim: int) -> Float[np.ndarray, "c d"]:
    """Orthonormal rows that span what a random subspace of the matrices leaves out.

    Args:
        size: n; d = n².
        dim: of the subspace.

    Returns:
        d − dim rows.
    """
    rng = seeded("random subspace of the matrices", size, dim)
    return np.linalg.qr(rng.standard_normal((size * size, size * size - dim)))[0].T


def dimension(manifold: str, size: int, rank: int) -> int:
    """Dimension of a manifold of n × n matrices: r(2n − r), or n(n + 1)/2."""
    return rank * (2 * size - rank) if manifold == "rank" else size * (size + 1) // 2


def onto_random(manifold: str, matrices: Matrices, rank: int) -> Matrices:
    """Projection onto a random subspace of a manifold's dimension, the same for all matrices.

    Args:
        manifold: rank or symmetric, for its dimension.
        matrices: Y [..., n, n].
        rank: r.

    Returns:
        [..., n, n].
    """
    n = matrices.shape[-1]
    normal = random_normal(n, dimension(manifold, n, rank))
    flat = matrices.reshape(*matrices.shape[:-2], n * n)
    return (flat - (flat @ normal.T) @ normal).reshape(matrices.shape)
