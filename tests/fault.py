"""Faults on demand: the n-th file operation fails or kills, and what must hold then."""

import builtins
import contextlib
import errno
import fcntl
import io
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import xarray as xr

from ired_interp_core.errors import Refusal
from store import naming, shards

_OPEN = open

OPERATIONS = ("open", "write", "fsync", "link", "rename", "replace", "unlink", "mkdir", "rmdir")
"""Of `os`, as the store calls them; buffered writes of `open` and the lock are counted, too."""


class Counter:
    """Counts file operations; `reached` says whether the fault came.

    Args:
        n: the operation that meets it.
        action: what happens in its place.
        on: whether it goes on happening to everything that takes room, as on a full disk.
    """

    def __init__(self, n: int, action: Callable[[], None], on: bool = False) -> None:
        self.n, self.action, self.on = n, action, on
        self.count = 0
        self.hit = ""

    @property
    def reached(self) -> bool:
        return self.count >= self.n

    def wrap(self, operation: Callable, name: str = "") -> Callable:
        def counted(*args, **kwargs):
            if self.on and not _takes_room(name, args):
                return operation(*args, **kwargs)
            self.count += 1
            if self.count == self.n or (self.on and self.reached):
                self.hit = self.hit or name
                self.action()
            return operation(*args, **kwargs)

        return counted

    def opened(self, *args, **kwargs):
        """A file as `open` gives it; what is written to it is counted."""
        file = _OPEN(*args, **kwargs)
        mode = str(kwargs.get("mode", args[1] if len(args) > 1 else "r"))
        if set(mode) & set("wxa+"):
            return _Written(file, self)
        return file


def _takes_room(name: str, args: tuple) -> bool:
    if name == "open":
        return bool(args[1] & os.O_CREAT)
    return name not in ("unlink", "rmdir", "flock")


class _Written:
    """A buffered file whose writes are counted: such files take no attributes."""

    def __init__(self, file: Any, counter: Counter) -> None:
        self._file, self.write = file, counter.wrap(file.write, "write")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> "_Written":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


@contextlib.contextmanager
def nth(n: int, action: Callable[[], None], on: bool = False) -> Iterator[Counter]:
    """Run `action` in place of the n-th file operation inside, and `on` from there."""
    counter = Counter(n, action, on)
    places = [(os, name) for name in OPERATIONS] + [(fcntl, "flock")]
    real = [(module, name, getattr(module, name)) for module, name in places]
    for module, name, operation in real:
        setattr(module, name, counter.wrap(operation, name))
    builtins.open = io.open = counter.opened
    try:
        yield counter
    finally:
        for module, name, operation in real:
            setattr(module, name, operation)
        builtins.open = io.open = _OPEN


def full_disk() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def broken_disk() -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def one_line(refusal: Refusal) -> str:
    """A refusal as a user sees it, which is never more than one line."""
    line = str(refusal)
    assert line
    assert "\n" not in line, line
    return line


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def killed_at(n: int, work: Callable[[], object]) -> bool:
    """Run `work` in a forked process that is killed by -9 at its n-th file operation."""
    child = os.fork()
    if child == 0:
        with nth(n, kill):
            work()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.waitstatus_to_exitcode(status) == 0
    return False


def readable_shards(root: Path) -> list[tuple[str, str, int, int]]:
    """Every shard under a final name; each must open, and agree with its side file."""
    found = []
    for path in sorted(root.glob("results/*/*/*.h5")):
        span = naming.range_of(path.name)
        assert span is not None, path
        address = (path.parent.parent.name, path.parent.name, span[0], span[1])
        with xr.open_dataset(path) as opened:
            assert opened.sizes["problem"] == span[1] - span[0]
        assert shards.trouble(root, *address) == "", path
        found.append(address)
    return found


def temporaries(root: Path) -> list[Path]:
    return sorted(root.rglob(".*.tmp"))


def kill_collects(root: Path) -> None:
    """Kill `collect` at each of its file operations; the catalog must hold after each."""
    import store

    n = 1
    while killed_at(n, lambda: store.catalog.collect(root)):
        # DuckDB is only ever loaded in children: a fork of a process with its threads would hang.
        assert "duckdb" not in sys.modules
        assert killed_at(10**9, lambda: _answers(root)) is False
        n += 1
    assert n > 10
    assert killed_at(10**9, lambda: _answers(root, rows=12)) is False


def _answers(root: Path, rows: int = 0) -> None:
    import store

    with store.open(root) as opened:
        count = int(opened.sql("SELECT count(*) n FROM problem_properties__problem")["n"][0])
        assert count in ({rows} if rows else {8, 12}), count


if __name__ == "__main__":
    kill_collects(Path(sys.argv[1]))
