"""When a catalog generation is due while units are computed: soon, then ever more rarely."""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

from precompute.ground import storage
from precompute.ground.tell import say
from precompute.work.unit import Outcome
from store import catalog, layout

MOST_SHARE = 0.1
"""Of the time that may go into collecting: a store that takes a minute is collected every ten."""

Lock = Callable[[], contextlib.AbstractContextManager[bool]]
"""Whether nobody else builds a generation of the store, while the context lasts."""


class Collector:
    """Says when to build the next generation, so that none is built for nothing or by two at once.

    Args:
        root: store.
        pause: least age of the generation in force, in seconds; doubled with each one.
        most: up to which it grows.
        since: when the age of a store begins that has no generation, or an older one.
        lock: among the processes that fill one store.
    """

    def __init__(
        self,
        root: Path,
        pause: float,
        most: float,
        since: float = 0.0,
        lock: Lock = lambda: contextlib.nullcontext(True),
    ) -> None:
        self._root, self._pause, self._most = root, min(pause, most), most
        self._since, self._lock = since, lock
        self._news = False
        self._held = contextlib.ExitStack()

    def news(self) -> None:
        """Something was published."""
        self._news = True

    def begin(self) -> bool:
        """Whether to build one now; then `end` says what became of it."""
        if not (self._news and self._due() and self._alone()):
            return False
        self._news = False
        return True

    def release(self) -> None:
        """Let others build: here nobody does any more."""
        self._held.close()

    def end(self, outcome: Outcome) -> None:
        """Hear what became of a generation."""
        self.release()
        self._since = time.time()
        self._pause = max(min(2 * self._pause, self._most), outcome.seconds / MOST_SHARE)

    def last(self) -> None:
        """Build one here at the end, if it is time and nobody else does."""
        if self._due() and self._alone():
            with self._held:
                try:
                    catalog.collect(self._root)
                except (OSError, ValueError) as error:
                    say(f"note: catalog not built: {storage.trouble(error) or error}")

    def _due(self) -> bool:
        try:
            built = layout.current(self._root).stat().st_mtime
        except FileNotFoundError:
            built = 0.0
        return time.time() - max(built, self._since) >= self._pause

    def _alone(self) -> bool:
        free = self._held.enter_context(self._lock())
        if not free:
            self._held.close()
        return free
