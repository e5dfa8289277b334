"""Where the features lie that tell failures best: by input, level and step.

Definitions: docs/definitions.md §6.2.
"""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float, Int

from ired_interp_core.intervals import LEVEL


@dataclass
class Strongest:
    """The features with the largest |d| so far, by the labels as they are and by permuted ones.

    Cells are given one after the other, so that all features are never held together.

    Args:
        labels: rows of labels, the first the one that counts.
        most: features kept of each.
        size: |d| of those, largest first; −1 where there are fewer.
        cell: number of the cell that each lies in; −1 where there are fewer.
        feature: its index there.
    """

    labels: int
    most: int
    size: Float[np.ndarray, "label top"] = field(default_factory=lambda: np.empty((0, 0)))
    cell: Int[np.ndarray, "label top"] = field(default_factory=lambda: np.empty((0, 0), int))
    feature: Int[np.ndarray, "label top"] = field(default_factory=lambda: np.empty((0, 0), int))

    def __post_init__(self) -> None:
        if not self.size.size:
            self.size = np.full((self.labels, self.most), -1.0)
            self.cell = np.full((self.labels, self.most), -1)
            self.feature = np.full((self.labels, self.most), -1)

    def add(self, cell: int, d: Float[np.ndarray, "label feature"]) -> None:
        """Take a cell's features in.

        Args:
            cell: its number.
            d: Cohen's d by every row of labels; NaN of a dead feature.
        """
        size = np.where(np.isfinite(d), np.abs(d), -1.0)
        here = min(self.most, size.shape[1])
        best = np.argpartition(-size, here - 1, axis=1)[:, :here] if here else size.astype(int)
        merged = np.concatenate([self.size, np.take_along_axis(size, best, 1)], axis=1)
        cells = np.concatenate([self.cell, np.full_like(best, cell)], axis=1)
        features = np.concatenate([self.feature, best], axis=1)
        # Ties by cell and feature, whatever a partition leaves first.
        order = np.lexsort((features, cells, -merged), axis=1)[:, : self.most]
        self.size, self.cell, self.feature = (
            np.take_along_axis(v, order, 1) for v in (merged, cells, features)
        )
        gone = self.size < 0
        self.cell[gone], self.feature[gone] = -1, -1

    @property
    def largest(self) -> Float[np.ndarray, "label"]:
        """Largest |d| of every row of labels; NaN without a live feature."""
        return np.where(self.size[:, 0] >= 0, self.size[:, 0], np.nan)

    def counts(self, cells: int) -> Float[np.ndarray, "label cell"]:
        """How many of the strongest lie in every cell, by row of labels."""
        return np.stack([np.bincount(row[row >= 0], minlength=cells) for row in self.cell]).astype(
            float
        )


@dataclass(frozen=True)
class Spots:
    """Counts of the strongest features in groups of cells, beside their share of live features.

    Args:
        count: by the labels as they are.
        expected: number of the strongest times the group's share of live features.
        low: 2.5 % of the counts under permuted labels.
        high: 97.5 % of them.
    """

    count: Float[np.ndarray, "group"]
    expected: Float[np.ndarray, "group"]
    low: Float[np.ndarray, "group"]
    high: Float[np.ndarray, "group"]


def spots(
    counts: Float[np.ndarray, "label cell"],
    live: Float[np.ndarray, "cell"],
    groups: Bool[np.ndarray, "group cell"],
) -> Spots:
    """Sum counts over groups of cells.

    Args:
        counts: as `Strongest.counts` gives.
        live: live features of every cell.
        groups: which cells each group holds: one, a row or a column of the map.

    Returns:
        Counts, what their share of live features would give, and the permutation band.
    """
    each = counts @ groups.T.astype(float)
    whole = live.sum()
    expected = counts[0].sum() * (groups @ live) / (whole if whole else np.nan)
    if len(each) < 2:
        nothing = np.full(len(groups), np.nan)
        return Spots(each[0], expected, nothing, nothing)
    low, high = np.quantile(each[1:], [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return Spots(each[0], expected, low, high)
