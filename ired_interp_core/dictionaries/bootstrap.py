"""Intervals by resampling problems."""

import numpy as np
from jaxtyping import Float

NUMBERS_AT_ONCE = 2**22
"""Counts drawn together, 34 MB: 4194 resamples of 1000 problems."""


def resampled_means(
    values: Float[np.ndarray, "problem column"], resamples: int, rng: np.random.Generator
) -> Float[np.ndarray, "resample column"]:
    """Means over problems drawn with replacement, the same draws for all columns.

    Args:
        values: one row a problem; points of one problem depend on each other and are drawn
            together, so that they belong into one row.
        resamples: how many.
        rng: of the draws.

    Returns:
        (1/P)·Σ_p count_p·value_p for multinomial counts; NaN in columns that hold a NaN.
    """
    count = len(values)
    share = np.full(count, 1 / count)
    pieces = []
    at_once = max(1, NUMBERS_AT_ONCE // count)
    for start in range(0, resamples, at_once):
        size = min(at_once, resamples - start)
        pieces.append(rng.multinomial(count, share, size=size) @ values / count)
    return np.concatenate(pieces)


def interval(
    values: Float[np.ndarray, "problem column"], resamples: int, rng: np.random.Generator
) -> tuple[Float[np.ndarray, "column"], Float[np.ndarray, "column"]]:
    """Percentile interval of the mean over problems.

    Args:
        values: one row a problem.
        resamples: how many.
        rng: of the draws.

    Returns:
        2.5 % and 97.5 % of the resampled means; NaN of a single problem, which has no interval.
    """
    if len(values) < 2:
        nothing = np.full(values.shape[1], np.nan)
        return nothing, nothing
    low, high = np.quantile(resampled_means(values, resamples, rng), [0.025, 0.975], axis=0)
    return low, high
