"""What a live answer may take: refused before it begins, with what is expected and allowed."""

import os
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from precompute.ground.exits import Usage
from precompute.ground.tell import spell

HOUR = 3600.0

LONGEST = 3.0
"""Times the expected seconds, or the allowed ones if that is more, after which work is hung."""


@dataclass(frozen=True)
class Limits:
    """What one answer, one session and the line may take.

    Args:
        seconds: expected of one answer.
        memory: bytes of one answer, beyond those of an idle worker.
        budget: seconds of computing of a session in an hour.
        waiting: requests in the line, of all sessions.
    """

    seconds: float = 60.0
    memory: float = 2.0 * 2**30
    budget: float = 600.0
    waiting: int = 8

    def check(self, analysis: str, seconds: float, memory: float) -> None:
        """Refuse what is too dear.

        Args:
            analysis: that is asked.
            seconds: expected.
            memory: bytes expected.

        Raises:
            Usage: over a limit.
        """
        gib = 2**30
        limits = (
            ("too long", seconds, self.seconds, spell),
            ("too much memory", memory, self.memory, lambda n: f"{n / gib:.1f} GiB"),
        )
        for what, wanted, most, said in limits:
            if wanted > most:
                raise Usage(
                    f"{what} for a live answer",
                    where=analysis,
                    came=f"about {said(wanted)} expected",
                    expected=f"at most {said(most)}",
                    next_step="compute it by a sweep: python -m precompute run SWEEP.toml",
                )

    def longest(self, expected: float) -> float:
        """Seconds after which an answer is given up."""
        return max(self.seconds, LONGEST * expected)


class Budget:
    """Computing seconds of each session within the last hour.

    Args:
        limit: of one session.
        clock: seconds since the epoch.
    """

    def __init__(self, limit: float, clock: Callable[[], float] = time.time) -> None:
        self._limit, self._clock = limit, clock
        self._spent: dict[str, deque[tuple[float, float]]] = {}

    def charge(self, session: str, seconds: float) -> None:
        """Count what was computed for a session."""
        self._forget()
        self._spent.setdefault(session, deque()).append((self._clock(), seconds))

    def check(self, session: str, seconds: float) -> None:
        """Refuse what the session has no seconds left for.

        Args:
            session: who asks.
            seconds: expected.

        Raises:
            Usage: this hour's seconds are used up.
        """
        self._forget()
        entries = self._spent.get(session, ())
        spent = sum(taken for _, taken in entries)
        if not entries or spent + seconds <= self._limit:
            return
        free, at = spent, self._clock()
        for ended, taken in entries:  # the oldest are forgotten first
            free, at = free - taken, ended + HOUR
            if free + seconds <= self._limit:
                break
        raise Usage(
            f"this hour's {spell(self._limit)} of computing are used up",
            came=f"{spell(spent)} used, {spell(seconds)} expected",
            next_step=f"ask again at {time.strftime('%H:%M', time.localtime(at))}",
        )

    def _forget(self) -> None:
        old = self._clock() - HOUR
        for session, entries in list(self._spent.items()):
            while entries and entries[0][0] < old:
                entries.popleft()
            if not entries:
                del self._spent[session]


def resident(pid: int) -> int:
    """Bytes of memory that a process holds; 0 where that cannot be told."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0
