"""Which questions have live answers: their records, read once, by the folders that hold them."""

import contextlib
import os
import threading
import time
from pathlib import Path

from ired_interp_core.errors import Refusal
from ired_interp_core.records import Question
from store import folders, layout, naming, records

SETTLED_NS = 2 * 10**9
"""Age at which the time of a folder tells of every change: file systems count in coarser steps."""

_Seen = tuple[int, frozenset[str]]


class LiveIndex:
    """The questions of a folder of live answers; safe to share between threads.

    Args:
        folder: of the live answers.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: dict[str, _Seen] = {}
        self._read: dict[str, Question] = {}
        self._lock = threading.Lock()

    def questions(self) -> list[Question]:
        """Every question that is asked there now, by analysis and key."""
        with self._lock:
            here = [(a, key) for a in self._analyses() for key in sorted(self._keys(a))]
            keys = {key for _, key in here}
            self._read = {key: q for key, q in self._read.items() if key in keys}
            for analysis, key in here:
                if key not in self._read:  # its record may be on its way
                    with contextlib.suppress(Refusal, OSError):
                        self._read[key] = records.read_question(self._folder, analysis, key)
            return [self._read[key] for _, key in here if key in self._read]

    def _analyses(self) -> list[str]:
        return [n for n in folders.names(layout.results(self._folder)) if naming.is_analysis(n)]

    def _keys(self, analysis: str) -> frozenset[str]:
        folder = layout.results(self._folder) / analysis
        try:
            changed = os.stat(folder).st_mtime_ns
        except OSError:
            return frozenset()
        seen = self._seen.get(analysis)
        if seen is None or seen[0] != changed:
            keys = frozenset(filter(naming.is_key, folders.names(folder)))
            old = time.time_ns() - changed > SETTLED_NS
            self._seen[analysis] = seen = (changed if old else 0, keys)
        return seen[1]


_indices: dict[Path, LiveIndex] = {}


def of(folder: Path) -> LiveIndex:
    """The index of a folder, one for all who read it."""
    return _indices.setdefault(folder, LiveIndex(folder))
