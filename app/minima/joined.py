"""The saddles between the minima of one problem, as panels ask for them. Pure."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from ired_interp_core.minima.names import PAIR_STATUSES


@dataclass(frozen=True)
class Saddle:
    """A stationary point of index 1 from which small steps lead into two minima.

    Args:
        rank: among the saddles of its level, the lowest first.
        energy: E_t.
        ends: the two basins; −1 for one that is not kept.
        curvature: its one negative eigenvalue, level frame.
        gradient: ‖∇E‖, level frame.
    """

    rank: int
    energy: float
    ends: tuple[int, int]
    curvature: float
    gradient: float


@dataclass(frozen=True)
class Joined:
    """What the analysis of paths says of one problem.

    Args:
        paths: its answer, levels ascending.
    """

    paths: xr.Dataset

    def __getitem__(self, name: str) -> np.ndarray:
        """A variable [level, …], level t at index t."""
        return self.paths[name].values

    def saddles(self, level: int) -> list[Saddle]:
        """Saddles of a level, the lowest first."""
        energies = self["saddle_energy"][level]
        ends = np.stack([self["saddle_first"][level], self["saddle_second"][level]], -1)
        return [
            Saddle(
                int(k), float(energies[k]), (int(ends[k, 0]), int(ends[k, 1])),
                float(self["saddle_eigenvalue"][level, k, 0]),
                float(self["saddle_gradient_norm"][level, k]),
            )
            for k in np.flatnonzero(np.isfinite(energies))
        ]  # fmt: skip

    def status(self, level: int, i: int, j: int) -> str:
        """Whether a path between two minima was found, as the analysis spells it."""
        return PAIR_STATUSES[int(self["pair_status"][level, i, j])]

    def barrier(self, level: int, i: int, j: int) -> float:
        """How high one must climb from i to j; NaN where no path is known."""
        return float(self["barrier"][level, i, j])

    def drawn(self, level: int, i: int, j: int) -> bool:
        """Whether a string between two minima is kept."""
        return bool(np.isfinite(self["path_energy"][level, i, j]).any())

    def images(self, level: int, i: int, j: int) -> np.ndarray | None:
        """Images of the string from one minimum to another, data frame; None where not kept."""
        ends = np.stack([self["string_first"][level], self["string_second"][level]], -1)
        for pair, way in (((i, j), 1), ((j, i), -1)):
            for k in np.flatnonzero((ends == pair).all(-1))[:1]:
                return self["string_point"][level, k][::way]
        return None

    def counts(self, level: int) -> tuple[int, int, int]:
        """Pairs that are connected, open, and not tried."""
        names = ("verified", "open_pairs", "not_tried")
        connected, left, untried = (int(self[name][level]) for name in names)
        return connected, left, untried
