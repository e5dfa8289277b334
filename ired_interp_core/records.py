"""What travels between rooms: problem sets, questions and their addresses, blocks of work.

A question = {analysis, version, parameters, inputs}; its key, the digest of its canonical JSON, is
the address of its answer. Same question, same address. Light: no torch.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Protocol, Self

import numpy as np
import xarray as xr

from ired_interp_core import made_to_order, record_checks
from ired_interp_core.desk import Desk
from ired_interp_core.errors import Refusal

KEY_LENGTH = 24
"""Hex digits of a key: 96 bits, so that a million answers collide with probability 1e-17."""


def canonical_json(value: Any) -> str:
    """Spell a value in exactly one way: sorted keys, no spaces, no NaN, floats as Python's repr.

    Args:
        value: dicts, lists, strings, finite numbers, booleans and None.

    Returns:
        The JSON text.

    Raises:
        Refusal: NaN or infinity, or a type that JSON does not know.
    """
    try:
        return json.dumps(
            value, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=True
        )
    except (TypeError, ValueError) as error:
        raise Refusal(
            "value has no canonical form", came=repr(value), expected=str(error)
        ) from error


def digest(value: Any) -> str:
    """Digest of a value's canonical JSON.

    Args:
        value: as for `canonical_json`.

    Returns:
        The first `KEY_LENGTH` hex digits of its SHA-256.
    """
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:KEY_LENGTH]


def later(older: Any) -> Any:
    """Declare a field of a record that is added after the first records were written.

    At the value that those had, the field is left out of the record, so that their digests stay.

    Args:
        older: the value that records without the field stand for; the default.

    Returns:
        The field of a dataclass.
    """
    return field(default=older, metadata={"older": older})


@dataclass(frozen=True)
class ProblemSet:
    """A set of problems; how many are asked is not part of its identity.

    It is seeded and endless, or made of the matrices of a `contents.Content`, whose variant is
    "same" and whose seed is 0: neither means anything there. A field that is added is declared by
    `later`.

    Args:
        task: inverse, addition or completion.
        variant: same, harder, or made to order (`made_to_order.spell`).
        size: matrix side n.
        seed: of the set; problem i is a pure function of the fields and i.
        content: digest of its matrices; empty for a seeded set.
    """

    task: str
    variant: str
    size: int
    seed: int
    content: str = later("")

    def as_dict(self) -> dict[str, Any]:
        """The fields, JSON-ready, but for later ones at the value that older sets had."""
        return {
            f.name: getattr(self, f.name)
            for f in fields(self)
            if "older" not in f.metadata or getattr(self, f.name) != f.metadata["older"]
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Read a set back; a `Refusal` for other fields than declared, or what no set can have."""
        declared = {f.name: f for f in fields(cls)}
        needed = {name for name, f in declared.items() if "older" not in f.metadata}
        if not needed <= set(record) <= set(declared) or any(
            type(value) is not declared[name].type for name, value in record.items()
        ):
            raise Refusal(
                "record is no problem set", came=dict(record), expected=", ".join(declared)
            )
        record_checks.problem_set(record)
        return cls(**record)

    @property
    def kind(self) -> str:
        """The variant for a reader."""
        return made_to_order.title(self.task, self.variant)

    @property
    def digest(self) -> str:
        """Address of the set."""
        return digest(self.as_dict())


@dataclass(frozen=True)
class Question:
    """What is asked: everything that the answer depends on, and nothing else.

    `registry.Analysis.question` asks one and `registry.read_question` reads one back: they know the
    declared parameters.

    Args:
        analysis: registered name.
        version: of the analysis; raised when the meaning of an answer changes.
        parameters: every declared parameter with a value.
        inputs: role → digest of a model or problem set, or another question's key.
        older: parameters that were declared later, with the value that older answers had
            (`parameters.Parameter`).
    """

    analysis: str
    version: int
    parameters: Mapping[str, Any]
    inputs: Mapping[str, str]
    older: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def as_dict(self) -> dict[str, Any]:
        """What the key is made of: later parameters at their older value are left out."""
        asked = {
            name: value
            for name, value in self.parameters.items()
            if name not in self.older or value != self.older[name]
        }
        return {
            "analysis": self.analysis,
            "version": self.version,
            "parameters": asked,
            "inputs": dict(self.inputs),
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "Question":
        """A question as it was written, without parameters declared later; else a `Refusal`."""
        record_checks.question(record)
        return cls(**record)

    @property
    def key(self) -> str:
        """Address of the answer."""
        return digest(self.as_dict())


@dataclass(frozen=True)
class Block:
    """What `compute` of a block analysis is given: some rows of a problem set, and its inputs.

    Args:
        problems: the set the rows belong to.
        start: index of the first row in the set.
        x: problems [N, n_in], float64.
        y: true answers [N, d], float64.
        models: role → loaded model.
        upstream: role → the answer of another question for the same rows.
        device: torch device name.
        desk: progress and finished parts; a block is too short for checkpoints.
    """

    problems: ProblemSet
    start: int
    x: np.ndarray
    y: np.ndarray
    models: Mapping[str, Any] = field(default_factory=dict)
    upstream: Mapping[str, xr.Dataset] = field(default_factory=dict)
    device: str = "cpu"
    desk: Desk = field(default_factory=Desk)

    @property
    def indices(self) -> np.ndarray:
        """Problem indices [N]."""
        return np.arange(self.start, self.start + len(self.x), dtype=np.int64)

    @property
    def count(self) -> int:
        """Rows in this block."""
        return len(self.x)


class Rows(Protocol):
    """The answer of another question, read piece by piece: it may be larger than memory."""

    @property
    def question(self) -> Question:
        """What was asked."""

    @property
    def count(self) -> int:
        """Problems 0 … count − 1 can be read; 1 for the answer of a set."""

    def read(
        self,
        problems: Sequence[int] | None = None,
        variables: Iterable[str] | None = None,
        at: Mapping[str, Any] | None = None,
    ) -> xr.Dataset:
        """Read some of it.

        Args:
            problems: indices in the order wanted; all when left out.
            variables: names; all when left out.
            at: dim → the one label that is read along it; the dim is then gone.

        Returns:
            The declared variables.
        """


@dataclass(frozen=True)
class Gathered:
    """What `compute` of a set analysis is given.

    Args:
        problems: the set.
        count: problems 0 … count − 1 are read.
        models: role → loaded model.
        upstream: role → the answer of another question.
        desk: progress and checkpoints.
        device: torch device name.
    """

    problems: ProblemSet
    count: int
    models: Mapping[str, Any] = field(default_factory=dict)
    upstream: Mapping[str, Rows] = field(default_factory=dict)
    desk: Desk = field(default_factory=Desk)
    device: str = "cpu"


def seeded(*words: int | str) -> np.random.Generator:
    """A generator that is a pure function of its words: any worker draws the same numbers alone.

    Args:
        words: non-negative integers and names; names are digested to integers.

    Returns:
        A PCG64 generator.
    """
    numbers = [
        w if isinstance(w, int) else int.from_bytes(hashlib.sha256(w.encode()).digest()[:4], "big")
        for w in words
    ]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(numbers)))


def block_ranges(count: int, rows: int) -> list[tuple[int, int]]:
    """[start, stop) of blocks at multiples of `rows`, so that a grown sweep only adds blocks."""
    return [(s, min(s + rows, count)) for s in range(0, count, rows)]
