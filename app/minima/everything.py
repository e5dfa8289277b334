"""The minima of all problems, and what hypotheses 1.1 and 1.2 say of them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import xarray as xr

from app.minima.parts import SHARE, Pair, Share
from app.shared.drawing import ranks
from app.shared.drawing.ranks import Correlation
from ired_interp_core import intervals
from ired_interp_core.minima.names import DRAWN, KINDS, OPEN, VERIFIED
from ired_interp_core.records import seeded
from ired_interp_core.shares import mean_share

STARTS = 64
"""Starts of a level that 1.1 asks for."""
RANDOM = 0.05
"""Standard deviation of the cosine of random directions in 400 dimensions."""
CLASSES = {"1": (1, 1), "2": (2, 2), "3–5": (3, 5), "6+": (6, 10**9)}
"""Numbers of minima that are drawn together."""
ENOUGH = 59
"""Starts below which a share says little: these bound what was not seen by 5 %."""

OF_MINIMA = (
    "minima", "unseen_bound", "lowest_above_truth", "above_truth", "outside", "fell", "starts",
    "pointing", "pointing_truth", "asymptotic_alignment", "asymptotic_other", "born", "ended",
    "mse",
)  # fmt: skip
OF_PATHS = ("barrier", "pair_status", "verified", "open_pairs", "not_tried")
OF_DESCENT = ("mse_final", "step_cosine_to_minimum", "step_cosine_to_truth")
OF_PROPERTIES = ("baseline_mse",)


@dataclass(frozen=True)
class Everything:
    """What is known of all problems; arrays [problem, level, …], level t at index t.

    Args:
        minima: answer of `minima`.
        paths: answer of `paths`, of some of the problems; None where it was not asked.
        descent: answer of `descent`, of the same problems; None where it cannot be read.
        properties: likewise of `problem_properties`.
    """

    minima: xr.Dataset
    paths: xr.Dataset | None = None
    descent: xr.Dataset | None = None
    properties: xr.Dataset | None = None

    def __getitem__(self, name: str) -> np.ndarray:
        return self.minima[name].values

    @property
    def problems(self) -> np.ndarray:
        """Their indices."""
        return self.minima["problem"].values

    @cached_property
    def counts(self) -> np.ndarray:
        """Minima found; NaN where no start converged."""
        found = self["minima"].astype(float)
        return np.where(found > 0, found, np.nan)

    @cached_property
    def known(self) -> np.ndarray:
        """Where a start converged."""
        return np.isfinite(self.counts)

    def share(self, true: np.ndarray, of: np.ndarray) -> Share:
        """A share of the problems of which something is known."""
        return Share((true & of).sum(0), of.sum(0))

    @cached_property
    def one(self) -> Share:
        """Problems with one minimum."""
        return self.share(self.counts == 1, self.known)

    @cached_property
    def classes(self) -> Mapping[str, np.ndarray]:
        """Problems by their number of minima."""
        return {
            name: ((self.counts >= low) & (self.counts <= high)).sum(0)
            for name, (low, high) in CLASSES.items()
        }

    @cached_property
    def others(self) -> np.ndarray:
        """E less T's, of all minima but T."""
        return np.where(np.isfinite(self["above_truth"]), self["above_truth"], np.nan)[..., 1:]

    @cached_property
    def lower(self) -> Share:
        """Problems with a minimum below T, among those whose T exists."""
        return self.share(self["lowest_above_truth"] < 0, np.isfinite(self["above_truth"][..., 0]))

    @cached_property
    def lowest_other(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """E less T's of the lowest other minimum, its number, and whether it is outside the box.

        Of many minima only some are kept with their points. Where the lowest is none of them, its
        energy is known all the same if it lies below T; its number is then −1.
        """
        filled = np.where(np.isfinite(self.others), self.others, np.inf)
        basin = filled.argmin(-1)
        gap = np.take_along_axis(filled, basin[..., None], -1)[..., 0]
        out = np.take_along_axis(self["outside"][..., 1:], basin[..., None], -1)[..., 0] > 0
        gap = np.where(np.isfinite(gap), gap, np.nan)
        lowest = self["lowest_above_truth"]
        left_out = (lowest < 0) & ~(gap <= lowest)
        return (np.where(left_out, lowest, gap), np.where(left_out, -1, basin + 1), out & ~left_out)

    @cached_property
    def ends_in_truth(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Mean share of starts that end in T [level, kind], its ends over problems, all starts."""
        starts = self["starts"].astype(float)
        with np.errstate(invalid="ignore", divide="ignore"):
            shares = self["fell"][..., 0] / np.where(starts > 0, starts, np.nan)
        levels, kinds = shares.shape[1:]
        value, low, high = (np.full((levels, kinds), np.nan) for _ in range(3))
        rng = seeded("shares of starts", int(self.problems[0]), len(self.problems))
        for t, k in np.ndindex(levels, kinds):
            own = shares[:, t, k]
            own = own[np.isfinite(own)]
            if own.size:
                value[t, k], low[t, k], high[t, k] = mean_share(own, rng)
        return value, low.clip(0, 1), high.clip(0, 1), starts.sum(0)

    @cached_property
    def starts(self) -> np.ndarray:
        """Drawn starts of a level, of all drawn kinds."""
        return self["starts"][..., [KINDS.index(kind) for kind in DRAWN]].sum(-1)

    @cached_property
    def pairs(self) -> list[Pair]:
        """T with every other minimum of a level, where paths were asked."""
        if self.paths is None:
            return []
        status, barrier = self.paths["pair_status"].values, self.paths["barrier"].values
        there = np.argwhere(status[:, :, 0, 1:] > 0)
        problems = self.paths["problem"].values
        return [
            Pair(int(problems[p]), int(t), int(b) + 1, float(barrier[p, t, 0, b + 1]),
                 float(barrier[p, t, b + 1, 0]), int(status[p, t, 0, b + 1]))
            for p, t, b in there
        ]  # fmt: skip

    def paired(self, status: int) -> list[Pair]:
        """Pairs of one status."""
        return [pair for pair in self.pairs if pair.status == status]

    @property
    def verified(self) -> list[Pair]:
        """Pairs that verified saddles join."""
        return self.paired(VERIFIED)

    @property
    def open(self) -> list[Pair]:
        """Pairs that were tried, and not joined."""
        return self.paired(OPEN)

    @cached_property
    def at_steps(self) -> np.ndarray | None:
        """cos(−∇E, minimum − ỹ) at the steps of the descent; None where it is not there."""
        return None if self.descent is None else self.descent["step_cosine_to_minimum"].values

    @cached_property
    def points(self) -> Share:
        """Problems whose gradient points to the minimum, at the noised truth: cosine above 0."""
        known = np.isfinite(self["pointing"])
        return self.share(self["pointing"] > 0, known)

    @cached_property
    def points_at_steps(self) -> Share | None:
        """The same of at least 95 % of the steps that have a cosine; None without a descent."""
        if self.at_steps is None:
            return None
        known = np.isfinite(self.at_steps)
        positive = ((self.at_steps > 0) & known).sum(-1)
        return self.share(positive >= SHARE * known.sum(-1), known.any(-1))

    @cached_property
    def alignment(self) -> tuple[np.ndarray, np.ndarray]:
        """Error of ŷ and centred asymptotic alignment, of every problem."""
        centred = self["asymptotic_alignment"] - self["asymptotic_other"]
        error = (np.full(len(centred), np.nan) if self.descent is None
                 else self.descent["mse_final"].values)  # fmt: skip
        return error, centred

    @cached_property
    def rho(self) -> Correlation:
        """Spearman's ρ of both, its interval, and what 95 % of shuffled pairs stay below."""
        return ranks.correlation(*self.alignment)

    @cached_property
    def born(self) -> np.ndarray:
        """Basins born at each level; those of t = 9 were there from the beginning."""
        return np.bincount(self["born"][self["born"] >= 0], minlength=10)[:10]

    @cached_property
    def ended(self) -> np.ndarray:
        """Basins that were found at no level below; those of t = 0 stay."""
        return np.bincount(self["ended"][self["ended"] >= 0], minlength=10)[:10]

    @cached_property
    def beside_predictor(self) -> tuple[str, float, float, intervals.Interval] | None:
        """Best predictor by its mean error, MSE of T at t = 0, its own, and their difference."""
        if self.properties is None:
            return None
        mse, table = self["mse"][:, 0, 0], self.properties["baseline_mse"]
        best = int(np.nanargmin(table.mean("problem").values))
        theirs = table.isel(baseline=best).values
        both = np.isfinite(mse) & np.isfinite(theirs)
        if not both.any():
            return None
        rng = seeded("minimum beside predictor", int(both.sum()))
        difference = intervals.paired(mse[both][:, None], theirs[both][:, None], rng)
        name = str(table["baseline"].values[best])
        return name, float(mse[both].mean()), float(theirs[both].mean()), difference

    @cached_property
    def one_basin(self) -> str:
        """Verdict of 1.1: one minimum in most problems, no worse than the best predictor."""
        verdict, beside = self.one.verdict(), self.beside_predictor
        if verdict == "not" or (beside is not None and float(beside[3].low[0]) > 0):
            return "not"
        if self.starts[self.known].min(initial=STARTS) < STARTS or beside is None:
            return "unmeasured"
        return verdict

    @cached_property
    def gradients_point(self) -> str:
        """Verdict of 1.2: at the noised truth and at the steps."""
        steps = self.points_at_steps
        both = [self.points.verdict(), *([steps.verdict()] if steps else ["unmeasured"])]
        for word in ("not", "unmeasured", "undecided"):
            if word in both:
                return word
        return "holds"
