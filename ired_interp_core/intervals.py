"""Intervals over problems: paired differences, resampled statistics, and many of them at once.

One row is one problem; what belongs to one problem is resampled together. An interval covers the
problems that could have been drawn, of one training: it says nothing of other trainings.
Definitions: docs/definitions.md §2.4.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

RESAMPLES = 1000
"""Of a bootstrap; coverage at 2,000 is the same to the third digit."""

LEVEL = 0.95
"""Of every interval."""

NUMBERS_AT_ONCE = 2**17
"""Counts drawn together, so that they lie in the cache: 6 resamples of 20,000 problems."""

Columns = Float[np.ndarray, "column"]


@dataclass(frozen=True)
class Interval:
    """A statistic over problems with its 95 % interval.

    Args:
        value: over all problems.
        low: lower end.
        high: upper end; both NaN where there is no interval.
        p: two-sided, of the hypothesis 0, where the interval has one; at least 1/(resamples + 1).
    """

    value: Columns
    low: Columns
    high: Columns
    p: Columns


def bootstrap_t(
    values: Float[np.ndarray, "problem column"],
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
) -> Interval:
    """Mean over problems with a symmetric bootstrap-t interval, m ± q·s/√P.

    q is the 95 % quantile of |m* − m|/(s*/√P) over resamples of the problems, the same for all
    columns, and p the share of resamples in which that is at least |m|/(s/√P), both counted with
    one more. Simulated at P = 64 it covers .950 of normal values, .927 of lognormal(0, 1) (t and
    BCa .90 to .91), .94 of differences of lognormal values and .96 of Student's t with three
    degrees of freedom; the equal-tailed kind covers .951, .930, .917 and .926, so that the
    symmetric one is the better of the two where it is worst. Efron & Tibshirani, An Introduction
    to the Bootstrap (1993), ch. 12; Hall, The Bootstrap and Edgeworth Expansion (1992), §3.5.

    Args:
        values: one row a problem; for a comparison the paired differences.
        rng: of the resampling.
        resamples: how many; Holm over h tests at 5 % needs more than 20·h.

    Returns:
        [d, d] where all problems have the same value d. No interval for a single problem, where a
        value is not finite, and where so few problems differ that resamples without any spread
        leave it unbounded.
    """
    count = len(values)
    if not count:
        nothing = np.full(values.shape[1], np.nan)
        return Interval(nothing, nothing, nothing, nothing)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        equal = (values == values[:1]).all(axis=0)
        mean = np.where(equal, values[0], values.mean(axis=0))
        apart = values - mean
        size = np.abs(apart).max(axis=0)
        apart = apart / np.where(size > 0, size, 1.0)  # so that squares neither over- nor underflow
        both = resampled_means(np.concatenate([apart, apart**2], axis=1), rng, resamples)
        moved, squares = np.split(both, 2, axis=1)
        spread = np.sqrt(np.maximum(squares - moved**2, 0.0))
        spread[spread < 1e-7] = 0.0  # of resamples that drew equal values, but for rounding
        ratio = np.where(
            spread > 0, np.abs(moved) / spread, np.where(np.abs(moved) < 1e-12, 0.0, np.inf)
        )
        deviation = size * np.sqrt(np.square(apart).mean(axis=0))
        reach = np.quantile(ratio, LEVEL, axis=0, method="higher") * deviation
        beyond = (ratio >= np.abs(mean) / deviation).sum(axis=0)
    p = (1.0 + np.where(equal, np.where(mean == 0, resamples, 0), beyond)) / (resamples + 1)
    reach = np.where(equal, 0.0, np.where(np.isfinite(reach), reach, np.nan))
    there = np.isfinite(values).all(axis=0) & (count > 1)
    reach, p = np.where(there, reach, np.nan), np.where(there, p, np.nan)
    return Interval(mean, mean - reach, mean + reach, p)


def paired(
    one: Float[np.ndarray, "problem column"],
    other: Float[np.ndarray, "problem column"],
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
) -> Interval:
    """Mean of one − other over the same problems, with its bootstrap-t interval.

    Args:
        one: a value of every problem.
        other: of the same problems in the same order.
        rng: of the resampling.
        resamples: how many.

    Returns:
        As `bootstrap_t`; exactly 0 [0, 0] of a thing and itself.
    """
    return bootstrap_t(one - other, rng, resamples)


def percentile(
    values: Float[np.ndarray, "problem column"],
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
    of: Callable[[np.ndarray], np.ndarray] = lambda means: means,
) -> tuple[Columns, Columns]:
    """Percentile interval of a function of means over problems: for ratios, which many enter.

    Args:
        values: one row a problem.
        rng: of the resampling.
        resamples: how many.
        of: means [resample, column] → statistics [resample, any].

    Returns:
        2.5 % and 97.5 % of the resampled statistic; NaN of a single problem, which has no interval.
    """
    if len(values) < 2:
        nothing = np.full(np.asarray(of(values)).shape[-1], np.nan)
        return nothing, nothing
    found = of(resampled_means(values, rng, resamples))
    low, high = np.quantile(found, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return low, high


def resampled_means(
    values: Float[np.ndarray, "problem column"], rng: np.random.Generator, resamples: int
) -> Float[np.ndarray, "resample column"]:
    """Means over problems drawn with replacement, the same draws for all columns.

    Args:
        values: one row a problem; points of one problem depend on each other and are drawn
            together, so that they belong into one row.
        rng: of the draws.
        resamples: how many.

    Returns:
        (1/P)·Σ_p count_p·value_p for multinomial counts; NaN in columns that hold a NaN.
    """
    count = len(values)
    pieces = []
    at_once = max(1, NUMBERS_AT_ONCE // count)
    for start in range(0, resamples, at_once):
        size = min(at_once, resamples - start)
        # Counting drawn rows is several times as fast as drawing multinomial counts.
        drawn = rng.integers(count, size=(size, count)) + count * np.arange(size)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=size * count).reshape(size, count)
        pieces.append(counts.astype(np.float64) @ values / count)
    return np.concatenate(pieces)


def detectable(
    values: Float[np.ndarray, "problem column"], tests: int = 1, power: float = 0.8
) -> Columns:
    """The mean that so many problems would find with 80 % power, (t_{1−α/2h} + t_{power})·s/√P.

    Beside an effect that is not found: what could have been found. t are quantiles of Student's t
    with P − 1 degrees of freedom, α = 5 %, h the tests that Holm corrects for.

    Args:
        values: one row a problem; for a comparison the paired differences.
        tests: how many are made at once.
        power: chance of finding it.

    Returns:
        In the unit of the values; NaN of a single problem.
    """
    count = len(values)
    if count < 2:
        return np.full(values.shape[1], np.nan)
    import scipy.special  # here, as below: the app starts without it

    level = 1 - (1 - LEVEL) / (2 * tests)
    t = sum(float(scipy.special.stdtrit(count - 1, q)) for q in (level, power))
    return np.asarray(t * values.std(axis=0, ddof=1) / np.sqrt(count))


def holm(p: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Holm's step-down correction over every p that is there.

    Args:
        p: p values; NaN where there is none.

    Returns:
        Adjusted p; 1 where there is none. A rejection of all below α errs in any with probability
        at most α, however the tests depend on each other.
    """
    adjusted = np.ones_like(p)
    there = np.flatnonzero(np.isfinite(p))
    order = there[np.argsort(p.flat[there], kind="stable")]
    steps = p.flat[order] * (len(order) - np.arange(len(order)))
    adjusted.flat[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def proportion(
    hits: Float[np.ndarray, "..."], count: Float[np.ndarray, "..."]
) -> tuple[Float[np.ndarray, "..."], Float[np.ndarray, "..."]]:
    """Interval of a share of problems, exact: it covers at least 95 % whatever the share.

    The quantiles of Beta(k, n − k + 1) and Beta(k + 1, n − k). A resampling of equal problems would
    give no width: 32 of 32 is [.89, 1]. Clopper & Pearson, Biometrika 26 (1934).

    Args:
        hits: k, problems in which it holds.
        count: n, problems.

    Returns:
        Lower and upper end; NaN where there is no problem.
    """
    import scipy.special

    hits, count = np.asarray(hits, float), np.asarray(count, float)
    tail = (1 - LEVEL) / 2
    with np.errstate(invalid="ignore"):
        low = np.where(hits > 0, scipy.special.betaincinv(hits, count - hits + 1, tail), 0.0)
        high = np.where(
            hits < count, scipy.special.betaincinv(hits + 1, count - hits, 1 - tail), 1.0
        )
    there = count > 0
    return np.where(there, low, np.nan), np.where(there, high, np.nan)


def median(values: Float[np.ndarray, "problem"]) -> tuple[float, float, float]:
    """Median over problems between two of their order statistics, exact for any distribution.

    x_(k) and x_(n + 1 − k) with the largest k for which Binomial(n, ½) lies below k with a chance
    of at most 2.5 %: at least 95 %, also with ties and bounds, where a mean's interval fails.

    Args:
        values: one a problem.

    Returns:
        Median, lower and upper end; no ends for fewer than six problems.
    """
    import scipy.special

    ordered, n = np.sort(values), len(values)
    k = int((scipy.special.bdtr(np.arange(n + 1), n, 0.5) <= (1 - LEVEL) / 2).sum())
    ends = (float(ordered[k - 1]), float(ordered[n - k])) if k else (np.nan, np.nan)
    return float(np.median(ordered)) if n else np.nan, *ends


def sign_test(below: Float[np.ndarray, "..."], count: Float[np.ndarray, "..."]) -> np.ndarray:
    """Two-sided p of the hypothesis that a difference is as often below 0 as above, exact.

    2·P(Binomial(n, ½) ≤ min(k, n − k)), at most 1; differences of exactly 0 are left out before.

    Args:
        below: k, problems whose difference is below 0.
        count: n, problems whose difference is not 0.

    Returns:
        p; NaN where there is no problem.
    """
    import scipy.special

    below, count = np.asarray(below, float), np.asarray(count, float)
    rare = np.minimum(below, count - below)
    return np.where(count > 0, np.minimum(2 * scipy.special.bdtr(rare, count, 0.5), 1.0), np.nan)


def rank_correlation_ends(rho: float, count: int) -> tuple[float, float]:
    """Interval of Spearman's ρ over problems: tanh(artanh ρ ± 1.96·√((1 + ρ²/2)/(n − 3))).

    Bonett & Wright, Psychometrika 65 (2000), 23: of bivariate normal values of 25 pairs it covers
    about 95 % up to |ρ| = 0.95.

    Args:
        rho: Spearman's ρ.
        count: n, problems.

    Returns:
        Lower and upper end; NaN for fewer than five problems or without ρ; ρ itself at ±1.
    """
    if count < 5 or not np.isfinite(rho):
        return np.nan, np.nan
    if abs(rho) >= 1:
        return float(rho), float(rho)
    reach = 1.959964 * np.sqrt((1 + rho**2 / 2) / (count - 3))
    low, high = np.tanh(np.arctanh(rho) + reach * np.array([-1, 1]))
    return float(low), float(high)
