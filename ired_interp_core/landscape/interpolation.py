"""Chebyshev nodes and barycentric interpolation: a slice from few energies, at any resolution.

Definitions: docs/definitions.md §4.

Source: Trefethen, Approximation Theory and Approximation Practice, chapters 2, 3 and 5. Light: no
torch.
"""

import numpy as np
import scipy.fft
from jaxtyping import Float

CHEBYSHEV, UNIFORM_GRID = range(2)


def chebyshev_nodes(count: int, half_width: float = 1.0) -> Float[np.ndarray, "N"]:
    """Chebyshev points of the second kind, −w·cos(πk/(N−1)), ascending, both ends included.

    Args:
        count: N ≥ 2.
        half_width: w.

    Returns:
        The nodes.
    """
    k = np.arange(count)
    return -half_width * np.cos(np.pi * k / (count - 1))


def barycentric_matrix(
    nodes: Float[np.ndarray, "N"], targets: Float[np.ndarray, "M"]
) -> Float[np.ndarray, "M N"]:
    """The matrix that takes values at Chebyshev nodes to the interpolant at the targets.

    Weights (−1)^k, halved at both ends (barycentric formula of the second kind).

    Args:
        nodes: Chebyshev points of the second kind, ascending.
        targets: positions within the interval.

    Returns:
        Rows sum to one; a target on a node picks its value exactly.
    """
    weights = np.where(np.arange(len(nodes)) % 2, -1.0, 1.0)
    weights[[0, -1]] /= 2
    gap = targets[:, None] - nodes[None, :]
    exact = np.abs(gap) <= 4 * np.finfo(np.float64).eps * np.abs(nodes).max()
    with np.errstate(divide="ignore", invalid="ignore"):
        matrix = weights / gap
        matrix /= matrix.sum(axis=1, keepdims=True)
    hit = exact.any(axis=1)
    matrix[hit] = exact[hit] / exact[hit].sum(axis=1, keepdims=True)
    return matrix


def linear_matrix(
    nodes: Float[np.ndarray, "N"], targets: Float[np.ndarray, "M"]
) -> Float[np.ndarray, "M N"]:
    """The matrix of piecewise linear interpolation, for uniform grids.

    Args:
        nodes: ascending positions.
        targets: positions within the interval.

    Returns:
        Rows sum to one.
    """
    return np.stack([np.interp(targets, nodes, unit) for unit in np.eye(len(nodes))], axis=1)


MATRICES = (barycentric_matrix, linear_matrix)
"""How a surface is drawn from its nodes, by method."""


def evaluate(
    values: Float[np.ndarray, "... nb na"],
    nodes: Float[np.ndarray, "N"],
    a: Float[np.ndarray, "Ma"],
    b: Float[np.ndarray, "Mb"],
    method: int = CHEBYSHEV,
) -> Float[np.ndarray, "... Mb Ma"]:
    """The surface at any positions.

    Args:
        values: energies at the nodes; the last axis is a. Rows and columns past the nodes are
        ignored.
        nodes: node positions of both axes, ascending; NaN padding at the end is ignored.
        a: positions along a.
        b: positions along b.
        method: CHEBYSHEV or UNIFORM_GRID, as the slice says.

    Returns:
        Energies on the grid b × a, float64.
    """
    nodes = np.asarray(nodes, dtype=np.float64)
    nodes = nodes[np.isfinite(nodes)]
    if len(nodes) == 0:
        return np.full((*values.shape[:-2], len(b), len(a)), np.nan)
    make = MATRICES[method]
    inner = np.asarray(values, dtype=np.float64)[..., : len(nodes), : len(nodes)]
    return make(nodes, np.asarray(b, float)) @ inner @ make(nodes, np.asarray(a, float)).T


def drawn_at(
    values: Float[np.ndarray, "... N N"],
    nodes: Float[np.ndarray, "N"],
    a: Float[np.ndarray, "M"],
    b: Float[np.ndarray, "M"],
    method: int = CHEBYSHEV,
) -> Float[np.ndarray, "... M"]:
    """The surface at single points, of all of which both coordinates are given.

    Args:
        values: at the nodes; the last axis is a.
        nodes: positions of both axes, ascending.
        a: of each point.
        b: of each point.
        method: CHEBYSHEV or UNIFORM_GRID.

    Returns:
        Its values there.
    """
    make = MATRICES[method]
    return np.einsum("mi,...ij,mj->...m", make(nodes, b), values, make(nodes, a))


def coefficients(values: Float[np.ndarray, "... N N"]) -> Float[np.ndarray, "... N N"]:
    """Chebyshev coefficients of the interpolant, by the type-I cosine transform.

    Args:
        values: at Chebyshev nodes along both axes, ascending.

    Returns:
        Coefficient of T_i(b)·T_j(a) at [..., i, j] up to sign (the nodes ascend).
    """
    n = values.shape[-1]
    c = scipy.fft.dctn(np.asarray(values, dtype=np.float64), type=1, axes=(-2, -1)) / (n - 1) ** 2
    c[..., [0, -1], :] /= 2
    c[..., :, [0, -1]] /= 2
    return c


def rounding(values: Float[np.ndarray, "... N N"], dtype: str) -> Float[np.ndarray, "..."]:
    """How far the interpolant can move when its values are rounded to a dtype.

    ε/2·max|E|·Λ² with the Lebesgue constant of N Chebyshev points, Λ ≤ 1 + (2/π)·ln N (theorem 15.2
    of the source). Around an answer E varies by a small part of itself, and at t = 9 by some 1e-4:
    there rounding, not interpolation, is the error of a stored slice.

    Args:
        values: at Chebyshev nodes along both axes.
        dtype: name of a floating NumPy dtype.

    Returns:
        The bound, in the unit of the values.
    """
    lebesgue = 1 + 2 / np.pi * np.log(values.shape[-1])
    return np.finfo(dtype).eps / 2 * np.abs(values).max(axis=(-2, -1)) * lebesgue**2


def tail(values: Float[np.ndarray, "... N N"]) -> Float[np.ndarray, "..."]:
    """What the interpolant leaves out, estimated by its last two rows and columns of coefficients.

    For geometrically falling coefficients the sum of the last two exceeds what follows them.

    Args:
        values: at Chebyshev nodes along both axes.

    Returns:
        Sum of |c_ij| with i or j among the last two.
    """
    c = np.abs(coefficients(values))
    return c.sum(axis=(-2, -1)) - c[..., :-2, :-2].sum(axis=(-2, -1))
