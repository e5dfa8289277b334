"""The command line in a process that begins with the libraries loaded: a fork in place of a start.

A fresh process spends two seconds of CPU on importing libraries before it reads its first word, and
the tests ask the command line some three hundred times. Here one clean server for each process of
tests imports the libraries, and nothing of this project; every call is a fork of it, with the
environment, the working folder and the output that it was given; and so is every worker that such a
call spawns. Tests about processes themselves (kills, signals, start-up) start a process.
"""

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing import context, forkserver, popen_forkserver, reduction
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import ModuleType
from typing import Any

LIBRARIES = ("numpy", "pandas", "xarray", "h5netcdf", "h5py", "duckdb", "pyarrow", "jaxtyping",
             "tomlkit", "torch", "plotly.graph_objects", "streamlit.web.cli", "frozen")  # fmt: skip


def _module(
    module: str,
    words: Sequence[str],
    cwd: Path,
    environment: Mapping[str, str],
    said: Sequence[str],
    server: Mapping[str, Any],
) -> None:
    """What the forked process does: become `python -m module words`."""
    os.chdir(cwd)
    opened = [os.open(path, os.O_RDWR | os.O_APPEND) for path in (os.devnull, *said)]
    _live(environment, opened)
    sys.path.insert(0, str(cwd))
    _begin_as_python_does(environment)
    sys.argv = [module, *words]
    vars(forkserver._forkserver).update(server, ensure_running=lambda: None)
    context.SpawnProcess._Popen = staticmethod(_Fork)
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _live(environment: Mapping[str, str], opened: Iterable[int]) -> None:
    """Take an environment, and open files as input, output and errors."""
    os.environ.clear()
    os.environ.update(environment)
    for number, file in enumerate(opened):
        os.dup2(file, number)
        os.close(file)
    sys.stdin, sys.stdout, sys.stderr = (
        os.fdopen(n, "r" if n == 0 else "w", buffering=1, closefd=False) for n in range(3)
    )


def _begin_as_python_does(environment: Mapping[str, str]) -> None:
    """Look for modules where PYTHONPATH says, after the first place, and run `sitecustomize`."""
    paths = [p for p in environment.get("PYTHONPATH", "").split(os.pathsep) if p]
    sys.path[1:1] = paths
    if any((Path(p) / "sitecustomize.py").exists() for p in paths):
        sys.modules.pop("sitecustomize", None)
        __import__("sitecustomize")


class _Fork(popen_forkserver.Popen):
    """Stands in for a spawned process: a fork that lives as the process that asked for it does."""

    def _launch(self, process: Any) -> None:
        context.set_spawning_popen(self)
        try:
            work = reduction.ForkingPickler.dumps((process._target, process._args))
        finally:
            context.set_spawning_popen(None)
        standard = [self.DupFd(self.duplicate_for_child(number)) for number in range(3)]
        masked = signal.pthread_sigmask(signal.SIG_BLOCK, [])
        process._target = _worker
        process._args = (dict(os.environ), standard, masked, bytes(work))
        super()._launch(process)


def _worker(
    environment: Mapping[str, str], standard: Sequence[Any], masked: Iterable[int], work: bytes
) -> None:
    """What a forked worker does: become what a spawned one would be."""
    parent = multiprocessing.parent_process().pid
    os.getppid = lambda: parent  # else it would think that its parent has died
    signal.pthread_sigmask(signal.SIG_SETMASK, masked)
    _live(environment, [file.detach() for file in standard])
    _begin_as_python_does(environment)
    target, arguments = reduction.ForkingPickler.loads(work)
    target(*arguments)


def _server() -> dict[str, Any]:
    """Start the server, unless it runs; what another process must know to ask it."""
    multiprocessing.get_context("forkserver").set_forkserver_preload(list(LIBRARIES))
    forkserver.ensure_running()
    known = vars(forkserver._forkserver)
    return {k: v for k, v in known.items() if k in ("_forkserver_address", "_forkserver_authkey")}


@contextmanager
def workers() -> Iterator[None]:
    """Have processes that are spawned from here forked."""
    _server()
    spawned = context.SpawnProcess._Popen
    context.SpawnProcess._Popen = staticmethod(_Fork)
    try:
        yield
    finally:
        context.SpawnProcess._Popen = staticmethod(spawned)


def start(
    module: str,
    words: Sequence[str],
    cwd: Path,
    environment: Mapping[str, str],
    out: str,
    err: str,
) -> BaseProcess:
    """Begin what `python -m module words` does; what it says goes to two files."""
    clean, server = multiprocessing.get_context("forkserver"), _server()
    for path in {out, err}:
        Path(path).touch()
    process = clean.Process(
        target=_module, args=(module, words, cwd, environment, (out, err), server)
    )
    main = sys.modules[
        "__main__"
    ]  # would be run again in the fork; AppTest leaves the app's script
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        process.start()
    finally:
        sys.modules["__main__"] = main
    return process


def run(
    module: str, words: Sequence[str], cwd: Path, environment: Mapping[str, str], seconds: float
) -> subprocess.CompletedProcess[str]:
    """Do what `python -m module words` does, to its end."""
    with tempfile.TemporaryDirectory() as folder:
        said = [str(Path(folder) / name) for name in ("out", "err")]
        process = start(module, words, cwd, environment, *said)
        process.join(seconds)
        if process.exitcode is None:
            process.kill()
            raise subprocess.TimeoutExpired([module, *words], seconds)
        out, err = (Path(path).read_text() for path in said)
        return subprocess.CompletedProcess([module, *words], process.exitcode, out, err)
