"""The desk of long work: checkpoints in the store, the rest to whoever runs the work."""

import struct
import time
from pathlib import Path
from typing import Any

from ired_interp_core.desk import Desk
from ired_interp_core.records import Question
from store import unfinished

_SECONDS = struct.Struct("<d")


class StoreDesk(Desk):
    """See `ired_interp_core.desk.Desk`. A checkpoint also keeps how long the work took until it.

    Args:
        root: store.
        question: that is being answered.
        above: hears of progress and finished parts, and knows whether to leave.
    """

    def __init__(self, root: Path, question: Question, above: Desk) -> None:
        self._address = (root, question.analysis, question.key)
        self._above = above
        self._began, self._before = time.perf_counter(), 0.0

    @property
    def seconds(self) -> float:
        """Of the work, that before the checkpoint it went on from included."""
        return self._before + time.perf_counter() - self._began

    def report(self, share: float, words: str) -> None:  # noqa: D102 - as declared
        self._above.report(share, words)

    def hand_over(self, name: str, part: Any) -> None:  # noqa: D102 - as declared
        self._above.hand_over(name, part)

    @property
    def awaited(self) -> bool:  # noqa: D102 - as declared
        return self._above.awaited

    def load(self) -> bytes | None:  # noqa: D102 - as declared
        content = unfinished.load(*self._address)
        if content is None or len(content) < _SECONDS.size:
            return None
        (self._before,) = _SECONDS.unpack_from(content)
        return content[_SECONDS.size :]

    def save(self, content: bytes) -> None:  # noqa: D102 - as declared
        unfinished.save(*self._address, _SECONDS.pack(self.seconds) + content)

    def pause(self) -> bool:  # noqa: D102 - as declared
        return self._above.pause()

    def check(self) -> None:  # noqa: D102 - as declared
        self._above.check()

    def clear(self) -> None:
        """Drop the checkpoints: the answer is published."""
        unfinished.clear(*self._address)
