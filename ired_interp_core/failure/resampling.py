"""Intervals of scores over problems: one set of resamples for everything that is compared.

Definitions: docs/definitions.md §6.2.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int

from ired_interp_core.failure.scores import enough
from ired_interp_core.intervals import LEVEL

Weights = Float[np.ndarray, "resample N"]

POWER = 2.8016
"""z_{0.975} + z_{0.8}: an effect of so many standard errors is found with 80 % power."""


EQUAL = 1e-12
"""Resamples that differ by less are equal but for rounding."""


def draws(
    failed: Bool[np.ndarray, "N"],
    fold: Int[np.ndarray, "N"],
    words: Int[np.ndarray, "N"],
    rng: np.random.Generator,
    resamples: int,
) -> Weights:
    """How often each problem is in every resample.

    Problems are drawn with replacement among those of their fold that failed, or did not, so that
    every fold keeps both kinds; copies of a problem are drawn together. The deviations of the
    counts from 1 are widened twice:

    - by √(n/(n − 1)), n the problems of a kind in a fold: resampling few problems understates
      their spread by that factor, and a fold may hold only three failures;
    - where there are k > 1 folds, by √(1 + k/(k − 1)) (Nadeau & Bengio, Machine Learning 52, 2003):
      the models of the folds share most of their training rows, so that their scores go up and
      down together. Of pure noise the AUROC of 256 problems with 32 failures has a standard
      deviation of 0.076 (3 to 30 features), resampling test problems alone gives 0.055.

    Args:
        failed: whether it did.
        fold: test fold; the same for all where no model was trained.
        words: of the problems; equal for copies.
        rng: of the draws.
        resamples: how many.

    Returns:
        Weights, of mean 1 within each kind and fold; some below 0.
    """
    unique, first, row = np.unique(words, return_index=True, return_inverse=True)
    kind = fold[first].astype(np.int64) * 2 + failed[first]
    k = len(np.unique(fold))
    wide = 1 + k / (k - 1) if k > 1 else 1.0
    counts = np.ones((resamples, len(unique)))
    for stratum in np.unique(kind):
        members = np.flatnonzero(kind == stratum)
        n = len(members)
        if n < 2:
            continue
        drawn = rng.integers(n, size=(resamples, n)) + n * np.arange(resamples)[:, None]
        found = np.bincount(drawn.ravel(), minlength=n * resamples).reshape(resamples, n)
        counts[:, members] = 1 + (found - 1) * np.sqrt(wide * n / (n - 1))
    return counts[:, row]


def resampled_auroc(
    failed: Bool[np.ndarray, "N"],
    score: Float[np.ndarray, "N"],
    fold: Int[np.ndarray, "N"],
    weights: Weights,
) -> Float[np.ndarray, "resample"]:
    """`scores.fold_auroc` of every resample, by sorting once.

    Args:
        failed: whether it did.
        score: of the model that did not see the problem.
        fold: test fold.
        weights: as `draws` gives.

    Returns:
        Means over folds; NaN where there is no AUROC.
    """
    if not enough(failed, fold) or not np.isfinite(score).all():
        return np.full(len(weights), np.nan)
    each = []
    for f in np.unique(fold):
        rows = np.flatnonzero(fold == f)
        order = rows[np.argsort(score[rows], kind="stable")]
        starts = np.flatnonzero(np.r_[True, np.diff(score[order]) > 0])
        w, y = weights[:, order], failed[order]
        one, other = (np.add.reduceat(w * part, starts, axis=1) for part in (y, ~y))
        below = np.cumsum(other, axis=1) - other / 2
        each.append((one * below).sum(1) / (one.sum(1) * other.sum(1)))
    return np.mean(each, axis=0)


def interval(
    value: float, resampled: Sequence[float] | Float[np.ndarray, "resample"], bounded: bool = False
) -> tuple[float, float, float]:
    """Percentile interval of a resampled statistic, and what could have been found.

    Args:
        value: of all problems.
        resampled: of every resample.
        bounded: whether it lies between 0 and 1, so that no end does beyond.

    Returns:
        Lower end, upper end, and the effect that so many problems find with 80 % power. NaN where
        the value is; where all resamples are equal both ends are the value, and nothing is known
        of what could have been found.
    """
    resampled = np.asarray(resampled, float)
    if not np.isfinite(value) or not np.isfinite(resampled).any():
        return np.nan, np.nan, np.nan
    usable = resampled[np.isfinite(resampled)]
    low, high = np.quantile(usable, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    low, high = min(low, value), max(high, value)  # of a statistic at the edge of its range
    if bounded:
        low, high = max(low, 0.0), min(high, 1.0)
    spread = float(usable.std())
    if spread < EQUAL:
        return value, value, np.nan
    return float(low), float(high), POWER * spread
