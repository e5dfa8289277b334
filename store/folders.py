"""Folders and files that survive a power cut, as far as their file system lets them."""

import errno
import logging
import os
from pathlib import Path

from ired_interp_core.errors import printable

log = logging.getLogger(__name__)

ABSENT = {errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL, errno.ENOTTY}
"""How file systems say that they do not have an operation at all."""

NO_SYNC = {*ABSENT, errno.EACCES, errno.EBADF, errno.EISDIR}
"""How they say that a folder cannot be opened or synced, such as CIFS and vboxsf."""

_said: set[str] = set()
"""What this process has said already: a word for each thing that is said once."""


def make_folder(folder: Path) -> None:
    """Make a folder and its parents, so that they survive a power cut."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        sync_folder(path.parent)


def names(folder: Path) -> list[str]:
    """Names in a folder, sorted; none where it is not there, or closed to us as `closed` says."""
    try:
        return sorted(_names(folder))
    except OSError:
        return []


def _names(folder: Path) -> list[str]:
    found = os.listdir(folder)
    os.stat(os.path.join(folder, "."))  # what names alone are shown of is closed all the same
    return found


def closed(folder: Path) -> str:
    """Why a folder that is there cannot be read; "" where it can, or is not there."""
    try:
        _names(folder)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        return error.strerror or str(error)
    return ""


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut, where its file system can do that."""
    try:
        _sync_names(folder)
    except OSError as error:
        _go_on(error, folder)


def can_sync(folder: Path) -> bool:
    """Whether the names in a folder can be made to survive a power cut."""
    try:
        _sync_names(folder)
    except OSError as error:
        if error.errno not in NO_SYNC:
            raise
        return False
    return True


def _sync_names(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync(descriptor: int, path: Path) -> None:
    """Make an open file survive a power cut, where its file system can do that."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        _go_on(error, path)


def _go_on(error: OSError, path: Path) -> None:
    """Say once that nothing can be synced here; raise what is another trouble.

    Everything is written all the same, and compared with its digest whenever it is read: only a
    power cut may take the newest files.
    """
    if error.errno not in NO_SYNC:
        raise error
    if "sync" not in _said:
        _said.add("sync")
        log.warning(
            "cannot sync · in: %s · came: %s · what is written stands, but a power cut may take"
            " the newest files",
            printable(path),
            error.strerror,
        )


def hush() -> None:
    """Say nothing here that a parent process says."""
    _said.add("sync")
