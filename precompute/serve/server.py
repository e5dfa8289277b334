"""The server of live answers: hears requests, has them computed, says what becomes of them."""

import os
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ired_interp_core.errors import Refusal
from ired_interp_core.messages import (
    Ask,
    Cancel,
    Edit,
    Load,
    Price,
    Request,
    Said,
    pack,
    read_request,
)
from precompute.ground import tell
from precompute.ground.exits import DONE, Usage
from precompute.plan.making import Making, Piece
from precompute.serve import asking, beginning, making, wire
from precompute.serve.limits import Budget, Limits, resident
from precompute.serve.line import Asker, Job, Line
from precompute.work import speed
from precompute.work.messages import Part
from precompute.work.supervisor import Supervisor
from precompute.work.unit import Outcome
from precompute.work.watcher import Watcher
from store import LiveAnswers, shards

TICK = 0.1
"""Seconds between two looks at memory and clocks."""

AGAIN = "ask again"


def serve(live: LiveAnswers, workers: int, limits: Limits) -> int:
    """Answer until the other end of the standard input is closed, or a signal comes.

    Args:
        live: where answers lie.
        workers: processes.
        limits: of what is answered.

    Returns:
        Exit code 0.
    """
    with wire.set_aside() as (reads, writes), wire.ending_with(reads):
        outbox = wire.Outbox(writes)
        supervisor = Supervisor(live.root, workers, live=live)
        server = Server(live, supervisor, limits, reads, outbox)
        try:
            supervisor.learn(beginning.first_models(live.root))
            supervisor.run(server, TICK)
        except KeyboardInterrupt:
            tell.say("live answers: told to stop")
        finally:
            outbox.close()
            if not server.read_only:  # of workers that were ended while they wrote
                shards.sweep_temporaries(live.folder)
    return DONE


class Server(Watcher):
    """Between the pipe, the line and the workers; one thread.

    Args:
        live: where answers lie.
        supervisor: of the workers.
        limits: of what is answered.
        reads: descriptor that requests come from.
        outbox: what is said goes to.
    """

    def __init__(
        self,
        live: LiveAnswers,
        supervisor: Supervisor,
        limits: Limits,
        reads: int,
        outbox: wire.Outbox,
    ) -> None:
        self.live, self.supervisor, self.limits = live, supervisor, limits
        self._reads, self._outbox, self._lines = reads, outbox, wire.Lines()
        self._line = Line(limits.waiting, lambda asker: self._tell(asker, "replaced"))
        self._budget = Budget(limits.budget)
        self._speed = 1.0
        self._ready = False
        self._idle_bytes: dict[int, int] = {}
        self.read_only = beginning.read_only(live.folder)
        if not self.read_only:
            shards.sweep_temporaries(live.folder)

    # What the supervisor tells.

    def handles(self) -> Sequence[Any]:  # noqa: D102 - as declared
        return (self._reads,)

    def called(self, handle: Any) -> None:  # noqa: D102 - as declared
        piece = os.read(handle, wire.READ_BYTES)
        if not piece:
            self.supervisor.stop()
        for text in self._lines.split(piece):
            try:
                if isinstance(text, Refusal):
                    raise text
                request = read_request(text)
            except Refusal as refusal:
                self._say(Said("error", words=refusal.line, next_step=refusal.next_step))
                continue
            self._hear(request)
        self._start()

    def look(self) -> None:  # noqa: D102 - as declared
        if self._outbox.broken:
            self.supervisor.stop()
        if not self._ready and self.supervisor.idle:
            self._ready = True
            self._speed = speed.known(self.live.folder) or self._speed
            limits = {**asdict(self.limits), "speed": self._speed, "read_only": self.read_only}
            self._say(Said("ready", limits=limits))
        self._start()
        self._end_excess()

    def ended(self, ticket: int, unit: Piece, outcome: Outcome) -> None:  # noqa: D102 - as declared
        for job in [j for j in self._line.running if ticket in j.tickets]:
            job.tickets.discard(ticket)
            if outcome.status not in ("done", "already"):
                self._failed(job, outcome)
            elif unit.key == job.row[0]:
                self._answered(job)

    def progressed(self, ticket: int, unit: Piece, words: str) -> None:  # noqa: D102 - as declared
        for job in self._under(ticket):
            self._tell_all(job, "progress", words=words)

    def handed_over(self, ticket: int, unit: Piece, part: Part) -> None:  # noqa: D102 - as declared
        if isinstance(unit, Making):
            for job in self._under(ticket):
                job.made = {**part.content, "part": pack(part.content["part"])}
            return
        question = unit.asked.question
        draft: dict[str, Any] = {
            "analysis": question.analysis, "key": question.key, "problem": unit.start,
            "name": part.name, "question": question.as_dict(), "part": pack(part.content),
        }  # fmt: skip
        for job in self._under(ticket):
            for asker in job.askers:
                self._tell(asker, "draft", seconds=time.monotonic() - job.began, **draft)

    # What people ask.

    def _hear(self, request: Request) -> None:
        if isinstance(request, Ask | Edit | Load):
            asker = Asker(request.session, request.request)
            try:
                self._ask(asker, request)
            except (Refusal, OSError) as error:
                self._refuse(asker, error)
            return
        name = request.request if isinstance(request, Cancel) else None
        gone, free = self._line.leave(request.session, name)
        for asker in gone:
            self._tell(asker, "cancelled")
        for job in free:
            self._drop(job)

    def _ask(self, asker: Asker, request: Ask | Edit | Load) -> None:
        if isinstance(request, Ask):
            wanted = asking.wanted(self.live, request)
            units = wanted.missing()
            job = Job(wanted, *asking.price(wanted, units, self._speed))
            if not units:
                self._tell(asker, "answer", job, stored=True)
                return
        else:
            job = Job(making.ToMake(Making(request)), *making.price(self._speed))
        if self.read_only:
            raise Usage("this server is read only: live questions are off")
        self.limits.check(job.name, job.seconds, job.memory)
        if isinstance(request, Price):
            self._tell(asker, "price", job, seconds=job.seconds)
            return
        self._budget.check(asker.session, job.seconds)
        job = self._line.enter(asker, job)
        place = self._line.place(job)
        self._tell(asker, "waiting" if place else "running", job, place=place, seconds=job.seconds)

    def _refuse(self, asker: Asker, error: Refusal | OSError) -> None:
        if isinstance(error, Refusal):
            self._tell(asker, "refused", words=error.line, next_step=error.next_step)
        else:
            self._tell(asker, "refused", words=error.strerror or str(error), next_step=AGAIN)

    # What becomes of it.

    def _start(self) -> None:
        while len(self._line.running) < self.supervisor.idle + len(self.supervisor.under_way()):
            job = self._line.next()
            if job is None:
                return
            self._begin(job)

    def _begin(self, job: Job) -> None:
        try:
            units = job.wanted.missing()
        except (Refusal, OSError) as error:
            self._line.end(job)
            for asker in job.askers:
                self._refuse(asker, error)
            return
        job.began = time.monotonic()
        if not units:
            self._answered(job)
            return
        job.tickets = set(self.supervisor.add(units, job.wanted.models))
        self._tell_all(job, "running", seconds=job.seconds)

    def _answered(self, job: Job, **said: Any) -> None:
        self._line.end(job)
        taken = time.monotonic() - job.began
        for asker in job.askers:
            self._budget.charge(asker.session, taken / len(job.askers))
        if job.made is not None:
            self._tell_all(job, "made", seconds=taken, **job.made)
        else:
            self._tell_all(job, "answer", seconds=taken, **said)
        self._start()

    def _failed(self, job: Job, outcome: Outcome) -> None:
        if outcome.status == "cancelled":  # another took back what this one waits for, too
            job.tickets.clear()
            self._begin(job)
            return
        if outcome.status == "storage" and not job.tickets:  # it was handed over instead
            tell.say(f"not saved: {outcome.message}")
            self._answered(job, saved=False, words=outcome.message.partition(":")[0])
            return
        self._line.end(job)
        for asker in job.askers:
            self._budget.charge(asker.session, (time.monotonic() - job.began) / len(job.askers))
        words = outcome.message or outcome.status
        if outcome.status == "refused":
            self._tell_all(job, "refused", words=words)
        else:
            self._tell_all(job, "failed", words=words, next_step=AGAIN)
        self._release(job)
        self._start()

    def _drop(self, job: Job) -> None:
        """Leave what nobody waits for, but for units that other jobs share."""
        self._release(job)
        self._start()

    def _release(self, job: Job) -> None:
        shared = {ticket for other in self._line.running for ticket in other.tickets}
        for ticket in job.tickets - shared:
            self.supervisor.cancel(ticket)
        job.tickets.clear()

    def _under(self, ticket: int) -> list[Job]:
        return [job for job in self._line.running if ticket in job.tickets]

    def _end_excess(self) -> None:
        """End what takes more memory or time than it may, with its worker."""
        busy = self.supervisor.under_way()
        computing = {pid for _, pid, _ in busy}
        self._idle_bytes = {
            pid: self._idle_bytes.get(pid, 0) if pid in computing else resident(pid)
            for pid in self.supervisor.pids()
        }
        for ticket, pid, since in busy:
            size = resident(pid)
            longest = max(map(self.limits.longest, (j.seconds for j in self._under(ticket))),
                          default=self.limits.seconds)  # fmt: skip
            if size - self._idle_bytes.get(pid, 0) > self.limits.memory:
                why = f"the worker ran out of memory ({size / 2**30:.1f} GiB) and was restarted"
            elif time.monotonic() - since > longest:
                why = f"gave up after {tell.spell(longest)}; the worker was restarted"
            else:
                continue
            self.supervisor.end(ticket, Outcome("failed", error_class="OverLimit", message=why))

    # What is said.

    def _tell(self, asker: Asker, say: str, job: Job | None = None, **more: Any) -> None:
        if job is not None:
            more = {**job.wanted.about, **more}
        self._say(Said(say, *asker, **more))

    def _tell_all(self, job: Job, say: str, **more: Any) -> None:
        for asker in job.askers:
            self._tell(asker, say, job, **more)

    def _say(self, said: Said) -> None:
        self._outbox.put(said)
