"""Means with standard errors, and what answers share with predictors and with the truth.

Definitions: docs/definitions.md §2.4.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ired_interp_core.intervals import percentile

Columns = Float[np.ndarray, "column"]

NOTHING = 1e-20
"""Mean square of y* − b below which, as a share of that of y*, the predictor is the truth."""


def mean_and_error(
    values: Float[np.ndarray, "N *rest"],
) -> tuple[Float[np.ndarray, "*rest"], Float[np.ndarray, "*rest"]]:
    """Mean over problems and its standard error s/√N, s with N − 1 in its denominator.

    Args:
        values: one row a problem.

    Returns:
        Both NaN where there is no problem, the error also where there is one.
    """
    count, nothing = len(values), np.full(values.shape[1:], np.nan)
    if not count:
        return nothing, nothing
    mean = np.asarray(values.mean(axis=0))
    if count < 2:
        return mean, nothing
    return mean, np.asarray(values.std(axis=0, ddof=1) / np.sqrt(count))


@dataclass(frozen=True)
class Ratio:
    """A function of means over problems, and its interval.

    Args:
        value: over all problems.
        low: 2.5 % of the bootstrap.
        high: 97.5 %.
    """

    value: Columns
    low: Columns
    high: Columns


def ratio(
    values: Float[np.ndarray, "N column"],
    of: Callable[[np.ndarray], np.ndarray],
    rng: np.random.Generator,
) -> Ratio:
    """A function of means with its percentile interval over problems.

    Args:
        values: one row a problem.
        of: means [_, column] → statistics [_, any].
        rng: of the resampling.

    Returns:
        The statistics; no interval for a single problem.
    """
    return Ratio(of(values.mean(axis=0, keepdims=True))[0], *percentile(values, rng, of=of))


@dataclass(frozen=True)
class Beside:
    """What answers share with the predictors b, and know beyond them.

    Args:
        r2: 1 − Σ‖ŷ − b‖²/Σ‖ŷ − mean ŷ‖².
        slope: Σ(ŷ − b)·(y* − b)/Σ‖y* − b‖².
        cosine: the same over √(Σ‖ŷ − b‖² Σ‖y* − b‖²).
    """

    r2: Ratio
    slope: Ratio
    cosine: Ratio


def beside(
    near: Float[np.ndarray, "N b"],
    miss: Float[np.ndarray, "N b"],
    cross: Float[np.ndarray, "N b"],
    spread: Float[np.ndarray, " N"],
    truth: float,
    rng: np.random.Generator,
) -> Beside:
    """R² of ŷ on predictors, and slope and cosine of ŷ − b on y* − b, resampled together.

    Args:
        near: ‖ŷ − b‖² of every problem and predictor.
        miss: ‖y* − b‖².
        cross: (ŷ − b)·(y* − b).
        spread: ‖ŷ − mean ŷ‖² of every problem, the mean held fixed under resampling.
        truth: mean of ‖y*‖².
        rng: of the resampling.

    Returns:
        R² is NaN where all answers are the same; slope and cosine are where b is the truth, the
        cosine also where it is the answer.
    """
    count = near.shape[1]

    def of(means: np.ndarray) -> np.ndarray:
        n, m, c, s = np.split(means, [count, 2 * count, 3 * count], axis=1)
        m = np.where(m > NOTHING * truth, m, np.nan)
        n_there = np.where(n > NOTHING * truth, n, np.nan)
        r2 = 1.0 - n / np.where(s == 0.0, np.nan, s)
        return np.concatenate([r2, c / m, c / np.sqrt(n_there * m)], axis=1)

    if not count:
        empty = np.empty(0)
        return Beside(*[Ratio(empty, empty, empty)] * 3)
    found = ratio(np.column_stack([near, miss, cross, spread]), of, rng)
    parts = zip(*(np.split(a, 3) for a in (found.value, found.low, found.high)), strict=True)
    return Beside(*(Ratio(*part) for part in parts))


def shared(
    answer: Float[np.ndarray, "N d"],
    truth: Float[np.ndarray, "N d"],
    rng: np.random.Generator,
) -> tuple[Ratio, Float[np.ndarray, " N"], Float[np.ndarray, " N"]]:
    """corr²(ŷ, y*) over all entries and problems, each entry about its mean over the problems.

    Args:
        answer: ŷ.
        truth: y*.
        rng: of the resampling, the means of entries held fixed.

    Returns:
        The square of the correlation, one column, NaN where a side is constant; mean over entries
        of (ŷ − mean ŷ)² and of (y* − mean y*)² of every problem.
    """
    columns = np.empty((len(answer), 3))
    means = answer.mean(axis=0, dtype=np.float64), truth.mean(axis=0, dtype=np.float64)
    for first in range(0, len(answer), 1024):  # all in float64 are large
        rows = slice(first, first + 1024)
        one, other = answer[rows] - means[0], truth[rows] - means[1]
        products = (one * other, one * one, other * other)
        columns[rows] = np.stack([p.mean(axis=-1) for p in products], axis=1)

    def of(m: np.ndarray) -> np.ndarray:
        both = m[:, 1] * m[:, 2]
        return (m[:, 0] ** 2 / np.where(both == 0.0, np.nan, both))[:, None]

    return ratio(columns, of, rng), columns[:, 1], columns[:, 2]
