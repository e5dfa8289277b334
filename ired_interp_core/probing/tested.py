"""Which decodable cells are tested for use, and the test of one.

Definitions: docs/definitions.md §6.1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Int

from ired_interp_core.activations import before_jumps
from ired_interp_core.probing.folds import ranks
from ired_interp_core.probing.names import LAYERS
from ired_interp_core.probing.removal import left, oblique, random_removals
from ired_interp_core.probing.saved import Numbers
from ired_interp_core.probing.study import Study
from ired_interp_core.probing.use import Walks, measured, without
from ired_interp_core.probing.verdicts import Use
from ired_interp_core.records import Gathered, seeded

SITES = (*LAYERS, "gradient")
"""Inputs that can be changed inside the sampler."""

Cell = tuple[str, str, int]
"""Property, input, level."""


def chosen(lows: Mapping[Cell, float], most: int) -> Sequence[Cell]:
    """Cells to test: those that clear their controls by most, as far as the sampler has the input.

    Args:
        lows: decodable cell → lower end of its gain.
        most: how many.

    Returns:
        In order.
    """  # fmt: skip
    there = [cell for cell in lows if cell[1] in SITES]
    return sorted(there, key=lambda cell: (-lows[cell], cell))[:most]


@dataclass(frozen=True)
class Tests:
    """Tests of use on the problems of a study.

    Removals are fitted on one half of the problems; the other half is walked, and read again.

    Args:
        study: of the set.
        gathered: with model and descent.
        parameters: as declared.
    """

    study: Study
    gathered: Gathered
    parameters: Mapping[str, Any]

    @cached_property
    def half(self) -> Bool[np.ndarray, "N"]:
        """Rows that removals are fitted on."""
        rank = ranks(self.study.probed.words, self.parameters["seed"] + 1)
        return np.asarray(rank < (rank.max() + 1) // 2)

    @cached_property
    def walked(self) -> Int[np.ndarray, "P"]:
        """Positions of the problems that are walked; none where there are too few."""
        p, most = self.study.probed, self.parameters["use_problems"]
        once = self.study.design.once
        rows = once[~self.half[once]][:most]
        return rows[np.argsort(p.index[rows])] if len(rows) == most else rows[:0]

    @cached_property
    def _walks(self) -> dict[int, Walks]:
        return {}

    def walks(self, level: int) -> Walks:
        """The sampler from the beginning of a level; one walk without edits serves its cells."""
        if level not in self._walks:
            g, p = self.gathered, self.study.probed
            index = p.index[self.walked]
            descent = g.upstream["descent"]
            known = descent.read(index.tolist(), ["start", "answer"])
            start = before_jumps(g.models["model"], known)[:, level]
            asked = descent.question.parameters
            x, begin = (
                torch.from_numpy(np.ascontiguousarray(a)).to(g.device)
                for a in (p.states.x[index], start)
            )
            self._walks[level] = Walks(
                g.models["model"], level, x, begin, asked["clip"], asked["inner_steps"],
                asked["jump"],
            )  # fmt: skip
        return self._walks[level]

    def test(self, cell: Cell) -> Numbers:
        """Take what is readable out of the sampler, and random directions of equal variance.

        Args:
            cell: property, input, level.

        Returns:
            Fields of `verdicts.Use`.
        """
        name, site, level = cell
        p, given = self.study.probed, self.parameters
        h, z = p.read(site, level), p.values[:, p.names.index(name)]
        removal = oblique(h[self.half], z[self.half], p.words[self.half])
        drawn = seeded("random directions", given["seed"], site, level)
        controls = random_removals(h[self.half], removal, given["directions"], drawn)
        rest = left(h, z, p.words, self.study.design.fold[0], self.half, removal)
        shift, random = without(self.walks(level), site, removal, controls)
        found = measured(shift, random, rest, seeded("use", given["seed"]), given["bootstrap"])
        return {name: np.asarray(value) for name, value in vars(found).items()}


def read_back(found: Numbers) -> Use:
    """The numbers of a test as they were kept."""
    random = found["random"]
    rest = {n: float(v) for n, v in found.items() if n != "random"}
    return Use(**rest, random=random)
