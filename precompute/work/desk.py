"""The desk of long work: checkpoints in the store, progress to whoever runs it, and the bell."""

import struct
import time
from collections.abc import Callable
from pathlib import Path

from ired_interp_core.records import Desk, Question
from store import unfinished

Report = Callable[[float, str], None]


_SECONDS = struct.Struct("<d")


class StoreDesk(Desk):
    """See `ired_interp_core.records.Desk`. A checkpoint also keeps how long the work took until it.

    Args:
        root: store.
        question: that is being answered.
        report: hears how far the work is.
        bell: whether the work shall save and leave.
    """

    def __init__(
        self,
        root: Path,
        question: Question,
        report: Report | None = None,
        bell: Callable[[], bool] | None = None,
    ) -> None:
        self._address = (root, question.analysis, question.key)
        self._report, self._bell = report, bell
        self._began, self._before = time.perf_counter(), 0.0

    @property
    def seconds(self) -> float:
        """Of the work, that before the checkpoint it went on from included."""
        return self._before + time.perf_counter() - self._began

    def report(self, share: float, words: str) -> None:  # noqa: D102 - as declared
        if self._report:
            self._report(share, words)

    def load(self) -> bytes | None:  # noqa: D102 - as declared
        content = unfinished.load(*self._address)
        if content is None or len(content) < _SECONDS.size:
            return None
        (self._before,) = _SECONDS.unpack_from(content)
        return content[_SECONDS.size :]

    def save(self, content: bytes) -> None:  # noqa: D102 - as declared
        unfinished.save(*self._address, _SECONDS.pack(self.seconds) + content)

    def pause(self) -> bool:  # noqa: D102 - as declared
        return self._bell is not None and self._bell()

    def clear(self) -> None:
        """Drop the checkpoints: the answer is published."""
        unfinished.clear(*self._address)
