"""How far single features lie apart between failures and others, beside what chance reaches.

Definitions: docs/definitions.md §6.2.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from ired_interp_core.intervals import LEVEL, holm

LIVE = 1e-6
"""A feature whose standard deviation is below this share of its largest value is constant: float32
tells no more apart."""

AT_ONCE = 512
"""Columns converted to float64 together."""


def permuted(
    failed: Bool[np.ndarray, "N"], rng: np.random.Generator, permutations: int
) -> Float[np.ndarray, "1+permutation N"]:
    """The labels as they are, and under permutations of the problems.

    Args:
        failed: y.
        rng: of the permutations.
        permutations: how many.

    Returns:
        0 and 1, float64; the first row is y itself.
    """
    y = failed.astype(np.float64)
    return np.stack([y, *(rng.permutation(y) for _ in range(permutations))])


def cohens_d(
    values: Float[np.ndarray, "N feature"], labels: Float[np.ndarray, "label N"]
) -> Float[np.ndarray, "label feature"]:
    """Cohen's d, (mean of the failures − mean of the others)/pooled standard deviation.

    s² = (Σ(x − x̄₁)² + Σ(x − x̄₀)²)/(n₁ + n₀ − 2), from sums over the failures alone, so that many
    labels cost one product.

    Args:
        values: of every problem.
        labels: 1 of a failure; each row has as many.

    Returns:
        d; NaN of a feature that does not vary, or without two problems of each kind.
    """
    parts = [_d(values[:, part], labels) for part in in_pieces(values.shape[1])]
    return np.concatenate(parts, axis=1)


def in_pieces(columns: int) -> list[slice]:
    """Columns a few hundred at a time, so that float64 copies stay small."""
    return [slice(start, start + AT_ONCE) for start in range(0, max(columns, 1), AT_ONCE)]


def filled(values: Float[np.ndarray, "N column"]) -> Float[np.ndarray, "N column"]:
    """As float64; what is not finite, as where a walk diverged, is the mean of its column."""
    values = values.astype(np.float64)
    finite = np.isfinite(values)
    if finite.all():
        return values
    known = np.where(finite, values, 0.0).sum(0) / np.maximum(finite.sum(0), 1)
    return np.where(finite, values, known)


def _d(
    values: Float[np.ndarray, "N feature"], labels: Float[np.ndarray, "label N"]
) -> Float[np.ndarray, "label feature"]:
    values = filled(values)
    count, n1 = len(values), labels[0].sum()
    if min(n1, count - n1) < 2:
        return np.full((len(labels), values.shape[1]), np.nan)
    centred = values - values.mean(axis=0)
    total = np.square(centred).sum(axis=0)
    live = np.sqrt(total / count) > LIVE * np.abs(values).max(axis=0)
    apart = labels @ centred * (count / (n1 * (count - n1)))  # x̄₁ − x̄₀ about the common mean
    within = total - np.square(apart) * (n1 * (count - n1) / count)
    with np.errstate(invalid="ignore", divide="ignore"):
        d = apart / np.sqrt(np.maximum(within, 0.0) / (count - 2))
    return np.where(live, d, np.nan)


def p_of(d: Float[np.ndarray, "..."], failures: int, others: int) -> Float[np.ndarray, "..."]:
    """Two-sided p of Student's t = d·√(n₁n₀/(n₁ + n₀)) with n₁ + n₀ − 2 degrees of freedom."""
    import scipy.special

    total = failures + others
    t = np.abs(d) * np.sqrt(failures * others / total)
    return 2 * scipy.special.stdtr(total - 2, -t)


def holm_of_live(p: Float[np.ndarray, "feature"]) -> tuple[Float[np.ndarray, "feature"], int]:
    """Holm's correction over the features that could be tested, and how many those are.

    Args:
        p: NaN of a dead feature.

    Returns:
        Adjusted p, NaN of a dead feature, and the number of tests.
    """
    there = np.isfinite(p)
    return np.where(there, holm(p), np.nan), int(there.sum())


@dataclass(frozen=True)
class Effects:
    """d of some features, each with its interval.

    Args:
        d: with its sign.
        low: lower end of the 95 % bootstrap interval over problems.
        high: upper end.
        p: Holm over these features; NaN of a dead one.
        tested: how many were.
        null: 95 % quantile of the largest |d| of these features under permuted labels.
        failed_mean: mean over the failures.
        other_mean: mean over the others.
    """

    d: Float[np.ndarray, "feature"]
    low: Float[np.ndarray, "feature"]
    high: Float[np.ndarray, "feature"]
    p: Float[np.ndarray, "feature"]
    tested: int
    null: float
    failed_mean: Float[np.ndarray, "feature"]
    other_mean: Float[np.ndarray, "feature"]


def effects(
    values: Float[np.ndarray, "N feature"],
    failed: Bool[np.ndarray, "N"],
    weights: Float[np.ndarray, "resample N"],
    labels: Float[np.ndarray, "label N"],
) -> Effects:
    """Effect sizes of features on problems on which they were not chosen.

    Args:
        values: of every problem.
        failed: whether it did.
        weights: how often each problem is in every resample, within its kind.
        labels: as `permuted` gives.

    Returns:
        Effects with intervals, corrected p and the null of the largest.
    """
    values = filled(values)
    every = cohens_d(values, labels)
    d, null = every[0], every[1:]
    n1 = int(failed.sum())
    p, tested = holm_of_live(p_of(d, n1, len(failed) - n1))
    centre = values.mean(axis=0) if len(values) else np.zeros(values.shape[1])
    again = _resampled(values - centre, failed, weights)
    low, high = _quantiles(np.where(np.isfinite(d), again, np.nan))
    biggest = np.nanmax(np.abs(null), axis=1) if tested and len(null) else np.array([np.nan])
    means = [
        values[kind].mean(axis=0) if kind.any() else np.full(values.shape[1], np.nan)
        for kind in (failed, ~failed)
    ]
    return Effects(d, low, high, p, tested, float(np.quantile(biggest, LEVEL)), *means)


def _resampled(
    values: Float[np.ndarray, "N feature"],
    failed: Bool[np.ndarray, "N"],
    weights: Float[np.ndarray, "resample N"],
) -> Float[np.ndarray, "resample feature"]:
    """Cohen's d of every resample."""
    means, spread, size = [], 0.0, 0.0
    for kind in (failed, ~failed):
        w = weights[:, kind]
        count = w.sum(1, keepdims=True)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = w @ values[kind] / count
            spread = spread + w @ np.square(values[kind]) - count * mean**2
        means.append(mean)
        size = size + count
    with np.errstate(invalid="ignore", divide="ignore"):
        return (means[0] - means[1]) / np.sqrt(np.maximum(spread, 0.0) / (size - 2))


def _quantiles(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if not values.size or not np.isfinite(values).any():
        nothing = np.full(values.shape[1], np.nan)
        return nothing, nothing
    with np.errstate(invalid="ignore"):  # where a resample has no spread, d has no end
        low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return low, high
