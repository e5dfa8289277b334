"""The log of a training as a series keeps it: whole entries, thinned where they are very many."""

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NoReturn

from store import regular
from store.naming import MOST_ROWS
from store.series import MOST_LOG

MOST_EVALUATIONS = 4_000
"""Entries of evaluations that a record keeps; they are longer than those of losses."""

MOST_LINE = 100_000
"""Bytes of one line of a log."""


def read_log(path: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """The whole entries of a log, thinned where there are more than a record keeps.

    Each loss is a mean since the entry before it in the file, whatever is left out here.

    Returns:
        Entries in the order of the file, and notes for people.
    """
    try:
        with os.fdopen(regular.open_file(path), "rb") as file:
            lines = iter(lambda: file.readline(MOST_LINE), b"")
            thin = {
                True: Thinned(MOST_EVALUATIONS),
                False: Thinned(MOST_LOG - MOST_EVALUATIONS),
            }
            for place, entry in enumerate(_entries(lines)):
                thin["evaluation" in entry].add(place, entry)
    except FileNotFoundError:
        return [], [f"no {path.name}, so no curves of its training"]
    notes = [
        f"every {one.stride}th {what} of {path.name} is kept"
        for one, what in ((thin[False], "entry"), (thin[True], "evaluation"))
        if one.stride > 1
    ]
    placed = sorted(thin[True].all() + thin[False].all(), key=lambda pair: pair[0])
    return [entry for _, entry in placed], notes


class Thinned:
    """Every entry while they are few, else every 2ᵏ-th and the last.

    Args:
        most: entries kept.
    """

    def __init__(self, most: int) -> None:
        self.most, self.stride, self.count = most, 1, 0
        self.kept: list[tuple[int, dict[str, Any]]] = []
        self.last: tuple[int, dict[str, Any]] | None = None

    def add(self, place: int, entry: dict[str, Any]) -> None:
        """Take the next entry.

        Args:
            place: in the file.
            entry: of the log.
        """
        self.last = (place, entry)
        if self.count % self.stride == 0:
            if len(self.kept) == self.most - 1:  # one stays free for the last
                self.kept, self.stride = self.kept[::2], 2 * self.stride
            if self.count % self.stride == 0:
                self.kept.append(self.last)
        self.count += 1

    def all(self) -> list[tuple[int, dict[str, Any]]]:
        """What is kept.

        Returns:
            (place, entry), in order.
        """
        if self.last is None or self.kept[-1] == self.last:
            return self.kept
        return [*self.kept, self.last]


def _entries(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """Lines that are whole; one that a process left half-written is none."""
    for line in lines:
        try:
            entry = json.loads(line, parse_constant=_no_number, parse_float=_finite)
        except (ValueError, RecursionError):
            continue
        step = entry.get("step") if isinstance(entry, dict) else None
        if type(step) is int and 0 <= step <= MOST_ROWS:
            yield entry


def _no_number(word: str) -> NoReturn:
    raise ValueError(word)


def _finite(word: str) -> float:
    value = float(word)
    return value if abs(value) < float("inf") else _no_number(word)
