"""What is read off a spectrum (docs/definitions.md §3.2)."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ired_interp_core.curvature.assembly import Parts
from ired_interp_core.curvature.ideal import INDEX_TOLERANCE


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
        condition, participation_ratio, entropy_rank, relative_gap.
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
        }
    return {name: np.where(bad, np.nan, value) for name, value in measures.items()}


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
