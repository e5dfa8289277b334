"""One element of a submission: its units on this node, told to leave in time, seen from outside.

The same on a cluster, by hand or in a test: nothing here needs Slurm. SIGUSR1 (the time limit comes
nearer) and SIGTERM (preemption) end it early: no new unit is begun, those that are being computed
get some seconds, and exit code 75 says that repeating the element goes on.
"""

import contextlib
import os
import platform
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ired_interp_core.errors import Refusal
from precompute.cluster import profiles
from precompute.cluster.collector import Collector
from precompute.cluster.heartbeat import Place, State, digits
from precompute.cluster.profiles import Profile
from precompute.cluster.slurm import Client
from precompute.ground import provenance, storage
from precompute.ground.exits import BAD_DATA, DONE, SOME_LEFT, StoreUnusable, Usage
from precompute.ground.tell import say, spell
from precompute.plan import plan
from precompute.plan.plan import Manifest, Unit
from precompute.work.unit import Outcome
from precompute.work.workers import Event, Pool
from store import layout, shards, submissions

HEARTBEAT_SECONDS = 10.0
LINE_SECONDS = 60.0
"""Between lines of the log."""

LEAST_FAILURES = 3
MOST_FAILING = 0.05
"""Of the units tried in the whole submission; with more the rest is not worth its hours."""

GRACE = {signal.SIGUSR1: 0.5, signal.SIGTERM: 0.1}
"""Share of the profile's signal_seconds that units under way get to finish."""


def locate(folder: Path) -> tuple[Path, str]:
    """Find store and submission from the folder that the jobs are given.

    Args:
        folder: STORE/slurm/<submission>.

    Returns:
        Store and name of the submission.

    Raises:
        Usage: no such folder, or not a submission's.
    """
    path = folder.absolute()
    if layout.submission_of(path.name) is None or not (path / "submission.json").is_file():
        raise Usage(
            "no submission there", where="SUBMISSION", came=folder,
            expected="a folder STORE/slurm/RUN-TIME-ID that `submit` has written",
        )  # fmt: skip
    return path.parent.parent, path.name


def element(folder: Path, index: int | None) -> int:
    """Do one element of a submission.

    Args:
        folder: of the submission.
        index: of the element; SLURM_ARRAY_TASK_ID when left out.

    Returns:
        0 when its units are done (or must wait for those of another), 65 when units failed, 75 when
        it was told to leave with work left.

    Raises:
        Refusal: no GPU where one is needed.
    """
    root, name = locate(folder)
    record, listed = submissions.read(root, name), submissions.read_elements(root, name)
    profile = profiles.parse(record.get("profile", {}), "", str(folder / "submission.json"))
    at = _index(index, len(listed["elements"]))
    manifest = plan.read_manifest(folder / "manifest.json")
    units = _units(manifest, listed["elements"][at], folder)
    storage.writable(root)
    state = State(at, len(units), Place.here(), profile.device)
    if why := submissions.stopped(root, name):
        state.state, state.why = "stopped", why
        submissions.write_state(root, name, at, state.record())
        say(f"element {at}: not begun: {why}")
        return DONE
    try:
        state.device = device(profile)
    except Refusal as error:
        state.state, state.why = "failed", str(error)
        submissions.write_state(root, name, at, state.record())
        raise
    say(
        f"element {at} of {name}: {len(units)} units on {state.device}, commit"
        f" {str(record.get('commit', ''))[:12]}, restart {state.place.restarts}"
    )
    return _Run(root, name, record, profile, manifest, units, listed["elements"][at], state).run()


def _index(given: int | None, count: int) -> int:
    if given is None:
        text = os.environ.get("SLURM_ARRAY_TASK_ID", "")
        if not digits(text):
            raise Usage(
                "which element is not said", where="SLURM_ARRAY_TASK_ID",
                came=repr(text) if text else "nothing", expected=f"0 … {count - 1}",
                next_step="python -m precompute element SUBMISSION INDEX",
            )  # fmt: skip
        given = int(text)
    if not 0 <= given < count:
        raise Usage("no such element", where="INDEX", came=given, expected=f"0 … {count - 1}")
    return given


def _units(manifest: Manifest, indices: list[int], folder: Path) -> list[Unit]:
    if any(i >= len(manifest.units) for i in indices):
        raise Refusal(
            "elements name units that the manifest does not have",
            where=str(folder / "elements.json"), came=max(indices),
            expected=f"at most {len(manifest.units) - 1}",
        )  # fmt: skip
    return [manifest.units[i] for i in indices]


def device(profile: Profile) -> str:
    """What to compute on; the GPU is asked for here, on the node, since only it can say.

    Args:
        profile: of the submission.

    Returns:
        cpu or cuda.

    Raises:
        Refusal: a GPU is needed and torch sees none.
    """
    if profile.device == "cpu":
        return "cpu"
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if profile.allow_cpu:
        say("note: no GPU here; going on without, as the profile allows")
        return "cpu"
    raise Refusal(
        "no GPU on this node", where=platform.node(),
        came=f"torch {torch.__version__} sees no CUDA device, CUDA_VISIBLE_DEVICES"
        f" {os.environ.get('CUDA_VISIBLE_DEVICES', 'unset')}",
        expected='device = "cuda" in the profile',
        next_step="ask for a GPU (gres), install a CUDA build of torch, or allow_cpu = true",
    )  # fmt: skip


class _Run:
    """Units of an element on worker processes, with everything that watches them."""

    def __init__(
        self, root: Path, name: str, record: dict[str, Any], profile: Profile,
        manifest: Manifest, units: list[Unit], indices: list[int], state: State,
    ) -> None:  # fmt: skip
        self.root, self.name, self.record, self.profile = root, name, record, profile
        self.units, self.indices, self.state = units, indices, state
        cores = min(profile.slurm.cpus, state.place.cpus or profile.slurm.cpus)
        workers = 1 if state.device == "cuda" else max(1, cores)
        code = provenance.of_code()
        self.pool = Pool(root, manifest.models, code, units, workers, state.device)
        self.collector = Collector(root, self.pool, 60.0 * profile.submit.collect_minutes)
        self.signal = 0
        self.heard = 0.0
        self.deadline = float("inf")
        self.beat = self.line = time.monotonic()

    def run(self) -> int:
        """Compute until nothing is left, or it is time to leave.

        Returns:
            Exit code.
        """
        self._heartbeat()
        with _listening(self._told), contextlib.closing(self.pool.events()) as events:
            for event in events:
                self.collector.hear(event)
                if event.index is not None and event.outcome is not None:
                    self._count(event.index, event.outcome)
                self._watch(event)
                if self.state.why or time.monotonic() > self.deadline:
                    break
        return self._end()

    def _told(self, number: int, _: Any) -> None:
        share = GRACE[signal.Signals(number)]
        self.signal = number
        self.deadline = time.monotonic() + share * self.profile.submit.signal_seconds
        self.pool.drain()

    def _count(self, at: int, outcome: Outcome) -> None:
        unit, state = self.units[at], self.state
        state.seconds += outcome.seconds
        if outcome.status in ("done", "already"):
            state.analyses[unit.asked.question.analysis] += 1
            state.done += outcome.status == "done"
            state.already += outcome.status == "already"
        elif outcome.status == "paused":  # it is left, with a checkpoint
            say(f"{unit.name}: {outcome.message}")
        elif outcome.status == "waiting":
            state.waiting.append(self.indices[at])
        elif outcome.status == "storage":
            state.why = outcome.message
        else:
            self._failed(at, outcome)

    def _failed(self, at: int, outcome: Outcome) -> None:
        unit = self.units[at]
        say(f"failed: {unit.name}: {outcome.error_class}: {outcome.message}")
        if outcome.error_class == "WorkerDied":  # it could not write this itself
            shards.record_failure(
                self.root, unit.asked.question, unit.start, unit.stop,
                outcome.error_class, outcome.message, "",
            )  # fmt: skip
        self.state.failed.append(
            {"unit": self.indices[at], "name": unit.name, "error": outcome.error_class}
        )
        self._heartbeat()
        failed, tried = failure_share(self.root, self.name)
        if failed >= LEAST_FAILURES and failed > MOST_FAILING * tried:
            why = f"{failed} of {tried} units failed, so the rest is not tried"
            if submissions.stop(self.root, self.name, why):
                cancel_pending(self.record)
            self.state.state, self.state.why = "stopped", why

    def _watch(self, event: Event) -> None:
        now = time.monotonic()
        if event.words and event.index is not None and now - self.heard >= LINE_SECONDS:
            self.heard = now
            say(f"{self.units[event.index].name}: {event.words}")
        if now - self.beat >= HEARTBEAT_SECONDS:
            self._heartbeat()
        if now - self.line >= LINE_SECONDS:
            self.line = now
            say(self._words())
        if event.collected and event.outcome and event.outcome.status != "done":
            say(f"note: catalog not built: {event.outcome.message}")

    def _words(self) -> str:
        s = self.state
        return (
            f"element {s.index}: {s.done} computed, {s.already} there already, {len(s.failed)}"
            f" failed, {len(s.waiting)} waiting, of {s.total} units in"
            f" {spell(time.monotonic() - s.began)}"
        )

    def _heartbeat(self) -> None:
        self.beat = time.monotonic()
        submissions.write_state(self.root, self.name, self.state.index, self.state.record())

    def _end(self) -> int:
        s = self.state
        over = s.done + s.already + len(s.failed) + len(s.waiting)
        stranded = len(self.pool.queue.stranded)
        unwritable = bool(s.why) and s.state == "running"
        left = s.total - over - stranded
        if s.state == "running":
            s.state = "failed" if s.failed or unwritable else "left" if left > 0 else "done"
        if self.signal and left > 0 and s.state in ("left", "failed"):
            s.state = "left"
            s.why = f"told to leave by {signal.Signals(self.signal).name}"
        say(self._words() + (f" · {s.state}: {s.why}" if s.why else ""))
        if unwritable:
            raise StoreUnusable("store cannot be written", where=str(self.root), came=s.why)
        self._heartbeat()
        if not self.signal:
            self.collector.last()
        return {"left": SOME_LEFT, "failed": BAD_DATA, "stopped": BAD_DATA}.get(s.state, DONE)


def failure_share(root: Path, name: str) -> tuple[int, int]:
    """How many units of a submission failed, of those tried, over all elements.

    Args:
        root: store.
        name: of the submission.

    Returns:
        (failed, tried).
    """
    states = submissions.states(root, name).values()
    failed = sum(int(s.get("failed", 0)) for s in states)
    good = sum(int(s.get("done", 0)) + int(s.get("already", 0)) for s in states)
    return failed, failed + good


def cancel_pending(record: dict[str, Any]) -> None:
    """Take the elements of a submission that have not begun out of the queue.

    Args:
        record: of the submission.
    """
    jobs = [str(wave["job_id"]) for wave in record["waves"] if wave.get("job_id")]
    if jobs and os.environ.get("SLURM_JOB_ID"):
        answer = Client(1.0, 30.0, 30.0).ask("scancel", "--state=PENDING", *jobs)
        if answer.code != 0:
            say(f"note: elements that wait were not cancelled ({answer.line}); they will not begin")


@contextlib.contextmanager
def _listening(told: Any) -> Iterator[None]:
    """Answer the two signals, inside only.

    Yields:
        Nothing.
    """
    before = {number: signal.signal(number, told) for number in GRACE}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
