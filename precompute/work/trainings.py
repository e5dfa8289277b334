"""Trainings that a sweep asks for: made before its answers, by the command anybody may type."""

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from ired_interp_core.errors import Refusal
from precompute.ground import storage
from precompute.ground.exits import DONE, SOME_LEFT, Later
from precompute.ground.tell import say
from precompute.ground.training_folder import LOG, RECIPE
from precompute.plan.sweep import Sweep
from precompute.plan.sweep_models import SeriesEntry
from store import files, running, shell
from store.running import Running

TELL_EVERY = 5.0
"""Seconds between two words to the store of how far a training is."""

TAIL_BYTES = 2**16
"""End of a log in which its last entry stands."""


def make(sweep: Sweep, root: Path) -> None:
    """Train what is not trained yet; a training that was stopped goes on.

    Args:
        sweep: checked.
        root: store, which keeps the folders.
    """
    storage.writable(root)
    for entry in sweep.series:
        if entry.training:
            try:
                _make(entry.at(root), sweep.name, root)
            finally:
                running.forget(root, sweep.name)


def _make(entry: SeriesEntry, run: str, root: Path) -> None:
    if any(entry.path.glob("*.safetensors")):  # published when the last step is made
        return
    say(f"{run}: training {entry.name}")
    words = ("-m", "precompute", *entry.command())
    process = subprocess.Popen([sys.executable, *words], stdin=subprocess.DEVNULL)
    try:
        code = _wait(process, entry, run, root)
    except KeyboardInterrupt:  # it hears the terminal itself, and saves
        code = process.wait()
    if code == SOME_LEFT:
        raise Later("the training was told to stop", where=str(entry.path), came=f"code {code}")
    if code != DONE:
        raise Refusal(
            "the training of the sweep failed", where=str(entry.path), came=f"code {code}",
            expected="the line above says why", next_step=shell.line("python", *words),
        )  # fmt: skip


def _wait(process: subprocess.Popen[bytes], entry: SeriesEntry, run: str, root: Path) -> int:
    """Wait for a training, and tell the store meanwhile how far it is."""
    began, first = time.monotonic(), None
    while True:
        try:
            return process.wait(timeout=TELL_EVERY)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(OSError, Refusal):  # a store that is full says so elsewhere
                step, total = _step(entry.path), _steps(entry.path)
                first = step if first is None else first  # a training that goes on began earlier
                done = step - first
                left = (time.monotonic() - began) * (total - step) / done if done else None
                running.tell(root, Running(run, min(step, total), total, left, entry.name))


def _steps(folder: Path) -> int:
    """Steps that a training will have made."""
    return int(files.read_json(folder / RECIPE)["steps"])


def _step(folder: Path) -> int:
    """The last step that a training has told its log; 0 before there is one."""
    try:
        with open(folder / LOG, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - TAIL_BYTES))
            lines = file.read().splitlines()
    except FileNotFoundError:
        return 0
    for line in reversed(lines):
        with contextlib.suppress(ValueError, KeyError, TypeError):  # a line that is half written
            return int(json.loads(line)["step"])
    return 0
