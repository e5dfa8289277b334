"""Spearman's rank correlation over problems, its interval, and what shuffled pairs give. Pure."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from app.shared.drawing.bands import rank_correlation
from ired_interp_core import intervals
from ired_interp_core.records import seeded

SHUFFLES = 400


@dataclass(frozen=True)
class Correlation:
    """Spearman's ρ over problems.

    Args:
        rho: NaN for fewer than three problems, or where a side does not vary.
        low: lower end of its 95 % interval.
        high: upper end.
        shuffled: what 95 % of shuffled pairs stay below in size.
        count: problems in which both are finite.
    """

    rho: float
    low: float
    high: float
    shuffled: float
    count: int


def correlation(x: np.ndarray, y: np.ndarray) -> Correlation:
    """ρ with its interval, beside shuffled pairs."""
    both = np.isfinite(x) & np.isfinite(y)
    count, rho = int(both.sum()), rank_correlation(x, y)
    low, high = intervals.rank_correlation_ends(rho, count)
    shuffled = np.nan
    if count > 4 and np.isfinite(rho):
        ranks = standard(np.stack([x[both], y[both]], axis=1))
        rng = seeded("shuffled pairs", count)
        order = rng.permuted(np.tile(np.arange(count), (SHUFFLES, 1)), axis=1)
        shuffled = float(np.quantile(np.abs(ranks[:, 0][order] @ ranks[:, 1]), 0.95))
    return Correlation(rho, low, high, shuffled, count)


def standard(values: np.ndarray) -> np.ndarray:
    """Ranks of every column, ties at their mean, centred and of length 1; NaN where constant."""
    ranks = pd.DataFrame(values).rank().to_numpy()
    ranks = ranks - ranks.mean(0)
    size = np.sqrt((ranks**2).sum(0))
    return ranks / np.where(size > 0, size, np.nan)
