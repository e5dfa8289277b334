"""What the file system of a store can do, tried out."""

import os
from pathlib import Path

from store import folders, locks

LINKS, LOCKS, SYNC = "hard links", "locks", "syncing of folders"


def lacking(folder: Path) -> set[str]:
    """What a file system does not have of what a store would use.

    Args:
        folder: an empty one to try it in, which is removed afterwards.

    Returns:
        Some of `LINKS`, `LOCKS` and `SYNC`. Without one of the first two a store is slower and
        still safe; without both it cannot be kept there.
    """
    first, found = folder / "a", set()
    first.write_bytes(b"")
    try:
        os.link(first, folder / "b")
    except OSError:
        found.add(LINKS)
    with locks.alone(first) as held:
        if held is None:
            found.add(LOCKS)
    if not folders.can_sync(folder):
        found.add(SYNC)
    return found
