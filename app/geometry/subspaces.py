"""Distances of singular subspaces of all problems, as the sheet on subspaces shows them. Pure."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import xarray as xr

from app.geometry import over
from app.geometry.over import Middle, Verdict
from app.shared.drawing import ranks
from app.shared.drawing.ranks import Correlation

VARIABLES = (
    "geodesic", "chordal", "resolved", "euclidean", "excess", "geodesic_random",
    "geodesic_random_sd", "chordal_random", "chordal_random_sd",
)  # fmt: skip
LEAST = 0.5
"""Share of problems with a gap at k below which the space counts as not determined."""
DIFFERS = 0.9
"""4.1 holds where the two distances correlate by less."""


@dataclass(frozen=True)
class Subspaces:
    """Distances to the truth.

    Args:
        found: `VARIABLES` of all problems, levels ascending.
        place: answer or minimum.
        kind: geodesic or chordal.
        k: dimension.
    """

    found: xr.Dataset
    place: str
    kind: str
    k: int

    @property
    def problems(self) -> np.ndarray:
        """Their indices."""
        return self.found["problem"].values

    @property
    def at(self) -> int:
        """The dimension that is shown: k, or the largest there is."""
        return min(self.k, int(self.found["dimension"].values[-1]))

    @cached_property
    def sides(self) -> xr.DataArray:
        """Distances of left and right spaces [problem, level, factor, dimension]."""
        return self.found[self.kind].sel(place=self.place)

    @cached_property
    def every(self) -> np.ndarray:
        """Root mean square over left and right, for every k."""
        squares = self.sides.astype("f8") ** 2
        mean = np.sqrt(squares.mean("factor", skipna=False))
        return mean.transpose("problem", "level", "dimension").values

    @property
    def own(self) -> np.ndarray:
        """Distances at k."""
        return self.every[..., self.at - 1]

    @cached_property
    def resolved(self) -> np.ndarray:
        """Share of problems with a gap at every k."""
        there = self.found["resolved"].sel(place=self.place)
        return there.transpose("problem", "level", "dimension").values.mean(0)

    @property
    def undetermined(self) -> np.ndarray:
        """Levels at which most problems have no gap at k."""
        return self.resolved[:, self.at - 1] < LEAST

    @property
    def random(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and s.d. of random pairs, for every k."""
        names = f"{self.kind}_random", f"{self.kind}_random_sd"
        mean, sd = (self.found[name].values.astype("f8") for name in names)
        return mean, sd

    @cached_property
    def middle(self) -> Middle:
        """Medians at k by level."""
        return over.middle(self.own)

    @cached_property
    def euclidean(self) -> np.ndarray:
        """‖ŷ − y*‖."""
        return self._scalar("euclidean")

    @cached_property
    def excess(self) -> np.ndarray:
        """Energy above the truth's."""
        return self._scalar("excess")

    def _scalar(self, name: str) -> np.ndarray:
        return self.found[name].sel(place=self.place).transpose("problem", "level").values

    @cached_property
    def follows(self) -> list[Correlation]:
        """ρ of distance and energy excess within each level."""
        return _each(self.own, self.excess)

    @cached_property
    def straight(self) -> list[Correlation]:
        """ρ of Euclidean distance and energy excess."""
        return _each(self.euclidean, self.excess)

    @cached_property
    def alike(self) -> list[Correlation]:
        """ρ of both distances."""
        return _each(self.own, self.euclidean)

    @cached_property
    def more(self) -> np.ndarray:
        """How much better it follows the energy than Euclid's does, lower and upper end."""
        levels = range(self.own.shape[1])
        found = [over.more_than(self.own[:, t], self.euclidean[:, t], self.excess[:, t])
                 for t in levels]  # fmt: skip
        return np.array(found).T

    @property
    def differs(self) -> Verdict:
        """Verdict of 4.1: both distances order the problems differently, and not by chance alone.

        Distances of random pairs go with nothing, so these have to be nearer than random pairs are.
        """
        low, high = _ends(self.alike)
        found = over.verdict(-high, -low, -DIFFERS)
        random = self.random[0][self.at - 1]
        return over.clear(found, random - self.middle.high, random - self.middle.low)

    @property
    def follows_energy(self) -> Verdict:
        """Verdict of 4.4: the distance follows the energy, and better than Euclid's."""
        both = _above_zero(_ends(self.follows)), _above_zero(self.more[1:])
        return over.all_of(*both)


def _above_zero(ends: np.ndarray) -> Verdict:
    low, high = ends
    return over.verdict(low, high, 0.0)


def _each(x: np.ndarray, y: np.ndarray) -> list[Correlation]:
    return [ranks.correlation(x[:, t], y[:, t]) for t in range(x.shape[1])]


def _ends(found: list[Correlation]) -> np.ndarray:
    return np.array([(one.low, one.high) for one in found]).T
