"""Distances of turned-back answers of all problems, as the sheet on symmetry shows them. Pure."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import xarray as xr

from app.geometry import over
from app.geometry.over import Middle
from ired_interp_core.geometry.names import TURNS

DISTANCES = {turn: f"{turn}_distance" for turn in TURNS}
VARIABLES = (*DISTANCES.values(), "error", "rounding")
TURN_NAMES = {"permutation": "A → PAPᵀ", "rotation": "A → QAQᵀ", "transpose": "A → Aᵀ",
              "scale": "A → cA", "sum": "(A + C, B − C)"}  # fmt: skip


@dataclass(frozen=True)
class Audit:
    """How far answers are from themselves after turning the problem and turning back.

    Args:
        found: `VARIABLES` of all problems, levels ascending.
    """

    found: xr.Dataset

    def values(self, name: str) -> np.ndarray:
        """A variable [problem, level]."""
        return self.found[name].transpose("problem", "level").values

    @cached_property
    def turns(self) -> list[str]:
        """Those that the task has, smallest distance at the last level first."""
        there = [t for t in TURNS if np.isfinite(self.middles[t].value).any()]
        return sorted(there, key=lambda turn: float(np.nan_to_num(self.middles[turn].value[0])))

    @cached_property
    def middles(self) -> dict[str, Middle]:
        """Median distances by level."""
        return {turn: over.middle(self.values(name)) for turn, name in DISTANCES.items()}

    @cached_property
    def error(self) -> Middle:
        """Median rms error of the answer."""
        return over.middle(self.values("error"))

    @cached_property
    def rounding(self) -> Middle:
        """Median rounding of the sampler."""
        return over.middle(self.values("rounding"))

    @cached_property
    def beside(self) -> dict[str, Middle]:
        """Median of distance over error, paired by problem."""
        error = self.values("error")
        with np.errstate(divide="ignore", invalid="ignore"):
            return {
                turn: over.middle(np.where(error > 0, self.values(name) / error, np.nan))
                for turn, name in DISTANCES.items()
            }
