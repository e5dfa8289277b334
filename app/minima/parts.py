"""A share of problems by level, and a pair of minima: what is drawn of all problems. Pure."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ired_interp_core import intervals

SHARE = 0.95
"""Threshold of 1.1 and 1.2, of the share of problems."""


@dataclass(frozen=True)
class Share:
    """A share of problems at every level, t at index t, with its exact interval.

    Args:
        hits: problems in which it holds.
        count: problems of which it is known.
    """

    hits: np.ndarray
    count: np.ndarray

    @property
    def value(self) -> np.ndarray:
        """The share; NaN where nothing is known."""
        return np.where(self.count > 0, self.hits / np.maximum(self.count, 1), np.nan)

    @cached_property
    def ends(self) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper end of the 95 % interval (Clopper–Pearson)."""
        return intervals.proportion(self.hits, self.count)

    def verdict(self, threshold: float = SHARE) -> str:
        """Whether it exceeds a threshold at all levels: "holds", "not" or "undecided"."""
        low, high = (end[self.count > 0] for end in self.ends)
        if not low.size:
            return "unmeasured"
        if (high < threshold).any():
            return "not"
        return "holds" if (low > threshold).all() else "undecided"


@dataclass(frozen=True)
class Pair:
    """T and another minimum of a problem's level.

    Args:
        problem: index.
        level: t.
        other: number of the other basin.
        climb: barrier from T; NaN where no path is known.
        back: barrier from the other one.
        status: as the analysis of paths has it.
    """

    problem: int
    level: int
    other: int
    climb: float
    back: float
    status: int
