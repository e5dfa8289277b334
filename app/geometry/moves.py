"""Gradients, moves and projections of all problems, as the sheet on moves shows them. Pure."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import xarray as xr

from app.geometry import over
from app.geometry.over import Middle, Verdict
from app.shared.drawing import ranks
from app.shared.drawing.ranks import Correlation
from ired_interp_core.geometry.names import LENGTHS, MANIFOLDS

VARIABLES = (
    "normal_ratio", "normal_ratio_random", "move_energy", "projected_energy", "path_energy",
    "bent_share",
)  # fmt: skip
KEEPS = 0.9
"""4.2 asks for at least this ρ of the energies before and after a projection."""
CONVEX = 0.05
"""1.4 asks for at most this share of pairs that are not convex, at κ = 10."""


@dataclass(frozen=True)
class Moves:
    """What the energy says of leaving a manifold.

    Args:
        found: `VARIABLES` of all problems, levels ascending.
        manifold: rank or symmetric.
        length: of the moves, over ‖y*‖; one of `LENGTHS`.
    """

    found: xr.Dataset
    manifold: str
    length: float

    @property
    def problems(self) -> np.ndarray:
        """Their indices."""
        return self.found["problem"].values

    def _of(self, name: str, *dims: str) -> np.ndarray:
        chosen = self.found[name].isel(manifold=MANIFOLDS.index(self.manifold))
        return chosen.transpose("problem", "level", *dims).values.astype("f8")

    @cached_property
    def _ratio(self) -> np.ndarray:
        """‖∇_N‖/‖∇_T‖ [problem, level, state, source]."""
        return self._of("normal_ratio", "step", "source")

    @property
    def at_begin(self) -> np.ndarray:
        """Of the model's gradient at the state with which a level begins [problem, level]."""
        return self._ratio[:, :, 0, 0]

    @cached_property
    def begins(self) -> Middle:
        """Median of it by level."""
        return over.middle(self.at_begin)

    @cached_property
    def ends(self) -> Middle:
        """Of the model's gradient at the state with which a level ends."""
        return over.middle(self._ratio[:, :, -1, 0])

    @cached_property
    def ideal(self) -> Middle:
        """Of the Gaussian ideal's gradient at the state with which a level begins."""
        return over.middle(self._ratio[:, :, 0, 1])

    @property
    def random(self) -> float:
        """Of a random matrix."""
        values = self.found["normal_ratio_random"].values
        return float(values[MANIFOLDS.index(self.manifold)])

    @cached_property
    def energies(self) -> np.ndarray:
        """ΔE [problem, level, move, length]."""
        return self._of("move_energy", "move", "length")

    @cached_property
    def at_length(self) -> np.ndarray:
        """ΔE of the moves of the chosen length [problem, level, move]."""
        return self.energies[..., LENGTHS.index(self.length)]

    @cached_property
    def cost(self) -> Middle:
        """ΔE of leaving over that of keeping, paired; NaN where keeping costs nothing in most."""
        keeping, leaving = self.at_length[..., 0], self.at_length[..., 1]
        paid = (keeping > 0) & ((keeping > 0).mean(0) > 0.5)
        with np.errstate(divide="ignore", invalid="ignore"):
            return over.middle(np.where(paid, leaving / keeping, np.nan))

    @cached_property
    def before(self) -> np.ndarray:
        """E_t(ŷ_t) [problem, level]."""
        return self.found["path_energy"].transpose("problem", "level", "passed").values[..., 0]

    @cached_property
    def after(self) -> np.ndarray:
        """E_t of the projected ŷ_t [problem, level, projection]."""
        return self._of("projected_energy", "projection")

    @cached_property
    def kept(self) -> list[list[Correlation]]:
        """ρ of both energies by projection, then level."""
        levels = range(self.before.shape[1])
        return [[ranks.correlation(self.before[:, t], self.after[:, t, p]) for t in levels]
                for p in range(self.after.shape[2])]  # fmt: skip

    @cached_property
    def bent(self) -> np.ndarray:
        """Share of pairs of states that are not convex [problem, level]."""
        return self.found["bent_share"].transpose("problem", "level").values

    @property
    def normal_dominates(self) -> Verdict:
        """Verdict of 4.5."""
        return over.verdict(self.begins.low, self.begins.high, max(1.0, self.random))

    @property
    def leaving_costs(self) -> Verdict:
        """Verdict of 4.6, or of its like for symmetric matrices: also dearer than a random move."""
        found = over.verdict(self.cost.low, self.cost.high, 1.0)
        apart = over.middle(self.at_length[..., 1] - self.at_length[..., 2])
        there = np.isfinite(self.cost.low)
        return over.clear(found, apart.low[there], apart.high[there])

    @property
    def order_is_kept(self) -> Verdict:
        """Verdict of 4.2, first part: the order of energies survives, random subspaces apart."""
        low, high = np.array([(one.low, one.high) for one in self.kept[0]]).T
        better = np.array([
            over.more_than(self.after[:, t, 0], self.after[:, t, 1], self.before[:, t])
            for t in range(self.before.shape[1])
        ]).T  # fmt: skip
        return over.clear(over.verdict(low, high, KEEPS), better[1], better[2])

    @cached_property
    def convexity(self) -> Middle:
        """Mean share of bent pairs over problems, with its interval, by level."""
        return over.share(self.bent)

    def convex(self, condition: float | None) -> Verdict:
        """Verdict of 1.4, its first part: only where κ is 10."""
        if condition != 10:
            return Verdict("unmeasured")
        return over.verdict(-self.convexity.high, -self.convexity.low, -CONVEX)
