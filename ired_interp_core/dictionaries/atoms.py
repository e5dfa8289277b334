"""Atoms of the gradient as n×n matrices: symmetry, spectrum, effective rank."""

import numpy as np
from jaxtyping import Float

from ired_interp_core.records import seeded

RANDOM_ATOMS = 64
"""Their mean effective rank stands beside that of an atom; its standard error is .02 at n = 20."""


def matrix_parts(matrices: Float[np.ndarray, "m n n"]) -> Float[np.ndarray, "m 4"]:
    """‖P_S W‖² for symmetric, antisymmetric, diagonal matrices and multiples of 1.

    Args:
        matrices: W.

    Returns:
        Squared norms; the parts overlap.
    """
    turned = matrices.swapaxes(1, 2)
    diagonal = np.diagonal(matrices, axis1=1, axis2=2)
    parts = [
        (((matrices + turned) / 2) ** 2).sum(axis=(1, 2)),
        (((matrices - turned) / 2) ** 2).sum(axis=(1, 2)),
        (diagonal**2).sum(axis=1),
        diagonal.sum(axis=1) ** 2 / matrices.shape[1],
    ]
    return np.stack(parts, axis=1)


def matrix_shares(atoms: Float[np.ndarray, "m n n"]) -> Float[np.ndarray, "m 4"]:
    """‖P_S W‖²/‖W‖² for symmetric, antisymmetric, diagonal matrices and multiples of 1.

    Args:
        atoms: as matrices.

    Returns:
        Shares; they overlap. NaN for an atom of length 0.
    """
    with np.errstate(invalid="ignore"):
        return matrix_parts(atoms) / (atoms**2).sum(axis=(1, 2))[:, None]


def random_shares(n: int) -> Float[np.ndarray, "4"]:
    """Shares of a random atom: dimension of the part over n².

    Args:
        n: matrix side.

    Returns:
        In the order of `matrix_shares`.
    """
    return np.array([n * (n + 1) / 2, n * (n - 1) / 2, n, 1]) / n**2


def effective_rank(singular: Float[np.ndarray, "m n"]) -> Float[np.ndarray, "m"]:
    """exp(−Σ p ln p), p = s²/Σs².

    Args:
        singular: singular values.

    Returns:
        1 … n; NaN where all are 0.
    """
    with np.errstate(invalid="ignore"):
        p = singular**2 / (singular**2).sum(axis=1, keepdims=True)
    return np.exp(-(p * np.log(np.where(p > 0, p, 1.0))).sum(axis=1))


def random_rank(n: int, seed: int) -> float:
    """Mean effective rank of random atoms.

    Args:
        n: matrix side.
        seed: of them.

    Returns:
        Mean over RANDOM_ATOMS matrices of independent normal entries.
    """
    atoms = seeded("random atoms", seed).standard_normal((RANDOM_ATOMS, n, n))
    return float(effective_rank(np.linalg.svd(atoms, compute_uv=False)).mean())
