"""A whole sweep: publish what it is about, compute what is missing, collect on the way."""

import contextlib
import shlex
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import store
from precompute import models, plan, provenance, storage, sweep
from precompute.executors import Event, Pool
from precompute.exits import DONE, SOME_LEFT
from precompute.models import ModelRef
from precompute.plan import Asked, Unit
from precompute.progress import Display, Tally, spell
from precompute.stored import forget_settled_failures
from precompute.work import Outcome
from store import catalog, shards

FIRST_COLLECT = 5.0
"""Seconds to the first generation; the pause then doubles up to the one asked for."""

SAME_FAILURES = 3
SAME_SHARE = 0.05
"""Stop when at least so many units, and this share of those tried, failed the same way."""

SHOWN_FAILURES = 20


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


def prepare(path: Path, root: Path) -> Prepared:
    """Read a sweep, publish its models, questions and run record, and plan.

    Args:
        path: sweep file.
        root: store; made if it is not there.

    Returns:
        The plan.
    """
    wanted = sweep.read(path)
    storage.writable(root)
    shards.sweep_temporaries(root)
    forget_settled_failures(root)
    found = models.distinct(models.identify(entry, root) for entry in wanted.models)
    asked = plan.questions(wanted, found, str(path))
    used = {a.model for a in asked}
    for model in found:
        if model.digest not in used:
            say(f"note: {model.checkpoint} ({model.task}, size {model.size}) meets no problem set")
    found = [m for m in found if m.digest in used]
    try:
        for model in found:
            models.publish(root, model)
        for a in asked:
            store.publish_question(root, a.question)
            store.publish_problem_set(root, a.problems)
        _write_run(root, wanted, found, asked)
    except OSError as error:
        storage.refuse(root, error)
    return Prepared(wanted, found, asked, plan.missing_units(root, asked))


def _write_run(
    root: Path, wanted: sweep.Sweep, found: Sequence[ModelRef], asked: Sequence[Asked]
) -> None:
    record = {
        "name": wanted.name,
        "sweep": wanted.text,
        "questions": [
            {"key": a.question.key, "analysis": a.question.analysis, "count": a.count}
            for a in asked
        ],
        "models": {m.digest: m.as_dict() for m in found},
    }
    store.write_run(root, wanted.name, record)


def run(path: Path, root: Path, workers: int, collect_every: float, device: str = "cpu") -> int:
    """Compute what is missing of a sweep; safe to repeat, and to run twice at once.

    Args:
        path: sweep file.
        root: store.
        workers: processes.
        collect_every: seconds between catalog generations, at most.
        device: torch device.

    Returns:
        Exit code: 0 all done, 75 some left.
    """
    began = time.monotonic()
    prepared = prepare(path, root)
    name, units = prepared.sweep.name, prepared.units
    total = sum(a.count for a in prepared.asked)
    if not units:
        _collect(root)  # makes nothing new where nothing is new
        say(f"{name}: nothing to compute, all {total} answers are there · next: {_show(root)}")
        return DONE
    left = sum(u.stop - u.start for u in units)
    say(
        f"{name}: {len(prepared.asked)} questions, {total - left} of {total} answers are there,"
        f" {len(units)} units to compute on {min(workers, len(units))} worker processes"
    )
    ending = Ending(left=len(units))
    try:
        _dispatch(prepared, root, workers, collect_every, device, ending)
    except KeyboardInterrupt:
        ending.stop = "interrupted"
    _report(prepared, ending, time.monotonic() - began)
    if not ending.unwritable:
        shards.sweep_temporaries(root)
        _collect(root)
    if ending.failures or ending.left:
        say(f"to go on: python -m precompute run {_quote(path)} --store {_quote(root)}")
        return SOME_LEFT
    say(f"next: {_show(root)}")
    return DONE


def _dispatch(
    prepared: Prepared, root: Path, workers: int, collect_every: float, device: str, ending: Ending
) -> None:
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
            if event.index is not None and event.outcome is not None:
                unit, outcome = units[event.index], event.outcome
                _count(ending, tally, unit, outcome)
                if outcome.status == "storage":
                    ending.stop, ending.unwritable = outcome.message, True
                elif outcome.status == "failed":
                    display.say(f"failed: {_failure_line(unit, outcome)}")
                    if outcome.error_class == "WorkerDied":
                        _record_death(root, unit, outcome)
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


def _record_death(root: Path, unit: Unit, outcome: Outcome) -> None:
    try:
        shards.record_failure(
            root, unit.asked.question, unit.start, unit.stop,
            outcome.error_class, outcome.message, "",
        )  # fmt: skip
    except OSError as error:
        say(f"note: failure of {unit.name} not recorded: {error.strerror}")


def _failure_line(unit: Unit, outcome: Outcome) -> str:
    return f"{unit.name}: {outcome.error_class}: {outcome.message}"


def _report(prepared: Prepared, ending: Ending, seconds: float) -> None:
    name, count = prepared.sweep.name, len(prepared.units)
    done = count - ending.left - len(ending.failures)
    say(
        f"{name}: {done} of {count} units done in {spell(seconds)}"
        f" ({spell(ending.seconds)} of computation in {ending.computed} of them),"
        f" {len(ending.failures)} failed, {ending.left} left"
    )
    for unit, outcome in ending.failures[:SHOWN_FAILURES]:
        say(f"failed: {_failure_line(unit, outcome)}")
    if len(ending.failures) > SHOWN_FAILURES:
        say(f"… and {len(ending.failures) - SHOWN_FAILURES} more, see status")
    if ending.stop:
        say(f"{name}: stopped: {ending.stop}")


def _collect(root: Path) -> None:
    try:
        catalog.collect(root)
    except OSError as error:
        storage.refuse(root, error)


def _show(root: Path) -> str:
    return f"IRED_STORE={_quote(root)} python -m streamlit run app/main.py"


def _quote(path: Path) -> str:
    return shlex.quote(str(path))


def say(line: str) -> None:
    """Print a line for people.

    Args:
        line: to print.
    """
    print(line, file=sys.stdout, flush=True)


def plan_only(path: Path, root: Path, out: Path) -> int:
    """Publish and plan without computing; write the units as data.

    Args:
        path: sweep file.
        root: store.
        out: manifest.

    Returns:
        Exit code 0.
    """
    prepared = prepare(path, root)
    plan.write_manifest(out, root, prepared.sweep, prepared.models, prepared.units)
    say(f"{prepared.sweep.name}: {len(prepared.units)} units in {out}")
    if prepared.units:
        last = len(prepared.units) - 1
        say(f"next: python -m precompute unit {_quote(out)} INDEX, 0 … {last} in order")
    return DONE
