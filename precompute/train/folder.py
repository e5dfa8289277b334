"""The folder of a training: whose it is, one process at a time, and the bell that asks to leave."""

import contextlib
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from precompute.ground import storage
from precompute.ground.exits import Later, Usage
from precompute.ground.tell import say
from precompute.ground.training_folder import RECIPE
from store import files, locks

if TYPE_CHECKING:
    from ired_interp_core.training.recipe import Recipe


def check_foreign(out: Path) -> None:
    """Refuse a folder that holds something else, before anything is written."""
    if not out.is_dir() or (out / RECIPE).exists():
        return
    others = sorted(name for name in os.listdir(out) if not name.startswith("."))
    if others:
        raise Usage(
            "folder holds something else",
            where="--out",
            came=", ".join(others[:4]),
            expected="a new or empty folder, or one of a training",
        )


def claim(out: Path, recipe: "Recipe") -> None:
    """Make the folder this recipe's, or refuse one that is another's."""
    path = out / RECIPE
    if path.exists():
        kept = files.read_json(path)
        now = {**recipe.as_dict(), **({} if recipe.scheduled else {"steps": kept.get("steps")})}
        differ = [f"{k} {kept.get(k)!r}, not {v!r}" for k, v in now.items() if kept.get(k) != v]
        if differ:
            raise Usage(
                "folder is of another training",
                where=str(path),
                came="; ".join(differ),
                expected="what this command says",
                next_step="give another --out",
            )
    with files.one_line(path, "folder cannot be written"):
        files.replace(path, files.json_bytes(recipe.as_dict()))


@contextlib.contextmanager
def owned(out: Path) -> Iterator[None]:
    """The folder, for one process alone."""
    storage.writable(out, "--out", "folder of the training")
    with contextlib.ExitStack() as stack:
        with files.one_line(out, "folder cannot be locked"):
            held = stack.enter_context(locks.alone(out / locks.NAME))
        if held is False:
            raise Later("another process trains in this folder", where=str(out))
        if held is None:
            say(f"note: no locks in {out}, so see that no other process trains there")
        yield


@dataclass
class Bell:
    """Whether a signal asked to save and leave."""

    rung: bool = False


@contextlib.contextmanager
def listening() -> Iterator[Bell]:
    """Ctrl-C, SIGTERM and SIGUSR1 ring; Ctrl-C once more ends at once, without saving."""
    bell, numbers = Bell(), (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)
    before = {number: signal.getsignal(number) for number in numbers}

    def ring(number: int, _: object) -> None:
        bell.rung = True
        if number == signal.SIGINT:
            signal.signal(number, before[number])

    try:
        for number in numbers:
            signal.signal(number, ring)
        yield bell
    finally:
        for number in numbers:
            signal.signal(number, before[number])
