"""Which unit may begin: the first, in plan order, whose upstream units are done."""

import heapq
from collections.abc import Sequence

from precompute.plan.plan import Unit, rows_read


def upstream_units(units: Sequence[Unit]) -> list[set[int]]:
    """Which units must be finished before which.

    Args:
        units: of one plan.

    Returns:
        For each unit the indices of those whose rows it reads.
    """
    by_key: dict[str, list[int]] = {}
    for i, unit in enumerate(units):
        by_key.setdefault(unit.asked.question.key, []).append(i)
    return [
        {
            i
            for _, key, start, stop in rows_read(unit).values()
            for i in by_key.get(key, ())
            if units[i].start < stop and start < units[i].stop
        }
        for unit in units
    ]


class Queue:
    """Which unit is next: the first, in plan order, whose upstream units are done.

    Args:
        units: of a plan.
    """

    def __init__(self, units: Sequence[Unit]) -> None:
        self._needs = upstream_units(units)
        self._feeds: list[list[int]] = [[] for _ in units]
        for i, needs in enumerate(self._needs):
            for n in needs:
                self._feeds[n].append(i)
        self._ready = [i for i, needs in enumerate(self._needs) if not needs]
        heapq.heapify(self._ready)
        self.stranded: set[int] = set()

    def pop(self) -> int | None:
        """Take the next unit.

        Returns:
            Its index, or None while nothing is ready.
        """
        return heapq.heappop(self._ready) if self._ready else None

    def put_back(self, index: int) -> None:
        """Undo `pop`.

        Args:
            index: of the unit.
        """
        heapq.heappush(self._ready, index)

    def __bool__(self) -> bool:
        return bool(self._ready)

    def done(self, index: int) -> None:
        """Free what waited for this unit alone.

        Args:
            index: of the unit.
        """
        for i in self._feeds[index]:
            self._needs[i].discard(index)
            if not self._needs[i]:
                heapq.heappush(self._ready, i)

    def failed(self, index: int) -> None:
        """Give up what reads this unit, directly or not.

        Args:
            index: of the unit.
        """
        todo = list(self._feeds[index])
        while todo:
            i = todo.pop()
            if i not in self.stranded:
                self.stranded.add(i)
                todo += self._feeds[i]
