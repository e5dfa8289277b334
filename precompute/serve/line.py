"""The line of live questions: who waits, who runs, who shares, who was replaced. No process here.

A session has at most one request running and one waiting. A newer one takes the place of the
waiting one; equal requests are one job, and whoever cancels takes back their own part of it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from precompute.ground.exits import Later
from precompute.ground.tell import spell
from precompute.serve.asking import Row, Wanted
from precompute.serve.making import ToMake


class Asker(NamedTuple):
    """Who waits for a job."""

    session: str
    request: str


@dataclass(eq=False)
class Job:
    """One answer that is to be computed.

    Args:
        wanted: the answer.
        seconds: expected.
        memory: bytes expected.
        askers: who waits for it, in the order in which they came.
        tickets: units under way for it, once it runs.
        began: when, of the monotonic clock; 0 while it waits.
        made: what is said of the problem that was made, if one is.
    """

    wanted: Wanted | ToMake
    seconds: float
    memory: float = 0.0
    askers: list[Asker] = field(default_factory=list)
    tickets: set[int] = field(default_factory=set)
    began: float = 0.0
    made: Mapping[str, Any] | None = None

    @property
    def name(self) -> str:
        """For people: what is computed."""
        return self.wanted.about.get("analysis", "a problem")

    @property
    def row(self) -> Row:
        """Address of the answer."""
        return self.wanted.row


class Line:
    """Jobs that wait and jobs that run.

    Args:
        most: jobs that may wait.
        replaced: told of a request that gave way to a newer one of its session.
    """

    def __init__(self, most: int, replaced: Callable[[Asker], None]) -> None:
        self.waiting: list[Job] = []
        self.running: list[Job] = []
        self._most, self._replaced = most, replaced

    def __iter__(self) -> Iterator[Job]:
        """Jobs that run, then those that wait."""
        return iter((*self.running, *self.waiting))

    def enter(self, asker: Asker, job: Job) -> Job:
        """Take a request in.

        Args:
            asker: who asks.
            job: of it alone, without askers.

        Returns:
            The job that it waits for, which others may wait for, too.

        Raises:
            Later: the line is full.
        """
        same = next((j for j in self if j.row == job.row), None)
        before = self._waits_for(asker.session)
        frees = before is not None and before is not same and len(before.askers) == 1
        if same is None and not frees and len(self.waiting) >= self._most:
            left = sum(j.seconds for j in self)
            raise Later(
                f"the line is full ({len(self.waiting)} waiting)",
                next_step=f"try in about {spell(max(left, 1.0))}",
            )
        at = len(self.waiting)
        if before is not None:
            at = self._give_way(before, asker.session, frees)
        if same is None:
            same = job
            self.waiting.insert(at, job)
        same.askers.append(asker)
        return same

    def _give_way(self, job: Job, session: str, frees: bool) -> int:
        """Take a session's request out of a waiting job; where its next one goes."""
        old = next(a for a in job.askers if a.session == session)
        job.askers.remove(old)
        self._replaced(old)
        at = self.waiting.index(job) if frees else len(self.waiting)
        if frees:
            self.waiting.remove(job)
        return at

    def _waits_for(self, session: str) -> Job | None:
        return next((j for j in self.waiting if any(a.session == session for a in j.askers)), None)

    def leave(self, session: str, request: str | None = None) -> tuple[list[Asker], list[Job]]:
        """Take requests back.

        Args:
            session: whose.
            request: which; all when left out.

        Returns:
            The requests that were there, and running jobs that nobody waits for any more.
        """
        gone, free = [], []
        for job in list(self):
            mine = [a for a in job.askers if a.session == session and request in (None, a.request)]
            for asker in mine:
                job.askers.remove(asker)
            gone += mine
            if mine and not job.askers:
                (self.waiting if job in self.waiting else self.running).remove(job)
                if job.began:
                    free.append(job)
        return gone, free

    def next(self) -> Job | None:
        """Take the first job that may run: of a session that has none running."""
        busy = {a.session for job in self.running for a in job.askers}
        for job in self.waiting:
            if any(a.session not in busy for a in job.askers):
                self.waiting.remove(job)
                self.running.append(job)
                return job
        return None

    def end(self, job: Job) -> None:
        """Let a job go that has ended."""
        if job in self.running:
            self.running.remove(job)

    def place(self, job: Job) -> int:
        """Place of a job in the line, from 1; 0 when it runs."""
        return self.waiting.index(job) + 1 if job in self.waiting else 0
