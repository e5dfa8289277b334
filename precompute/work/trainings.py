"""Trainings that a sweep asks for: made before its answers, by the command anybody may type."""

import subprocess
import sys
from pathlib import Path

from ired_interp_core.errors import Refusal
from precompute.ground import storage
from precompute.ground.exits import DONE, SOME_LEFT, Later
from precompute.ground.tell import say
from precompute.plan.sweep import Sweep
from precompute.plan.sweep_models import SeriesEntry
from store import shell


def make(sweep: Sweep, root: Path) -> None:
    """Train what is not trained yet; a training that was stopped goes on.

    Args:
        sweep: checked.
        root: store, which keeps the folders.
    """
    storage.writable(root)
    for entry in sweep.series:
        if entry.training:
            _make(entry.at(root), sweep.name)


def _make(entry: SeriesEntry, run: str) -> None:
    if any(entry.path.glob("*.safetensors")):  # published when the last step is made
        return
    say(f"{run}: training {entry.name}")
    words = ("-m", "precompute", *entry.command())
    process = subprocess.Popen([sys.executable, *words], stdin=subprocess.DEVNULL)
    try:
        code = process.wait()
    except KeyboardInterrupt:  # it hears the terminal itself, and saves
        code = process.wait()
    if code == SOME_LEFT:
        raise Later("the training was told to stop", where=str(entry.path), came=f"code {code}")
    if code != DONE:
        raise Refusal(
            "the training of the sweep failed", where=str(entry.path), came=f"code {code}",
            expected="the line above says why", next_step=shell.line("python", *words),
        )  # fmt: skip
