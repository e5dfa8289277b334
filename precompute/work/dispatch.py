"""The work of a run: units to workers, outcomes to the tally, generations on the way."""

import contextlib
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ired_interp_core.errors import Refusal
from precompute.ground import provenance
from precompute.plan import sweep
from precompute.plan.models import ModelRef
from precompute.plan.plan import Asked, Unit
from precompute.work.progress import Display, Tally
from precompute.work.unit import Outcome
from precompute.work.workers import Event, Pool
from store import shards

FIRST_COLLECT = 5.0
"""Seconds to the first generation; the pause then doubles up to the one asked for."""

SAME_FAILURES = 3
SAME_SHARE = 0.05
"""Stop when at least so many units, and this share of those tried, failed the same way."""


@dataclass(frozen=True)
class Prepared:
    """A sweep whose models, questions and run record are in the store.

    Args:
        sweep: checked.
        models: distinct models that meet a problem set.
        asked: its questions.
        units: what is missing.
    """

    sweep: sweep.Sweep
    models: Sequence[ModelRef]
    asked: Sequence[Asked]
    units: Sequence[Unit]


@dataclass
class Ending:
    """How a dispatch ended.

    Args:
        computed: units computed here.
        failures: what failed, with its unit.
        left: units neither done nor failed.
        seconds: of computation, over all workers.
        stop: why it ended early, or empty.
        unwritable: nothing can be kept any more.
    """

    computed: int = 0
    failures: list[tuple[Unit, Outcome]] = field(default_factory=list)
    left: int = 0
    seconds: float = 0.0
    stop: str = ""
    unwritable: bool = False


def dispatch(
    prepared: Prepared, root: Path, workers: int, collect_every: float, device: str, ending: Ending
) -> None:
    """Run the missing units of a plan on worker processes, collecting on the way.

    Args:
        prepared: the plan.
        root: store.
        workers: processes.
        collect_every: seconds between catalog generations, at most.
        device: torch device.
        ending: filled while the units end, so that it is right whenever this is interrupted.
    """
    units = prepared.units
    known = {m.digest: m for m in prepared.models}
    pool = Pool(root, known, provenance.of_code(), units, workers, device)
    tally = Tally(units, min(workers, len(units)))
    collector = _Collector(pool, collect_every)
    ways: Counter[tuple[str, str]] = Counter()
    with (
        Display(tally, prepared.sweep.name) as display,
        contextlib.closing(pool.events()) as events,  # ends the workers, however this ends
    ):
        for event in events:
            if event.collected and event.outcome and event.outcome.status != "done":
                display.say(f"note: catalog not built: {event.outcome.message}")
            collector.hear(event)
            if event.words and event.index is not None:
                display.report(units[event.index], event.words)
            if event.index is not None and event.outcome is not None:
                unit, outcome = units[event.index], event.outcome
                _count(ending, tally, unit, outcome)
                if outcome.status == "storage":
                    ending.stop, ending.unwritable = outcome.message, True
                elif outcome.status == "failed":
                    display.say(f"failed: {failure_line(unit, outcome)}")
                    if outcome.error_class == "WorkerDied":
                        _record_death(root, unit, outcome, display)
                    way = (unit.asked.question.analysis, outcome.error_class)
                    ways[way] += 1
                    tried = ending.computed + len(ending.failures)
                    if ways[way] >= SAME_FAILURES and ways[way] > SAME_SHARE * tried:
                        ending.stop = (
                            f"{ways[way]} of {tried} units failed the same way"
                            f" ({way[0]}: {way[1]}), so the rest was not tried"
                        )
            display.update()
            if ending.stop:
                return


class _Collector:
    """Decides when a catalog generation is due: soon at first, then ever more rarely."""

    def __init__(self, pool: Pool, every: float) -> None:
        self.pool, self.every = pool, every
        self.pause, self.since = min(FIRST_COLLECT, every), time.monotonic()
        self.news, self.asked = False, False

    def hear(self, event: Event) -> None:
        """Take note of an event, and ask for a generation if it is time.

        Args:
            event: of the pool.
        """
        if event.collected:
            self.asked, self.since = False, time.monotonic()
            self.pause = min(2 * self.pause, self.every)
        elif event.outcome is not None and event.outcome.status == "done":
            self.news = True
        if self.news and not self.asked and time.monotonic() - self.since >= self.pause:
            self.news, self.asked = False, True
            self.pool.collect_soon()


def _count(ending: Ending, tally: Tally, unit: Unit, outcome: Outcome) -> None:
    tally.add(unit, outcome.seconds, outcome.status == "done")
    ending.seconds += outcome.seconds
    if outcome.status in ("done", "already"):
        ending.left -= 1
        ending.computed += outcome.status == "done"
    elif outcome.status == "failed":
        ending.left -= 1
        ending.failures.append((unit, outcome))


def _record_death(root: Path, unit: Unit, outcome: Outcome, display: Display) -> None:
    """A worker that died could not write this itself."""
    try:
        shards.record_failure(
            root, unit.asked.question, unit.start, unit.stop,
            outcome.error_class, outcome.message, "",
        )  # fmt: skip
    except Refusal as error:
        display.say(f"note: not recorded: {error}")


def failure_line(unit: Unit, outcome: Outcome) -> str:
    """A failure in one line.

    Args:
        unit: that failed.
        outcome: of it.

    Returns:
        Analysis, rows, class and message.
    """
    return f"{unit.name}: {outcome.error_class}: {outcome.message}"
