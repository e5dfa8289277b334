"""What a store already holds, seen from a plan."""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import xarray as xr

from ired_interp_core.errors import Refusal
from ired_interp_core.records import Question
from store import layout, reading, records, shards, shell, sides
from store.faults import Fault


class StoredRows:
    """The rows of an answer, read from its shards as they are asked for (`records.Rows`).

    Args:
        root: store.
        analysis: name.
        key: of the question.
        start: first row; 0.
        stop: one past the last.
    """

    def __init__(self, root: Path, analysis: str, key: str, start: int, stop: int) -> None:
        self.root, self.start, self.stop = root, start, stop
        self._question = records.read_question(root, analysis, key)
        self._ranges = sides.present(root, analysis, key)

    @property
    def question(self) -> Question:
        """What was asked."""
        return self._question

    @property
    def count(self) -> int:
        """Rows that can be read."""
        return self.stop - self.start

    def read(
        self,
        problems: Sequence[int] | None = None,
        variables: Iterable[str] | None = None,
        at: Mapping[str, Any] | None = None,
    ) -> xr.Dataset:
        """Read some rows; see `records.Rows.read`.

        Args:
            problems: indices; all when left out.
            variables: names; all when left out.
            at: dim → the one label that is read along it.

        Returns:
            The declared variables.
        """
        wanted = range(self.start, self.stop) if problems is None else problems
        return reading.read(self.root, self._question, self._ranges, wanted, variables, at=at)


def run_records(root: Path) -> tuple[list[dict[str, Any]], list[Fault]]:
    """Every run record of a store, by name, and those that cannot be read."""
    found, broken = [], []
    for name in records.run_names(root):
        try:
            found.append(records.read_run(root, name))
        except (Refusal, OSError) as error:
            broken.append(Fault.of(layout.run(root, name), error, shell.again(root)))
    return found, broken


class Answers:
    """Which rows have a shard, by names alone: quick, and what `verify` has not refuted.

    Args:
        root: store.
    """

    def __init__(self, root: Path) -> None:
        self.root, self.closed = root, list[Fault]()
        # A run may name 10⁵ questions that were never asked: no folder is looked for in vain.
        self._known = set(sides.addresses(root))

    def asked(self, analysis: str, key: str) -> bool:
        """Whether a question has a folder."""
        return (analysis, key) in self._known

    def ranges(self, analysis: str, key: str) -> list[sides.Range]:
        """Rows of a question that are published, disjoint; `closed` gets folders not ours to read.

        Args:
            analysis: name.
            key: of the question.

        Returns:
            [start, stop), sorted.
        """
        if not self.asked(analysis, key):
            return []
        try:
            return shards.merged(shards.present(self.root, analysis, key))
        except OSError as error:
            folder = layout.question_folder(self.root, analysis, key)
            self.closed.append(Fault.of(folder, error, shell.readable(folder)))
            return []


def rows_within(ranges: Iterable[sides.Range], count: int) -> int:
    """How many of the rows 0 … count − 1 lie in disjoint ranges."""
    return sum(max(0, min(stop, count) - start) for start, stop in ranges)


def is_other_version(root: Path, analysis: str, key: str) -> bool:
    """Whether answers are of a version of their analysis that is not installed."""
    with contextlib.suppress(Refusal, OSError):  # `verify` names the broken ones
        return not records.is_installed(records.read_question(root, analysis, key))
    return False


def rows_left(root: Path, analysis: str, key: str, start: int, stop: int) -> int:
    """How many rows no complete shard holds.

    Returns:
        0 … stop − start.
    """
    left = shards.missing(root, analysis, key, [(start, stop)])
    return sum(b - a for a, b in left)


def input_digests(root: Path, analysis: str, key: str, start: int, stop: int) -> dict[str, str]:
    """The shards that hold some rows, by their bytes; goes into provenance.

    Returns:
        File name → sha256.
    """
    found = {}
    for a, b in shards.present(root, analysis, key):
        if a < stop and start < b:
            name = layout.shard(root, analysis, key, a, b).name
            found[name] = sides.read_side(root, analysis, key, a, b)["sha256"]
    return found


def forget_settled_failures(root: Path) -> None:
    """Drop records of failures whose rows were computed since, by a unit of other rows."""
    for f in shards.failures(root):
        where = (f["analysis"], f["question"])
        if not rows_left(root, *where, f["start"], f["stop"]):
            question = records.read_question(root, *where)
            shards.clear_failure(root, question, f["start"], f["stop"])
