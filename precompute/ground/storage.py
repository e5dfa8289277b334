"""The folder a store lies in: can it be written, and what to say when it cannot."""

import errno
import os
import tempfile
from pathlib import Path
from typing import NoReturn

from ired_interp_core.errors import Refusal
from precompute.ground.exits import StoreUnusable, Usage
from store import shell
from store.files import Lacking

MIN_FREE_BYTES = 4 * 2**20
"""A block of the smallest analysis; with less there is no point in beginning."""

TROUBLE = {
    errno.ENOSPC: "no room left",
    errno.EDQUOT: "quota used up",
    errno.EROFS: "file system is read-only",
    errno.EACCES: "no permission",
    errno.EPERM: "no permission",
    errno.EFBIG: "file size limit",
    errno.EIO: "device error",
}
"""Errors of the place and not of the unit: every further unit would meet them too."""

NAMED = {*TROUBLE, errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.EEXIST}
"""Errors that a path on the command line or in a sweep can bring about by itself."""


def writable(root: Path, option: str = "--store", thing: str = "store") -> None:
    """Make a folder and try to write in it.

    Args:
        root: the folder.
        option: of the command line that names it.
        thing: what it is, for people.

    Raises:
        StoreUnusable: it is a file, cannot be made or written, or has no room.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=root) as file:
            file.write(b"room")
            file.flush()
        room = os.statvfs(root)
    except (FileExistsError, NotADirectoryError) as error:
        raise StoreUnusable(
            f"{thing} is not a folder", where=option, came=root, expected="a folder, or a new path"
        ) from error
    except (OSError, ValueError) as error:
        refuse(root, error, option, thing)
    if room.f_bavail * room.f_frsize < MIN_FREE_BYTES:
        raise StoreUnusable(
            f"{thing} has no room",
            where=str(root),
            came=f"{room.f_bavail * room.f_frsize / 2**20:.1f} MiB free",
            expected=f"at least {MIN_FREE_BYTES / 2**20:.0f} MiB",
            next_step=f"make room, or give another {option}",
        )


def files_free(place: Path) -> int | None:
    """How many files a file system has room for; None where it does not count them."""
    room = os.statvfs(place)
    return room.f_favail if room.f_files else None


def exists(root: Path) -> None:
    """Refuse a store that is not there.

    Raises:
        Usage: no such folder.
    """
    if not root.is_dir():
        raise Usage(
            "no such store",
            where="--store",
            came=root,
            expected="a folder that a run has filled",
            next_step=shell.again(root),
        )


def refuse(root: Path, error: Exception, option: str = "--store", thing: str = "store") -> NoReturn:
    """Say that a folder cannot be written.

    Args:
        root: the folder.
        error: why.
        option: of the command line that names it.
        thing: what it is, for people.

    Raises:
        StoreUnusable: always.
    """
    raise StoreUnusable(
        f"{thing} cannot be written",
        where=str(root),
        came=getattr(error, "strerror", None) or error,
        expected="a folder one may write in, with room",
        next_step=f"give another {option}, or mend its permissions",
    ) from error


def said(error: BaseException) -> Refusal | None:
    """Say what the system refused, where a path that the user named is the reason.

    Returns:
        The refusal; None for every other error.
    """
    if not isinstance(error, OSError) or not error.filename or error.errno not in NAMED:
        return None
    return Refusal(
        "cannot read or write",
        where=str(error.filename),
        came=error.strerror,
        expected="a path one may read and write",
        next_step="look at the path and its permissions",
    )


def trouble(error: BaseException) -> str:
    """Whether an error, or one that caused it, is of the place that is written to.

    Returns:
        What is wrong with the place; empty if the error has other reasons.
    """
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, Lacking):
            return "file system lacks an operation"
        if isinstance(seen, OSError) and seen.errno in TROUBLE:
            return TROUBLE[seen.errno]
        seen = seen.__cause__
    return ""


def foreign(error: Refusal) -> bool:
    """Whether a refusal of the store was caused by the place, not by bad data.

    Returns:
        True for no room, no permission and the like.
    """
    return bool(trouble(error))
