"""Two probes of one property against each other, on the same problems.

Definitions: docs/definitions.md §6.1. Light: no torch.
"""

import numpy as np
from jaxtyping import Float, Int

from ired_interp_core.intervals import RESAMPLES, percentile
from ired_interp_core.records import seeded

Values = Float[np.ndarray, "N"]


def difference(
    true: Values,
    one: Values,
    other: Values,
    fold: Int[np.ndarray, "N"],
    seed: int,
    resamples: int = RESAMPLES,
) -> tuple[float, float, float]:
    """R² of one − R² of another, from predictions out of fold.

    R² = 1 − Σ(y − ŷ)²/Σ(y − ȳ)², ȳ the mean of the training side, so that the difference is
    Σ((y − ŷ_other)² − (y − ŷ_one)²)/Σ(y − ȳ)², both sums taken anew in each resample.

    Args:
        true: y, finite.
        one: ŷ of the first.
        other: ŷ of the second.
        fold: test fold of every problem.
        seed: of the resampling.
        resamples: how many.

    Returns:
        Difference, and the ends of its 95 % percentile interval over problems.
    """
    y, first, second = (np.asarray(v, dtype=np.float64) for v in (true, one, other))
    mean = np.empty_like(y)
    for f in np.unique(fold):
        mean[fold == f] = y[fold != f].mean()
    nearer = np.square(y - second) - np.square(y - first)
    columns = np.stack([nearer, np.square(y - mean)], axis=1)

    def of(means: np.ndarray) -> np.ndarray:
        whole = means[:, 1:]
        return means[:, :1] / np.where(whole > 0, whole, np.nan)

    low, high = percentile(columns, seeded("probes", "codes and raw", seed), resamples, of)
    return float(of(columns.mean(axis=0, keepdims=True))[0, 0]), float(low[0]), float(high[0])
