"""What the code of one feature alone says of a property, for all features at once.

Definitions: docs/definitions.md §6.1.
"""

import numpy as np
from jaxtyping import Float, Int

from ired_interp_core.probing.cells import Design
from ired_interp_core.probing.compared import by_problem

FEATURES_AT_ONCE = 128
"""At 20,000 problems some 100 MB."""

Z = 1.959964
"""97.5 % of the standard normal distribution."""


def single_features(
    design: Design, codes: Float[np.ndarray, "N m"]
) -> tuple[Float[np.ndarray, "T m"], Float[np.ndarray, "T m"]]:
    """R² of a line through the code of one feature, less that of the same feature on a shuffle.

    Out of fold in the first split, like all other probes. The interval is that of the linearised
    ratio over problems, g ± 1.96·s.e. with the influence −(e_p − r·b_p)/b̄ of each problem on
    1 − Σe/Σb, r = Σe/Σb: a bootstrap of all features would cost a thousand times as much.

    Args:
        design: targets and splits.
        codes: f of one level.

    Returns:
        Difference, and the lower end of its interval; 0 and 0 of a feature that is never active.
    """
    count, features = design.properties, codes.shape[1]
    gain, low = np.zeros((count, features)), np.zeros((count, features))
    live = np.flatnonzero(np.ptp(codes, axis=0) > 0)
    for start in range(0, len(live), FEATURES_AT_ONCE):
        tile = live[start : start + FEATURES_AT_ONCE]
        f = codes[:, tile].astype(np.float64)
        for t in range(count):
            parts = [_errors(f, design.targets[:, t + k * count], design.fold[0]) for k in (0, 1)]
            influence = np.zeros((1, len(tile)))
            for sign, (miss, spread) in zip((1, -1), parts, strict=True):
                e, b = by_problem(miss, design.words), by_problem(spread[:, None], design.words)
                ratio = e.sum(axis=0) / b.sum()
                gain[t, tile] += sign * (1 - ratio)
                influence = influence - sign * (e - ratio * b) / b.mean()
            error = np.std(influence, axis=0, ddof=1) / np.sqrt(len(influence))
            low[t, tile] = gain[t, tile] - Z * error
    return gain, low


def _errors(
    f: Float[np.ndarray, "N m"], y: Float[np.ndarray, "N"], fold: Int[np.ndarray, "N"]
) -> tuple[Float[np.ndarray, "N m"], Float[np.ndarray, "N"]]:
    """Squared errors of lines y on f, and of the mean, out of fold."""
    miss, spread = np.empty_like(f), np.empty_like(y)
    for held in np.unique(fold):
        test, rows = fold == held, fold != held
        centre, mean = f[rows].mean(axis=0), y[rows].mean()
        apart = f[rows] - centre
        variance = np.square(apart).sum(axis=0)
        slope = (y[rows] - mean) @ apart / np.where(variance > 0, variance, np.inf)
        miss[test] = np.square(y[test, None] - mean - slope * (f[test] - centre))
        spread[test] = np.square(y[test] - mean)
    return miss, spread
