"""Answers that were handed over before they are published, or that cannot be: kept in memory.

They are read as the published ones will be, to the bit, by whoever shows one problem (`joined`).
No catalog, no sweep and no folder knows of them; those of longest ago go first. Drafts are kept
likewise, and read by whoever asks for one: an answer whose finished parts alone are numbers.
"""

import itertools
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from ired_interp_core.errors import Refusal
from ired_interp_core.records import Question
from ired_interp_core.schema import LEVELS
from store import labelling, records, shards
from store.parts import Part

MOST_BYTES, MOST_ANSWERS = 256 * 2**20, 256
"""Of all answers that are kept; one alone is kept whatever it takes."""

MOST_DRAFTS = 32
"""Answers whose parts are kept."""

Row = tuple[str, int]
"""Key of a question, and a problem."""


@dataclass(frozen=True)
class Given:
    """An answer about one problem.

    Args:
        question: what was asked.
        problem: index.
        part: its arrays and coordinates.
        bytes: of them.
        draft: of a draft what tells it from others; 0 for an answer.
    """

    question: Question
    problem: int
    part: Part
    bytes: int
    draft: int = 0

    @classmethod
    def of(cls, question: Question, problem: int, dataset: xr.Dataset, draft: int = 0) -> "Given":
        """Take an answer as its worker gives it; a `Refusal` where it is not as declared."""
        conformed, _ = shards.conformed(question, problem, dataset)
        values = {str(n): _stored(v.values) for n, v in conformed.variables.items()}
        arrays = {str(n): values[str(n)] for n in conformed.data_vars}
        shared = {str(d) for v in conformed.data_vars.values() for d in v.dims} - {"problem"}
        coords = {d: values[d] for d in shared}
        size = sum(v.nbytes for v in values.values())
        return cls(question, problem, Part(arrays, coords, {}), size, draft)

    def read(self, variables: Iterable[str] | None = None) -> xr.Dataset:
        """The answer as `reading.read` gives it once it is published.

        Args:
            variables: names, those of derived scalars too; all that are stored when left out.

        Returns:
            The answer, with a dim problem of length 1.
        """
        question = self.question
        analysis = records.declared(question)
        names = [variables] if isinstance(variables, str) else variables and list(variables)
        wanted = labelling.choose(analysis, question, names and analysis.schema.behind(names))
        dims = dict.fromkeys(d for v in wanted.values() for d in v.dims if d != "problem")
        part = Part(self.part.arrays, {d: self.part.coords[d] for d in dims}, {})
        at, place = np.array([self.problem], dtype=np.int64), [np.array([0])]
        found = labelling.join(analysis, question, wanted, at, place, [part])
        return labelling.with_derived(analysis, found, wanted, names)


def padded(question: Question, parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """An answer of the declared form made of its finished parts.

    Args:
        question: what was asked.
        parts: variables of some levels, or of all; later ones take the place of earlier ones.

    Returns:
        All declared variables; what is in no part is NaN, and 0 among integers.

    Raises:
        Refusal: the parts do not say how large everything is, or there are words among it.
    """
    schema = records.declared(question).schema
    labels = {str(d): part[d].values for part in parts for d in part.coords}
    sizes = {str(d): n for part in parts for d, n in part.sizes.items()}
    if "level" in schema.dims:
        labels["level"], sizes["level"] = np.arange(LEVELS), LEVELS
    made = {}
    for name, declared in schema.wanted(question.parameters).items():
        if declared.dtype == "text" or not set(declared.dims) <= set(sizes):
            raise Refusal("parts do not tell the form of the answer", where=name)
        blank = np.nan if np.dtype(declared.dtype).kind == "f" else 0
        whole = np.full([sizes[d] for d in declared.dims], blank, declared.dtype)
        for part in (one for one in parts if name in one):
            at = {"level": part["level"].values} if "level" in part.coords else {}
            whole[tuple(at.get(d, slice(None)) for d in declared.dims)] = part[name].values
        made[name] = (declared.dims, whole)
    return xr.Dataset(made, {d: v for d, v in labels.items() if d in schema.dims})


def _stored(values: np.ndarray) -> np.ndarray:
    """Nobody writes into them; words are objects, as they are in what is read."""
    if values.dtype.kind in "US":
        values = values.astype(str).astype(object)
    values = values.view()
    values.flags.writeable = False
    return values


class Handed:
    """Answers that were handed over; safe to share between threads.

    Args:
        bytes: that all may take.
        answers: how many.
    """

    def __init__(self, bytes: int = MOST_BYTES, answers: int = MOST_ANSWERS) -> None:
        self._bytes, self._answers = bytes, answers
        self._given: OrderedDict[Row, Given] = OrderedDict()
        self._parts: OrderedDict[Row, tuple[int, Question, dict[str, xr.Dataset]]] = OrderedDict()
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def take(self, given: Given) -> None:
        """Keep an answer; the ones of longest ago go where there are too many."""
        row = (given.question.key, given.problem)
        with self._lock:
            self._given.pop(row, None)
            self._parts.pop(row, None)
            self._given[row] = given
            size = sum(one.bytes for one in self._given.values())
            while len(self._given) > 1 and (size > self._bytes or len(self._given) > self._answers):
                size -= self._given.popitem(last=False)[1].bytes

    def take_part(self, question: Question, problem: int, name: str, part: xr.Dataset) -> None:
        """Keep a finished part of an answer; the drafts of longest ago go."""
        row = (question.key, problem)
        with self._lock:
            parts = self._parts.pop(row, (0, question, {}))[2]
            self._parts[row] = next(self._numbers), question, {**parts, name: part}
            while len(self._parts) > MOST_DRAFTS:
                self._parts.popitem(last=False)

    def drop(self, key: str, problem: int) -> None:
        """Let an answer go that is published by now."""
        with self._lock:
            self._given.pop((key, problem), None)
            self._parts.pop((key, problem), None)

    def holds(self, key: str, problem: int) -> bool:
        """Whether an answer is kept here."""
        return (key, problem) in self._given

    def about(self, problem: int) -> list[Given]:
        """The answers about the problem of an index, whatever its set, oldest first."""
        with self._lock:
            return [one for one in self._given.values() if one.problem == problem]

    def draft(self, key: str, problem: int) -> list[Given]:
        """What is known of an answer that is computed; nothing where that cannot be read yet."""
        with self._lock:
            number, question, parts = self._parts.get((key, problem), (0, None, {}))
        if question is None:
            return []
        try:
            whole = padded(question, list(parts.values()))
            return [Given.of(question, problem, whole, number)]
        except Refusal:
            return []


_handed: dict[Path, Handed] = {}


def of(folder: Path) -> Handed:
    """What was handed over of the live answers of a folder, one for all who read them."""
    return _handed.setdefault(folder, Handed())
