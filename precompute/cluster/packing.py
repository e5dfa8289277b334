"""Units → elements of a job array: what belongs together stays together, none too short or long.

A unit and the units that read its rows form a chain; a chain is never split, so that no element
waits for another. Only the answer of a whole set waits for many: it opens a new stage, whose
elements begin when those of the stage before have ended. How long a chain takes is said by what the
same questions took in this store.
"""

import bisect
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ired_interp_core import registry
from ired_interp_core.errors import Refusal
from precompute.plan.plan import Unit, rows_read
from store import shards, sides

GUESS = 1.0
"""Seconds a row, where nothing was measured: between a descent (.1) and ten planes (5) on a CPU."""

GUESS_SET = 300.0
"""Seconds of the answer of a set, where nothing was measured: a training, most of all."""

GUESS_BYTES = 100_000.0
"""Bytes a row, where nothing was measured: a spectrum or matrix at every level, compressed."""

LOOK_AT = 5
"""Side files read for the rate of a question."""

START_SECONDS = 20.0
"""Of an element before its first unit: unpacking, imports, the model."""


@dataclass(frozen=True)
class Rate:
    """How long a row takes.

    Args:
        seconds: of one process, for one row.
        source: where the number comes from, in words.
        bytes: of its shard.
        measured: it is no guess.
    """

    seconds: float
    source: str
    bytes: float = 0.0
    measured: bool = False


@dataclass(frozen=True)
class Element:
    """What one element of the array does.

    Args:
        units: indices into the plan, in order.
        seconds: expected wall time.
        stage: its elements begin when those of all lower stages have ended.
    """

    units: tuple[int, ...]
    seconds: float
    stage: int = 0


def rates(root: Path, units: Sequence[Unit], device: str) -> dict[str, Rate]:
    """How long a row of each question takes: measured in this store, or a stated guess.

    Args:
        root: store.
        units: of a plan.
        device: that will compute.

    Returns:
        Question key → rate.
    """
    questions = {u.asked.question.key: u.asked.question.analysis for u in units}
    own = {key: _measured(root, name, key) for key, name in questions.items()}
    found = {}
    for key, name in questions.items():
        others = [m for k, m in own.items() if questions[k] == name and k != key]
        guess = GUESS_SET if registry.get(name).scope == "set" else GUESS
        found[key] = _rate(own[key], others, device, guess)
    return found


Measured = Mapping[str, Sequence[tuple[float, float]]]
"""Device → (seconds, bytes) a row."""


def _measured(root: Path, analysis: str, key: str) -> Measured:
    found: dict[str, list[tuple[float, float]]] = {}
    there = shards.present(root, analysis, key)
    for start, stop in there[:: max(1, len(there) // LOOK_AT)][:LOOK_AT]:
        try:
            side = sides.read_side(root, analysis, key, start, stop)
            provenance, rows = side["provenance"], stop - start
            seconds = float(provenance["seconds"]) / rows
        except (OSError, Refusal, KeyError, TypeError, ValueError):  # `verify` names the broken
            continue
        if math.isfinite(seconds) and seconds >= 0:
            pair = (seconds, side["bytes"] / rows)
            found.setdefault(str(provenance.get("device", "")), []).append(pair)
    return found


def _rate(own: Measured, others: Sequence[Measured], device: str, guess: float) -> Rate:
    """The best that is known: this question, then its analysis; this device, then any other."""
    for wanted in (device, None):
        for source, words in (([own], ""), (others, " for other questions of the analysis")):
            pairs = [p for m in source for d, ps in m.items() if wanted in (None, d) for p in ps]
            if pairs:
                where = f"on {device}" if wanted else f"on another device than {device}"
                seconds, size = (statistics.median(p[i] for p in pairs) for i in (0, 1))
                return Rate(seconds, f"measured in this store{words}, {where}", size, True)
    return Rate(guess, "a guess, since nothing has been measured yet", GUESS_BYTES)


def pack(
    units: Sequence[Unit], known: Mapping[str, Rate], workers: int, minutes: float
) -> list[Element]:
    """Distribute units over elements of about equal time.

    Args:
        units: of a plan.
        known: question key → rate.
        workers: processes of an element.
        minutes: an element shall run for.

    Returns:
        Elements by stage, in the order of the plan; every unit in exactly one of them.
    """
    stages: dict[int, list[list[int]]] = {}
    for chain in _chains(units):
        stages.setdefault(units[chain[0]].asked.stage, []).append(chain)
    cost = [known[u.asked.question.key].seconds * (u.stop - u.start) for u in units]
    return [
        element
        for stage in sorted(stages)
        for element in _stage(stages[stage], cost, workers, minutes, stage)
    ]


def _stage(
    chains: Sequence[Sequence[int]],
    cost: Sequence[float],
    workers: int,
    minutes: float,
    stage: int,
) -> list[Element]:
    loads = [sum(cost[i] for i in chain) for chain in chains]
    room = max(1.0, 60.0 * minutes - START_SECONDS) * workers
    count = max(1, math.ceil(sum(loads) / room - 1e-9))
    share = sum(loads) / count  # equal elements rather than full ones and a rest
    elements: list[Element] = []
    taken: list[int] = []
    load = before = 0.0
    for chain, seconds in zip(chains, loads, strict=True):
        # By where its middle lies among all the work: no rounding adds up to a short rest.
        if taken and before + load + seconds / 2 > share * (len(elements) + 1):
            elements.append(_element(taken, load, workers, stage))
            before += load
            taken, load = [], 0.0
        taken += chain
        load += seconds
    if taken:
        elements.append(_element(taken, load, workers, stage))
    return elements


def _element(taken: Sequence[int], load: float, workers: int, stage: int) -> Element:
    return Element(tuple(sorted(taken)), round(START_SECONDS + load / workers, 1), stage)


def _chains(units: Sequence[Unit]) -> list[list[int]]:
    """Units joined by what they read of each other.

    Returns:
        Chains in the order of their first units, each with its indices ascending.
    """
    by_key: dict[str, list[tuple[int, int, int]]] = {}
    for i, unit in enumerate(units):
        by_key.setdefault(unit.asked.question.key, []).append((unit.start, unit.stop, i))
    for spans in by_key.values():
        spans.sort()
    head = list(range(len(units)))

    def find(i: int) -> int:
        while head[i] != i:
            head[i] = head[head[i]]
            i = head[i]
        return i

    for i, unit in enumerate(units):
        for _, key, start, stop in rows_read(unit).values():
            spans = by_key.get(key, [])  # of one question, so disjoint
            at = bisect.bisect_left(spans, (start, 0, 0))
            at -= at > 0 and spans[at - 1][1] > start
            while at < len(spans) and spans[at][0] < stop:
                j = spans[at][2]
                if units[j].asked.stage != unit.asked.stage:
                    break  # all of a question's units are of one stage
                a, b = find(i), find(j)
                head[max(a, b)] = min(a, b)
                at += 1
    chains: dict[int, list[int]] = {}
    for i in range(len(units)):
        chains.setdefault(find(i), []).append(i)
    return list(chains.values())
