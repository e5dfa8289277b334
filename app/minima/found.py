"""The minima of one problem at all levels, as panels ask for them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import xarray as xr

from app.minima.joined import Joined
from ired_interp_core.minima.names import DRAWN, KINDS, STATUSES

FIRST = 0
"""Number of the basin of the truth; of that of the answer where no truth is known."""
NOWHERE = -1
NARROW = 0.05
"""Half the width of the box in the level frame below which it is degenerate."""
COUNTS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True)
class Found:
    """What the analyses of minima and of paths say of one problem.

    Args:
        minima: answer of `minima`, levels ascending.
        joined: the saddles between them; None where they were not asked.
        lines: answer of `minima_profiles`; None where they were not asked.
        box: half the width of the box in the level frame, at each level.
    """

    minima: xr.Dataset
    joined: Joined | None
    lines: xr.Dataset | None
    box: np.ndarray

    @classmethod
    def of(
        cls, minima: xr.Dataset, paths: xr.Dataset | None, lines: xr.Dataset | None, clip: float
    ) -> "Found":
        """Bring all into the order of the levels.

        Args:
            minima: answer about one problem.
            paths: likewise; None for none.
            lines: likewise.
            clip: box ±c of the answer.

        Returns:
            All.
        """
        minima = minima.sortby("level")
        joined = None if paths is None else Joined(paths.sortby("level"))
        lines = None if lines is None else lines.sortby("level")
        return cls(minima, joined, lines, clip * np.sqrt(minima["alpha_bar"].values))

    def __getitem__(self, name: str) -> np.ndarray:
        """A variable [level, …], level t at index t."""
        return self.minima[name].values

    @property
    def basins(self) -> int:
        """How many basins are kept."""
        return int(self.minima.sizes["basin"])

    @cached_property
    def truth(self) -> bool:
        """Whether the truth is known, so that basin 0 is its own."""
        return bool(np.isfinite(self["mse"]).any())

    def name(self, basin: int) -> str:
        """What a basin is called: T the truth's, S the answer's without a truth, or a number."""
        if basin != FIRST:
            return str(basin)
        return "T" if self.truth else "S"

    def spoken(self, basin: int) -> str:
        """The same in a sentence."""
        return self.name(basin) if basin == FIRST else f"minimum {basin}"

    def there(self, level: int) -> list[int]:
        """Basins of a level, by their number."""
        return [int(b) for b in np.flatnonzero(np.isfinite(self["energy"][level]))]

    @cached_property
    def ever(self) -> list[int]:
        """Basins of any level."""
        return [int(b) for b in np.flatnonzero(np.isfinite(self["energy"]).any(0))]

    def energy(self, level: int, basin: int) -> float:
        """E_t of a minimum; NaN where there is none."""
        return float(self["energy"][level, basin])

    def above(self, level: int) -> np.ndarray:
        """Energies of a level less that of basin 0; NaN where there is none."""
        return self["energy"][level] - self["energy"][level, FIRST]

    def lower(self, level: int) -> list[int]:
        """Basins of a level that lie below basin 0, the lowest first."""
        above = self.above(level)
        below = [b for b in self.there(level) if above[b] < 0]
        return sorted(below, key=lambda b: float(above[b]))

    def outside(self, level: int, basin: int) -> bool:
        """Whether a minimum lies outside the box."""
        return bool(self["outside"][level, basin] > 0)

    def degenerate(self, level: int) -> bool:
        """Whether the box is so narrow in the level frame that lying outside says nothing."""
        return bool(self.box[level] < NARROW)

    def status(self, level: int, basin: int) -> str:
        """Whether the minimum converged, as the analysis spells it."""
        return STATUSES[int(self["status"][level, basin])]

    def answer(self, level: int) -> int:
        """Basin of ŷ_t; −1 where it is in none that is kept."""
        return int(self["answer_basin"][level])

    def kinds(self, level: int, drawn: bool = False) -> list[int]:
        """Kinds of start of which there are some at a level."""
        wanted = DRAWN if drawn else KINDS
        return [k for k, name in enumerate(KINDS) if name in wanted and self["starts"][level, k]]

    def fell(self, level: int, kinds: Sequence[int]) -> np.ndarray:
        """Starts of some kinds that fell into each basin."""
        return self["fell"][level, list(kinds)].sum(0)

    def starts(self, level: int, kinds: Sequence[int]) -> int:
        """How many starts of some kinds there were."""
        return int(self["starts"][level, list(kinds)].sum())

    def lost(self, level: int, kinds: Sequence[int]) -> dict[str, int]:
        """Starts that ended in no kept basin, by the reason."""
        names = ("fell_elsewhere", "unfinished", "at_saddle", "diverged")
        return {name: int(self[name][level, list(kinds)].sum()) for name in names}

    def bound(self, level: int) -> float:
        """Share of starts in unseen basins, at most: the largest of the drawn kinds; NaN: none."""
        values = self["bound"][level, self.kinds(level, drawn=True)]
        return float(values.max()) if values.size else float("nan")

    def unseen(self, level: int) -> float:
        """Good–Turing's estimate of the same, the largest of the drawn kinds; NaN: none."""
        values = self["good_turing"][level, self.kinds(level, drawn=True)]
        return float(values.max()) if values.size else float("nan")


def how_many(count: int) -> str:
    """A number of minima in words."""
    word = "no" if not count else COUNTS[count - 1] if count <= len(COUNTS) else str(count)
    return f"{word} {'minimum' if count == 1 else 'minima'}"
