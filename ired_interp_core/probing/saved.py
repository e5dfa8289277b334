"""Finished parts of long work, kept on the way and taken up again."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ired_interp_core.desk import Desk
from ired_interp_core.errors import Paused

Numbers = dict[str, np.ndarray]

FORMAT = 1
"""Raised when a checkpoint of older code must not be continued."""

SEPARATOR = "|"
"""Between the name of a part and that of an array in it."""


@dataclass
class Parts:
    """Arrays by part and name. A part is kept whole, so that it is the same after a resumption.

    Args:
        desk: checkpoints and progress.
        total: parts in all, as far as is known.
        finished: by name of the part.
    """

    desk: Desk
    total: int
    finished: dict[str, Numbers] = field(default_factory=dict)

    def restore(self) -> None:
        """Take up what an earlier run kept; what cannot be read is computed again."""
        content = self.desk.load()
        if content is None:
            return
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as saved:
                if int(saved["format"]) != FORMAT:
                    return
                for key in saved.files:
                    part, there, name = key.partition(SEPARATOR)
                    if there:
                        self.finished.setdefault(part, {})[name] = saved[key]
        except (EOFError, KeyError, ValueError, zipfile.BadZipFile, OSError):
            self.finished.clear()

    def part(self, name: str, words: str, make: Callable[[], Numbers]) -> Numbers:
        """Make a part, unless it was made before; `Paused` when told to stop.

        Args:
            name: of the part.
            words: for the progress, such as "level 3".
            make: its arrays.

        Returns:
            The arrays.
        """
        if name not in self.finished:
            self.pause(words)
            self.finished[name] = make()
            self.keep()
        self.desk.report(min(1.0, len(self.finished) / max(self.total, 1)), words)
        return self.finished[name]

    def pause(self, words: str) -> None:
        """Leave if told to; finished parts were kept."""
        self.desk.check()
        if self.desk.pause():
            raise Paused(words)

    def keep(self) -> None:
        """Save a checkpoint of all finished parts."""
        file = io.BytesIO()
        arrays = {
            f"{part}{SEPARATOR}{name}": values
            for part, numbers in self.finished.items()
            for name, values in numbers.items()
        }
        np.savez(file, allow_pickle=False, format=np.array(FORMAT), **arrays)
        self.desk.save(file.getvalue())
