"""Matrices to invert, made to order: a prescribed spectrum, and three named families.

Definitions: docs/definitions.md §6.4.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float64

from ired_interp_core import made_to_order

SMALLEST = 0.5
"""Smallest eigenvalue where that is kept: about that of training, A = 2RRᵀ + ½I."""

TAIL = 3.0
"""Degrees of freedom of Student's t in the heavy-tailed family: its variance is 3."""

Matrix = Float64[np.ndarray, "n n"]


def largest_kept(size: int) -> float:
    """Largest eigenvalue where that is kept: ½ + 2.25 n, training's mean at n = 20 (45.2)."""
    return SMALLEST + 2.25 * size


def largest_eigenvalue(variant: str, size: int) -> float:
    """Bound on the eigenvalues of x.

    Args:
        variant: of inverse, made to order.
        size: Matrix side n.

    Returns:
        Their largest; ∞ where none is prescribed.
    """
    order = made_to_order.values("inverse", variant)
    if not order["condition"]:
        return np.inf
    return largest_kept(size) if order["kept"] == "largest" else SMALLEST * order["condition"]


def definite(variant: str) -> bool:
    """Whether x is symmetric positive definite, so that polynomials in A are fitted on spectra."""
    order = made_to_order.values("inverse", variant)
    return order["bases"] == "one" and order["ensemble"] != "orthogonal"


def distinct(variant: str) -> bool:
    """Whether the eigenvalues differ; at κ = 1 every polynomial in A is a multiple of I."""
    return made_to_order.values("inverse", variant)["condition"] != 1.0


def draw(rng: np.random.Generator, size: int, variant: str) -> tuple[Matrix, Matrix]:
    """A and A⁻¹ of a variant made to order.

    Args:
        rng: Stream of this problem.
        size: Matrix side n.
        variant: its name.

    Returns:
        x = A and y = A⁻¹, each [n, n]; symmetric to the last bit where A is.
    """
    order = made_to_order.values("inverse", variant)
    if order["condition"]:
        return _prescribed(rng, size, order)
    return {"toeplitz": _toeplitz, "orthogonal": _orthogonal, "heavy": _heavy}[order["ensemble"]](
        rng, size
    )


def haar(rng: np.random.Generator, size: int) -> Matrix:
    """An orthogonal matrix by Haar's measure.

    QR of a Gaussian matrix with the signs of R's diagonal made positive. Source: Mezzadri, Notices
    of the AMS 54, 592 (2007).

    Args:
        rng: a generator.
        size: n.

    Returns:
        Q [n, n].
    """
    q, r = np.linalg.qr(rng.standard_normal((size, size)))
    return q * np.where(np.diag(r) < 0.0, -1.0, 1.0)


def spectrum(share: Float64[np.ndarray, " n"], kappa: float, low: float) -> np.ndarray:
    """λ_i = low·κ^{s_i}, uniform on a logarithmic axis where the shares are.

    Args:
        share: s [n] in 0 … 1; the first is taken as 0 and the last as 1, so that κ is exact.
        kappa: condition number κ ≥ 1.
        low: smallest eigenvalue.

    Returns:
        λ [n].
    """
    values = low * kappa**share
    values[0], values[-1] = low, low * kappa
    return values


def _prescribed(
    rng: np.random.Generator, size: int, order: Mapping[str, Any]
) -> tuple[Matrix, Matrix]:
    """QΛQᵀ or UΛVᵀ. Basis and spectrum are drawn alike at every κ, so that problems are paired."""
    kappa, left = order["condition"], haar(rng, size)
    drawn = rng.random(size)
    share = drawn if order["spectrum"] == "drawn" else np.linspace(0.0, 1.0, size)
    low = SMALLEST if order["kept"] == "smallest" else largest_kept(size) / kappa
    values = spectrum(share, kappa, low)
    if order["bases"] == "free":
        right = haar(rng, size)
        return (left * values) @ right.T, (right / values) @ left.T
    return _in_basis(left, values), _in_basis(left, 1.0 / values)


def _in_basis(basis: Matrix, values: np.ndarray) -> Matrix:
    """QΛQᵀ, as a multiple of I and a rest that is symmetric to the last bit: exact at κ = 1."""
    low = values.min()
    rest = (basis * (values - low)) @ basis.T
    return (rest + rest.T) / 2 + low * np.eye(len(values))


def _toeplitz(rng: np.random.Generator, size: int) -> tuple[Matrix, Matrix]:
    """Symmetric, A_ij = c_|i−j|, entries as large as training's, shifted to λ_min = ½."""
    bound = 2.0 * (size / 3.0) ** 0.5  # √3 times √(4n/9), the rms of training off the diagonal
    first = bound * rng.uniform(-1.0, 1.0, size)
    place = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    matrix = first[place]
    matrix += (SMALLEST - np.linalg.eigvalsh(matrix)[0]) * np.eye(size)
    return matrix, _inverse(matrix)


def _orthogonal(rng: np.random.Generator, size: int) -> tuple[Matrix, Matrix]:
    """By Haar's measure: A⁻¹ = Aᵀ, κ = 1."""
    matrix = haar(rng, size)
    return matrix, matrix.T


def _heavy(rng: np.random.Generator, size: int) -> tuple[Matrix, Matrix]:
    """2RRᵀ + ½I as in training, R of Student's t with three degrees and training's variance ⅓."""
    root = rng.standard_t(TAIL, (size, size)) / TAIL
    gram = root @ root.T
    matrix = gram + gram.T + SMALLEST * np.eye(size)
    return matrix, _inverse(matrix)


def _inverse(matrix: Matrix) -> Matrix:
    found = np.linalg.inv(matrix)
    return (found + found.T) / 2
