"""Files that exist under their name only when they are complete.

Write aside (a temporary name in the same folder) → fsync → link to the final name → fsync of the
folder. A link never overwrites: the first publication wins. `os.replace` is left to the few files
that may change: CURRENT, run records and failures.
"""

import contextlib
import errno
import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ired_interp_core.errors import Refusal
from ired_interp_core.records import digest
from store import folders, locks, regular, temporaries

MOST_JSON_BYTES = 16 * 2**20
"""A JSON file of a store is some kilobytes; a run record of 10⁵ questions some megabytes.

No longer one is read, and none is written.
"""

MOST_PLAN_BYTES = 2**30
"""A plan of 10⁶ units has some 100 MB."""

COPY_BYTES = 2**24
"""Piece in which a large file is copied."""

NEVER = locks.NO_LOCKS - {errno.EPERM}
"""What neither room nor permissions mend."""

NO_LINKS = {*folders.ABSENT, errno.EACCES, errno.EMLINK, errno.EXDEV}
"""How file systems say that they have no hard links."""


Identity = tuple[int, int, int, int, int]


class Lacking(Refusal):
    """A file system that cannot keep a store."""


@contextlib.contextmanager
def one_line(path: Path, doing: str = "cannot write into the store") -> Iterator[None]:
    """Turn an operating system's error inside into a `Refusal` that says what to do."""
    try:
        yield
    except OSError as error:
        lacks = error.errno in NEVER
        raise (Lacking if lacks else Refusal)(
            doing,
            where=str(path),
            came=error.strerror or str(error),
            expected="a file system with every operation that is needed"
            if lacks
            else "a readable, writable file system with room",
            next_step="python -m precompute doctor --store DIR, which says what it lacks"
            if lacks
            else "look at its space and permissions, then repeat the command",
        ) from error


def identity(status: os.stat_result) -> Identity:
    """What tells one state of a file from another: device, inode, size, mtime, ctime."""
    return (
        status.st_dev,
        status.st_ino,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )


def read_bytes(path: Path, most: int = MOST_JSON_BYTES) -> bytes:
    """Read a small file; a `Refusal` where it is no regular file, or larger than `most` bytes."""
    with os.fdopen(regular.open_file(path), "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > most:
            raise Refusal(
                "file is too large",
                where=str(path),
                came=f"{size} bytes",
                expected=f"at most {most}",
            )
        return file.read(most)


def read_json(path: Path, most: int = MOST_JSON_BYTES) -> dict[str, Any]:
    """Read a small JSON object; a `Refusal` where the file holds none."""
    try:
        record = json.loads(read_bytes(path, most))
    except (ValueError, RecursionError) as error:  # a number of 5000 digits is a ValueError
        raise Refusal(
            "file is no JSON", where=str(path), came=str(error), expected="one JSON object"
        ) from error
    if not isinstance(record, dict):
        raise Refusal("file is no JSON object", where=str(path), came=type(record).__name__)
    return record


def seal(record: Mapping[str, Any], most: int = MOST_JSON_BYTES) -> bytes:
    """Spell a record with its own digest, so that a flipped byte anywhere in it is noticed."""
    return json_bytes({**record, "seal": digest(dict(record))}, most)


def read_sealed(path: Path) -> dict[str, Any]:
    """Read a record that was sealed, without its digest; a `Refusal` where it has changed."""
    record = read_json(path)
    seal = record.pop("seal", None)
    if seal != digest(record):
        raise Refusal(
            "file differs from its own digest", where=str(path), came=seal, expected=digest(record)
        )
    return record


def sha256(path: Path) -> tuple[str, Identity]:
    """SHA-256 of a whole file in hex, with the identity of what was read."""
    with os.fdopen(regular.open_file(path), "rb") as file:
        hexdigest = hashlib.file_digest(file, "sha256").hexdigest()
        return hexdigest, identity(os.fstat(file.fileno()))


def json_bytes(record: Any, most: int = MOST_JSON_BYTES) -> bytes:
    """Spell a record for a file that people read.

    Args:
        record: JSON-ready.
        most: bytes that its reader takes.

    Returns:
        The bytes of the file.

    Raises:
        Refusal: JSON does not know what is in it, or it is longer than any reader takes.
    """
    try:
        text = json.dumps(record, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False)
        data = (text + "\n").encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise Refusal("record has no JSON form", came=str(error)) from error
    if len(data) > most:
        raise Refusal(
            "record is too long",
            came=f"{len(data)} bytes",
            expected=f"at most {most}",
            next_step="shorten what it is made from: a card, a sweep, a log",
        )
    return data


def write_temporary(path: Path, data: bytes | memoryview | Iterable[bytes]) -> Path:
    """Write a file aside and sync it.

    Args:
        path: the final name it will get.
        data: all of its bytes, whole or in pieces.

    Returns:
        Its temporary path; nothing is left behind if writing fails.
    """
    aside = temporaries.name_for(path)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        try:
            for piece in [data] if isinstance(data, bytes | memoryview) else data:
                rest = memoryview(piece)
                while rest:
                    rest = rest[os.write(descriptor, rest) :]
            folders.sync(descriptor, aside)
        finally:
            os.close(descriptor)
    except BaseException:
        drop(aside)
        raise
    return aside


def drop(path: Path) -> None:
    """Remove a file that may be gone already."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def sweep_beside(path: Path) -> None:
    """Remove what killed writers of one file left beside it, where no sweep of a store comes by."""
    for name in os.listdir(path.parent):
        aside = path.with_name(name)
        if temporaries.final_of(name) == path.name and temporaries.abandoned(aside, time.time()):
            drop(aside)


def place(aside: Path, final: Path) -> bool:
    """Give a complete file its final name unless the name is taken: the first publication wins.

    Args:
        aside: written and synced, in the same folder; may or may not be there afterwards.
        final: the name.

    Returns:
        True if `final` is now this file, False if another was there first.

    Raises:
        OSError: the name could not be given.
    """
    try:
        os.link(aside, final)
    except FileExistsError:
        # A network file system may make the link and answer "exists" to a repeated request.
        return os.path.lexists(aside) and os.path.samestat(os.lstat(aside), os.lstat(final))
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        return _renamed(aside, final)
    return True


def _renamed(aside: Path, final: Path) -> bool:
    """`place` without hard links: the folder's lock keeps others from taking the name meanwhile."""
    with locks.locked(final.parent) as held:
        if not held:
            raise Lacking(
                "file system has neither hard links nor locks",
                where=str(final.parent),
                expected="one of them, so that two writers can be kept apart",
                next_step="keep it on another file system, or mount this one with locks",
            )
        if os.path.lexists(final):
            return False
        os.rename(aside, final)
    return True


def publish(path: Path, data: bytes | memoryview) -> bool:
    """Publish an immutable file; False if one was there first (and stays as it is)."""
    aside = write_temporary(path, data)
    try:
        first = place(aside, path)
    finally:
        drop(aside)
    folders.sync_folder(path.parent)
    return first


def publish_copy(source: Path, path: Path) -> None:
    """Publish an immutable copy of a file from elsewhere, compared with it before it gets its name.

    Raises:
        Refusal: the copy differs, or the name is taken.
    """
    with os.fdopen(regular.open_file(source), "rb") as file:
        aside = write_temporary(path, iter(lambda: file.read(COPY_BYTES), b""))
    try:
        if sha256(aside)[0] != sha256(source)[0]:
            raise Refusal("copy differs from its source", where=str(aside), came=str(source))
        if not place(aside, path):
            raise Refusal("name is taken", where=str(path))
    finally:
        drop(aside)
    folders.sync_folder(path.parent)


def replace(path: Path, data: bytes) -> None:
    """Write one of the few files that may change; readers see the old or the new one, whole."""
    regular.check_replaceable(path)
    aside = write_temporary(path, data)
    try:
        os.replace(aside, path)
    finally:
        drop(aside)
    folders.sync_folder(path.parent)
