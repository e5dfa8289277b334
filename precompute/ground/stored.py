"""What a store already holds, seen from a plan."""

import contextlib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import xarray as xr

from ired_interp_core.errors import Refusal
from ired_interp_core.records import Question
from store import layout, reading, records, shards, sides


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
        self, problems: Sequence[int] | None = None, variables: Iterable[str] | None = None
    ) -> xr.Dataset:
        """Read some rows; see `records.Rows.read`.

        Args:
            problems: indices; all when left out.
            variables: names; all when left out.

        Returns:
            The declared variables.
        """
        wanted = range(self.start, self.stop) if problems is None else problems
        return reading.read(self.root, self._question, self._ranges, wanted, variables)


def run_records(root: Path) -> list[dict[str, Any]]:
    """Every readable run record of a store.

    Returns:
        The records, by name.
    """
    found = []
    for name in records.run_names(root):
        with contextlib.suppress(Refusal):  # `verify` names the broken ones
            found.append(records.read_run(root, name))
    return found


def other_versions(root: Path, record: dict[str, Any]) -> Counter[str]:
    """Questions of a run whose answers are of a version of their analysis that is not installed.

    Returns:
        Analysis → how many questions; analyses without any are left out.
    """
    found: Counter[str] = Counter()
    for entry in record["questions"]:
        with contextlib.suppress(Refusal):  # `verify` names the broken ones
            question = records.read_question(root, entry["analysis"], entry["key"])
            found[entry["analysis"]] += not records.is_installed(question)
    return +found


def rows_left(root: Path, analysis: str, key: str, start: int, stop: int) -> int:
    """How many rows no complete shard holds.

    Returns:
        0 … stop − start.
    """
    left = shards.missing(root, analysis, key, [(start, stop)])
    return sum(b - a for a, b in left)


def rows_published(root: Path, analysis: str, key: str, count: int) -> int:
    """How many rows have a shard, by names alone: quick, and what `verify` has not refuted.

    Args:
        root: store.
        analysis: name.
        key: of the question.
        count: rows asked for.

    Returns:
        0 … count.
    """
    ranges = shards.merged(shards.present(root, analysis, key))
    return sum(max(0, min(stop, count) - start) for start, stop in ranges)


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
