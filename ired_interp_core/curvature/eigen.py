"""Eigenvalues and eigenvectors of Hessians in ỹ (docs/definitions.md §3.2)."""

import numpy as np
import scipy.linalg
import torch
from jaxtyping import Float
from torch import Tensor

SMALL = 64
"""Below this size matrices are quicker all at once than one by one."""
BLOCK = 64
"""Columns that the reduction to a tridiagonal takes at a time."""
LAPACK = {
    torch.float32: (scipy.linalg.lapack.ssytrd, scipy.linalg.lapack.ssterf),
    torch.float64: (scipy.linalg.lapack.dsytrd, scipy.linalg.lapack.dsterf),
}
"""Reduction to a tridiagonal, and the eigenvalues of that."""


def eigenvalues(h: Float[Tensor, "B d d"]) -> Float[Tensor, "B d"]:
    """All eigenvalues of symmetric matrices; NaN where a matrix is not finite.

    Args:
        h: symmetric matrices, of which the lower triangle is read; the rest has to be finite.

    Returns:
        Eigenvalues [B, d], ascending.
    """
    if bool(torch.isfinite(h.sum())):  # as NaN and infinity stay in a sum: one cheap look at all
        return _eigenvalues(h)
    finite = torch.isfinite(h).all(dim=(-2, -1))
    out = h.new_full(h.shape[:-1], float("nan"))
    out[finite] = _eigenvalues(h[finite])
    return out


def _eigenvalues(h: Float[Tensor, "B d d"]) -> Float[Tensor, "B d"]:
    """Of finite matrices: on a processor by ssytrd and ssterf, which keep no vectors."""
    # They take 0.7 of the time of torch.linalg.eigvalsh at d = 400 (AMD EPYC, one thread), and are
    # no less accurate. On a GPU torch has one routine for all matrices at once.
    if h.device.type != "cpu" or h.shape[-1] < SMALL:
        return torch.linalg.eigvalsh(h)
    reduce, values = LAPACK[h.dtype]
    out = np.empty(h.shape[:-1], h.numpy().dtype)
    for a, row in zip(h.numpy(), out, strict=True):
        # Seen by LAPACK, which counts columns first, the lower triangle of rows is the upper one.
        _, diagonal, off, _, why = reduce(a.T, lower=0, lwork=BLOCK * len(a))
        row[:], stopped = values(diagonal, off, overwrite_d=1, overwrite_e=1)
        if why or stopped:  # no convergence: never seen of finite matrices
            row[:] = torch.linalg.eigvalsh(torch.from_numpy(a)).numpy()
    return torch.from_numpy(out)


def eigenpairs(
    h: Float[Tensor, "d d"],
) -> tuple[Float[np.ndarray, "d"], Float[np.ndarray, "d d"]]:
    """A whole spectrum with its vectors: of a 400 × 400 matrix as cheap as ten at each end.

    Args:
        h: a symmetric matrix.

    Returns:
        Eigenvalues, ascending, and their vectors as rows; NaN where the matrix is not finite.
    """
    a = h.cpu().numpy()
    if not np.isfinite(a).all():
        return np.full(len(a), np.nan, a.dtype), np.full(a.shape, np.nan, a.dtype)
    values, vectors = scipy.linalg.eigh(a, driver="evd", check_finite=False)
    return values, np.ascontiguousarray(vectors.T)


def extreme_eigenpairs(
    h: Float[Tensor, "d d"], k: int
) -> tuple[tuple[Float[np.ndarray, "k+1"], Float[np.ndarray, "k d"]], ...]:
    """Eigenpairs at both ends of one spectrum, by LAPACK's subset solver.

    Signs are fixed (largest entry positive), so that a rerun draws the same plane.

    Args:
        h: a symmetric matrix.
        k: how many vectors at each end; 1 ≤ k < d.

    Returns:
        (values, vectors) at the top, largest first, and at the bottom, smallest first; k + 1
        values, so that the gap behind the k-th is known. NaN where the matrix is not finite.
    """
    a, d = h.cpu().numpy(), h.shape[-1]
    if not np.isfinite(a).all():
        nothing = np.full(k + 1, np.nan, a.dtype), np.full((k, d), np.nan, a.dtype)
        return nothing, nothing
    ends = ((d - k - 1, d - 1), (0, k))
    found = [
        scipy.linalg.eigh(a, driver="evr", subset_by_index=end, check_finite=False)
        for end in (ends if 4 * (k + 1) < d else ())
    ]
    if found and all(len(values) == k + 1 for values, _ in found):
        (high, up), bottom = found
        top = high[::-1], up[:, ::-1]
    else:  # small, or so many equal eigenvalues that the subset solver finds too few of them
        values, vectors = scipy.linalg.eigh(a, driver="evd", check_finite=False)
        top, bottom = (values[::-1], vectors[:, ::-1]), (values, vectors)
    return tuple((v[: k + 1], fixed_sign(w[:, :k].T)) for v, w in (top, bottom))


def extreme_eigenvectors(
    h: Float[Tensor, "d d"], k: int
) -> tuple[Float[np.ndarray, "k d"], Float[np.ndarray, "k d"]]:
    """Eigenvectors at both ends of one spectrum.

    Args:
        h: a symmetric matrix.
        k: how many at each end; 1 ≤ k < d.

    Returns:
        Of the k largest eigenvalues, largest first; of the k smallest, smallest first.
    """
    (_, top), (_, bottom) = extreme_eigenpairs(h, k)
    return top, bottom


def fixed_sign(vectors: Float[np.ndarray, "k d"]) -> Float[np.ndarray, "k d"]:
    """Rows with the sign that makes their largest entry positive."""
    peak = np.take_along_axis(vectors, np.abs(vectors).argmax(1)[:, None], axis=1)
    return vectors * np.where(peak < 0, -1, 1).astype(vectors.dtype)
