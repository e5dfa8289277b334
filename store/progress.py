"""How far the submissions of a store are, by what lies in its folders: nobody is asked.

A unit is done if its shard has its name, failed if its failure record stands, running if an element
that was heard of lately has it, else missing. What the cluster itself says (queued, ended) is known
to `precompute status` alone.
"""

import calendar
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ired_interp_core.errors import Refusal
from store import failures, files, layout, naming, shards, submissions
from store.layout import Root
from store.sides import Range

FRESH_SECONDS = 120.0
"""An element writes every few seconds that it is alive; after so long it is called silent."""

STATES = ("done", "running", "failed", "missing")


@dataclass(frozen=True)
class Work:
    """What a submission was made to do; never changes.

    Args:
        units: (analysis, question key, start, stop) of each.
        elements: indices of the units of each element.
    """

    units: Sequence[tuple[str, str, int, int]]
    elements: Sequence[Sequence[int]]


@dataclass(frozen=True)
class Progress:
    """How far a submission is.

    Args:
        name: of the submission.
        record: as it was written by `submit`.
        analyses: analysis → how many units are in which of STATES.
        elements: state → how many elements; "silent" ones said long ago that they are running,
            "waiting" ones have not begun.
        heard: newest sign of life, seconds since the epoch; 0 if there was none.
        stopped: why no further element begins, or "".
        logs: of the elements that have a failed unit.
    """

    name: str
    record: Mapping[str, Any]
    analyses: Mapping[str, Counter[str]]
    elements: Counter[str]
    heard: float
    stopped: str
    logs: Sequence[Path]

    @property
    def over(self) -> bool:
        """Whether every element has said its last word."""
        return not (self.elements.keys() & {"waiting", "running", "silent", "left"})

    @property
    def complete(self) -> bool:
        """Whether every unit is there."""
        return all(c["done"] == c.total() for c in self.analyses.values())

    @property
    def active(self) -> bool:
        """Whether an element was heard of lately."""
        return self.elements["running"] > 0


def work(root: Root, name: str) -> Work:
    """Read what a submission was made to do.

    Args:
        root: of the store.
        name: of the submission.

    Returns:
        Its units and elements.

    Raises:
        Refusal: missing or broken.
    """
    path = layout.guard(root, layout.submission(root, name) / "manifest.json")
    try:
        record = files.read_json(path, files.MOST_PLAN_BYTES)
        analyses = {k: str(q["question"]["analysis"]) for k, q in record["questions"].items()}
        units = [
            (analyses[u["question"]], str(u["question"]), *naming.check_range(*u["rows"]))
            for u in record["units"]
        ]
    except (FileNotFoundError, KeyError, TypeError, AttributeError) as error:
        raise Refusal("submission has no list of units", where=str(path), came=error) from error
    elements = submissions.read_elements(root, name)["elements"]
    if any(i >= len(units) for element in elements for i in element):
        raise Refusal("elements name units that are not there", where=str(path), came=len(units))
    return Work(units, elements)


def progress(root: Root, name: str, asked: Work, now: float | None = None) -> Progress:
    """Look how far a submission is.

    Args:
        root: of the store.
        name: of the submission.
        asked: what it does, as `work` reads it.
        now: present time, seconds since the epoch; the clock's when left out.

    Returns:
        Counts.
    """
    now = time.time() if now is None else now
    said = submissions.states(root, name)
    heard = {i: _at(state) for i, state in said.items()}
    words = [_word(said.get(i), now - heard.get(i, 0.0)) for i in range(len(asked.elements))]
    busy = {u for i, word in enumerate(words) if word == "running" for u in asked.elements[i]}
    bad = {(f["question"], f["start"], f["stop"]) for f in failures.failures(root)}
    there = {
        (analysis, key): shards.merged(shards.present(root, analysis, key))
        for analysis, key in {(unit[0], unit[1]) for unit in asked.units}
    }
    counts: dict[str, Counter[str]] = {}
    lost: set[int] = set()
    for index, (analysis, key, start, stop) in enumerate(asked.units):
        if _covers(there[analysis, key], start, stop):
            state = "done"
        elif (key, start, stop) in bad:
            state = "failed"
            lost.add(index)
        else:
            state = "running" if index in busy else "missing"
        counts.setdefault(analysis, Counter())[state] += 1
    return Progress(
        name,
        submissions.read(root, name),
        counts,
        Counter(words),
        max(heard.values(), default=0.0),
        submissions.stopped(root, name),
        [
            log
            for i, units in enumerate(asked.elements)
            if lost.intersection(units) and (log := submissions.log(root, name, said.get(i, {})))
        ],
    )


def _covers(ranges: Sequence[Range], start: int, stop: int) -> bool:
    at = bisect_right(ranges, (start, naming.MOST_ROWS)) - 1
    return at >= 0 and ranges[at][0] <= start and stop <= ranges[at][1]


def _word(state: Mapping[str, Any] | None, age: float) -> str:
    if state is None:
        return "waiting"
    word = str(state.get("state", "unknown"))
    return "silent" if word == "running" and age > FRESH_SECONDS else word


def _at(state: Mapping[str, Any]) -> float:
    try:
        return calendar.timegm(time.strptime(str(state.get("at")), "%Y-%m-%dT%H:%M:%SZ"))
    except ValueError:
        return 0.0
