"""Convexity between states by the condition number of the set, and its slope. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.geometry import over, slopes
from app.geometry.over import Middle
from app.geometry.slopes import Slope


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
        return over.share(self.bent)


def slope(sets: Sequence[Set], t: int) -> Slope | None:
    """The slope on log₁₀ κ at a level; None without two condition numbers."""
    places = [np.nan if one.norm else float(np.log10(one.condition)) for one in sets]
    return slopes.slope(places, [one.bent for one in sets], t)
