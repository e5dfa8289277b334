"""Convexity between states by the condition number of the set, and its slope. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.geometry import over
from app.geometry.over import Middle
from ired_interp_core.records import seeded

RESAMPLES = 400


@dataclass(frozen=True)
class Set:
    """Share of bent pairs of one set.

    Args:
        name: as a link spells it.
        condition: κ of all its problems.
        norm: the norm of A is kept instead of its smallest eigenvalue.
        bent: share [problem, level], t at index t.
    """

    name: str
    condition: float
    norm: bool
    bent: np.ndarray

    @property
    def middle(self) -> Middle:
        """Mean over problems by level with its interval."""
        return over.mean(self.bent)


@dataclass(frozen=True)
class Slope:
    """Change of the share by a factor of ten in κ.

    Args:
        value: least squares over problems.
        low: lower end of its 95 % interval, problems drawn anew within each set.
        high: upper end.
        shuffled: what 95 % of slopes with shuffled κ stay below in size.
    """

    value: float
    low: float
    high: float
    shuffled: float


def slope(sets: Sequence[Set], t: int) -> Slope | None:
    """The slope on log₁₀ κ at a level; None without two condition numbers."""
    parts = [(np.log10(one.condition), one.bent[:, t][np.isfinite(one.bent[:, t])])
             for one in sets if not one.norm]  # fmt: skip
    parts = [(x, values) for x, values in parts if values.size]
    if len({x for x, _ in parts}) < 2:
        return None
    x = np.concatenate([np.full(values.size, at) for at, values in parts])
    y = np.concatenate([values for _, values in parts])
    rng = seeded("slope on condition", len(y), t)
    anew = [_slope(x, np.concatenate([rng.choice(values, values.size) for _, values in parts]))
            for _ in range(RESAMPLES)]  # fmt: skip
    null = [abs(_slope(x, rng.permutation(y))) for _ in range(RESAMPLES)]
    low, high = np.quantile(anew, (0.025, 0.975))
    return Slope(_slope(x, y), float(low), float(high), float(np.quantile(null, 0.95)))


def _slope(x: np.ndarray, y: np.ndarray) -> float:
    apart = x - x.mean()
    return float(apart @ y / (apart @ apart))
