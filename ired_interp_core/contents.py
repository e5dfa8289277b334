"""Problems that no seed makes: matrices from a file, or an edited problem. Light: no torch.

A problem set that is made of them names their digest (`records.ProblemSet.content`), so that the
same numbers have the same address however they came.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from ired_interp_core import problem_kinds as kinds
from ired_interp_core.errors import Refusal
from ired_interp_core.records import ProblemSet, digest

MOST_NUMBERS = 2**18
"""Numbers of x and y* together: one problem of the largest size, or 200 of the paper's."""

MOST_INDEX = 2**31 - 1

_FORM: Mapping[str, type | tuple[type, ...]] = {
    "task": str,
    "size": int,
    "first": int,
    "x": list,
    "y": (list, type(None)),
}

_CHANGE: Mapping[str, tuple[type, ...]] = {
    "row": (int,), "col": (int,), "value": (int, float, type(None)),
    "observed": (bool, type(None)), "part": (int,),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Content:
    """Problems first … first + N − 1 of a set that is made of them.

    An edited problem keeps its index, and with it the noise that a descent starts from.

    Args:
        task: inverse, addition or completion.
        size: matrix side n.
        x: problems [N, n_in], float64, finite.
        y: true answers [N, d], float64, finite; None where nobody knows them.
        first: index of the first problem.
    """

    task: str
    size: int
    x: np.ndarray
    y: np.ndarray | None = None
    first: int = 0

    def __post_init__(self) -> None:
        d, parts = self.size**2, 2 if self.task == "addition" else 1
        named = [("x", self.x, parts * d), *([("y", self.y, d)] if self.y is not None else [])]
        for name, array, columns in named:
            wanted = (len(self.x), columns)
            if array.shape != wanted or not len(array) or array.dtype != np.float64:
                came = f"{name}: {array.dtype} of shape {list(array.shape)}"
                raise Refusal("not the matrices of problems", came=came, expected=f"{list(wanted)}")
            if not np.isfinite(array).all():
                raise Refusal("an entry is not finite", came=name, expected="finite numbers")
        if (count := sum(array.size for _, array, _ in named)) > MOST_NUMBERS:
            raise Refusal(
                "too many numbers", came=f"{count:,}", expected=f"at most {MOST_NUMBERS:,}"
            )

    @cached_property
    def digest(self) -> str:
        """Address of the matrices."""
        return digest(self.as_dict())

    @property
    def problems(self) -> ProblemSet:
        """The set that is made of them."""
        return ProblemSet(self.task, "same", self.size, 0, self.digest)

    def as_dict(self) -> dict[str, Any]:
        """The matrices, JSON-ready: Python spells a float64 so that it is read back to the bit."""
        y = None if self.y is None else self.y.tolist()
        return {
            "task": self.task, "size": self.size, "first": self.first,
            "x": self.x.tolist(), "y": y,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Read matrices back; a `Refusal` for what are none."""
        if set(record) != set(_FORM) or not all(
            isinstance(record[name], kind) and not isinstance(record[name], bool)
            for name, kind in _FORM.items()
        ):
            raise Refusal(
                "record holds no matrices", came=sorted(record), expected=", ".join(_FORM)
            )
        size, first = record["size"], record["first"]
        if record["task"] not in kinds.TASK_NAMES:
            known = ", ".join(kinds.TASK_NAMES)
            raise Refusal("unknown task", came=record["task"], expected=known)
        if not (kinds.MIN_SIZE <= size <= kinds.MAX_SIZE and 0 <= first <= MOST_INDEX):
            raise Refusal("size or index out of range", came=f"{size}, {first}"[:80])
        y = None if record["y"] is None else _table(record["y"])
        return cls(record["task"], size, _table(record["x"]), y, first)

    def rows(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        """Problems [start, stop) and their true answers, NaN where nobody knows them.

        Args:
            start: index of the first problem.
            stop: one past the last.

        Returns:
            x [N, n_in] and y [N, d], float64.

        Raises:
            Refusal: the set has no such problem.
        """
        last = self.first + len(self.x) - 1
        if not self.first <= start < stop <= last + 1:
            known = f"problem {last}" if last == self.first else f"problems {self.first} … {last}"
            raise Refusal(
                "the set has no such problem", came=f"[{start}, {stop})", expected=f"{known} alone"
            )
        rows = slice(start - self.first, stop - self.first)
        x = self.x[rows]
        return x, np.full((len(x), self.size**2), np.nan) if self.y is None else self.y[rows]


@dataclass(frozen=True)
class Change:
    """What becomes of one entry: a value, or for completion whether it is observed.

    Args:
        row: from 0.
        col: from 0.
        value: the new number; None where `observed` is said.
        observed: show an entry with its true value, or hide it.
        part: of addition: 0 for A, 1 for B.
    """

    row: int
    col: int
    value: float | None = None
    observed: bool | None = None
    part: int = 0

    @property
    def name(self) -> str:
        """For people, as a figure names the entry."""
        return f"x[{self.row}, {self.col}]" + (f" of matrix {self.part}" if self.part else "")

    @classmethod
    def from_dict(cls, record: Any) -> Self:
        """Read a change back; a `Refusal` for other fields or types, or a number no float holds."""
        if (
            not isinstance(record, dict)
            or not {"row", "col"} <= set(record) <= set(_CHANGE)
            or not all(type(value) in _CHANGE[name] for name, value in record.items())
        ):
            raise Refusal("unusable change", came=record, expected=", ".join(_CHANGE))
        value = record.get("value")
        try:
            given = None if value is None else float(value)
        except OverflowError as error:
            raise Refusal("unusable change", came="a value that no float holds") from error
        if given is not None and not math.isfinite(given):
            raise Refusal("unusable change", came=given, expected="a finite value")
        return cls(**{**record, "value": given})


def _table(rows: list[Any]) -> np.ndarray:
    try:
        table = np.asarray(rows)
    except ValueError as error:
        raise Refusal("rows of unequal length", expected="one problem a row") from error
    if table.ndim != 2 or table.dtype.kind not in "fi":
        raise Refusal("not a table of numbers", came=f"{table.dtype}, {table.ndim} dims")
    return table.astype(np.float64)
