"""The desk of long work: checkpoints in the store, progress to whoever runs it, and the bell."""

from collections.abc import Callable
from pathlib import Path

from ired_interp_core.records import Desk, Question
from store import unfinished

Report = Callable[[float, str], None]


class StoreDesk(Desk):
    """See `ired_interp_core.records.Desk`.

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

    def report(self, share: float, words: str) -> None:  # noqa: D102 - as declared
        if self._report:
            self._report(share, words)

    def load(self) -> bytes | None:  # noqa: D102 - as declared
        return unfinished.load(*self._address)

    def save(self, content: bytes) -> None:  # noqa: D102 - as declared
        unfinished.save(*self._address, content)

    def pause(self) -> bool:  # noqa: D102 - as declared
        return self._bell is not None and self._bell()

    def clear(self) -> None:
        """Drop the checkpoints: the answer is published."""
        unfinished.clear(*self._address)
