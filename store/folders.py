"""Folders that survive a power cut, and their locks."""

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

UNSUPPORTED = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK}
"""How file systems say that they have no hard links, or no locks."""


def make_folder(folder: Path) -> None:
    """Make a folder and its parents, so that they survive a power cut."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def locked(folder: Path, needed: bool = True) -> Iterator[None]:
    """Hold a folder's exclusive lock; the system releases it when the process dies.

    Args:
        folder: to lock.
        needed: False where the lock only saves work, so that a file system without locks will do.

    Yields:
        Nothing.

    Raises:
        OSError: the lock is needed and this file system has none.
    """
    descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError as error:
            if needed or error.errno not in {*UNSUPPORTED, errno.ENOLCK}:
                raise
        yield
    finally:
        os.close(descriptor)
