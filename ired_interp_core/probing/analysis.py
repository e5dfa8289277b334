"""Probes as declared in `analyses/probes.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import xarray as xr
from threadpoolctl import threadpool_limits

from ired_interp_core.errors import Refusal
from ired_interp_core.probing.names import CONTROLS, LAYERS, POOLED
from ired_interp_core.probing.pooled import pooled
from ired_interp_core.probing.reading import Codes, Probed
from ired_interp_core.probing.saved import Numbers, Parts
from ired_interp_core.probing.study import Study
from ired_interp_core.probing.tested import Cell, Tests, chosen, read_back
from ired_interp_core.probing.verdicts import Use, code, decodable, used
from ired_interp_core.records import Gathered
from ired_interp_core.schema import LEVELS

CELL = ("property", "input", "level")

VALUES = (
    "score", "score_low", "score_high", "score_spread", "train_score", "validation_score", "gain",
    "gain_low", "gain_high", "selectivity", "bits", "bits_constant", "bits_uniform",
    "harder_score", "harder_low", "harder_high", "harder_control",
)  # fmt: skip
"""Numbers of a cell, as a level gives them."""

BESIDE = {
    "control_score": "control", "control_low": "control", "control_high": "control",
    "learning_score": "size", "learning_train": "size", "learning_control": "size",
}  # fmt: skip
"""Numbers of a cell along one more dim."""

CLASSES = (
    "class_auroc", "class_low", "class_high", "class_balanced", "class_control", "class_bits",
    "class_bits_constant",
)  # fmt: skip


def probes_dataset(gathered: Gathered, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Probe every property from every input at every level.

    One thread, so that the order of a sum does not depend on how many there are.

    Args:
        gathered: layers, properties and descent, and what else is filled.
        parameters: as the analysis declares.

    Returns:
        The declared variables.

    Raises:
        Refusal: `codes` says otherwise than the role dictionary.
    """
    if parameters["codes"] != ("dictionary" in gathered.upstream):
        raise Refusal(
            "codes and the role dictionary go together",
            where="probes",
            came=f"codes {parameters['codes']}",
            expected="codes = true and inputs.dictionary, or neither",
        )
    with threadpool_limits(limits=1, user_api="blas"):
        probed = Probed.of(gathered)
        codes = Codes.of(gathered.upstream, gathered.device)
        parts = Parts(gathered.desk, LEVELS + 1 + parameters["use_cells"])
        parts.restore()
        study = Study(
            probed, gathered.problems.size, codes, parameters, lambda: parts.pause("probes")
        )
        levels = [parts.part(f"level {t}", f"level {t} probed", partial(study.level, t))
                  for t in range(LEVELS)]  # fmt: skip
        together = parts.part("pooled", "levels pooled", partial(pooled, study))
        table = Table(study, levels, together)
        table.judge(parameters["delta"])
        tests = Tests(study, gathered, parameters)
        cells = table.candidates(tests, parameters["use_cells"])
        parts.total = LEVELS + 1 + len(cells)
        for cell in cells:
            words = f"use of {cell[0]} from {cell[1]} at t = {cell[2]}"
            found = parts.part(f"use {cell}", words, partial(tests.test, cell))
            table.take(cell, read_back(found), parameters["delta"])
    return table.dataset(gathered.count, parameters)


@dataclass
class Table:
    """Numbers of all cells.

    Args:
        study: of the set.
        levels: as `Study.level` gives, t ascending.
        together: as `pooled` gives.
    """

    study: Study
    levels: Sequence[Numbers]
    together: Numbers

    def __post_init__(self) -> None:
        p = self.study.probed
        self.names = (*p.names, POOLED)
        self.inputs = self.study.inputs
        self.varying = np.flatnonzero(p.varies)
        self.shape = (len(self.names), len(self.inputs), LEVELS)
        self.uses: dict[Cell, Use] = {}

    def gather(self, name: str, dtype: type = np.float64, fill: float = np.nan) -> np.ndarray:
        """[property, input, level, …] of a variable that levels give along [input, …, T]."""
        more = self.levels[0][name].shape[1:-1]
        found = np.full((*self.shape, *more), fill, dtype=dtype)
        for t, numbers in enumerate(self.levels):
            values = np.moveaxis(numbers[name], -1, 0)  # [T, input, …]
            found[self.varying, : values.shape[1], t] = values
        if name in self.together and name != "predicted":
            values = np.moveaxis(self.together[name], -1, 0)[0]
            found[-1, : len(values)] = values[:, None]
        return found

    def judge(self, delta: float) -> None:
        """Verdicts before any test of use, and those of shuffled properties."""
        low, high = self.gather("gain_low"), self.gather("gain_high")
        self.lows = low
        whole = np.full(self.shape, self.study.probed.both)
        self.verdict = decodable(self.gather("score_high"), low, high, whole, delta)
        shuffled = self.gather("shuffled_gain_low")
        shuffled[:, :2] = np.nan
        shuffled[-1] = np.nan
        self.shuffled = (shuffled > delta).astype(np.int8)
        self.verdict[:, :2] = code("control")
        constant = [i for i in range(len(self.names) - 1) if i not in self.varying]
        self.verdict[constant] = code("constant")
        self.verdict[-1] = code("given_by_level")
        self.decodable = int((self.verdict == code("use_not_tested")).sum())

    def candidates(self, tests: Tests, most: int) -> Sequence[Cell]:
        """Decodable cells to test; none where there are too few problems to walk."""
        places = np.argwhere(self.verdict == code("use_not_tested"))
        lows = {
            (self.names[p], self.inputs[i], int(t)): float(self.lows[p, i, t]) for p, i, t in places
        }
        return chosen(lows, most) if len(tests.walked) else ()

    def take(self, cell: Cell, use: Use, delta: float) -> None:
        """Take the test of a cell."""
        self.uses[cell] = use
        self.verdict[self.at(cell)] = used(use, delta)

    def at(self, cell: Cell) -> tuple[int, int, int]:
        """Place of a cell."""
        return self.names.index(cell[0]), self.inputs.index(cell[1]), cell[2]

    def dataset(self, count: int, parameters: Mapping[str, Any]) -> xr.Dataset:
        """All declared variables."""
        p = self.study.probed
        order = np.argsort(p.index)
        found: dict[str, Any] = {name: (CELL, self.gather(name)) for name in VALUES}
        found |= {n: ((*CELL, dim), self.gather(n)) for n, dim in BESIDE.items()}
        found["best_control"] = (CELL, self.gather("best_control", np.int8, 0))
        found |= {"verdict": (CELL, self.verdict), "shuffled_verdict": (CELL, self.shuffled)}
        found |= self._uses(parameters["directions"]) | self._directions() | self._cells()
        if parameters["classes"]:
            found |= {name: (CELL, self.gather(name)) for name in CLASSES}
        if parameters["codes"]:
            found |= self._features()
        true = np.full((len(self.names), len(order)), np.nan)
        true[:-1] = p.values.T
        found |= {
            "probed_count": ((), np.int64(len(p.index))),
            "left_out": ((), np.int64(count - len(p.index))),
            "learning_size": (("size",), self.study.design.sizes.astype(np.int64)),
            "true": (("property", "measured"), true[:, order]),
            "predicted": ((*CELL, "measured"), self._predicted()[..., order]),
            "fold": (("split", "measured"), self.study.design.fold[:, order]),
        }
        return xr.Dataset(
            found,
            coords={
                "property": list(self.names),
                "input": list(self.inputs),
                "level": np.arange(LEVELS),
                "control": list(CONTROLS),
                "layer": list(LAYERS),
                "measured": p.index[order],
            },
        )

    def _predicted(self) -> np.ndarray:
        found = np.full((*self.shape, len(self.study.probed.index)), np.nan, dtype=np.float32)
        for t, numbers in enumerate(self.levels):
            values = np.moveaxis(numbers["predicted"], -1, 0)  # [T, input, problem]
            found[self.varying, : values.shape[1], t] = values
        some, values = self.together["problems"], self.together["predicted"]
        for i, one in enumerate(values):
            found[-1, i][:, some] = one
        return found

    def _uses(self, directions: int) -> dict[str, Any]:
        """What tests of use found; NaN elsewhere."""
        words = {"use_shift": "shift", "use_low": "low", "use_high": "high", "use_limit": "limit",
                 "use_gain_low": "gain_low", "use_left": "left"}  # fmt: skip
        found = {name: np.full(self.shape, np.nan) for name in words}
        random = np.full((*self.shape, directions), np.nan)
        for cell, use in self.uses.items():
            for name, field in words.items():
                found[name][self.at(cell)] = getattr(use, field)
            random[self.at(cell)] = use.random
        return {n: (CELL, v) for n, v in found.items()} | {"use_random": ((*CELL, "draw"), random)}

    def _directions(self) -> dict[str, Any]:
        """Unit readouts of layers and gradient; NaN of what is not probed."""
        every = [[numbers[f"direction/{name}"] for numbers in self.levels]
                 for name in (*LAYERS, "gradient")]  # fmt: skip
        made = []
        for site in every:
            values = np.full((len(self.names), LEVELS, len(site[0])), np.nan, dtype=np.float32)
            values[self.varying] = np.stack(site).transpose(2, 0, 1)
            made.append(values)
        n = self.study.size
        return {
            "layer_direction": (("property", "layer", "level", "unit"), np.stack(made[:3], axis=1)),
            "gradient_direction": (
                ("property", "level", "row", "col"), made[3].reshape(*made[3].shape[:2], n, n),
            ),
        }  # fmt: skip

    def _features(self) -> dict[str, Any]:
        """What single features say; NaN of the level, and where the dictionary knows none."""
        found = {}
        for name in ("feature_gain", "feature_low"):
            features = self.levels[0][name].shape[1]
            values = np.full((len(self.names), LEVELS, features), np.nan)
            for t, numbers in enumerate(self.levels):
                if name in numbers:
                    values[self.varying, t] = numbers[name]
            found[name] = (("property", "level", "feature"), values)
        return found

    def _cells(self) -> dict[str, Any]:
        """How many cells have each verdict: of inputs that are there, and properties that vary."""
        v = self.verdict[np.isfinite(self.gather("score"))]
        no_cells = [code(n) for n in ("control", "constant", "given_by_level")]
        words = ("used", "not_used", "no_better", "use_not_tested", "not_decided")
        found = {f"cells_{word}": (v == code(word)).sum() for word in words}
        found |= {
            "cells": (~np.isin(v, no_cells)).sum(),
            "cells_decodable": self.decodable,
            "shuffled_cells_pass": self.shuffled.sum(),
            "cells_tested": len(self.uses),
        }
        return {name: ((), np.float64(value)) for name, value in found.items()}
