"""Means with standard errors, and R² with a bootstrap interval (docs/definitions.md §2.4)."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ired_interp_core.intervals import percentile


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
class Explained:
    """R² = 1 − Σ near/Σ spread, and its interval.

    Args:
        value: over all problems.
        low: 2.5 % of the bootstrap.
        high: 97.5 %.
    """

    value: Float[np.ndarray, "column"]
    low: Float[np.ndarray, "column"]
    high: Float[np.ndarray, "column"]


def explained(
    near: Float[np.ndarray, "N column"], spread: Float[np.ndarray, " N"], rng: np.random.Generator
) -> Explained:
    """R² of several predictors on the same problems, resampled together.

    Args:
        near: ‖ŷ − b‖² of every problem and predictor.
        spread: ‖ŷ − mean ŷ‖² of every problem, the mean held fixed under resampling.
        rng: of the resampling.

    Returns:
        NaN where all answers are the same.
    """
    if not near.shape[1]:
        empty = np.empty(0)
        return Explained(empty, empty, empty)
    value = _r2(near.mean(axis=0), spread.mean())
    if len(near) < 2:
        return Explained(value, np.full_like(value, np.nan), np.full_like(value, np.nan))
    columns = np.column_stack([near, spread])
    low, high = percentile(columns, rng, of=lambda means: _r2(means[:, :-1], means[:, -1:]))
    return Explained(value, low, high)


def _r2(near: np.ndarray, spread: np.ndarray) -> np.ndarray:
    return 1.0 - near / np.where(spread == 0.0, np.nan, spread)
