"""The one loop that has units computed: gives them to worker processes and hears what they say.

A worker that dies (killed, out of memory, crashed in native code) costs its unit and is replaced.
Whoever computes anything (a run, an element of a submission, its reduce job) is a `Watcher`.
"""

import time
from collections.abc import Mapping, Sequence
from multiprocessing.connection import wait
from pathlib import Path

from ired_interp_core.errors import Refusal
from precompute.ground import provenance
from precompute.plan.making import Making, Piece
from precompute.plan.models import ModelRef
from precompute.work.collector import Collector
from precompute.work.messages import DROP, READY, Part, Words
from precompute.work.process import WorkerProcess
from precompute.work.queue import Queue
from precompute.work.unit import Outcome
from precompute.work.watcher import Watcher
from store import LiveAnswers, shards

LEAVE_SECONDS = 5.0
"""For idle workers to end by themselves; then they are killed."""

CANCEL_SECONDS = 2.0
"""For a worker to leave what nobody wants any more; then it is replaced."""

MAX_STARTS_IN_VAIN = 3
"""Workers that die before they can take a unit: then it is the installation, not the unit."""


class Supervisor:
    """Has units computed by worker processes until none is left and the queue is closed.

    Everything here is called from one thread: before `run`, or by its watcher.

    Args:
        root: store.
        workers: processes, at most.
        device: torch device.
        collector: says when to build a catalog generation on the way; none when left out.
        live: where workers read and publish, if the units are asked live.
        gpus: each worker sees one of them, as few workers as possible the same; all when empty.
    """

    def __init__(
        self,
        root: Path,
        workers: int,
        device: str = "cpu",
        collector: Collector | None = None,
        live: LiveAnswers | None = None,
        gpus: Sequence[str] = (),
    ) -> None:
        self._gpus = gpus
        self.root, self.workers, self._device, self._live = root, workers, device, live
        self._code = provenance.of_code()
        self._collector = collector
        self._queue = Queue()
        self._models: dict[str, ModelRef] = {}
        self._processes: list[WorkerProcess] = []
        self._ending: dict[int, tuple[float, Outcome]] = {}
        self._in_vain = 0
        self._draining = self._stopped = False
        self._deadline = float("inf")

    def add(
        self, units: Sequence[Piece], models: Mapping[str, ModelRef], ahead: bool = False
    ) -> list[int]:
        """Take units in, also while others are computed.

        Args:
            units: in the order of a plan.
            models: digest → model; those that the units read.
            ahead: put them before everything that waits.

        Returns:
            Their tickets; those of a first plan are 0, 1, …
        """
        self._models |= models
        return self._queue.add(units, ahead)

    def close(self) -> None:
        """Take no further units: `run` ends when those that are there have ended."""
        self._queue.closed = True

    def cancel(self, ticket: int) -> None:
        """End a unit that nobody wants any more, whether it waits or is under way.

        What reads it is stranded. A worker that computes it and does not leave it in time is
        replaced; no other unit is touched. The watcher hears of its end like of any other.
        """
        for process in self._processes:
            if process.ticket == ticket:
                process.ring(DROP)
        self._ending.setdefault(ticket, (time.monotonic() + CANCEL_SECONDS, Outcome("cancelled")))

    def end(self, ticket: int, outcome: Outcome) -> None:
        """End a unit at once, with the worker that computes it, and say that this became of it."""
        self._ending[ticket] = (0.0, outcome)

    def drain(self, seconds: float = float("inf")) -> None:
        """Begin no further unit; those under way get some seconds, long ones are asked to leave."""
        self._draining = True
        self._deadline = time.monotonic() + seconds
        for process in self._processes:
            process.ring()

    def stop(self) -> None:
        """End at once: what is under way is lost."""
        self._stopped = True

    def learn(self, models: Mapping[str, ModelRef]) -> None:
        """Know some models: workers that answer live load them before they are ready."""
        self._models |= models

    def under_way(self) -> list[tuple[int, int, float]]:
        """Ticket of each unit that is computed, its worker's process id, and when it began."""
        return [
            (p.ticket, p.pid, p.since) for p in self._processes if p.ticket is not None and p.pid
        ]

    @property
    def idle(self) -> int:
        """How many workers have nothing to do."""
        return sum(p.ready and not p.busy for p in self._processes)

    def pids(self) -> list[int]:
        """Process ids of the workers that are alive."""
        return [p.pid for p in self._processes if p.pid and p.alive]

    def run(self, watcher: Watcher, tick: float = 0.5) -> None:
        """Compute until the queue is closed and empty, or as `drain` or `stop` say.

        Args:
            watcher: hears what happens.
            tick: seconds after which the watcher looks around although nothing happened.
        """
        wanted = min(self.workers, len(self._queue)) if self._queue.closed else self.workers
        try:
            for _ in range(wanted):
                self._processes.append(self._start())
            while not self._stopped and time.monotonic() <= self._deadline:
                self._end_unwanted(watcher)
                self._hand_out()
                if self._over():
                    self._dismiss()
                    return
                self._listen(watcher, tick)
                watcher.look()
        finally:
            self._kill()
            if self._collector:
                self._collector.release()

    def _over(self) -> bool:
        if any(p.busy for p in self._processes):
            return False
        return self._draining or (self._queue.closed and not self._queue)

    def _start(self) -> WorkerProcess:
        models = self._models if self._live else {}
        taken = [p.gpu for p in self._processes]
        gpu = min(self._gpus, key=taken.count, default="")
        return WorkerProcess(self.root, self._code, self._device, self._live, models, gpu)

    def _dismiss(self) -> None:
        ready = [p for p in self._processes if p.ready]
        for process in ready:
            process.dismiss()
        deadline = time.monotonic() + LEAVE_SECONDS
        for process in ready:
            process.join(max(0.0, deadline - time.monotonic()))

    def _kill(self) -> None:
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.close()
        self._processes = []

    def _hand_out(self) -> None:
        """Give every idle worker something to do; one that has died is replaced by `_listen`."""
        if self._draining:
            return
        for process in self._processes:
            if not process.ready or process.busy:
                continue
            if self._collector and self._collector.begin():
                if not process.collect():
                    self._collector.end(Outcome("failed"))
                continue
            ticket = self._queue.pop()
            if ticket is None:
                return
            unit = self._queue[ticket]
            models = {d: self._models[d] for d in unit.inputs if d in self._models}
            if not process.compute(ticket, unit, models):
                self._queue.put_back(ticket)

    def _listen(self, watcher: Watcher, tick: float) -> None:
        by_handle = {handle: p for p in self._processes for handle in p.handles}
        rung = wait([*by_handle, *watcher.handles()], timeout=tick)
        for handle in rung:
            if handle not in by_handle:
                watcher.called(handle)
        for process in dict.fromkeys(by_handle[handle] for handle in rung if handle in by_handle):
            self._hear(process, watcher)

    def _hear(self, process: WorkerProcess, watcher: Watcher) -> None:
        alive, ticket = process.alive, process.ticket  # asked first: what it said before it died
        message = process.receive()
        if message == READY:
            process.ready, self._in_vain = True, 0
        elif isinstance(message, Outcome):
            self._ended(process, message, watcher)
        elif isinstance(message, Words) and ticket is not None:
            watcher.progressed(ticket, self._queue[ticket], message.text)
        elif isinstance(message, Part) and ticket is not None:
            watcher.handed_over(ticket, self._queue[ticket], message)
        elif message is None and not alive:
            self._died(process, watcher)

    def _ended(self, process: WorkerProcess, outcome: Outcome, watcher: Watcher) -> None:
        ticket, process.ticket = process.ticket, None
        if ticket is not None:
            if ticket in self._ending and outcome.status not in ("done", "already"):
                outcome = self._ending[ticket][1]
            self._settle(ticket, outcome, watcher)
        elif process.collects:
            process.collects = False
            if self._collector:
                self._collector.end(outcome)
            if outcome.status != "done":
                watcher.say(f"note: catalog not built: {outcome.message}")

    def _settle(self, ticket: int, outcome: Outcome, watcher: Watcher) -> None:
        """A unit has ended: free or strand what reads it, and tell."""
        unit, stranded = self._queue[ticket], []
        if outcome.status in ("done", "already"):
            self._queue.done(ticket)
        else:
            stranded = self._queue.give_up(ticket)
        if outcome.status == "done" and self._collector:
            self._collector.news()
        watcher.ended(ticket, unit, outcome)
        for reader, reading in stranded:
            watcher.ended(reader, reading, Outcome("stranded", message=f"reads {unit.name}"))

    def _died(self, process: WorkerProcess, watcher: Watcher) -> None:
        why = self._replace(process)
        if not process.busy:
            self._in_vain += 1
            if self._in_vain >= MAX_STARTS_IN_VAIN:
                raise Refusal(
                    "worker processes die before they take a unit",
                    came=why,
                    next_step="python -m precompute doctor",
                )
            return
        outcome = Outcome("failed", 0.0, "WorkerDied", f"worker process {why}")
        if process.ticket is not None:
            self._record(self._queue[process.ticket], outcome, watcher)
        self._ended(process, outcome, watcher)

    def _replace(self, process: WorkerProcess) -> str:
        """Put a fresh worker in the place of one; says why that ended."""
        process.kill()
        process.close()
        at = self._processes.index(process)
        del self._processes[at]
        if not self._draining:
            self._processes.insert(at, self._start())
        return process.cause_of_death

    def _record(self, unit: Piece, outcome: Outcome, watcher: Watcher) -> None:
        """Record a failure that the worker had no time to record."""
        if self._live or isinstance(unit, Making):
            return
        try:
            shards.record_failure(
                self.root, unit.asked.question, unit.start, unit.stop,
                outcome.error_class, outcome.message, "", {**self._code, "device": self._device},
            )  # fmt: skip
        except Refusal as error:
            watcher.say(f"note: not recorded: {error}")

    def _end_unwanted(self, watcher: Watcher) -> None:
        for ticket, (deadline, outcome) in list(self._ending.items()):
            computing = [p for p in self._processes if p.ticket == ticket]
            if ticket in self._queue:
                if computing and time.monotonic() < deadline:
                    continue  # it was asked to leave
                for process in computing:
                    self._replace(process)
                self._settle(ticket, outcome, watcher)
            del self._ending[ticket]
