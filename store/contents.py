"""Problems of one's own: matrices under their digest.

Those that a sweep names stay. Those beside the live answers are bounded: they stay as long as a
live answer is about them, or a note names them; of the rest the oldest go.
"""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from ired_interp_core.contents import Content
from ired_interp_core.errors import Refusal
from store import files, folders, layout, locks, naming, records, sides
from store.layout import Root
from store.live import LiveAnswers

AGAIN = "make the problem again, from its file or by the same changes"


@dataclass(frozen=True)
class Room:
    """What matrices may take.

    Args:
        bytes: of all files.
        files: how many; twice as many as live answers, so that there is always one to let go.
    """

    bytes: int = 256 * 2**20
    files: int = 4000


def publish(live: LiveAnswers, content: Content, room: Room | None = None) -> Path:
    """Keep matrices; those that are there already become the newest.

    Args:
        live: the live answers, which they lie beside.
        content: the matrices.
        room: what all of them may take.

    Returns:
        Path of the file.

    Raises:
        Refusal: it cannot be written, or all that is there is still needed.
    """
    path = layout.content(live.folder, content.digest)
    with files.one_line(path):
        folders.make_folder(path.parent)
        with locks.locked(live.folder):
            new = records.publish_record(path, content.as_dict())
            os.utime(path)
            if new and not _make_room(live, room or Room(), path):
                files.drop(path)
                raise Refusal(
                    "no room for another problem",
                    where=str(path.parent),
                    expected="room: all that is there belongs to live answers and notes",
                    next_step="release live answers, or remove notes that name a problem",
                )
    return path


def keep(root: Root, content: Content) -> None:
    """Keep matrices beside the problem sets of a store, for good: what a run asks is about them."""
    path = layout.content(root, content.digest)
    with files.one_line(path):
        folders.make_folder(path.parent)
        records.publish_record(path, content.as_dict())


def there(roots: tuple[Root, ...], digest: str) -> bool:
    """Whether some root has these matrices, by the name alone."""
    return any(layout.content(root, digest).exists() for root in roots)


def read(roots: tuple[Root, ...], digest: str) -> Content:
    """Read matrices from the first root that has them.

    Args:
        roots: a store, the folder of its live answers.
        digest: of the matrices.

    Returns:
        They, compared with their digest.

    Raises:
        Refusal: nowhere, or not those of this digest.
    """
    path = layout.content(roots[-1], digest)
    for root in roots:
        path = layout.guard(root, layout.content(root, digest))
        with contextlib.suppress(FileNotFoundError):
            return _verified(path, digest)
    raise Refusal("the matrices of a problem set are not kept here", where=str(path),
                  came="no file", expected="they stay while an answer is about them",
                  next_step=AGAIN)  # fmt: skip


def read_file(path: Path) -> Content:
    """Read matrices from a file that a store keeps them in, which names their digest."""
    return _verified(path, naming.content_of(path.name) or "")


def _verified(path: Path, digest: str) -> Content:
    content = Content.from_dict(files.read_json(path))
    if content.digest != digest:
        raise Refusal(
            "file holds other matrices than its name says", where=str(path),
            came=content.digest, expected=digest, next_step=f"remove it; {AGAIN}",
        )  # fmt: skip
    return content


def digests(root: Root) -> list[str]:
    """Digests of the matrices that a root has, sorted."""
    found = map(naming.content_of, folders.names(layout.contents(root)))
    return [digest for digest in found if digest]


def _make_room(live: LiveAnswers, room: Room, spare: Path) -> bool:
    """Let the oldest go that nothing needs, never `spare`; whether there is room now."""
    states = []
    for digest in digests(live.folder):
        with contextlib.suppress(FileNotFoundError):
            status = os.lstat(layout.content(live.folder, digest))
            states.append((status.st_mtime_ns, digest, status.st_size))
    size, count = sum(state[2] for state in states), len(states)
    if size <= room.bytes and count <= room.files:
        return True
    needed = _needed(live)
    for _, digest, bytes_ in sorted(states):
        path = layout.content(live.folder, digest)
        if digest in needed or path == spare:
            continue
        files.drop(path)
        size, count = size - bytes_, count - 1
        if size <= room.bytes and count <= room.files:
            return True
    return False


def _needed(live: LiveAnswers) -> set[str]:
    """Digests that live answers are about, or that the addresses of notes name."""
    found = set(live.noted())
    for entry in live.entries():
        with contextlib.suppress(Refusal, OSError):  # of an answer that does not hold
            about = sides.read_side(*entry.address)["provenance"].get("problems")
            if isinstance(about, dict):
                found.add(str(about.get("content", "")))
    return found
