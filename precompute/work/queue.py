"""Units that wait to be computed: which is next, what waits for what, and what nobody wants."""

import heapq
from collections.abc import Sequence

from precompute.plan.making import Piece

Rank = tuple[int, int]
"""What goes first is smaller: the place before all others, if it was put ahead, and the ticket."""


class Queue:
    """Takes units in and gives them out, each under a ticket; closed, it takes no more.

    Next is the first whose upstream units are done: of what was put ahead the newest, then the rest
    in the order in which it came. A unit that waits or is under way has one ticket, however often
    it is added.
    """

    def __init__(self) -> None:
        self.closed = False
        self._units: dict[int, Piece] = {}
        self._rank: dict[int, Rank] = {}
        self._needs: dict[int, set[int]] = {}
        self._feeds: dict[int, list[int]] = {}
        self._by_question: dict[str, dict[tuple[int, int], int]] = {}
        # A unit that was put ahead is in it twice, one that was given up still: see `_tidy`.
        self._ready: list[tuple[Rank, int]] = []
        self._taken: set[int] = set()
        self._next = self._front = 0

    def __len__(self) -> int:
        """Units that wait or are under way."""
        return len(self._units)

    def __bool__(self) -> bool:
        """Whether a unit can begin."""
        self._tidy()
        return bool(self._ready)

    def __getitem__(self, ticket: int) -> Piece:
        """A unit that waits or is under way."""
        return self._units[ticket]

    def __contains__(self, ticket: int) -> bool:
        """Whether a unit waits or is under way."""
        return ticket in self._units

    def add(self, units: Sequence[Piece], ahead: bool = False) -> list[int]:
        """Take units in; what they read is among them, in the queue before, or in the store.

        Args:
            units: in the order of a plan.
            ahead: put them, and what they wait for, before everything that is there.

        Returns:
            Their tickets.

        Raises:
            ValueError: the queue is closed.
        """
        if self.closed:
            raise ValueError("the queue is closed")
        if ahead:
            self._front -= 1
        first, place = self._next, self._front if ahead else 0
        tickets = [self._enter(unit, place) for unit in units]
        for ticket in range(first, self._next):
            self._link(ticket)
        for ticket in tickets:
            if ahead:
                self._advance(ticket, place)
        return tickets

    def _enter(self, unit: Piece, place: int) -> int:
        tickets = self._by_question.setdefault(unit.key, {})
        ticket = tickets.setdefault((unit.start, unit.stop), self._next)
        if ticket == self._next:
            self._next += 1
            self._units[ticket], self._rank[ticket] = unit, (place, ticket)
            self._needs[ticket], self._feeds[ticket] = set(), []
        return ticket

    def _link(self, ticket: int) -> None:
        """Find what a unit waits for."""
        for _, key, low, high in self._units[ticket].reads():
            for (start, stop), upstream in self._by_question.get(key, {}).items():
                if start < high and low < stop:
                    self._needs[ticket].add(upstream)
        for upstream in self._needs[ticket]:
            self._feeds[upstream].append(ticket)
        self._offer(ticket)

    def _advance(self, ticket: int, place: int) -> None:
        """Put a unit ahead, and what it waits for."""
        if place < self._rank[ticket][0]:
            self._rank[ticket] = (place, ticket)
            self._offer(ticket)
        for upstream in self._needs[ticket]:
            self._advance(upstream, place)

    def _offer(self, ticket: int) -> None:
        if not self._needs[ticket] and ticket not in self._taken:
            heapq.heappush(self._ready, (self._rank[ticket], ticket))

    def _tidy(self) -> None:
        """Drop what begins no more, or begins earlier, from the head of what is ready."""
        while self._ready:
            rank, ticket = self._ready[0]
            if self._rank.get(ticket) == rank and ticket not in self._taken:
                return
            heapq.heappop(self._ready)

    def pop(self) -> int | None:
        """Take the next unit; None while nothing can begin."""
        if not self:
            return None
        _, ticket = heapq.heappop(self._ready)
        self._taken.add(ticket)
        return ticket

    def put_back(self, ticket: int) -> None:
        """Undo `pop`."""
        self._taken.discard(ticket)
        self._offer(ticket)

    def done(self, ticket: int) -> None:
        """Let a unit go that is done, and free what waited for it alone."""
        for reader in self._forget(ticket):
            if reader in self._units:
                self._needs[reader].discard(ticket)
                self._offer(reader)

    def give_up(self, ticket: int) -> list[tuple[int, Piece]]:
        """Let a unit go that failed or is not wanted; returns what reads it, which goes too."""
        stranded: dict[int, Piece] = {}
        readers = self._forget(ticket)
        while readers:
            reader = readers.pop()
            if reader in self._units:
                stranded[reader] = self._units[reader]
                readers += self._forget(reader)
        return sorted(stranded.items())

    def _forget(self, ticket: int) -> list[int]:
        """Take a unit out; returns what reads it."""
        unit = self._units.pop(ticket)
        tickets = self._by_question[unit.key]
        del tickets[unit.start, unit.stop], self._rank[ticket], self._needs[ticket]
        if not tickets:
            del self._by_question[unit.key]
        self._taken.discard(ticket)
        return self._feeds.pop(ticket)
