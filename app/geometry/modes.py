"""Order of arrival, score, structure and eigenbasis of all problems. Pure."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import xarray as xr

from app.geometry import over
from app.geometry.over import Middle, Verdict

ORDER = (
    "present", "present_predictor", "arrival", "settled", "arrival_order", "settled_order",
    "arrival_order_ideal", "arrival_order_shuffled", "predictor_order",
)  # fmt: skip
SCORE = ("score_alignment",)
STRUCTURE = (
    "effective_rank", "nuclear_norm", "symmetric_share", "truth_singular", "truth_nuclear_norm",
    "truth_symmetric_share",
)  # fmt: skip
EIGEN = ("eigenbasis", "problem_eigenvalue", "off_diagonal_share", "off_diagonal_random",
         "beyond_line")  # fmt: skip
NOISE = 8
"""Levels from which on answers are mostly noise of the box, so that directions arrive by chance."""
OFF = 0.05
"""4.7 asks for at most this share off the diagonal."""


@dataclass(frozen=True)
class Modes:
    """What arrives first.

    Args:
        found: variables of all problems, levels ascending.
    """

    found: xr.Dataset

    def by_level(self, name: str) -> np.ndarray:
        """A variable [problem, level]."""
        return self.found[name].transpose("problem", "level").values.astype("f8")

    @cached_property
    def present(self) -> np.ndarray:
        """Median share of each direction [level, direction]."""
        return np.nanmedian(self.found["present"].transpose("problem", ...).values, axis=0)

    @cached_property
    def predictor(self) -> np.ndarray:
        """Median share of each direction in the nearest predictor's answer."""
        return np.nanmedian(self.found["present_predictor"].values, axis=0)

    @cached_property
    def settled(self) -> np.ndarray:
        """Median level from which on each direction stays; −1 never."""
        return np.median(self.found["settled"].values, axis=0)

    @property
    def early(self) -> float:
        """Share of the arrivals that are at levels whose answers are noise of the box."""
        arrival = self.found["arrival"].values
        return float((arrival >= NOISE).sum() / max((arrival >= 0).sum(), 1))

    def order(self, name: str) -> Middle:
        """Mean Spearman over problems with its interval, as a single column."""
        return over.mean(self.found[name].values.astype("f8")[:, None])

    def alignment(self, against: str) -> np.ndarray:
        """Alignment with truth or error, mean over a level's states [problem, level]."""
        values = self.found["score_alignment"].sel(against=against)
        return values.transpose("problem", "level", "step").mean("step").values.astype("f8")

    @cached_property
    def score(self) -> dict[str, Middle]:
        """Median alignment by level with truth and with error."""
        names = map(str, self.found["against"].values)
        return {name: over.middle(self.alignment(name)) for name in names}

    @property
    def coarse_to_fine(self) -> Verdict:
        """Verdict of S2: above 0, paired by problem above both controls, and so until settled."""
        own = self.found["arrival_order"].values.astype("f8")
        one, settled = self.order("arrival_order"), self.order("settled_order")
        found = over.verdict(one.low, one.high, 0.0)
        found = over.clear(found, settled.low, settled.high)
        for control in ("arrival_order_shuffled", "predictor_order"):
            apart = over.mean((own - self.found[control].values)[:, None])
            found = over.clear(found, apart.low, apart.high)
        return found

    def aligned(self, random: float) -> Verdict:
        """Verdict of S3: with truth and with error, at every level."""
        both = [over.verdict(m.low, m.high, random) for m in self.score.values()]
        return over.all_of(*both)

    @cached_property
    def off(self) -> Middle:
        """Median share off the diagonal by level."""
        return over.middle(self.by_level("off_diagonal_share"))

    @cached_property
    def off_random(self) -> Middle:
        """The same in a random basis."""
        return over.middle(self.by_level("off_diagonal_random"))

    @cached_property
    def beyond(self) -> Middle:
        """Median R² of 1/λ beyond a line in λ."""
        return over.middle(self.by_level("beyond_line"))

    @property
    def chance(self) -> float:
        """What a random column explains on average of the residuals of a line: 1/(n − 2)."""
        return 1 / max(self.found["eigenbasis"].sizes["row"] - 2, 1)

    @property
    def in_eigenbasis(self) -> Verdict:
        """Verdict of 4.7, of the answer at t = 0; R² is never below 0, so chance is what counts."""
        off, beyond = self.off, self.beyond
        first = over.verdict(-off.high[:1], -off.low[:1], -OFF)
        second = over.verdict(beyond.low[:1], beyond.high[:1], self.chance)
        return over.all_of(first, second)


def effective_rank(values: np.ndarray) -> np.ndarray:
    """exp(−Σ p ln p), p = s²/Σs², of singular values [problem, direction]."""
    share = values**2 / (values**2).sum(-1, keepdims=True)
    return np.exp(-(share * np.log(np.where(share > 0, share, 1.0))).sum(-1))
