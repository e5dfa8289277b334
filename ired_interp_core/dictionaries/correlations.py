"""Spearman correlations of all features with all properties, and their p."""

import numpy as np
import scipy.sparse
import scipy.special
import scipy.stats
from jaxtyping import Bool, Float

FEATURES_AT_ONCE = 256
"""Columns ranked together: at 20,000 problems 40 MB."""

FEWEST = 20
"""Problems from which on Student's t is taken for the tails of ρ. A simulated p of 1e-5 is 5.9, 2.1
and 1.4 times as large at N = 10, 20 and 64; with few problems ρ = 1 by chance would have p = 0."""

ROUNDING = 1e-6
"""Spread of a property, of the size of its values and of 1, up to which it is rounding: the
symmetry defect of an inverse, 1e-15, has the ranks of noise."""


def usable(properties: Float[np.ndarray, "N P"]) -> Bool[np.ndarray, "P"]:
    """Properties that are finite on all problems and spread by more than rounding."""
    if not len(properties):
        return np.zeros(properties.shape[1], dtype=bool)
    finite = np.isfinite(properties).all(axis=0)
    values = np.where(finite, properties, 0.0)
    return finite & (np.ptp(values, axis=0) > ROUNDING * np.maximum(np.abs(values).max(axis=0), 1))


def spearman(
    means: scipy.sparse.csc_array, properties: Float[np.ndarray, "N P"]
) -> tuple[Float[np.ndarray, "m P"], Float[np.ndarray, "m P"]]:
    """ρ of every feature with every property over N problems, ties at their mean rank.

    Args:
        means: mean activation of each feature on each problem [N, m].
        properties: of the same problems.

    Returns:
        ρ, and its two-sided p by Student's t with N − 2 degrees of freedom; NaN where a property is
        not usable and where either side is constant. No ρ for N < 3, no p for
        N < FEWEST.
    """
    count, features = means.shape
    shape = (features, properties.shape[1])
    if count < 3:
        return np.full(shape, np.nan), np.full(shape, np.nan)
    ranked = standard_ranks(np.where(usable(properties), properties, 0.0))
    rho = np.empty(shape)
    for start in range(0, features, FEATURES_AT_ONCE):
        tile = slice(start, start + FEATURES_AT_ONCE)
        rho[tile] = standard_ranks(means[:, tile].toarray()).T @ ranked
    rho = np.clip(rho, -1.0, 1.0)
    return rho, two_sided(rho, count)


def two_sided(rho: Float[np.ndarray, "..."], count: int) -> Float[np.ndarray, "..."]:
    """Two-sided p of Spearman's ρ by Student's t; NaN for fewer than FEWEST problems."""
    if count < FEWEST:
        return np.full(rho.shape, np.nan)
    with np.errstate(divide="ignore"):
        t = np.abs(rho) * np.sqrt((count - 2) / ((1 - rho) * (1 + rho)))
    return 2 * scipy.special.stdtr(count - 2, -t)


def standard_ranks(values: Float[np.ndarray, "N k"]) -> Float[np.ndarray, "N k"]:
    """Ranks of each column, centred and of length 1, so that a product of two columns is their ρ.

    Args:
        values: finite numbers.

    Returns:
        NaN in a column that is constant.
    """
    ranks = scipy.stats.rankdata(values, axis=0)
    ranks -= (len(values) + 1) / 2
    length = np.sqrt((ranks**2).sum(axis=0))
    with np.errstate(invalid="ignore"):
        return ranks / length
