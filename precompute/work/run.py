"""A whole sweep: compute what is missing, collect on the way, say what became of it."""

import contextlib
import time
from collections import Counter
from pathlib import Path

from ired_interp_core.errors import Refusal
from ired_interp_core.spelling import counted
from precompute.ground import foreign_code, storage, targets
from precompute.ground.collected import collected
from precompute.ground.exits import DONE, SOME_LEFT
from precompute.ground.tell import say, spell
from precompute.plan import plan, sweep
from precompute.plan.manifest import is_manifest, write_manifest
from precompute.plan.plan import Unit
from precompute.work import costs, trainings
from precompute.work.app_beside import AppBeside
from precompute.work.collector import Collector
from precompute.work.prepare import Prepared, prepare
from precompute.work.progress import Display, Tally
from precompute.work.supervisor import Supervisor
from precompute.work.unit import Outcome
from precompute.work.watcher import Watcher
from store import catalog, running, shards, shell
from store.running import Running

SHOWN_FAILURES = 20

FIRST_COLLECT = 5.0
"""Seconds to the first generation; the pause then doubles up to the one asked for."""

TELL_EVERY = 5.0
"""Seconds between two words to the store of how far the run is."""

SAME_FAILURES = 3
SAME_SHARE = 0.05
"""Stop when at least so many units, and this share of those tried, failed the same way."""


class _Run(Watcher):
    """What became of the units so far, right whenever the run is interrupted.

    Args:
        supervisor: of the run.
        tally: of its units.
        display: of the tally.
        count: units.
        beside: the app, if it is to be opened.
    """

    def __init__(
        self,
        supervisor: Supervisor,
        tally: Tally,
        display: Display,
        count: int,
        beside: AppBeside | None,
    ) -> None:
        self.supervisor, self.tally, self.display = supervisor, tally, display
        self.beside, self.told = beside, 0.0
        self.left = count  # neither done nor failed
        self.computed, self.seconds = 0, 0.0
        self.failures: list[tuple[Unit, Outcome]] = []
        self.stop, self.unwritable, self.interrupted = "", False, False
        self._ways: Counter[tuple[str, str]] = Counter()

    def ended(self, ticket: int, unit: Unit, outcome: Outcome) -> None:
        if outcome.status == "stranded":
            return
        self.tally.add(unit, outcome.seconds, outcome.status == "done")
        if self.beside:
            self.beside.ended(unit)
        self.seconds += outcome.seconds
        if outcome.status in ("done", "already"):
            self.left -= 1
            self.computed += outcome.status == "done"
        elif outcome.status == "storage":
            self.unwritable = True
            self._end(outcome.message)
        elif outcome.status == "failed":
            self.left -= 1
            self.failures.append((unit, outcome))
            self.display.say(f"failed: {failure_line(unit, outcome)}")
            self._stop_early((unit.asked.question.analysis, outcome.error_class))

    def _stop_early(self, way: tuple[str, str]) -> None:
        """End the run if it keeps failing in this way."""
        self._ways[way] += 1
        tried, alike = self.computed + len(self.failures), self._ways[way]
        if alike >= SAME_FAILURES and alike > SAME_SHARE * tried:
            self._end(
                f"{alike:,} of {counted(tried, 'unit')} failed the same way ({way[0]}: {way[1]}),"
                " so the rest was not tried"
            )

    def _end(self, why: str) -> None:
        self.stop = why
        self.supervisor.stop()

    def progressed(self, ticket: int, unit: Unit, words: str) -> None:
        self.display.report(unit, words)

    def look(self) -> None:
        self.display.update()
        if self.beside:
            self.beside.look()
        if time.monotonic() - self.told >= TELL_EVERY:
            self.told = time.monotonic()
            left = None if self.tally.unforeseen() else self.tally.seconds_left()
            with contextlib.suppress(OSError, Refusal):  # a store that is full says so elsewhere
                running.tell(
                    self.supervisor.root, Running(self.display.name, *self.tally.done(), left)
                )

    def say(self, line: str) -> None:
        self.display.say(line)


def run(
    path: Path,
    root: Path,
    workers: int,
    collect_every: float,
    device: str = "cpu",
    port: int | None = None,
) -> int:
    """Compute what is missing of a sweep; safe to repeat, and to run twice at once.

    Args:
        path: sweep file.
        root: store.
        workers: processes.
        collect_every: seconds between catalog generations, at most.
        device: torch device.
        port: of the app, which is opened on the way and stays until a Ctrl-C; None for no app.

    Returns:
        Exit code: 0 all done, 75 some left.
    """
    trainings.make(sweep.read(path), root)
    prepared = prepare(path, root)
    beside = None if port is None else AppBeside(root, port, prepared.units, say)
    supervisor = Supervisor(
        root, workers, device, Collector(root, FIRST_COLLECT, collect_every, since=time.time())
    )
    words = ("run", path, "--store", root, *foreign_code.words())
    again = shell.line("python", "-m", "precompute", *words)
    try:
        code, interrupted = _run(prepared, supervisor, again, beside)
        if beside and not interrupted:
            beside.stay()
        elif not beside and code == DONE:
            say(f"next: {_show(root)}")
    finally:
        if beside:
            beside.end()
    return code


def _run(
    prepared: Prepared, supervisor: Supervisor, again: str, beside: AppBeside | None
) -> tuple[int, bool]:
    """Compute and report; the exit code, and whether it was interrupted."""
    root, workers = supervisor.root, supervisor.workers
    began, name, units = time.monotonic(), prepared.sweep.name, prepared.units
    total = sum(a.count for a in prepared.asked)
    if not units:
        _collect(root)  # makes nothing new where nothing is new
        _say_diverged(prepared, root)
        say(f"{name}: nothing to compute: {counted(total, 'answer')} asked, none missing")
        return DONE, False
    left = sum(u.stop - u.start for u in units)
    say(
        f"{name}: {counted(len(prepared.asked), 'question')}, {total - left:,} of"
        f" {counted(total, 'answer')} there, {counted(len(units), 'unit')} to compute on"
        f" {counted(min(workers, len(units)), 'worker process', 'worker processes')}"
    )
    ended = _compute(prepared, supervisor, beside)
    if not ended.unwritable:
        shards.sweep_temporaries(root)
        if ended.left:
            ended.left = _still_missing(prepared, root, ended)
    _report(prepared, ended, time.monotonic() - began)
    if not ended.unwritable:
        _collect(root)
        _say_diverged(prepared, root)
    if ended.failures or ended.left:
        say(f"to go on: {again}")
        return SOME_LEFT, ended.interrupted
    return DONE, False


def _compute(prepared: Prepared, supervisor: Supervisor, beside: AppBeside | None) -> _Run:
    """Compute the missing units, until none is left or something ends it early."""
    units = prepared.units
    supervisor.add(units, {m.digest: m for m in prepared.models})
    supervisor.close()
    expected = costs.expected(supervisor.root, units)
    tally = Tally(units, min(supervisor.workers, len(units)), expected)
    with Display(tally, prepared.sweep.name) as display:
        watching = _Run(supervisor, tally, display, len(units), beside)
        try:
            supervisor.run(watching)
        except KeyboardInterrupt:
            watching.interrupted, watching.stop = True, "interrupted"
        finally:
            running.forget(supervisor.root, prepared.sweep.name)
    return watching


def _still_missing(prepared: Prepared, root: Path, ended: _Run) -> int:
    """Units neither there nor failed, as the store says and not the tally.

    A shard may stand whose worker had no time to say so.
    """  # noqa: DOC201
    missing = {unit.span for unit in plan.missing_units(root, prepared.asked)}
    missing -= {unit.span for unit, _ in ended.failures}
    return sum(unit.span in missing for unit in prepared.units)


def failure_line(unit: Unit, outcome: Outcome) -> str:
    """A failure in one line: analysis, rows, class and message."""
    return f"{unit.name}: {outcome.error_class}: {outcome.message}"


def _report(prepared: Prepared, ended: _Run, seconds: float) -> None:
    name, count = prepared.sweep.name, len(prepared.units)
    done = count - ended.left - len(ended.failures)
    say(
        f"{name}: {done:,} of {counted(count, 'unit')} done in {spell(seconds)}"
        f" ({spell(ended.seconds)} of computation in {ended.computed} of them),"
        f" {len(ended.failures)} failed, {ended.left} left"
    )
    for unit, outcome in ended.failures[:SHOWN_FAILURES]:
        say(f"failed: {failure_line(unit, outcome)}")
    if len(ended.failures) > SHOWN_FAILURES:
        say(f"… and {len(ended.failures) - SHOWN_FAILURES} more, see status")
    if ended.stop:
        say(f"{name}: stopped: {ended.stop}")


def _collect(root: Path) -> None:
    try:
        catalog.collect(root)
    except OSError as error:
        storage.refuse(root, error)


def _say_diverged(prepared: Prepared, root: Path) -> None:
    """Say of which questions answers are not finite: they are done, and of no use."""
    for line in collected(root).lines({a.question.key for a in prepared.asked}):
        say(f"{prepared.sweep.name}: {line}")


def _show(root: Path) -> str:
    return f"IRED_STORE={shell.word(root)} python -m streamlit run app/main.py"


def plan_only(path: Path, root: Path, out: Path) -> int:
    """Publish and plan without computing; write the units as data."""
    targets.check(out, is_manifest, "a manifest")
    targets.check_ending(out, ".json")
    prepared = prepare(path, root)
    write_manifest(out, root, prepared.sweep.name, prepared.models, prepared.units)
    say(f"{prepared.sweep.name}: {counted(len(prepared.units), 'unit')} in {out}")
    if prepared.units:
        last = len(prepared.units) - 1
        line = shell.line("python", "-m", "precompute", "unit", *foreign_code.words(), out)
        say(f"next: {line} INDEX, 0 … {last} in order")
    return DONE
