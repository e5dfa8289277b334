"""When to build a catalog generation while many processes fill one store: rarely, one at a time."""

import contextlib
import time
from pathlib import Path

from precompute.ground import storage
from precompute.ground.tell import say
from precompute.work.workers import Event, Pool
from store import catalog, layout, submissions

LOCK = "collect"

MOST_SHARE = 0.1
"""Of the time that may go into collecting: a store that takes a minute is collected every ten."""


class Collector:
    """Asks an element's worker for a generation when the one in force is old.

    Args:
        root: store.
        pool: of the element.
        pause: seconds between generations of the store, whoever builds them.
    """

    def __init__(self, root: Path, pool: Pool, pause: float) -> None:
        self.root, self.pool, self.pause = root, pool, pause
        self.news = False
        self.began = 0.0
        self._lock = contextlib.ExitStack()

    def hear(self, event: Event) -> None:
        """Take note of an event, and ask for a generation if it is time.

        Args:
            event: of the pool.
        """
        if event.collected:
            self._lock.close()
            self.pause = max(self.pause, (time.monotonic() - self.began) / MOST_SHARE)
            self.began = 0.0
        elif event.outcome is not None and event.outcome.status == "done":
            self.news = True
        if self.news and not self.began and self._due() and self._alone():
            self.news, self.began = False, time.monotonic()
            self.pool.collect_soon()

    def last(self) -> None:
        """Build a generation at the end of an element, if it is time and nobody else does."""
        self._lock.close()
        if self._due() and self._alone():
            with self._lock:
                try:
                    catalog.collect(self.root)
                except (OSError, ValueError) as error:
                    say(f"note: catalog not built: {storage.trouble(error) or error}")

    def _due(self) -> bool:
        try:
            age = time.time() - layout.current(self.root).stat().st_mtime
        except FileNotFoundError:
            return True
        return age >= self.pause

    def _alone(self) -> bool:
        free = self._lock.enter_context(submissions.alone(self.root, LOCK))
        if not free:
            self._lock.close()
        return free
