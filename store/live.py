"""Answers that were asked live: a small store in the store's `live/`, bounded, read after results.

It has the form of the store's `results/`: the same question has the same address, and a file is
published in the same way. It is coverage of no sweep, and no generation of the catalog knows it.
Whoever publishes or evicts holds the folder's lock, so that no folder goes while it is filled.
"""

import math
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xarray as xr

from ired_interp_core.errors import Refusal
from ired_interp_core.records import Question
from store import files, folders, layout, locks, notes, reading, shards, shell, sides
from store.layout import Root
from store.sides import Address

_KEYS = re.compile(r"[0-9a-f]{24}")


@dataclass(frozen=True)
class Bounds:
    """What live answers may take; those that are kept may take half of it.

    Args:
        bytes: of all shards.
        answers: how many.
    """

    bytes: int = 2 * 2**30
    answers: int = 2000


COUNTED_SECONDS = 10.0
"""For which a count of the answers holds: 2,000 of them take half a second, and other processes
that publish meanwhile are seen by the next one."""


@dataclass(frozen=True)
class Entry:
    """One live answer.

    Args:
        address: of its shard.
        bytes: of it.
        changed: when it was published, in ns.
        kept: whether somebody asked to keep it, or a note names its key.
    """

    address: Address
    bytes: int
    changed: int
    kept: bool


class LiveAnswers:
    """The live answers of a store.

    Args:
        root: of the store.
        folder: where they lie; the store's own folder when left out.
        bounds: what they may take.
    """

    def __init__(
        self, root: Root, folder: Root | None = None, bounds: Bounds | None = None
    ) -> None:
        self.root = Path(root)
        self.folder = layout.live(root) if folder is None else Path(folder)
        self.bounds = bounds or Bounds()
        self.roots = (self.root, self.folder)
        self._seen = (-math.inf, 0, 0)  # when the answers were counted; bytes and number since

    def where(self, analysis: str, key: str, start: int, stop: int) -> Path | None:
        """Where all of these problems lie, verified: in results, else here; None if nowhere."""
        for root in (self.root, self.folder):
            if not shards.missing(root, analysis, key, [(start, stop)]):
                return root
        return None

    def read(
        self, analysis: str, key: str, problem: int, variables: Iterable[str] | None = None
    ) -> xr.Dataset:
        """Read the answer for one problem by its address, without a catalog.

        Args:
            analysis: name.
            key: of the question.
            problem: index.
            variables: names; all when left out.

        Returns:
            The answer, with a dim problem of length 1.

        Raises:
            Refusal: it is neither in results nor here.
        """
        root = self.where(analysis, key, problem, problem + 1)
        if root is None:
            raise Refusal(
                "answer is not in the store",
                where=f"{self.root}, {analysis}/{key}",
                came=f"problem {problem}",
                expected="one that was computed, and not evicted since",
                next_step=f"ask it again: {shell.command(self.root, 'ask', analysis)} …",
            )
        return reading.read_shards(root, analysis, key, problem, problem + 1, variables)

    def publish(
        self, question: Question, start: int, dataset: xr.Dataset, provenance: Mapping[str, Any]
    ) -> Path:
        """Publish an answer here, and evict the oldest ones where there are too many.

        Args:
            question: what was asked.
            start: index of the first problem.
            dataset: the result.
            provenance: facts about its computation.

        Returns:
            Path of the shard, verified on disk.
        """
        with files.one_line(self.folder):
            folders.make_folder(self.folder)
            with locks.locked(self.folder):
                path = shards.publish(self.folder, question, start, dataset, provenance)
                self._evict(spare=path)
        return path

    def keep(self, analysis: str, key: str, problem: int) -> None:
        """Keep an answer from being evicted; one that lies in results stays anyway.

        Args:
            analysis: name.
            key: of the question.
            problem: index.

        Raises:
            Refusal: it is not there, or what is kept would take more than half of the room.
        """
        if self.where(analysis, key, problem, problem + 1) == self.root:
            return
        address = (self.folder, analysis, key, problem, problem + 1)
        with files.one_line(self.folder), locks.locked(self.folder):
            if not shards.complete(*address):
                raise Refusal("answer is not there any more", where=f"{analysis}/{key}",
                              came=f"problem {problem}", next_step="ask it again")  # fmt: skip
            kept = [e for e in self.entries() if e.kept and e.address[1:] != address[1:]]
            size = sum(e.bytes for e in kept) + os.stat(layout.shard(*address)).st_size
            if 2 * size > self.bounds.bytes or 2 * (len(kept) + 1) > self.bounds.answers:
                raise Refusal(
                    "too much is kept",
                    where=str(self.folder),
                    came=f"{len(kept) + 1} answers, {size} bytes",
                    expected=f"at most {self.bounds.answers // 2}, {self.bounds.bytes // 2} bytes",
                    next_step="release others first",
                )
            said = {"kept": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
            files.replace(layout.kept(*address), files.seal(said))

    def release(self, analysis: str, key: str, problem: int) -> None:
        """Take back what `keep` said."""
        address = (self.folder, analysis, key, problem, problem + 1)
        with files.one_line(self.folder):
            files.drop(layout.guard(self.folder, layout.kept(*address)))

    def entries(self) -> list[Entry]:
        """Every live answer, oldest first."""
        noted = self.noted()
        found = [entry for at in sides.addresses(self.folder) for entry in self._of(at, noted)]
        return sorted(found, key=lambda e: (e.changed, e.address[1:]))

    def noted(self) -> set[str]:
        """Keys and digests that the addresses of notes name."""
        return {key for n in notes.read(self.root)[0] for key in _KEYS.findall(n.address)}

    def _of(self, at: tuple[str, str], noted: set[str]) -> Iterator[Entry]:
        for span in sides.present(self.folder, *at):
            address = (self.folder, *at, *span)
            try:
                status = os.lstat(layout.shard(*address))
            except FileNotFoundError:  # evicted meanwhile
                continue
            kept = at[1] in noted or layout.kept(*address).exists()
            yield Entry(address, status.st_size, status.st_mtime_ns, kept)

    def _evict(self, spare: Path) -> None:
        """Remove the oldest answers over the bounds, never `spare`; the folder's lock is held."""
        if self._room_for(spare):
            return
        entries, now = self.entries(), time.monotonic()
        size, count = sum(e.bytes for e in entries), len(entries)
        for entry in entries:
            if size <= self.bounds.bytes and count <= self.bounds.answers:
                break
            if entry.kept or layout.shard(*entry.address) == spare:
                continue
            self._remove(entry.address)
            size, count = size - entry.bytes, count - 1
        self._seen = now, size, count

    def _room_for(self, path: Path) -> bool:
        """Whether there is room, by what was counted lately and published from here since."""
        when, size, count = self._seen
        self._seen = when, size + os.stat(path).st_size, count + 1
        _, size, count = self._seen
        lately = time.monotonic() - when < COUNTED_SECONDS
        return lately and size <= self.bounds.bytes and count <= self.bounds.answers

    def _remove(self, address: Address) -> None:
        """The shard first, as no shard stands without its side file; then what it leaves empty."""
        files.drop(layout.shard(*address))
        files.drop(layout.side_file(*address))
        files.drop(layout.kept(*address))
        folder = layout.question_folder(*address[:3])
        if set(os.listdir(folder)) <= {"question.json", locks.NAME}:
            for name in os.listdir(folder):
                files.drop(folder / name)
            os.rmdir(folder)
