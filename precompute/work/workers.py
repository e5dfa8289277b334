"""Supervised worker processes of one thread each.

Spawned, never forked. A worker that dies (killed, out of memory, crashed in native code) costs its
unit and is replaced; when the parent dies, even by kill −9, workers notice and exit on their own.
"""

import contextlib
import ctypes
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from ired_interp_core.errors import Refusal
from precompute.plan.models import ModelRef
from precompute.plan.ordering import Queue
from precompute.plan.plan import Unit
from precompute.work.unit import Outcome

LEAVE_SECONDS = 5.0
"""For idle workers to end by themselves; then they are killed."""

MAX_STARTS_IN_VAIN = 3
"""Workers that die before they can take a unit: then it is the installation, not the unit."""

PARENT_ANSWERS = {signal.SIGINT, signal.SIGTERM, signal.SIGUSR1}


@dataclass
class _Process:
    process: SpawnProcess
    pipe: Connection
    ready: bool = False
    job: "int | str | None" = None


@dataclass(frozen=True)
class Event:
    """Something that happened in the pool.

    Args:
        index: of the unit; None for a collection or a tick of the clock.
        outcome: of the unit; None for a tick, and while the unit only says how far it is.
        collected: a collection ended.
        words: how far a long unit is; empty for every other event.
    """

    index: int | None = None
    outcome: Outcome | None = None
    collected: bool = False
    words: str = ""


class Pool:
    """Runs units on worker processes until none is left.

    Args:
        root: store.
        models: digest → model.
        code: provenance of the code.
        units: of a plan.
        workers: processes.
        device: torch device.
    """

    def __init__(
        self,
        root: Path,
        models: Mapping[str, ModelRef],
        code: Mapping[str, Any],
        units: Sequence[Unit],
        workers: int,
        device: str = "cpu",
    ) -> None:
        self.units, self.queue = units, Queue(units)
        self._setting = (root, dict(models), dict(code), device)
        self._collect_wanted = False
        self._draining = False
        self._in_vain = 0
        # A bare byte: a worker that is killed cannot leave it locked.
        self._bell = multiprocessing.get_context("spawn").RawValue(ctypes.c_bool, False)
        self._processes: list[_Process] = []
        self._wanted = max(1, min(workers, len(units)))

    def collect_soon(self) -> None:
        """Have the next free worker build a catalog generation."""
        self._collect_wanted = True

    def drain(self) -> None:
        """Begin no further unit; `events` ends when those under way have ended, long ones early."""
        self._draining = True
        self._bell.value = True

    def events(self, tick: float = 0.5) -> Generator[Event, None, None]:
        """Run.

        Args:
            tick: seconds after which an empty event is given, so that the caller can look around.

        Yields:
            One event for each unit done or failed, for each collection, and for each tick.
        """
        try:
            self._processes = [self._start() for _ in range(self._wanted)]
            while True:
                self._hand_out()
                if (self._draining or not self.queue) and all(
                    p.job is None for p in self._processes
                ):
                    self._dismiss()
                    return
                yield from self._listen(tick)
        finally:
            self.kill()

    def _dismiss(self) -> None:
        """Let idle workers end by themselves, so that libraries take down what they set up."""
        ready = [p for p in self._processes if p.ready]
        for p in ready:
            with contextlib.suppress(OSError):
                p.pipe.send("leave")
        deadline = time.monotonic() + LEAVE_SECONDS
        for p in ready:
            p.process.join(max(0.0, deadline - time.monotonic()))

    def kill(self) -> None:
        """End all workers at once: a shard is published whole or not at all."""
        for p in self._processes:
            if p.process.is_alive():
                p.process.kill()
        for p in self._processes:
            p.process.join()
            p.pipe.close()
        self._processes = []

    def pids(self) -> list[int]:
        """Process ids of the workers.

        Returns:
            Of those alive.
        """
        return [p.process.pid for p in self._processes if p.process.pid and p.process.is_alive()]

    def _start(self) -> _Process:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        setting = (theirs, self._bell, *self._setting)
        process = context.Process(target=_main, args=setting, daemon=True)
        # Born with these blocked: the parent alone answers them, wherever they are sent to all
        # processes of a terminal or a job, and no worker dies of them in the middle of a unit.
        # The tracker comes first, because starting it lifts the block.
        resource_tracker.ensure_running()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, PARENT_ANSWERS)
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()
        return _Process(process, ours)

    def _hand_out(self) -> None:
        if self._draining:
            return
        for p in self._processes:
            if not p.ready or p.job is not None:
                continue
            job: int | str | None
            if self._collect_wanted:
                self._collect_wanted, job = False, "collect"
            else:
                job = self.queue.pop()
            if job is None:
                return
            try:
                p.pipe.send(job if isinstance(job, str) else self.units[job])
                p.job = job
            except OSError:  # it died while idle; `_listen` replaces it
                p.ready = False
                if isinstance(job, int):
                    self.queue.put_back(job)

    def _listen(self, tick: float) -> Iterator[Event]:
        by_handle: dict[Any, _Process] = {}
        for p in self._processes:
            by_handle[p.pipe] = p
            by_handle[p.process.sentinel] = p
        rung = {id(by_handle[h]): by_handle[h] for h in wait(list(by_handle), timeout=tick)}
        if not rung:
            yield Event()
        for p in rung.values():
            try:
                message = p.pipe.recv() if p.pipe.poll() else None
            except (EOFError, OSError):
                message = None
            if message == "ready":
                p.ready, self._in_vain = True, 0
            elif isinstance(message, str) and isinstance(p.job, int):
                yield Event(p.job, words=message)
            elif message is not None:
                yield self._ended(p, message)
            elif not p.process.is_alive():
                yield from self._died(p)

    def _ended(self, p: _Process, outcome: Outcome) -> Event:
        job, p.job = p.job, None
        if not isinstance(job, int):
            return Event(outcome=outcome, collected=True)
        if outcome.status in ("done", "already"):
            self.queue.done(job)
        elif outcome.status != "paused":  # then all are leaving
            self.queue.failed(job)
        return Event(job, outcome)

    def _died(self, p: _Process) -> Iterator[Event]:
        p.process.join()
        p.pipe.close()
        self._processes.remove(p)
        why = _cause_of_death(p.process.exitcode)
        if p.job is None:
            self._in_vain += 1
            if self._in_vain >= MAX_STARTS_IN_VAIN:
                raise Refusal(
                    "worker processes die before they take a unit",
                    came=why,
                    next_step="python -m precompute doctor",
                )
        if p.job is not None:
            yield self._ended(p, Outcome("failed", 0.0, "WorkerDied", f"worker process {why}"))
        self._processes.append(self._start())


def _cause_of_death(code: int | None) -> str:
    if code == -signal.SIGKILL:
        return "was killed (signal 9): out of memory, or killed by hand"
    if code is not None and code < 0:
        return f"was ended by signal {-code} ({signal.Signals(-code).name})"
    return f"exited with code {code}"


def _main(
    pipe: Connection,
    bell: Any,
    root: Path,
    models: Mapping[str, ModelRef],
    code: Mapping[str, Any],
    device: str,
) -> None:
    """A worker: take a unit, do it, say what became of it."""
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    import store
    from precompute.work.unit import Worker

    def report(share: float, words: str) -> None:
        pipe.send(f"{share:.0%} · {words}")

    worker = Worker(root, models, code, device, report, lambda: bool(bell.value))
    try:
        pipe.send("ready")
        while True:
            job = pipe.recv()
            if job == "leave":
                return
            if job == "collect":
                pipe.send(_collect(store, root))
            else:
                pipe.send(worker.execute(job))
    except (EOFError, ConnectionError):  # the parent has gone
        os._exit(1)


def _collect(store: Any, root: Path) -> Outcome:
    try:
        store.catalog.collect(root)
    except (Refusal, OSError) as error:
        return Outcome("failed", error_class=type(error).__name__, message=str(error))
    return Outcome("done")


def _exit_with_parent() -> None:
    """Wait for the end of the parent, then leave at once, whatever is being computed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
