"""Names of files that are being written, and how to tell that nobody writes them any more."""

import functools
import os
import re
import secrets
import socket
from pathlib import Path

_TEMPORARY = re.compile(
    r"\.(?P<final>.+)~(?P<host>[^~]+)~(?P<pid>\d+)~(?P<birth>\d+)~[0-9a-f]+\.tmp"
)


def name_for(path: Path) -> Path:
    """Beside the final name: .<final>~<host>~<pid>~<start of the process>~<random>.tmp."""
    pid = os.getpid()
    name = f".{path.name}~{_host()}~{pid}~{_birth(pid)}~{secrets.token_hex(6)}.tmp"
    return path.with_name(name)


@functools.cache
def _host() -> str:
    return re.sub(r"[^A-Za-z0-9.-]", "_", socket.gethostname())[:64] or "host"


def _birth(pid: int) -> int:
    """Start of a process in clock ticks since boot, so that a reused number shows; 0 if unknown."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return int(file.read().rpartition(b")")[2].split()[19])
    except (OSError, IndexError, ValueError):
        return 0


def final_of(name: str) -> str | None:
    """Which final name a temporary was meant for; None if it is no temporary."""
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
