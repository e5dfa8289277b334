"""Points at which a feature is active: the strongest, and one at each quantile."""

import numpy as np
from jaxtyping import Float, Float32, Int, Int32, Int64

SAMPLED = 2**24
"""Positive activations held for the quantiles of all features together, 12 bytes each."""


class Strongest:
    """The largest activations of each feature, at most one a problem; the earlier one of a tie.

    Args:
        features: number of atoms m.
        count: kept of each.
    """

    def __init__(self, features: int, count: int) -> None:
        self.value: Float32[np.ndarray, "m k"] = np.full((features, count), -np.inf, "f4")
        self.problem: Int32[np.ndarray, "m k"] = np.full((features, count), -1, "i4")
        self.point: Int32[np.ndarray, "m k"] = np.full((features, count), -1, "i4")

    def add(
        self,
        feature: Int[np.ndarray, "K"],
        problem: Int[np.ndarray, "K"],
        point: Int[np.ndarray, "K"],
        value: Float[np.ndarray, "K"],
    ) -> None:
        """Look at the peaks of some problems that come after those before.

        Args:
            feature: of a peak; with its problem only once.
            problem: index.
            point: within the problem.
            value: activation.
        """
        better = value > self.value[feature, -1]
        feature, problem, point, value = (v[better] for v in (feature, problem, point, value))
        order = np.lexsort((problem, feature))
        feature, problem, point, value = (v[order] for v in (feature, problem, point, value))
        rows, first, counts = np.unique(feature, return_index=True, return_counts=True)
        if not len(rows):
            return
        row = np.repeat(np.arange(len(rows)), counts)
        column = np.arange(len(feature)) - np.repeat(first, counts)
        shape = (len(rows), counts.max())
        joined = []
        for held, new, empty in (
            (self.value, value, -np.inf), (self.problem, problem, -1), (self.point, point, -1)
        ):  # fmt: skip
            wide = np.full(shape, empty, held.dtype)
            wide[row, column] = new
            joined.append(np.concatenate([held[rows], wide], axis=1))
        best = np.argsort(-joined[0], axis=1, kind="stable")[:, : self.value.shape[1]]
        for held, both in zip((self.value, self.problem, self.point), joined, strict=True):
            held[rows] = np.take_along_axis(both, best, axis=1)


class Sample:
    """Positive activations of each feature: all while they fit, else a seeded sample of them.

    Algorithm R (Vitter 1985), for all features at once: the i-th activation takes a free place, and
    past the last one of them a random place of i, if there is one of that number.

    Args:
        features: number of atoms m.
        points: visited points in all; no feature has more activations.
        rng: draws places.
    """

    def __init__(self, features: int, points: int, rng: np.random.Generator) -> None:
        self.size = max(1, min(points, SAMPLED // features))
        self.seen: Int64[np.ndarray, " m"] = np.zeros(features, dtype=np.int64)
        # Places past `held` are never read; as zeros they take no memory before they are written.
        self._value = np.zeros((features, self.size), dtype=np.float32)
        self._at = np.zeros((features, self.size), dtype=np.int64)
        self._rng = rng

    def add(
        self,
        feature: Int[np.ndarray, "K"],
        at: Int[np.ndarray, "K"],
        value: Float[np.ndarray, "K"],
    ) -> None:
        """Take some activations.

        Args:
            feature: ascending.
            at: number of the point among all.
            value: activation.
        """
        counts = np.bincount(feature, minlength=len(self.seen))
        first = np.cumsum(counts) - counts
        rank = self.seen[feature] + np.arange(len(feature)) - first[feature]
        place = rank.copy()
        late = np.flatnonzero(rank >= self.size)
        place[late] = self._rng.integers(0, rank[late] + 1)
        kept = place < self.size
        # Of two that take one place the later stays, as if they had come one by one.
        self._value[feature[kept], place[kept]] = value[kept]
        self._at[feature[kept], place[kept]] = at[kept]
        self.seen += counts

    def nearest(
        self, quantiles: Float[np.ndarray, "Q"]
    ) -> tuple[Int64[np.ndarray, "m Q"], Float32[np.ndarray, "m Q"]]:
        """The point whose activation is nearest to each quantile (linear between order statistics).

        Args:
            quantiles: 0 … 1.

        Returns:
            Numbers of points and activations; −1 and NaN for a feature that is never active.
        """
        at = np.full((len(self.seen), len(quantiles)), -1, dtype=np.int64)
        value = np.full(at.shape, np.nan, dtype=np.float32)
        for feature, count in enumerate(self.held):
            if count:
                order = np.argsort(self._value[feature, :count], kind="stable")
                # Order statistic nearest to position q·(count − 1); the smaller of two as near.
                chosen = order[np.ceil(quantiles * (count - 1) - 0.5).astype(np.int64)]
                at[feature], value[feature] = (
                    self._at[feature, chosen],
                    self._value[feature, chosen],
                )
        return at, value

    @property
    def held(self) -> Int64[np.ndarray, "m"]:
        """Activations of each feature that the quantiles are taken from."""
        return np.minimum(self.seen, self.size)
