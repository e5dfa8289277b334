"""Files that exist under their name only when they are complete.

Write aside (a temporary name in the same folder) → fsync → link to the final name → fsync of the folder.
A link never overwrites: the first publication wins. `os.replace` is left to the few files that may
change: CURRENT, run records and failures.
"""

import contextlib
import errno
import fcntl
import functools
import hashlib
import json
import os
import re
import secrets
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ired_interp_core.errors import Refusal

MOST_JSON_BYTES = 16 * 2**20
"""A JSON file of a store is some kilobytes; a run record of 10⁵ questions some megabytes."""

_NO_HARD_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK}
_TEMPORARY = re.compile(
    r"\.(?P<final>.+)~(?P<host>[^~]+)~(?P<pid>\d+)~(?P<birth>\d+)~[0-9a-f]+\.tmp"
)

Identity = tuple[int, int, int, int, int]


@contextlib.contextmanager
def one_line(path: Path, doing: str = "cannot write into the store") -> Iterator[None]:
    """Turn an operating system's error into one line that says what to do.

    Args:
        path: named in the line.
        doing: what failed.

    Yields:
        Nothing.

    Raises:
        Refusal: instead of any OSError inside.
    """
    try:
        yield
    except OSError as error:
        raise Refusal(
            doing,
            where=str(path),
            came=error.strerror or str(error),
            expected="a readable, writable file system with room",
            next_step="look at its space and permissions, then repeat the command",
        ) from error


def identity(status: os.stat_result) -> Identity:
    """What tells one state of a file from another without reading it.

    Args:
        status: of the file.

    Returns:
        (device, inode, size, mtime, ctime).
    """
    return (
        status.st_dev,
        status.st_ino,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )


# --- reading -------------------------------------------------------------------------------------


def open_regular(path: Path) -> int:
    """Open a regular file for reading: no symbolic link, no pipe that would block.

    Args:
        path: of the file.

    Returns:
        A file descriptor.

    Raises:
        Refusal: not a regular file.
        OSError: missing, no permission.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _not_regular(path, "a symbolic link") from error
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _not_regular(path, "a folder, pipe or device")
    return descriptor


def _not_regular(path: Path, came: str) -> Refusal:
    return Refusal(
        "not a regular file", where=str(path), came=came, expected="a file", next_step="remove it"
    )


def read_bytes(path: Path, most: int = MOST_JSON_BYTES) -> bytes:
    """Read a small file.

    Args:
        path: of the file.
        most: bytes accepted.

    Returns:
        Its bytes.

    Raises:
        Refusal: not a regular file, or larger.
    """
    with os.fdopen(open_regular(path), "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > most:
            raise Refusal(
                "file is too large",
                where=str(path),
                came=f"{size} bytes",
                expected=f"at most {most}",
            )
        return file.read(most)


def read_json(path: Path) -> dict[str, Any]:
    """Read a small JSON object.

    Args:
        path: of the file.

    Returns:
        The object.

    Raises:
        Refusal: not JSON, or no object.
    """
    try:
        record = json.loads(read_bytes(path))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise Refusal(
            "file is no JSON", where=str(path), came=str(error), expected="one JSON object"
        ) from error
    if not isinstance(record, dict):
        raise Refusal("file is no JSON object", where=str(path), came=type(record).__name__)
    return record


def sha256(path: Path) -> tuple[str, Identity]:
    """Digest of a whole file, with the identity of what was read.

    Args:
        path: of the file.

    Returns:
        SHA-256 in hex and the file's identity.
    """
    with os.fdopen(open_regular(path), "rb") as file:
        hexdigest = hashlib.file_digest(file, "sha256").hexdigest()
        return hexdigest, identity(os.fstat(file.fileno()))


def sha256_bytes(data: bytes) -> str:
    """Digest of bytes in memory.

    Args:
        data: the bytes.

    Returns:
        SHA-256 in hex.
    """
    return hashlib.sha256(data).hexdigest()


# --- writing -------------------------------------------------------------------------------------


def json_bytes(record: Any) -> bytes:
    """Spell a record for a file that people read.

    Args:
        record: JSON-ready.

    Returns:
        Indented UTF-8.

    Raises:
        Refusal: NaN, or a type that JSON does not know.
    """
    try:
        text = json.dumps(record, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False)
        return (text + "\n").encode()
    except (TypeError, ValueError) as error:
        raise Refusal("record has no JSON form", came=str(error)) from error


def make_folder(folder: Path) -> None:
    """Make a folder and its parents, so that they survive a power cut.

    Args:
        folder: to make.
    """
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut.

    Args:
        folder: to sync.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync(path: Path) -> None:
    """Make a file's bytes survive a power cut.

    Args:
        path: of the file.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def temporary(path: Path) -> Path:
    """A name beside the final one that says which process owns it.

    Args:
        path: final name.

    Returns:
        .<final>~<host>~<pid>~<start of the process>~<random>.tmp in the same folder.
    """
    pid = os.getpid()
    name = f".{path.name}~{_host()}~{pid}~{_birth(pid)}~{secrets.token_hex(6)}.tmp"
    return path.with_name(name)


def write_temporary(path: Path, data: bytes | memoryview) -> Path:
    """Write a file aside and sync it.

    Args:
        path: the final name it will get.
        data: all of its bytes.

    Returns:
        Its temporary path; nothing is left behind if writing fails.
    """
    aside = temporary(path)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except BaseException:
        drop(aside)
        raise
    return aside


def drop(path: Path) -> None:
    """Remove a file that may be gone already.

    Args:
        path: of the file.
    """
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def place(aside: Path, final: Path, lock: bool = True) -> bool:
    """Give a complete file its final name unless the name is taken: the first publication wins.

    Args:
        aside: written and synced, in the same folder; may or may not be there afterwards.
        final: the name.
        lock: take the folder's lock where there are no hard links; False if the caller holds it.

    Returns:
        True if `final` is now this file, False if another was there first.

    Raises:
        OSError: the name could not be given.
    """
    try:
        os.link(aside, final)
    except FileExistsError:
        # A network file system may carry a link out and still answer "exists" to the repeated request.
        return os.path.lexists(aside) and os.path.samestat(os.lstat(aside), os.lstat(final))
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        with locked(final.parent) if lock else contextlib.nullcontext():
            if os.path.lexists(final):
                return False
            os.rename(aside, final)
    return True


def publish(path: Path, data: bytes | memoryview) -> bool:
    """Publish an immutable file.

    Args:
        path: its final name.
        data: all of its bytes.

    Returns:
        False if a file was there first (and stays as it is).
    """
    aside = write_temporary(path, data)
    try:
        first = place(aside, path)
    finally:
        drop(aside)
    sync_folder(path.parent)
    return first


def replace(path: Path, data: bytes) -> None:
    """Write one of the few files that may change; readers see the old or the new one, whole.

    Args:
        path: its final name.
        data: all of its bytes.
    """
    aside = write_temporary(path, data)
    try:
        os.replace(aside, path)
    finally:
        drop(aside)
    sync_folder(path.parent)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder's exclusive lock; the system releases it when the process dies.

    Args:
        folder: to lock.

    Yields:
        Nothing.
    """
    descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


# --- temporaries that nobody owns any more ---------------------------------------------------------


@functools.cache
def _host() -> str:
    return re.sub(r"[^A-Za-z0-9.-]", "_", socket.gethostname())[:64] or "host"


def _birth(pid: int) -> int:
    """Start of a process in clock ticks since boot, so that a reused process number is noticed.

    Returns:
        The ticks, or 0 where the system does not say.
    """
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return int(file.read().rpartition(b")")[2].split()[19])
    except (OSError, IndexError, ValueError):
        return 0


def final_of(name: str) -> str | None:
    """Which final name a temporary was meant for.

    Args:
        name: of a file.

    Returns:
        The final name, or None if `name` is no temporary.
    """
    match = _TEMPORARY.fullmatch(name)
    return match["final"] if match else None


def abandoned(path: Path, now: float, patience: float = 2 * 86400.0) -> bool:
    """Whether a file is a temporary that no living process owns.

    Args:
        path: of the file.
        now: present time, seconds since the epoch.
        patience: seconds after which a temporary of another host counts as abandoned.

    Returns:
        True if it may be removed.
    """
    match = _TEMPORARY.fullmatch(path.name)
    if not match:
        return False
    if match["host"] != _host():
        try:
            return now - path.lstat().st_mtime > patience
        except FileNotFoundError:
            return False
    pid, birth = int(match["pid"]), int(match["birth"])
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return birth != _birth(pid)
