"""Faults on demand: the n-th file operation fails or kills, and what must hold then."""

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import xarray as xr

from store import layout, shards

OPERATIONS = ("write", "fsync", "link", "rename", "replace", "unlink", "mkdir")


class Counter:
    """Counts file operations; `reached` says whether the fault came."""

    def __init__(self, n: int, action: Callable[[], None]) -> None:
        self.n, self.action = n, action
        self.count = 0

    @property
    def reached(self) -> bool:
        return self.count >= self.n

    def wrap(self, operation: Callable) -> Callable:
        def counted(*args, **kwargs):
            self.count += 1
            if self.count == self.n:
                self.action()
            return operation(*args, **kwargs)

        return counted


@contextlib.contextmanager
def nth(n: int, action: Callable[[], None]) -> Iterator[Counter]:
    """Run `action` in place of the n-th file operation inside."""
    counter = Counter(n, action)
    real = {name: getattr(os, name) for name in OPERATIONS}
    for name, operation in real.items():
        setattr(os, name, counter.wrap(operation))
    try:
        yield counter
    finally:
        for name, operation in real.items():
            setattr(os, name, operation)


def full_disk() -> None:
    raise OSError(28, "No space left on device")


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
        span = layout.range_of(path.name)
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
