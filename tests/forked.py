"""The command line in a process that begins with the libraries loaded: a fork in place of a start.

A fresh process spends two seconds of CPU on importing libraries before it reads its first word, and
the tests ask the command line some three hundred times. Here one clean server for each process of
tests imports the libraries, and nothing of this project; every call is a fork of it, with the
environment, the working folder and the output that it was given. Tests about processes themselves
(kills, signals, start-up) start a process.
"""

import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import ModuleType

LIBRARIES = ("numpy", "pandas", "xarray", "h5netcdf", "h5py", "duckdb", "pyarrow", "jaxtyping",
             "tomlkit", "torch", "plotly.graph_objects", "streamlit.web.cli", "frozen")  # fmt: skip


def _module(
    module: str,
    words: Sequence[str],
    cwd: Path,
    environment: Mapping[str, str],
    said: Sequence[str],
) -> None:
    """What the forked process does: become `python -m module words`."""
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    for number, path in enumerate((os.devnull, *said)):
        opened = os.open(path, os.O_RDWR | os.O_APPEND)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin, sys.stdout, sys.stderr = (
        os.fdopen(n, "r" if n == 0 else "w", buffering=1, closefd=False) for n in range(3)
    )
    before = [p for p in environment.get("PYTHONPATH", "").split(os.pathsep) if p]
    sys.path[:0] = [str(cwd), *before]
    if any((Path(p) / "sitecustomize.py").exists() for p in before):
        sys.modules.pop("sitecustomize", None)
        __import__("sitecustomize")
    sys.argv = [module, *words]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def start(
    module: str,
    words: Sequence[str],
    cwd: Path,
    environment: Mapping[str, str],
    out: str,
    err: str,
) -> BaseProcess:
    """Begin what `python -m module words` does; what it says goes to two files."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(LIBRARIES))
    for path in {out, err}:
        Path(path).touch()
    process = context.Process(target=_module, args=(module, words, cwd, environment, (out, err)))
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
