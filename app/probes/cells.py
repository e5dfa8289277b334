"""What probes have found: cells of property × input × level, and what each is held against."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr

from app.shared.asks import reading
from app.shared.asks.kept import kept
from app.shared.drawing.names import input_name, property_name
from ired_interp_core import registry
from ired_interp_core.probing.names import CONTROLS, INPUTS, VERDICTS
from store import QuestionInfo, Store

CONTROL_TITLES: Mapping[str, str] = {
    "shuffled": "shuffled target", "untrained": "untrained network", "x": "x", "xy": "(x, ỹ)"
}  # fmt: skip
CONTROL_LETTERS: Mapping[str, str] = {"shuffled": "S", "untrained": "U", "x": "x", "xy": "y"}
WORDS: Mapping[str, str] = {
    "control": "control",
    "not_decodable": "not decodable",
    "no_better": "no better than its best control",
    "not_decided": "not decided",
    "use_not_tested": "decodable, use not tested",
    "not_used": "decodable, not used",
    "used": "decodable and used",
    "constant": "constant",
    "given_by_level": "given by t",
}
"""Verdict → in words."""
BIG = ("true", "predicted", "fold", "layer_direction", "gradient_direction", "feature_gain",
       "feature_low")  # fmt: skip
"""Variables that are read for one cell, or one feature, alone."""


@dataclass(frozen=True)
class Cell:
    """One cell.

    Args:
        property: what is read.
        input: what it is read from.
        level: t.
    """

    property: str
    input: str
    level: int

    @property
    def at(self) -> dict[str, Any]:
        """As xarray selects it."""
        return {"property": self.property, "input": self.input, "level": self.level}

    @property
    def title(self) -> str:
        """In words."""
        where = "" if self.input == "x" else f" at t = {self.level}"
        return f"{property_name(self.property)} from {input_name(self.input)}{where}"


@dataclass(frozen=True)
class Cells:
    """All cells of one question.

    Args:
        answer: its variables but the big ones, dims in the order property, input, level, ….
    """

    answer: xr.Dataset

    @property
    def properties(self) -> list[str]:
        """As declared."""
        return [str(p) for p in self.answer["property"].values]

    @property
    def inputs(self) -> list[str]:
        """In the order of the map."""
        there = {str(i) for i in self.answer["input"].values}
        return [name for name in INPUTS if name in there]

    def verdicts(self) -> np.ndarray:
        """Verdict of every cell, in words of VERDICTS [property, input, level].

        Of an input that is not there at a level, such as codes above the levels that a dictionary
        is of, it is "".
        """  # noqa: DOC201
        words = np.array(VERDICTS, dtype=object)[_flags(self.answer["verdict"].values, VERDICTS)]
        there = np.isfinite(self.answer["score"]).any("property").values
        return np.where(there[None] | np.isin(words, ("constant", "given_by_level")), words, "")

    def order(self, sort: str) -> list[str]:
        """The properties: as declared, or by the largest lower end of their gain."""
        if sort == "declared":
            return self.properties
        low = self.gain_low().max(("input", "level")).values
        return [self.properties[i] for i in np.argsort(-low, kind="stable")]

    def gain_low(self) -> xr.DataArray:
        """Lower end of the gain of cells that have one; −∞ elsewhere."""
        low = self.answer["gain_low"].astype("f8")
        mine = ~low["input"].isin(["x", "xy"]) & (low["property"] != "level")
        return low.where(mine & np.isfinite(low), -np.inf)

    def surest(self, property: str = "", input: str = "") -> Cell:
        """The cell with the largest lower end of the gain, among those of a property or input."""
        low = self.gain_low()
        chosen = low.sel(property=[property] if property in self.properties else self.properties)
        chosen = chosen.sel(input=[input] if input in self.inputs else self.inputs)
        place = np.unravel_index(int(np.argmax(chosen.values)), chosen.shape)
        labels = [chosen[d].values[i] for d, i in zip(chosen.dims, place, strict=True)]
        return Cell(str(labels[0]), str(labels[1]), int(labels[2]))

    def chosen(self, fields: Mapping[str, Any]) -> Cell:
        """The cell that an address names; what it leaves open is the surest of the rest."""
        surest = self.surest(fields["property"], fields["input"])
        level = surest.level if fields["level"] is None else int(fields["level"])
        return Cell(surest.property, surest.input, level)

    def of(self, cell: Cell, *names: str) -> xr.Dataset:
        """Variables of one cell."""
        return self.answer[list(names)].sel(cell.at)

    def number(self, cell: Cell, name: str) -> float:
        """One number of one cell."""
        return float(self._value(cell, name))

    def verdict(self, cell: Cell) -> str:
        """Of one cell."""
        return VERDICTS[int(_flags(self._value(cell, "verdict"), VERDICTS))]

    def best_control(self, cell: Cell) -> str:
        """Name of the control that decides; "" where none does."""
        value = int(self._value(cell, "best_control"))
        return CONTROLS[value - 1] if 1 <= value <= len(CONTROLS) else ""

    @cached_property
    def _places(self) -> dict[str, dict[Any, int]]:
        """Dim → label → position: a map asks for ten numbers of each of some hundred cells."""
        dims = ("property", "input", "level")
        return {d: {v: i for i, v in enumerate(self.answer[d].values.tolist())} for d in dims}

    @cached_property
    def _arrays(self) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
        """Variable → its dims and values."""
        return {str(n): (tuple(map(str, a.dims)), a.values) for n, a in self.answer.items()}

    def _value(self, cell: Cell, name: str) -> np.ndarray:
        dims, values = self._arrays[name]
        return values[tuple(self._places[d][cell.at[d]] for d in dims)]

    def best_score(self) -> xr.DataArray:
        """Score of the control that decides, of every cell."""
        return self.answer["score"] - self.answer["gain"]

    def total(self, name: str) -> int:
        """A number of the whole question."""
        value = float(self.answer[name])
        return int(value) if np.isfinite(value) else 0


def _flags(values: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """Positions of flags; of what is none, the first."""
    return np.where((values >= 0) & (values < len(names)), values, 0).astype(int)


@kept(8, "Reading the probes")
def read(store: Store, question: QuestionInfo) -> Cells:
    """Everything but what is read for one cell alone."""
    answer = reading.dataset(store, question, (0,), at_once(question))
    return Cells(answer.transpose("property", "input", "level", ..., missing_dims="ignore"))


def at_once(question: QuestionInfo) -> tuple[str, ...]:
    """The variables of an answer that are not read for one cell alone."""
    declared = registry.get(question.analysis).schema.wanted(question.parameters)
    return tuple(name for name in declared if name not in BIG)


def one(store: Store, question: QuestionInfo, names: tuple[str, ...]) -> xr.Dataset:
    """Variables that are read for one cell alone."""
    return reading.dataset(store, question, (0,), names)
