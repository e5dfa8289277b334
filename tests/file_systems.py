"""File systems that lack an operation, imitated: `with without(link=95, flock=37): …`."""

import contextlib
import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import pytest


def _refused(code: int) -> Callable:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    return refuse


def _of_folders(code: int) -> Callable:
    """`os.fsync` of a file system that syncs files only."""
    real = os.fsync

    def fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            _refused(code)()
        real(descriptor)

    return fsync


def _opening_folders(code: int) -> Callable:
    """`os.open` of a file system whose folders cannot be opened."""
    real = os.open

    def opened(path: object, flags: int, *words: int, **named: int) -> int:
        if flags & os.O_DIRECTORY:
            _refused(code)()
        return real(path, flags, *words, **named)

    return opened


def make_device(path: Path) -> None:
    """A device that swallows what is written; a test that may not make one is skipped."""
    try:
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("only root makes devices")


LACKING: dict[str, tuple[object, str, Callable[[int], Callable]]] = {
    "link": (os, "link", _refused),
    "flock": (fcntl, "flock", _refused),
    "lockf": (fcntl, "lockf", _refused),
    "fsync": (os, "fsync", _refused),
    "sync_of_folders": (os, "fsync", _of_folders),
    "open_of_folders": (os, "open", _opening_folders),
    "replace": (os, "replace", _refused),
}
"""Word → module, name, and what takes its place, by the number of the error."""


@contextlib.contextmanager
def without(**lacking: int) -> Iterator[None]:
    """Be on a file system that answers some operations with an error.

    Args:
        lacking: words of `LACKING` → number of the error.

    Yields:
        While it lasts.
    """
    with contextlib.ExitStack() as stack:
        for word, code in lacking.items():
            module, name, imitation = LACKING[word]
            stack.enter_context(mock.patch.object(module, name, imitation(code)))
        yield
