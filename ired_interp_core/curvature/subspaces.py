"""Named subspaces of the answer matrices, and how much of an eigenspace lies in them.

Definitions: docs/definitions.md §3.3.

A subspace is its orthogonal projection, applied to matrices; nothing of size d × d is formed.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

Matrices = Float[np.ndarray, "k n n"]


@dataclass(frozen=True)
class Subspace:
    """A subspace of the n × n matrices.

    Args:
        project: orthogonal projection, matrix by matrix.
        dim: its dimension.
    """

    project: Callable[[Matrices], Matrices]
    dim: int


def subspaces(
    answer: Float[np.ndarray, "n n"], observed: Bool[np.ndarray, "n n"] | None, rank: int
) -> dict[str, Subspace]:
    """The named subspaces at one answer.

    The tangent space of the rank-r matrices at Y = UΣVᵀ has P_T(G) = UUᵀG + GVVᵀ − UUᵀGVVᵀ; the
    singular frame is span{u_i v_iᵀ}.

    Args:
        answer: where tangent space and singular frame are taken.
        observed: entries given to a completion model; None on other tasks.
        rank: r of the tangent space, clipped to n.

    Returns:
        Name → subspace; `observed` and `unobserved` only where there are given entries, `tangent`,
        `normal` and `singular_frame` only where the answer is finite.
    """
    n = len(answer)
    r = min(rank, n)
    finite = bool(np.isfinite(answer).all())
    u, _, vt = np.linalg.svd(answer if finite else np.zeros_like(answer))
    left, right = u[:, :r] @ u[:, :r].T, vt[:r].T @ vt[:r]
    eye = np.eye(n)

    def tangent(g: Matrices) -> Matrices:
        return left @ g + g @ right - left @ g @ right

    def frame(g: Matrices) -> Matrices:
        share = ((g @ vt.T) * u).sum(1)
        return (share[:, None] * u) @ vt

    def trace(g: Matrices) -> Matrices:
        return np.trace(g, axis1=1, axis2=2)[:, None, None] * eye / n

    found = {
        "symmetric": Subspace(lambda g: (g + g.swapaxes(1, 2)) / 2, n * (n + 1) // 2),
        "antisymmetric": Subspace(lambda g: (g - g.swapaxes(1, 2)) / 2, n * (n - 1) // 2),
        "diagonal": Subspace(lambda g: g * eye, n),
        "trace": Subspace(trace, 1),
    }
    if finite:
        found["tangent"] = Subspace(tangent, r * (2 * n - r))
        found["normal"] = Subspace(lambda g: g - tangent(g), (n - r) ** 2)
        found["singular_frame"] = Subspace(frame, n)
    if observed is not None:
        seen = int(observed.sum())
        found["observed"] = Subspace(lambda g: g * observed, seen)
        found["unobserved"] = Subspace(lambda g: g * ~observed, n * n - seen)
    return found


def alignment(vectors: Matrices, subspace: Subspace) -> float:
    """‖P_S V_k‖²_F/k of k orthonormal vectors; its expectation for a random space is dim S/d.

    Args:
        vectors: as matrices.
        subspace: S.

    Returns:
        Between 0 and 1.
    """
    return float((subspace.project(vectors) ** 2).sum() / len(vectors))


def principal_angles(
    first: Float[np.ndarray, "... k d"], second: Float[np.ndarray, "... k d"]
) -> Float[np.ndarray, "... k"]:
    """Principal angles between two spaces, by arccos and, where small, arcsin.

    Source: Björck & Golub, Math. Comp. 27 (1973): cosines lose half the digits of small angles.

    Args:
        first: orthonormal rows.
        second: orthonormal rows.

    Returns:
        Angles in radians, ascending, within [0, π/2]; NaN where a vector is no number.
    """
    first, second = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    known = (np.isfinite(first) & np.isfinite(second)).all((-1, -2))[..., None]
    first, second = (np.where(known[..., None], one, 0.0) for one in (first, second))
    product = first @ second.swapaxes(-1, -2)
    cosines = np.clip(np.linalg.svd(product, compute_uv=False), 0, 1)
    rest = second - product.swapaxes(-1, -2) @ first
    sines = np.clip(np.linalg.svd(rest, compute_uv=False)[..., ::-1], 0, 1)
    angles = np.where(cosines**2 < 0.5, np.arccos(cosines), np.arcsin(sines))
    return np.where(known, angles, np.nan)
