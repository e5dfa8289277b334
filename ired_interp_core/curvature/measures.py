"""What is read off a spectrum (docs/definitions.md §3.2)."""

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ired_interp_core.curvature.assembly import Parts
from ired_interp_core.curvature.ideal import INDEX_TOLERANCE

EDGE = 20
"""A break has at least one in so many eigenvalues on either side."""


def spectrum_measures(
    eigenvalues: Float[Tensor, "B d"], sigma: Float[Tensor, "B"]
) -> dict[str, Float[np.ndarray, "B"]]:
    """Scalars of a spectrum in the level frame.

    Sums are taken in float64. NaN spectra give NaN.

    Args:
        eigenvalues: ascending.
        sigma: σ_t of each.

    Returns:
        trace, spectral_radius, smallest_eigenvalue, largest_eigenvalue, index, above_inverse_sigma,
        condition, participation_ratio, entropy_rank, relative_gap, break_below, break_ratio.
    """
    tolerance = INDEX_TOLERANCE[str(eigenvalues.dtype).removeprefix("torch.")]
    lam = eigenvalues.double().cpu().numpy()
    size = np.abs(lam)
    total, radius = size.sum(-1), size.max(-1)
    tau = tolerance * radius
    bad = ~np.isfinite(lam).all(-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = size / total[:, None]
        entropy = -np.where(p > 0, p * np.log(p), 0.0).sum(-1)
        measures = {
            "trace": lam.sum(-1),
            "spectral_radius": radius,
            "smallest_eigenvalue": lam[:, 0],
            "largest_eigenvalue": lam[:, -1],
            "index": (lam < -tau[:, None]).sum(-1),
            "above_inverse_sigma": (lam > (1 / sigma.double().cpu().numpy() + tau)[:, None]).sum(
                -1
            ),
            "condition": np.where(lam[:, 0] > 0, lam[:, -1] / lam[:, 0], np.nan),
            "participation_ratio": total**2 / (lam**2).sum(-1),
            "entropy_rank": np.exp(entropy),
            "relative_gap": (lam[:, -1] - lam[:, -2]) / np.abs(lam[:, -1]),
            **widest_break(lam),
        }
    return {name: np.where(bad, np.nan, value) for name, value in measures.items()}


def widest_break(eigenvalues: Float[np.ndarray, "B d"]) -> dict[str, Float[np.ndarray, "B"]]:
    """Where a spectrum breaks: the widest gap with a twentieth of the eigenvalues on either side.

    A few eigenvalues that stand apart at an end are no break: the ends have gaps of their own.

    Args:
        eigenvalues: ascending, d ≥ 4.

    Returns:
        break_below: how many lie below it; break_ratio: its width over the median gap of those it
        was chosen among, NaN where that is 0.
    """
    d = eigenvalues.shape[-1]
    edge = -(-d // EDGE)
    gaps = np.diff(eigenvalues, axis=-1)[:, edge - 1 : d - edge]
    usual = np.median(gaps, axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(usual > 0, gaps.max(-1) / usual, np.nan)
    return {"break_below": edge + gaps.argmax(-1), "break_ratio": ratio}


def subspace_curvature(
    h: Float[Tensor, "B k k"],
    basis: Float[Tensor, "d k"] | None,
    n: int,
    observed: Bool[np.ndarray, "d"] | None,
) -> Float[np.ndarray, "B subspace"]:
    """tr(P_S H)/dim S of `PLAIN_SUBSPACES`: the mean of vᵀHv over unit directions of S.

    With τ the entry across the diagonal, tr(P_S H) is ½Σ_a (H_aa ± H_aτ(a)) for the symmetric and
    the antisymmetric matrices, a sum over the diagonal of H for sets of entries, and uᵀHu with
    u = I/√n for the trace.

    Args:
        h: Hessians, or their reductions.
        basis: Q of H = Q·h·Qᵀ where they are reduced.
        n: matrix side.
        observed: entries given to a completion model; None on other tasks.

    Returns:
        Level frame, float64; of an empty subspace NaN. The last two only where something is
        observed.
    """
    flat = torch.arange(n * n, device=h.device)
    across = flat.reshape(n, n).T.reshape(-1)
    if basis is None:
        own, crossed = h.diagonal(dim1=1, dim2=2), h[:, flat, across]
        along = h[:, flat % (n + 1) == 0][:, :, flat % (n + 1) == 0].double().sum((1, 2)) / n
    else:
        left = basis @ h
        own, crossed = (left * basis).sum(-1), (left * basis[across]).sum(-1)
        u = basis[flat % (n + 1) == 0].sum(0) / n**0.5
        along = ((h @ u) * u).double().sum(-1)
    own, total = own.double(), own.double().sum(-1)
    turned = crossed.double().sum(-1)
    columns = [
        (total + turned) / (n * (n + 1)),
        (total - turned) / (n * (n - 1)),
        own[:, flat % (n + 1) == 0].mean(-1),
        along,
    ]
    if observed is not None:
        seen = torch.from_numpy(observed).to(h.device)
        columns += [own[:, seen].mean(-1), own[:, ~seen].mean(-1)]
    return torch.stack(columns, dim=-1).cpu().numpy()


def cosine(
    first: Float[np.ndarray, "... d"], second: Float[np.ndarray, "... d"]
) -> Float[np.ndarray, "..."]:
    """Cosine of vectors along the last axis, float64; NaN where one has no length."""
    first, second = first.astype(np.float64), second.astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        lengths = np.linalg.norm(first, axis=-1) * np.linalg.norm(second, axis=-1)
        return np.asarray((first * second).sum(-1) / np.where(lengths > 0, lengths, np.nan))


def part_measures(parts: Parts) -> dict[str, Float[np.ndarray, "B"]]:
    """Norms of H and of its two parts, and their cosine.

    ‖H‖² = ‖GN‖² + ‖residual‖² + 2·cos·‖GN‖·‖residual‖ ties the four together.

    Args:
        parts: Gauss–Newton and residual part.

    Returns:
        hessian_norm, gauss_newton_norm, residual_norm, gauss_newton_residual_cosine.
    """
    gn, rest = parts.gauss_newton.double(), parts.residual.double()
    dims = (-2, -1)
    a, b = torch.linalg.matrix_norm(gn), torch.linalg.matrix_norm(rest)
    values = {
        "hessian_norm": torch.linalg.matrix_norm(gn + rest),
        "gauss_newton_norm": a,
        "residual_norm": b,
        "gauss_newton_residual_cosine": (gn * rest).sum(dims) / (a * b),
    }
    return {name: v.cpu().numpy() for name, v in values.items()}
