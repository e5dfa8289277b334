"""Waiting for Slurm: ever longer pauses, until patience ends."""

import time
from collections.abc import Callable

MOST_PAUSE = 600.0
"""Seconds: a queue that was full ten minutes ago may have room now."""


class Pauses:
    """Ever longer pauses, until patience ends.

    Args:
        retry: seconds of the first pause; doubled each time.
        patience: seconds after which waiting ends.
        say: told about every pause that has a reason.
    """

    def __init__(self, retry: float, patience: float, say: Callable[[str], None]) -> None:
        self._retry, self._pause, self._say = retry, retry, say
        self._until = time.monotonic() + patience

    @property
    def over(self) -> bool:
        """Whether the next pause would be longer than patience lasts."""
        return time.monotonic() + self._pause > self._until

    def take(self, why: str, least_once: bool = False) -> bool:
        """Wait.

        Args:
            why: said aloud; empty for silence.
            least_once: also when patience is at its end; the pause does not grow.

        Returns:
            False, without waiting, when patience is at its end.
        """
        if least_once:
            time.sleep(min(self._retry, MOST_PAUSE))
            return True
        if self.over:
            return False
        if why:
            self._say(f"{why}; trying again in {self._pause:.0f} s")
        time.sleep(self._pause)
        self._pause = min(2 * self._pause, MOST_PAUSE)
        return True
