"""An element under way: its units counted, its heartbeat kept, and when it ends early."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ired_interp_core.spelling import counted
from precompute.cluster import gpu_load
from precompute.cluster.heartbeat import State
from precompute.cluster.profiles import Profile
from precompute.cluster.slurm import Client
from precompute.ground.exits import BAD_DATA, DONE, SOME_LEFT, StoreUnusable
from precompute.ground.tell import say, spell
from precompute.plan.models import ModelRef
from precompute.plan.plan import Unit
from precompute.work import devices
from precompute.work.collector import Collector
from precompute.work.supervisor import Supervisor
from precompute.work.unit import Outcome
from precompute.work.watcher import Watcher
from store import submissions

LOCK = "collect"

HEARTBEAT_SECONDS = 10.0
LINE_SECONDS = 60.0
"""Between lines of the log."""

LEAST_FAILURES = 3
MOST_FAILING = 0.05
"""Of the units tried in the whole submission; with more the rest is not worth its hours."""

GRACE = {signal.SIGUSR1: 0.5, signal.SIGTERM: 0.1}
"""Share of the profile's signal_seconds that units under way get to finish."""


class ElementRun(Watcher):
    """Units of an element on worker processes, with everything that watches them.

    Args:
        root: store.
        name: of the submission.
        record: of the submission.
        profile: of the site.
        indices: of the units in the manifest.
        state: of the element.
    """

    def __init__(
        self, root: Path, name: str, record: dict[str, Any], profile: Profile,
        indices: Sequence[int], state: State,
    ) -> None:  # fmt: skip
        self.root, self.name, self.record, self.profile = root, name, record, profile
        self.indices, self.state = indices, state
        gpus = devices.visible_gpus() if state.device == "cuda" else []
        on_cpu = profile if gpus else replace(profile, device="cpu")
        workers = on_cpu.workers(state.place.cpus, len(gpus))
        pause = 60.0 * profile.submit.collect_minutes
        self.collector = Collector(root, pause, pause, lock=lambda: submissions.alone(root, LOCK))
        self.supervisor = Supervisor(root, workers, state.device, self.collector, gpus=gpus)
        self.signal = self.stranded = 0
        self.heard = 0.0
        self.beat = self.line = time.monotonic()

    def run(self, units: Sequence[Unit], models: Mapping[str, ModelRef]) -> int:
        """Compute until nothing is left, or it is time to leave.

        Args:
            units: of the element.
            models: digest → model.

        Returns:
            Exit code.
        """
        self.supervisor.add(units, models)
        self.supervisor.close()
        self._heartbeat()
        with _listening(self._told):
            self.supervisor.run(self)
        return self._end()

    def _told(self, number: int, _: Any) -> None:
        self.signal = number
        share = GRACE[signal.Signals(number)]
        self.supervisor.drain(share * self.profile.submit.signal_seconds)

    def ended(self, ticket: int, unit: Unit, outcome: Outcome) -> None:  # noqa: D102 - as declared
        state = self.state
        state.seconds += outcome.seconds
        match outcome.status:
            case "done" | "already":
                state.analyses[unit.asked.question.analysis] += 1
                state.done += outcome.status == "done"
                state.already += outcome.status == "already"
            case "paused":  # it is left, with a checkpoint
                say(f"{unit.name}: {outcome.message}")
            case "waiting":
                state.waiting.append(self.indices[ticket])
            case "stranded":
                self.stranded += 1
            case "storage":
                self._stop(outcome.message)
            case "failed":
                self._failed(ticket, unit, outcome)

    def _failed(self, ticket: int, unit: Unit, outcome: Outcome) -> None:
        say(f"failed: {unit.name}: {outcome.error_class}: {outcome.message}")
        self.state.failed.append(
            {"unit": self.indices[ticket], "name": unit.name, "error": outcome.error_class}
        )
        self._heartbeat()
        failed, tried = failure_share(self.root, self.name)
        if failed >= LEAST_FAILURES and failed > MOST_FAILING * tried:
            why = f"{failed:,} of {counted(tried, 'unit')} failed, so the rest is not tried"
            if submissions.stop(self.root, self.name, why):
                cancel_pending(self.record)
            self.state.state = "stopped"
            self._stop(why)

    def _stop(self, why: str) -> None:
        self.state.why = why
        self.supervisor.stop()

    def progressed(self, ticket: int, unit: Unit, words: str) -> None:  # noqa: D102 - as declared
        if time.monotonic() - self.heard >= LINE_SECONDS:
            self.heard = time.monotonic()
            say(f"{unit.name}: {words}")

    def look(self) -> None:  # noqa: D102 - as declared
        now = time.monotonic()
        if now - self.beat >= HEARTBEAT_SECONDS:
            self._heartbeat()
        if now - self.line >= LINE_SECONDS:
            self.line = now
            load = gpu_load.words() if self.state.device == "cuda" else ""
            say(self._words() + (f" · {load}" if load else ""))

    def _words(self) -> str:
        state = self.state
        return (
            f"element {state.index}: {state.done} computed, {state.already} there already,"
            f" {len(state.failed)} failed, {len(state.waiting)} waiting, of"
            f" {counted(state.total, 'unit')} in {spell(time.monotonic() - state.began)}"
        )

    def _heartbeat(self) -> None:
        self.beat = time.monotonic()
        submissions.write_state(self.root, self.name, self.state.index, self.state.record())

    def _end(self) -> int:
        state = self.state
        over = state.done + state.already + len(state.failed) + len(state.waiting)
        unwritable = bool(state.why) and state.state == "running"
        left = state.total - over - self.stranded
        if state.state == "running":
            left_or_done = "left" if left > 0 else "done"
            state.state = "failed" if state.failed or unwritable else left_or_done
        if self.signal and left > 0 and state.state in ("left", "failed"):
            state.state = "left"
            state.why = f"told to leave by {signal.Signals(self.signal).name}"
        say(self._words() + (f" · {state.state}: {state.why}" if state.why else ""))
        if unwritable:
            raise StoreUnusable("store cannot be written", where=str(self.root), came=state.why)
        self._heartbeat()
        if not self.signal:
            self.collector.last()
        return {"left": SOME_LEFT, "failed": BAD_DATA, "stopped": BAD_DATA}.get(state.state, DONE)


def failure_share(root: Path, name: str) -> tuple[int, int]:
    """How many units of a submission failed, of those tried, over all elements.

    Returns:
        (failed, tried).
    """
    states = submissions.states(root, name).values()
    failed = sum(int(s.get("failed", 0)) for s in states)
    good = sum(int(s.get("done", 0)) + int(s.get("already", 0)) for s in states)
    return failed, failed + good


def cancel_pending(record: dict[str, Any]) -> None:
    """Take the elements of a submission that have not begun out of the queue."""
    jobs = [str(wave["job_id"]) for wave in record["waves"] if wave.get("job_id")]
    if jobs and os.environ.get("SLURM_JOB_ID"):
        answer = Client(1.0, 30.0, 30.0).ask("scancel", "--state=PENDING", *jobs)
        if answer.code != 0:
            say(f"note: elements that wait were not cancelled ({answer.line}); they will not begin")


@contextlib.contextmanager
def _listening(answer: Any) -> Iterator[None]:
    """Answer the two signals, inside only.

    Yields:
        Nothing.
    """
    before = {number: signal.signal(number, answer) for number in GRACE}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
