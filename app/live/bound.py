"""At most so many in any stretch of time; whoever comes too early waits."""

from collections import deque


class Bound:
    """At most so many in any stretch of so many seconds.

    Args:
        most: how many.
        seconds: length of the stretch.
    """

    def __init__(self, most: int, seconds: float) -> None:
        self._seconds = seconds
        self._let_in: deque[float] = deque([-seconds] * most, maxlen=most)

    def wait(self, now: float) -> float:
        """How long one that comes now has to wait; 0 where there is room."""
        at = max(now, self._let_in[0] + self._seconds)
        self._let_in.append(at)
        return at - now
