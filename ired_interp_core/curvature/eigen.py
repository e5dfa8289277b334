"""Eigenvalues and eigenvectors of Hessians in ỹ."""

import numpy as np
import scipy.linalg
import torch
from jaxtyping import Float
from torch import Tensor


def eigenvalues(h: Float[Tensor, "B d d"]) -> Float[Tensor, "B d"]:
    """All eigenvalues of symmetric matrices; NaN where a matrix is not finite.

    Args:
        h: symmetric matrices.

    Returns:
        Eigenvalues [B, d], ascending.
    """
    finite = torch.isfinite(h).all(dim=(-2, -1))
    if bool(finite.all()):
        return torch.linalg.eigvalsh(h)
    out = h.new_full(h.shape[:-1], float("nan"))
    out[finite] = torch.linalg.eigvalsh(h[finite])
    return out


def extreme_eigenvectors(
    h: Float[Tensor, "d d"], k: int
) -> tuple[Float[np.ndarray, "k d"], Float[np.ndarray, "k d"]]:
    """Eigenvectors at both ends of one spectrum, by LAPACK's subset solver.

    Signs are fixed (largest entry positive), so that a rerun draws the same plane.

    Args:
        h: a symmetric matrix.
        k: how many at each end.

    Returns:
        Of the k largest eigenvalues, largest first; of the k smallest, smallest first.
    """
    a, d = h.cpu().numpy(), h.shape[-1]
    if not np.isfinite(a).all():
        return np.full((k, d), np.nan, a.dtype), np.full((k, d), np.nan, a.dtype)
    if 4 * k >= d:
        vectors = scipy.linalg.eigh(a, driver="evd", check_finite=False)[1]
        top, bottom = vectors[:, ::-1][:, :k], vectors[:, :k]
    else:
        top, bottom = (
            scipy.linalg.eigh(a, driver="evr", subset_by_index=ends, check_finite=False)[1]
            for ends in ((d - k, d - 1), (0, k - 1))
        )
        top = top[:, ::-1]
    return _fixed_sign(top.T), _fixed_sign(bottom.T)


def _fixed_sign(vectors: Float[np.ndarray, "k d"]) -> Float[np.ndarray, "k d"]:
    peak = np.take_along_axis(vectors, np.abs(vectors).argmax(1)[:, None], axis=1)
    return vectors * np.where(peak < 0, -1, 1).astype(vectors.dtype)
