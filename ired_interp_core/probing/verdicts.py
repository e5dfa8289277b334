"""What may be said of a cell, by thresholds on intervals.

Definitions: docs/definitions.md §6.1. Light: no torch.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int8

from ired_interp_core.probing.names import VERDICTS

Cells = Float[np.ndarray, "..."]


def code(name: str) -> int:
    """Place of a verdict among `names.VERDICTS`."""
    return VERDICTS.index(name)


def decodable(
    score_high: Cells,
    gain_low: Cells,
    gain_high: Cells,
    whole: Bool[np.ndarray, "..."],
    delta: float,
) -> Int8[np.ndarray, "..."]:
    """Whether a property can be read beyond the best control by δ.

    Decodable where the lower end of (score − best control) exceeds δ; no better than its controls
    where the upper end does not, and not decodable if the score itself cannot exceed δ either; else
    not decided, which is also the most that is said where a control is missing.

    Args:
        score_high: upper end of the score.
        gain_low: lower end of score − best control.
        gain_high: upper end.
        whole: whether all controls are there.
        delta: δ.

    Returns:
        Places among `names.VERDICTS`, `use_not_tested` where decodable.
    """  # fmt: skip
    found = np.full(np.shape(gain_low), code("not_decided"), dtype=np.int8)
    null = gain_high <= delta
    found[null] = code("no_better")
    found[null & (score_high <= delta)] = code("not_decodable")
    found[(gain_low > delta) & whole] = code("use_not_tested")
    return found


@dataclass(frozen=True)
class Use:
    """What happens to the answers without what is readable.

    Args:
        shift: mean ‖Δŷ‖, with its interval over problems.
        low: lower end.
        high: upper end.
        random: mean ‖Δŷ‖ of each random direction.
        limit: their 95 % quantile.
        gain_low: lower end of shift − limit, paired by problem.
        left: R² of a new probe after the removal.
    """

    shift: float
    low: float
    high: float
    random: Float[np.ndarray, "direction"]
    limit: float
    gain_low: float
    left: float


def used(found: Use, delta: float) -> int:
    """Say whether a decodable property is used.

    Used where the lower end of (effect − 95 % quantile of the random directions) exceeds 0. Not
    used only where a new probe reads at most δ: else the removal was partial, and a small effect
    says nothing.

    Args:
        found: numbers of the cell.
        delta: δ.

    Returns:
        Place among `names.VERDICTS`.
    """
    if found.gain_low > 0:
        return code("used")
    return code("not_used" if found.left <= delta else "not_decided")
