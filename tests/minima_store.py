"""A store with planted minima and saddles: two basins, a tree with an island, one, and odd ones."""

from pathlib import Path

import numpy as np
from fake_store import PROBLEMS, Fake, Values
from kept import once

from ired_interp_core.minima.coverage import good_turing, unseen_bound
from ired_interp_core.minima.names import CONVERGED, DRAWN, KINDS, OFFSETS, OPEN, VERIFIED
from ired_interp_core.minima.tree import barriers
from ired_interp_core.schema import LEVELS

TWO, TREE, ONE, ODD = range(4)
"""Problems: two basins at t ≤ 2; four at t = 0, one of which nothing joins; one at all levels; one
without a truth, in which nothing converges at t = 7."""
BASINS, SADDLES, IMAGES, STARTS, N = 8, 8, 5, 59, PROBLEMS.size
STRINGS = 8
ENERGIES = {TWO: (87.44, 186.5), TREE: (2.0, 1.0, 3.0, 5.0), ONE: (4.0,), ODD: (6.0,)}
HEIGHTS = {TWO: ((260.44, 0, 1),), TREE: ((4.0, 0, 1), (6.0, 1, 2), (4.5, 1, 0))}
SHAPE = (4, LEVELS)
DIVERGED = 7


def there(problem: int, level: int) -> int:
    """How many minima a level has."""
    if problem == ODD:
        return int(level != DIVERGED)
    if problem == TWO:
        return 2 if level <= 2 else 1
    return 4 if problem == TREE and level == 0 else 1


def minima() -> Values:
    """Answers of `minima`: noise falls into the last minimum, all else into the first."""
    real = ("energy", "above_truth", "gradient_norm", "smallest_eigenvalue", "largest_eigenvalue",
            "mse", "distance_answer")  # fmt: skip
    whole = ("index", "flat", "outside", "basin_below", "basin_above")
    v = {name: np.full((*SHAPE, BASINS), np.nan) for name in real}
    v |= {name: np.full((*SHAPE, BASINS), -1) for name in whole}
    v["status"] = np.zeros((*SHAPE, BASINS), int)
    v["point"] = np.full((*SHAPE, BASINS, N, N), np.nan)
    v["eigenvalue_spectrum"] = np.full((*SHAPE, BASINS, N * N), np.nan)
    v["fell"] = np.zeros((*SHAPE, len(KINDS), BASINS), int)
    v |= {name: np.zeros((*SHAPE, len(KINDS)), int)
          for name in ("fell_elsewhere", "unfinished", "at_saddle", "diverged")}  # fmt: skip
    v["starts"] = np.full((*SHAPE, len(KINDS)), STARTS)
    v["starts"][..., len(DRAWN) :] = 2
    v |= {name: np.full((*SHAPE, len(KINDS)), np.nan) for name in ("bound", "good_turing")}
    v["minima"], v["left_out"] = np.zeros(SHAPE), np.zeros(SHAPE, int)
    v["minima_tolerance"] = np.ones((*SHAPE, 3), int)
    v["answer_basin"] = np.full(SHAPE, -1)
    v["unseen_bound"] = np.full(SHAPE, 0.0495)
    v["compared"], v["compared_alike"] = np.full(SHAPE, 3), np.full(SHAPE, 3)
    for name in ("born", "ended"):
        v[name] = np.full((4, BASINS), -1)
    for p in range(4):
        for t in range(LEVELS):
            _level(v, p, t)
        for b in range(len(ENERGIES[p])):
            levels = np.flatnonzero(v["status"][p, :, b])
            v["born"][p, b], v["ended"][p, b] = levels.max(), levels.min()
    v["outside"][TWO, :3, 1] = 41
    v["mse"][ODD] = np.nan
    v["lowest_above_truth"] = np.fmin.reduce(v["above_truth"], axis=-1)
    return v


def _level(v: dict, p: int, t: int) -> None:
    count = there(p, t)
    v["minima"][p, t] = count
    v["minima_tolerance"][p, t] = count
    fell = v["fell"][p, t]
    if count:
        v["answer_basin"][p, t] = 0
        fell[0, count - 1] = STARTS
        fell[1 : len(DRAWN), 0] = STARTS
        fell[len(DRAWN) :, 0] = 2
    else:
        v["unfinished"][p, t] = v["starts"][p, t] - 1
        v["diverged"][p, t] = 1
    for b in range(count):
        at = (p, t, b)
        v["energy"][at], v["status"][at] = ENERGIES[p][b], CONVERGED
        v["above_truth"][at] = ENERGIES[p][b] - ENERGIES[p][0]
        v["gradient_norm"][at], v["index"][at], v["flat"][at] = 1e-11, 0, 0
        v["mse"][at], v["distance_answer"][at] = (0.01, 0.001) if b == 0 else (2.2, 1.4)
        v["outside"][at] = 0
        v["point"][at] = 0.1 * (b + 1)
        v["eigenvalue_spectrum"][at] = np.linspace(1, 3, N * N)
        if t and b < there(p, t - 1):
            v["basin_below"][at] = b
        if t < LEVELS - 1 and there(p, t + 1):
            v["basin_above"][at] = b if b < there(p, t + 1) else 0
    for k in range(len(DRAWN)):
        v["bound"][p, t, k], v["good_turing"][p, t, k] = unseen_bound(fell[k]), good_turing(fell[k])


def paths() -> Values:
    """Answers of `paths` between these minima."""
    v = {
        "pair_status": np.zeros((*SHAPE, BASINS, BASINS), int),
        "barrier": np.full((*SHAPE, BASINS, BASINS), np.nan),
        "saddle_energy": np.full((*SHAPE, SADDLES), np.nan),
        "saddle_gradient_norm": np.full((*SHAPE, SADDLES), np.nan),
        "saddle_eigenvalue": np.full((*SHAPE, SADDLES, N * N), np.nan),
        "saddle_first": np.full((*SHAPE, SADDLES), -1),
        "saddle_second": np.full((*SHAPE, SADDLES), -1),
        "saddle_point": np.full((*SHAPE, SADDLES, N, N), np.nan),
        **{name: np.zeros(SHAPE) for name in ("verified", "open_pairs", "not_tried")},
    }
    v |= {name: np.full((*SHAPE, STRINGS), -1) for name in ("string_first", "string_second")}
    v["string_point"] = np.full((*SHAPE, STRINGS, IMAGES, N, N), np.nan)
    v["saddle_direction"] = np.full((*SHAPE, SADDLES, N, N), np.nan)
    pairs = (*SHAPE, BASINS, BASINS)
    for name in ("path_length", "path_energy", "path_straight"):
        v[name] = np.full((*pairs, IMAGES), np.nan)
    v["path_curvature"] = np.full((*pairs, IMAGES, 2), np.nan)
    for name in ("path_straight_length", "path_highest", "path_residual"):
        v[name] = np.full(pairs, np.nan)
    v["path_looks"] = np.zeros(pairs, int)
    for p, t in np.ndindex(SHAPE):
        count = there(p, t)
        if count < 2:
            continue
        known = sorted(HEIGHTS[p])
        ends = np.array([s[1:] for s in known])
        heights = barriers(np.array(ENERGIES[p]), np.array([s[0] for s in known]), ends)
        v["barrier"][p, t, :count, :count] = heights
        joined = np.isfinite(heights)
        v["pair_status"][p, t, :count, :count] = np.where(joined, VERIFIED, OPEN)
        for k, (i, j) in enumerate(np.argwhere(np.triu(joined, 1))):
            v["string_first"][p, t, k], v["string_second"][p, t, k] = i, j
            ways = 0.1 * np.linspace(i + 1, j + 1, IMAGES)  # from 0.1(i + 1) to 0.1(j + 1)
            v["string_point"][p, t, k] = ways[:, None, None]
        for i, j in np.argwhere(joined & ~np.eye(count, dtype=bool)):
            _string(v, (p, t, int(i), int(j)), ENERGIES[p][i], ENERGIES[p][j], heights[i, j])
        above = np.triu_indices(count, 1)
        v["verified"][p, t], v["open_pairs"][p, t] = joined[above].sum(), (~joined[above]).sum()
        for k, (energy, first, second) in enumerate(known):
            at = (p, t, k)
            v["saddle_energy"][at], v["saddle_gradient_norm"][at] = energy, 2e-9
            v["saddle_first"][at], v["saddle_second"][at] = first, second
            v["saddle_eigenvalue"][at] = np.linspace(-3.23, 3, N * N)
            v["saddle_direction"][at] = 1 / N
    return v


def _string(v: dict, at: tuple[int, ...], start: float, end: float, height: float) -> None:
    """Images up to 1.5 below the saddle, and back; straight half as high again."""
    top = start + height - 1.5
    v["path_length"][at] = np.linspace(0, 1.2, IMAGES)
    v["path_energy"][at] = [start, (start + top) / 2, top, (end + top) / 2, end]
    v["path_straight"][at] = v["path_energy"][at] * 1.5
    v["path_curvature"][at] = np.stack([np.linspace(1, -2, IMAGES), np.ones(IMAGES)], -1)
    v["path_straight_length"][at], v["path_highest"][at] = 1.0, top
    v["path_residual"][at], v["path_looks"][at] = 0.08, 900


def lines() -> Values:
    """Answers of `minima_profiles`: through T, with a cubic part beside the parabola."""
    v = {
        "line_energy": np.full((*SHAPE, BASINS, 2, len(OFFSETS)), np.nan),
        "line_curvature": np.full((*SHAPE, BASINS, 2), np.nan),
    }
    s = np.array(OFFSETS)
    for p, t in np.ndindex(SHAPE):
        if there(p, t):
            for end, curvature in enumerate((3.0, 1.0)):
                bent = N * N * curvature * s**2 / 2 + s**3
                v["line_energy"][p, t, 0, end] = ENERGIES[p][0] + bent
                v["line_curvature"][p, t, 0, end] = curvature
    return v


@once
def make(root: Path) -> Path:
    """Four problems with the minima above."""
    return ask(Fake(root, count=4)).write_run("minima")


def ask(fake: Fake) -> Fake:
    """Ask for the minima above, of a store that may hold more."""
    fake.ask("problem_properties")
    fake.ask("descent")
    fake.ask("minima", minima(), {"starts": STARTS})
    fake.ask("minima_profiles", lines())
    fake.ask("paths", paths(), {"images": IMAGES})
    return fake
