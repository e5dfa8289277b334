"""What may be opened: regular files, and never through a link that somebody put in their place."""

import errno
import os
import stat
from pathlib import Path

from ired_interp_core.errors import Refusal

_KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
}


class NotRegular(Refusal):
    """Something that cannot be used as a file."""

    def __init__(self, path: Path, came: str) -> None:
        super().__init__(
            "not a regular file",
            where=str(path),
            came=came,
            expected="a file",
            next_step="remove it, or name another path",
        )


def open_file(path: Path, flags: int = os.O_RDONLY) -> int:
    """Open a regular file; what it makes, it makes under this very name.

    Args:
        path: of the file.
        flags: of `os.open`.

    Returns:
        The descriptor.

    Raises:
        NotRegular: a link, a folder, a device, or a pipe (which would block).
        OSError: it cannot be opened.
    """
    safe = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
    try:
        descriptor = os.open(path, flags | safe, 0o666)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EISDIR, errno.ENXIO):
            raise NotRegular(path, kind(os.lstat(path))) from error
        raise
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise NotRegular(path, kind(status))
    return descriptor


def check_replaceable(path: Path) -> None:
    """Refuse to put a file in the place of what is no file: a link, a folder, a device, a pipe."""
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return
    if not stat.S_ISREG(status.st_mode):
        raise NotRegular(path, kind(status))


def kind(status: os.stat_result) -> str:
    """What something is that is no regular file, in words."""
    return _KINDS.get(stat.S_IFMT(status.st_mode), "a device")
