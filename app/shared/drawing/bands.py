"""Numbers of a population by level, ready to draw: groups, quantiles, what chance would give."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from operator import add

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from ired_interp_core.counts import Counts
from ired_interp_core.curvature.subspaces import principal_angles
from ired_interp_core.records import seeded

QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
"""Shown of every quantity: min, 5, 25, 50, 75, 95 %, max."""

PERCENT = tuple(round(100 * q) for q in QUANTILES)
MEDIAN = PERCENT.index(50)

NULL_PAIRS = 24
"""Pairs of random spaces behind the null of the principal angles."""


@dataclass(frozen=True)
class Groups:
    """Problems in groups by the quantiles of one number.

    Args:
        problems: indices, ascending.
        member: group of each problem, −1 where it has none.
        names: of the groups, lowest first.
        bounds: of each group: values above the first number, up to the second; None = open.
        sizes: problems in each group.
        by: what the number is; empty if all problems are one group.
    """

    problems: Int[np.ndarray, " N"]
    member: Int[np.ndarray, " N"]
    names: tuple[str, ...]
    bounds: tuple[tuple[float | None, float | None], ...]
    sizes: tuple[int, ...]
    by: str = ""

    @property
    def count(self) -> int:
        """How many groups there are."""
        return len(self.names)

    def of(self, problems: Int[np.ndarray, " M"]) -> Int[np.ndarray, " M"]:
        """Group of each of some problems, −1 where it has none."""
        if not len(self.problems):
            return np.full(len(problems), -1)
        at = np.searchsorted(self.problems, problems).clip(max=len(self.problems) - 1)
        return np.where(self.problems[at] == problems, self.member[at], -1)


def together(problems: Int[np.ndarray, " N"]) -> Groups:
    """All problems as one group."""
    n = len(problems)
    return Groups(problems, np.zeros(n, int), ("all problems",), ((None, None),), (n,))


def cut(
    problems: Int[np.ndarray, " N"], values: Float[np.ndarray, " N"], many: int, by: str
) -> Groups:
    """Cut problems at the quantiles of a number into groups of nearly equal size.

    Equal values stay together, so that a number with few values gives fewer groups.

    Args:
        problems: indices, ascending.
        values: one for each; a problem without a number is in no group.
        many: groups wanted.
        by: label of the number.

    Returns:
        The groups that have a problem.
    """
    there = ~np.isnan(values)
    if not there.any():
        return Groups(problems, np.full(len(problems), -1), (), (), (), by)
    shares = np.arange(1, many) / many
    cuts = np.quantile(values[there], shares, method="inverted_cdf")
    cuts = np.unique([float(f"{c:.6g}") for c in cuts])  # as a link spells them
    cuts = cuts[(cuts >= values[there].min()) & (cuts < values[there].max())]
    member = np.where(there, np.searchsorted(cuts, values), -1)
    ends: list[float | None] = [None, *cuts.tolist(), None]
    bounds = tuple(itertools.pairwise(ends))
    sizes = tuple(int((member == g).sum()) for g in range(len(bounds)))
    return Groups(problems, member, tuple(_named(b) for b in bounds), bounds, sizes, by)


def _named(bounds: tuple[float | None, float | None]) -> str:
    low, high = bounds
    if low is None and high is None:
        return "all values equal"
    if low is None:
        return f"≤ {high:.4g}"
    return f"> {low:.4g}" if high is None else f"{low:.4g} … {high:.4g}"


def quantiles(
    values: Float[np.ndarray, "N L"], member: Int[np.ndarray, " N"], groups: int
) -> Float[np.ndarray, "G Q L"]:
    """Finite numbers as [group, quantile in QUANTILES, level]; NaN where a group has none."""
    found = np.full((groups, len(QUANTILES), values.shape[1]), np.nan)
    for g in range(groups):
        own = values[member == g]
        for level, column in enumerate(own.T):
            finite = column[np.isfinite(column)]
            if finite.size:
                found[g, :, level] = np.quantile(finite, QUANTILES)
    return found


def shares(
    true: np.ndarray, known: np.ndarray, member: Int[np.ndarray, " N"], groups: int
) -> Float[np.ndarray, "G L"]:
    """Share of the problems of each group for which something holds.

    Args:
        true: problems × levels.
        known: where it can be said at all.
        member: group of each problem.
        groups: how many.

    Returns:
        [group, level], NaN where a group has no problem.
    """
    own = [member == g for g in range(groups)]
    many = np.array([known[m].sum(axis=0) for m in own]).reshape(groups, true.shape[1])
    hits = np.array([(true & known)[m].sum(axis=0) for m in own]).reshape(groups, true.shape[1])
    return np.where(many > 0, hits / np.maximum(many, 1), np.nan)


@dataclass(frozen=True)
class Pooled:
    """Eigenvalues of many problems, counted: λ in the level frame.

    Args:
        counts: [group, level, bin]; a level with fewer bins than another ends with empty ones.
        edges: ends of the bins of each level.
        low: smallest eigenvalue of each level.
        high: largest.
    """

    counts: Int[np.ndarray, "G L B"]
    edges: Float[np.ndarray, "L E"]
    low: Float[np.ndarray, " L"]
    high: Float[np.ndarray, " L"]

    def quantiles(self) -> Float[np.ndarray, "G Q L"]:
        """Quantiles [group, quantile, level] of all eigenvalues, to 1/2048 of the level's range."""
        groups, levels, _ = self.counts.shape
        found = np.full((groups, len(QUANTILES), levels), np.nan)
        for g, level in np.ndindex(groups, levels):
            counts, edges = self.counts[g, level], self.edges[level]
            if not counts.any():
                continue
            there = np.flatnonzero(counts)
            inner = np.interp(QUANTILES[1:-1], _reached(counts), edges)
            own = np.array([edges[there[0]], *inner, edges[there[-1] + 1]])
            found[g, :, level] = own.clip(self.low[level], self.high[level])
        return found

    def density(self, bins: int) -> tuple[Float[np.ndarray, "L b"], Float[np.ndarray, "G L b"]]:
        """Shares in equal bins over the middle 99 % of a level; what lies outside is left out.

        Args:
            bins: number of bins.

        Returns:
            Bin centres of each level, shares of the group's eigenvalues.
        """
        groups, levels, _ = self.counts.shape
        centres, shares = np.zeros((levels, bins)), np.zeros((groups, levels, bins))
        for level in range(levels):
            counts = self.counts[:, level]
            every = _reached(counts.sum(axis=0))
            ends = np.interp((0.005, 0.995), every, self.edges[level])
            ends = ends.clip(self.low[level], self.high[level])
            cuts = np.linspace(*ends, bins + 1)
            centres[level] = (cuts[:-1] + cuts[1:]) / 2
            for group in range(groups):
                if counts[group].any():
                    reached = _reached(counts[group])
                    shares[group, level] = np.diff(np.interp(cuts, self.edges[level], reached))
        return centres, shares

    @classmethod
    def of(cls, cells: Sequence[Sequence[Counts | None]]) -> "Pooled":
        """Lay counts of [group][level] into the bins of each level as a whole."""
        there = [[own for own in level if own] for level in zip(*cells, strict=True)]
        wholes = [reduce(add, own) if own else None for own in there]
        most = max((len(w.counts) for w in wholes if w), default=1)
        counts = np.zeros((len(cells), len(wholes), most), np.int64)
        edges = np.full((len(wholes), most + 1), np.nan)
        for t, whole in enumerate(wholes):
            if whole is None:
                continue
            bins = (whole.exponent, whole.first, most)
            edges[t] = replace(whole, counts=np.empty(most)).edges
            for g, group in enumerate(cells):
                if (own := group[t]) is not None:
                    counts[g, t] = own.within(*bins)
        low, high = ([getattr(w, end) if w else np.nan for w in wholes] for end in ("low", "high"))
        return cls(counts, edges, np.array(low), np.array(high))


def _reached(counts: Int[np.ndarray, " B"]) -> Float[np.ndarray, " E"]:
    """Share of what lies below each edge, 0 … 1: one more than there are bins."""
    return np.concatenate([[0.0], np.cumsum(counts) / max(counts.sum(), 1)])


@lru_cache(maxsize=64)
def random_angle(k: int, d: int) -> tuple[float, float]:
    """Root mean square principal angle of two random k-dimensional spaces of R^d.

    Args:
        k: dimension of the spaces, at most d.
        d: dimension around them.

    Returns:
        Mean and standard deviation over NULL_PAIRS seeded pairs, in radians.
    """
    rng = seeded("random spaces", k, d)
    found = []
    for _ in range(NULL_PAIRS):
        pair = [np.linalg.qr(rng.standard_normal((d, k)))[0].T for _ in range(2)]
        found.append(np.sqrt(np.mean(principal_angles(*pair) ** 2)))
    return float(np.mean(found)), float(np.std(found))


def rank_correlation(x: Sequence[float], y: Sequence[float]) -> float:
    """Spearman's ρ: does the order of x tell the order of y?

    Args:
        x: numbers.
        y: as many.

    Returns:
        −1 … 1; NaN for fewer than three finite pairs, or where one side does not vary.
    """
    both = np.isfinite(x) & np.isfinite(y)
    # pandas is loaded anyway; scipy.stats would take a third of the app's start.
    a, b = (pd.Series(np.asarray(v)[both]).rank().to_numpy() for v in (x, y))
    if len(a) < 3 or not a.std() or not b.std():
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])


def order_over_levels(values: Float[np.ndarray, "N L"]) -> Float[np.ndarray, " N"]:
    """Spearman's ρ of the level t with each row, as `rank_correlation`, of many rows at once.

    Args:
        values: one row a problem, t ascending.

    Returns:
        −1 … 1; NaN where fewer than three are finite, or where they do not vary.
    """
    there = np.isfinite(values)
    t = np.broadcast_to(np.arange(values.shape[1], dtype=float), values.shape)
    centred = []
    for column in (t, values):
        column = np.where(there, column, np.nan)
        less = (column[:, None, :] < column[:, :, None]).sum(-1)
        alike = (column[:, None, :] == column[:, :, None]).sum(-1)
        rank = np.where(there, less + (alike + 1) / 2, 0.0)
        mean = rank.sum(1) / np.maximum(there.sum(1), 1)
        centred.append(np.where(there, rank - mean[:, None], 0.0))
    a, b = centred
    size = np.sqrt((a**2).sum(1) * (b**2).sum(1))
    known = (there.sum(1) > 2) & (size > 0)
    rho = np.where(known, (a * b).sum(1) / np.where(known, size, 1.0), np.nan)
    return rho.round(12)  # equal orders give equal numbers
