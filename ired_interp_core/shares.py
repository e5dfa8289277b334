"""Mean over problems of a share, with an interval where resampling has none. Light: no torch."""

import numpy as np
from jaxtyping import Float

from ired_interp_core import intervals


def mean_share(
    shares: Float[np.ndarray, "problem"], rng: np.random.Generator
) -> tuple[float, float, float]:
    """Mean over problems of a share, each in [0, 1], with an interval that never has no width.

    That of the bootstrap-t. Resampling says nothing where all shares are equal, as where all are
    0, or where few problems differ from the rest. A share varies at most as much as an answer of
    yes or no with the same mean, so there the quantiles of Beta(k, n − k + 1) and Beta(k + 1,
    n − k) with the sum k of the shares bound it; simulated with few shares above 0 they cover at
    least 95 %.

    Args:
        shares: one a problem, finite.
        rng: of the resampling.

    Returns:
        Mean, lower and upper end; NaN where there is no problem.
    """
    found = intervals.bootstrap_t(shares[:, None], rng)
    value, low, high = (float(part[0]) for part in (found.value, found.low, found.high))
    if not low < high:
        low, high = map(float, intervals.proportion(shares.sum(), np.asarray(len(shares))))
    return value, max(low, 0.0), min(high, 1.0)
