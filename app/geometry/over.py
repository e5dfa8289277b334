"""Medians and means over problems, differences of rank correlations, and verdicts. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from app.shared.drawing.ranks import standard
from ired_interp_core import intervals
from ired_interp_core.records import seeded
from ired_interp_core.shares import mean_share

RESAMPLES = 500


@dataclass(frozen=True)
class Middle:
    """Medians or means over problems, one a column, such as a level.

    Args:
        value: median or mean.
        low: lower end of its 95 % interval; NaN of fewer than six problems.
        high: upper end.
        lower: first quartile.
        upper: third quartile.
        count: problems with a finite number.
    """

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    count: np.ndarray


def middle(values: np.ndarray) -> Middle:
    """Median of each column of [problem, column] over its finite numbers."""
    found = np.full((6, values.shape[1]), np.nan)
    for k, column in enumerate(values.T):
        there = column[np.isfinite(column)]
        found[5, k] = there.size
        if there.size:
            found[:3, k] = intervals.median(there)
            found[3:5, k] = np.quantile(there, (0.25, 0.75))
    return Middle(*found)


Ends = Callable[[np.ndarray, np.random.Generator], tuple[float, float, float]]


def mean(values: np.ndarray) -> Middle:
    """Mean of each column of [problem, column] over its finite numbers, bootstrap-t interval."""
    return _mean(values, _bootstrap)


def share(values: np.ndarray) -> Middle:
    """Mean of each column of [problem, column] of shares, with an interval also where all agree."""
    return _mean(values, mean_share)


def _bootstrap(values: np.ndarray, rng: np.random.Generator) -> tuple[float, float, float]:
    found = intervals.bootstrap_t(values[:, None], rng)
    return float(found.value[0]), float(found.low[0]), float(found.high[0])


def _mean(values: np.ndarray, ends: Ends) -> Middle:
    found = np.full((6, values.shape[1]), np.nan)
    for k, column in enumerate(values.T):
        there = column[np.isfinite(column)]
        found[5, k] = there.size
        if there.size:
            found[:3, k] = ends(there, seeded("mean over problems", there.size))
            found[3:5, k] = np.quantile(there, (0.25, 0.75))
    return Middle(*found)


def more_than(x: np.ndarray, other: np.ndarray, y: np.ndarray) -> tuple[float, float, float]:
    """How much better x tells the order of y than another quantity does, on the same problems.

    ρ(x, y) − ρ(other, y), with the percentile interval of the bootstrap over problems.

    Args:
        x: one number a problem.
        other: what it is compared with.
        y: whose order is told.

    Returns:
        Difference, lower and upper end; NaN for fewer than five problems, or where one is constant.
    """
    there = np.isfinite(x) & np.isfinite(other) & np.isfinite(y)
    count = int(there.sum())
    values = np.stack([x[there], other[there], y[there]], axis=1)
    if count < 5 or (np.ptp(values, axis=0) == 0).any():
        return np.nan, np.nan, np.nan
    rng = seeded("difference of rank correlations", count)
    drawn = rng.integers(count, size=(count, RESAMPLES))
    ranks = [standard(values[:, k][drawn]) for k in range(3)]
    apart = ((ranks[0] - ranks[1]) * ranks[2]).sum(0)
    own = standard(values)
    low, high = np.nanquantile(apart, (0.025, 0.975))
    return float((own[:, 0] - own[:, 1]) @ own[:, 2]), float(low), float(high)


@dataclass(frozen=True)
class Verdict:
    """Whether a number exceeds what it is held against.

    Args:
        word: holds, not, undecided or unmeasured.
        levels: where it does not, if there are levels at which it does or may.
    """

    word: str
    levels: tuple[int, ...] = ()


def verdict(low: np.ndarray, high: np.ndarray, above: float) -> Verdict:
    """Whether a number exceeds another at every level (index of the arrays) with an interval."""
    there = np.isfinite(low) & np.isfinite(high)
    if not there.any():
        return Verdict("unmeasured")
    below = there & (high <= above)
    if below.any():
        some = (there & ~below).any()
        return Verdict("not", tuple(map(int, np.flatnonzero(below))) if some else ())
    return Verdict("holds" if (low[there] > above).all() else "undecided")


def clear(found: Verdict, low: np.ndarray, high: np.ndarray) -> Verdict:
    """A verdict that holds only where the paired difference to its control is clear of 0."""
    there = np.isfinite(low) & np.isfinite(high)
    if found.word != "holds" or (there.any() and (low[there] > 0).all()):
        return found
    return Verdict("undecided")


def all_of(*verdicts: Verdict) -> Verdict:
    """The verdict on several conditions, each of which must hold."""
    words = [one.word for one in verdicts]
    for word in ("not", "unmeasured", "undecided"):
        if word in words:
            at = [one.levels for one in verdicts if one.word == word]
            return Verdict(word, tuple(sorted({t for some in at for t in some})) if all(at) else ())
    return Verdict("holds")
