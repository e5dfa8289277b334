"""A block of minima as declared in `analyses/minima.py`."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import xarray as xr

from ired_interp_core.curvature.measures import cosine
from ired_interp_core.energy import Energy
from ired_interp_core.minima import grouping
from ired_interp_core.minima.basins import AT_SADDLE, DIVERGED, Basins
from ired_interp_core.minima.coverage import good_turing, unseen_bound
from ired_interp_core.minima.lineage import NOWHERE, Lineage, lineage
from ired_interp_core.minima.names import DRAWN, KINDS
from ired_interp_core.minima.search import Search, Start, lost
from ired_interp_core.minima.starts import drawn, elsewhere, sampled
from ired_interp_core.records import Block
from ired_interp_core.schema import LEVELS

TRUTH, OTHER = "truth", "another problem's truth"
"""Starts that are counted under no kind: √ᾱ y*, and that of another problem on its own energy."""
LAST = (2, 1, 0)
"""Levels of the asymptotic alignment."""

Columns = dict[str, np.ndarray]


@torch.no_grad()
def minima_dataset(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Minima, basins and shares of a block.

    Args:
        block: rows, a model and the descent of the same rows.
        parameters: as the analysis declares.

    Returns:
        The variables that the analysis declares.
    """
    from ired_interp_core import registry

    declared = registry.get("minima").schema.variables
    rows = [One(block, row, parameters).columns() for row in range(block.count)]
    schedule = block.models["model"].schedule
    merged = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    return xr.Dataset(
        {
            **{n: (declared[n].dims, v.astype(declared[n].dtype)) for n, v in merged.items()},
            "alpha_bar": ("level", schedule.alphas_cumprod),
            "sigma": ("level", schedule.sigma),
        },
        coords={
            "level": np.arange(LEVELS),
            "start_kind": np.array(KINDS),
            "tolerance": np.array(grouping.FACTORS),
        },
    )


class One:
    """The minima of one problem."""

    def __init__(self, block: Block, row: int, parameters: Mapping[str, Any]) -> None:
        self.block, self.row, self.asked = block, row, parameters
        self.model: Energy = block.models["model"]
        self.scale = self.model.schedule.sqrt_alpha_bar
        self.index, self.y_true = block.start + row, block.y[row]
        basins = Basins(
            self.model, parameters["steps"], check=block.desk.check,
            refinements=parameters["refinements"],
        )  # fmt: skip
        self.search = Search(self.model, block.x[row], basins, block.device)
        self.descent = block.upstream["descent"].isel(problem=row)
        self.kinds = dict(
            drawn(
                self.model.schedule, self.y_true, self.index, parameters["seed"], parameters["clip"]
            )
        )
        if not np.isfinite(self.y_true).all():
            del self.kinds["noised_truth"]

    def columns(self) -> Columns:
        """The variables that the analysis declares, without the dim problem."""
        self.search.drawn(self.kinds, self.asked["starts"], self.asked["bound"], self._given())
        down, up = self.search.follow(self.scale, self.asked["clip"])
        minima = [self.search.basins.known.get(t, []) for t in range(LEVELS)]
        truth = [self._first(t) for t in range(LEVELS)]
        named = lineage([[m.e for m in one] for one in minima], truth, down, up)
        return {
            **self._basins(named, truth, down, up),
            **self._shares(named),
            **self._levels(named, truth),
            **self._pointing(),
            **self._alignment(),
        }

    def _given(self) -> list[Start]:
        """Starts that are not drawn: the truth, the sampler's states, answers of other problems."""
        walked = sampled(self.model.schedule, self.descent, self.asked["states"])
        x, others = elsewhere(self.block, self.index, self.asked["others"], self.asked["seed"])
        known = np.isfinite(self.y_true).all()
        return [
            *(Start(t, TRUTH, self.scale[t] * self.y_true) for t in range(LEVELS) if known),
            *(Start(t, "sampler", state) for t in range(LEVELS) for state in walked[t]),
            *(Start(t, "other_answers", self.scale[t] * y) for t in range(LEVELS) for y in others),
            *(Start(t, OTHER, self.scale[t] * others[0], x[0]) for t in LAST),
        ]

    def _end(self, t: int, kind: str) -> int:
        return self.search.ends.get((t, kind), [NOWHERE])[-1]

    def _first(self, t: int) -> int:
        """The basin that is number 0: the truth's; that of the answer where no truth is known."""
        kind = TRUTH if np.isfinite(self.y_true).all() else "sampler"
        return max(self._end(t, kind), NOWHERE)

    def _basins(
        self, named: Lineage, truth: list[int], down: list[np.ndarray], up: list[np.ndarray]
    ) -> Columns:
        kept, d, n = self.asked["basins"], self.model.d, self.model.size
        shape = (LEVELS, kept)
        real = ("energy", "above_truth", "gradient_norm", "smallest_eigenvalue",
                "largest_eigenvalue", "mse", "distance_answer")  # fmt: skip
        found: Columns = {name: np.full(shape, np.nan) for name in real}
        found |= {name: np.full(shape, -1) for name in ("index", "flat", "outside")}
        found |= {name: np.full(shape, NOWHERE) for name in ("basin_below", "basin_above")}
        found["status"] = np.zeros(shape)
        found["eigenvalue_spectrum"] = np.full((*shape, d), np.nan)
        found["point"] = np.full((*shape, n, n), np.nan)
        answer = np.asarray(self.descent["answer"], dtype=np.float64).reshape(LEVELS, d)
        for t, number, k, one in self._kept(named):
            at, y = (t, number), one.y / self.scale[t]
            found["energy"][at], found["status"][at] = one.e, one.status
            if truth[t] != NOWHERE:
                found["above_truth"][at] = one.e - self.search.basins.known[t][truth[t]].e
            found["gradient_norm"][at] = one.gradient_norm
            found["index"][at], found["flat"][at] = one.index, one.flat
            found["smallest_eigenvalue"][at] = one.eigenvalues[0]
            found["largest_eigenvalue"][at] = one.eigenvalues[-1]
            found["eigenvalue_spectrum"][at] = one.eigenvalues
            found["point"][at] = y.reshape(n, n)
            found["mse"][at] = ((y - self.y_true) ** 2).mean()
            found["distance_answer"][at] = np.sqrt(((y - answer[t]) ** 2).mean())
            found["outside"][at] = (np.abs(y) > self.asked["clip"]).sum()
            for name, links, to in (("basin_below", down, t - 1), ("basin_above", up, t + 1)):
                if 0 <= to < LEVELS and links[t][k] != NOWHERE:
                    other = named.numbers[to][links[t][k]]
                    found[name][at] = other if other < kept else NOWHERE
        for name, times in (("born", named.born), ("ended", named.ended)):
            found[name] = np.full(kept, -1)
            found[name][: len(times)] = times[:kept]
        if not any(0 in numbers for numbers in named.numbers):
            found["born"][0] = found["ended"][0] = -1
        return found

    def _kept(self, named: Lineage) -> list[tuple[int, int, int, Any]]:
        """(level, number, place in its level, minimum) of the basins that are kept."""
        return [
            (t, number, k, self.search.basins.known[t][k])
            for t in range(LEVELS)
            for k, number in enumerate(named.numbers[t])
            if number < self.asked["basins"]
        ]

    def _shares(self, named: Lineage) -> Columns:
        kept, shape = self.asked["basins"], (LEVELS, len(KINDS))
        whole = ("starts", "fell_elsewhere", "unfinished", "at_saddle", "diverged")
        found: Columns = {name: np.zeros(shape, int) for name in whole}
        found["fell"] = np.zeros((*shape, kept), int)
        found |= {name: np.full(shape, np.nan) for name in ("bound", "good_turing")}
        for t in range(LEVELS):
            for j, kind in enumerate(KINDS):
                ends, counts = self.search.ends.get((t, kind), []), self.search.counts(t, kind)
                for k, count in enumerate(counts):
                    number = named.numbers[t][k]
                    if number < kept:
                        found["fell"][t, j, number] += count
                    else:
                        found["fell_elsewhere"][t, j] += count
                found["starts"][t, j], found["unfinished"][t, j] = len(ends), lost(ends)
                found["at_saddle"][t, j] = lost(ends, AT_SADDLE)
                found["diverged"][t, j] = lost(ends, DIVERGED)
                if kind in DRAWN and ends:
                    found["bound"][t, j] = unseen_bound(counts)
                    found["good_turing"][t, j] = good_turing(counts)
        return found

    def _levels(self, named: Lineage, truth: list[int]) -> Columns:
        names = ("lowest_energy", "lowest_above_truth", "in_deepest", "unseen_bound")
        found: Columns = {name: np.full(LEVELS, np.nan) for name in names}
        found |= {name: np.zeros(LEVELS, int) for name in ("minima", "left_out")}
        found["answer_basin"] = np.full(LEVELS, NOWHERE)
        found["minima_tolerance"] = np.zeros((LEVELS, len(grouping.FACTORS)), int)
        for t in range(LEVELS):
            minima = self.search.basins.known.get(t, [])
            bounds = [unseen_bound(self.search.counts(t, kind)) for kind in self.kinds]
            if len(self.kinds) == len(DRAWN):
                found["unseen_bound"][t] = max(bounds)
            refined = self.search.basins.refined.get(t, [])
            found["minima_tolerance"][t] = [
                grouping.distinct(refined, factor) for factor in grouping.FACTORS
            ]
            found["minima"][t] = len(minima)
            found["left_out"][t] = sum(
                number >= self.asked["basins"] for number in named.numbers[t]
            )
            if not minima:
                continue
            energies = np.array([one.e for one in minima])
            found["lowest_energy"][t] = energies.min()
            if truth[t] != NOWHERE:
                found["lowest_above_truth"][t] = energies.min() - energies[truth[t]]
            end = self._end(t, "sampler")
            if end >= 0:
                number = named.numbers[t][end]
                found["in_deepest"][t] = end == energies.argmin()
                found["answer_basin"][t] = number if number < self.asked["basins"] else NOWHERE
        return found | self._compared()

    def _compared(self) -> Columns:
        """Whether L-BFGS, given a start itself, ends where small steps lead."""
        rows = [
            (t, kind, number)
            for t in range(LEVELS)
            for kind in self.kinds
            for number in range(
                min(self.asked["compared"], len(self.search.ends.get((t, kind), ())))
            )
        ]
        found = {name: np.zeros(LEVELS, int) for name in ("compared", "compared_alike")}
        if not rows:
            return found
        device = self.block.device
        t = torch.tensor([row[0] for row in rows], device=device)
        starts = np.stack([self.kinds[kind](level, number) for level, kind, number in rows])
        y = torch.as_tensor(starts, dtype=torch.float32, device=device)
        x = torch.as_tensor(self.block.x[self.row], dtype=torch.float32, device=device)
        x = x.expand(len(rows), -1)
        ends = self.search.basins.jumps(x, y, t, t.cpu().numpy())
        for (level, kind, number), end in zip(rows, ends, strict=True):
            fell = self.search.ends[level, kind][number]
            if fell >= 0:
                found["compared"][level] += 1
                found["compared_alike"][level] += end == fell
        return found

    def _pointing(self) -> Columns:
        """Where −∇E points at the noised truths that were drawn."""
        found = {name: np.full(LEVELS, np.nan) for name in ("pointing", "pointing_truth")}
        draw = self.kinds.get("noised_truth")
        if draw is None:
            return found
        for t in range(LEVELS):
            ends = self.search.ends.get((t, "noised_truth"), [])
            starts = np.stack([draw(t, number) for number in range(len(ends))])
            y = torch.as_tensor(starts, device=self.block.device)
            x = torch.as_tensor(self.block.x[self.row], device=y.device).expand(len(y), -1)
            downhill = -self.model.gradient(x, y, t).cpu().numpy()
            there = [k for k, end in enumerate(ends) if end >= 0]
            if there:
                goals = np.stack([self.search.basins.known[t][ends[k]].y for k in there])
                found["pointing"][t] = cosine(downhill[there], goals - starts[there]).mean()
            to_truth = cosine(downhill, self.scale[t] * self.y_true - starts)
            found["pointing_truth"][t] = to_truth.mean()
        return found

    def _alignment(self) -> Columns:
        """The last levels' displacements beside the ways to the minimum, and to another's."""
        walk = np.asarray(self.descent["trajectory"], dtype=np.float64)
        walk = walk.reshape(*walk.shape[:2], -1)
        cosines: dict[str, list[float]] = {"asymptotic_alignment": [], "asymptotic_other": []}
        for t in LAST:
            moved = walk[t, -1] - walk[t, 0]
            for name, kind, group in (
                ("asymptotic_alignment", "sampler", t),
                ("asymptotic_other", OTHER, LEVELS + t),
            ):
                k = self._end(t, kind)
                if k >= 0:
                    way = self.search.basins.known[group][k].y / self.scale[t] - walk[t, 0]
                    cosines[name].append(float(cosine(moved[None], way[None])[0]))
        return {
            name: np.asarray(np.mean(values) if len(values) == len(LAST) else np.nan)
            for name, values in cosines.items()
        }
