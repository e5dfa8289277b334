"""Exclusive locks; the system releases them when their process dies.

They save work and keep writers apart, and no promise of a store hangs on them where files have hard
links. A file system that has no locks therefore lets everybody pass, and says so.
"""

import contextlib
import errno
import fcntl
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from store import regular
from store.folders import ABSENT

NO_LOCKS = {*ABSENT, errno.ENOLCK}
"""How file systems say that they have no locks."""

NAME = ".lock"


class _Mine(threading.local):
    """Folders whose lock this thread holds: taken again, it would wait for itself for ever."""

    def __init__(self) -> None:
        self.folders: set[str] = set()


_mine = _Mine()


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[bool]:
    """Hold a folder's lock, waiting for it; whoever holds it already may enter again.

    Args:
        folder: to lock.

    Yields:
        Whether it is held; False where the file system has no locks.
    """
    name = os.path.realpath(folder)
    if name in _mine.folders:
        yield True
        return
    descriptor = regular.open_file(folder / NAME, os.O_RDWR | os.O_CREAT)
    try:
        held = _take(descriptor, fcntl.LOCK_EX)
        if held:
            _mine.folders.add(name)
        yield held
    finally:
        _mine.folders.discard(name)
        os.close(descriptor)


@contextlib.contextmanager
def alone(path: Path) -> Iterator[bool | None]:
    """Try to take a lock; never waits.

    Args:
        path: of the file that is locked, made if it is not there.

    Yields:
        Whether nobody else holds it; None where the file system has no locks.
    """
    descriptor = regular.open_file(path, os.O_RDWR | os.O_CREAT)
    try:
        try:
            held: bool | None = _take(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB) or None
        except BlockingIOError:
            held = False
        yield held
    finally:
        os.close(descriptor)


def lockable(path: Path) -> bool:
    """Whether a library that locks what it reads, as DuckDB does, can open this file."""
    descriptor = regular.open_file(path)
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in NO_LOCKS
    finally:
        os.close(descriptor)
    return True


def _take(descriptor: int, how: int) -> bool:
    """Take a lock; False where there are none."""
    try:
        fcntl.flock(descriptor, how)
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        return False
    return True
