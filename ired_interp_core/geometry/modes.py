"""In which order an answer arrives, and what it looks like: directions, eigenbasis, scalars.

Definitions: docs/definitions.md §6.5.
"""

import numpy as np
from jaxtyping import Float

from ired_interp_core.dictionaries.correlations import standard_ranks
from ired_interp_core.geometry import grassmann
from ired_interp_core.geometry.grassmann import Svd
from ired_interp_core.geometry.moves import symmetric

NEVER = -1
"""Arrival of a direction that never arrives."""

Matrices = Float[np.ndarray, "... n n"]


def present(truth: Svd, matrices: Matrices) -> Float[np.ndarray, "... n"]:
    """a_i = u_iᵀŶv_i/s_i: the share of each singular direction of the truth that is present.

    Args:
        truth: of Y* [n, n].
        matrices: Ŷ [..., n, n].

    Returns:
        a [..., n], the largest direction first; 1 for the truth itself, NaN where s_i = 0.
    """
    along = np.einsum("ai,...ab,bi->...i", truth.left, matrices, truth.right)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(truth.values > 0, along / truth.values, np.nan)


def arrival(share: Float[np.ndarray, "level n"], threshold: float) -> Float[np.ndarray, "n"]:
    """The level at which each direction has arrived: the largest t with a_i(t) ≥ threshold.

    Args:
        share: a_i by level, t ascending.
        threshold: of a_i.

    Returns:
        t [n]; `NEVER` where no level reaches it.
    """
    levels = np.arange(len(share))[:, None]
    return np.where(share >= threshold, levels, NEVER).max(axis=0)


def settled(share: Float[np.ndarray, "level n"], threshold: float) -> Float[np.ndarray, "n"]:
    """The level from which on each direction is there for good: a_i ≥ threshold at all t' ≤ t.

    Args:
        share: a_i by level, t ascending.
        threshold: of a_i.

    Returns:
        The largest such t [n]; `NEVER` where the last answer has it not.
    """
    return np.logical_and.accumulate(share >= threshold, axis=0).sum(axis=0) - 1


def rank_correlation(one: Float[np.ndarray, " n"], other: Float[np.ndarray, " n"]) -> float:
    """Spearman's ρ, ties at their mean rank; NaN where a side is constant or not finite."""
    both = np.stack([one, other], axis=1).astype(np.float64)
    if not np.isfinite(both).all() or (np.ptp(both, axis=0) == 0).any():
        return np.nan
    ranks = standard_ranks(both)
    return float(np.clip(ranks[:, 0] @ ranks[:, 1], -1.0, 1.0))


def aligned(one: Matrices, other: Matrices, k: int) -> Float[np.ndarray, "..."]:
    """Mean cos² of the k leading singular vectors of two matrices, in order, of both sides.

    Args:
        one: [..., n, n].
        other: [..., n, n].
        k: how many.

    Returns:
        ½k⁻¹ Σ_i ((u_iᵀu'_i)² + (v_iᵀv'_i)²); 1/n for random matrices, NaN where one is 0.
    """
    (u0, s0, v0), (u1, s1, v1) = grassmann.svd(one), grassmann.svd(other)
    found = [((a[..., :k] * b[..., :k]).sum(-2) ** 2).mean(-1) for a, b in ((u0, u1), (v0, v1))]
    nonzero = (s0[..., 0] > 0) & (s1[..., 0] > 0)
    return np.where(nonzero, (found[0] + found[1]) / 2, np.nan)


def effective_rank(values: Float[np.ndarray, "... n"]) -> Float[np.ndarray, "..."]:
    """exp(−Σ p ln p), p = s²/Σs²; NaN for a zero matrix."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = values**2 / (values**2).sum(-1, keepdims=True)
    return np.exp(-(share * np.log(np.where(share > 0, share, 1.0))).sum(-1))


def symmetric_share(matrices: Matrices) -> Float[np.ndarray, "..."]:
    """‖(Y + Yᵀ)/2‖²_F/‖Y‖²_F: 1 for a symmetric matrix, 0 for an antisymmetric one."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return (symmetric(matrices) ** 2).sum((-1, -2)) / (matrices**2).sum((-1, -2))


def in_basis(basis: Float[np.ndarray, "n n"], matrices: Matrices) -> Matrices:
    """QᵀYQ."""
    return basis.T @ matrices @ basis


def off_diagonal(matrices: Matrices) -> Float[np.ndarray, "..."]:
    """Share of ‖Y‖²_F off the diagonal; NaN for a zero matrix."""
    whole = (matrices**2).sum((-1, -2))
    on = (np.diagonal(matrices, axis1=-2, axis2=-1) ** 2).sum(-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return (whole - on) / whole


def beyond_line(
    values: Float[np.ndarray, " n"], diagonal: Float[np.ndarray, "... n"]
) -> Float[np.ndarray, "..."]:
    """What 1/λ explains of a diagonal beyond a line in λ: 1 − RSS(1, λ, 1/λ)/RSS(1, λ).

    Args:
        values: λ [n], positive.
        diagonal: of QᵀŶQ [..., n].

    Returns:
        0 … 1; 1 for the exact inverse, NaN where a line leaves nothing or λ has fewer than four
        values.
    """
    scale = values / values.max()
    columns = np.stack([np.ones_like(scale), scale, 1 / scale], axis=1)
    basis, r = np.linalg.qr(columns)
    if abs(np.diag(r)).min() <= 1e-10 * abs(np.diag(r)).max() or len(values) < 4:
        return np.full(diagonal.shape[:-1], np.nan)
    parts = diagonal @ basis
    line = (diagonal**2).sum(-1) - (parts[..., :2] ** 2).sum(-1)
    rounding = 1e-12 * (diagonal**2).sum(-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.clip(parts[..., 2] ** 2 / line, 0.0, 1.0)
    return np.where(line > rounding, share, np.nan)
