"""How far the runs are that compute into a store right now, as they say themselves.

A run replaces its own small file every few seconds and removes it at the end. One that was killed
leaves its file, which counts for nothing after a minute.
"""

import contextlib
import json
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from ired_interp_core.errors import Refusal
from store import files, folders, layout, naming
from store.layout import Root

FRESH_SECONDS = 60.0
"""So long after its last word a run is taken to be under way."""

MOST_BYTES = 4096

MOST_NAME = 80
"""Characters of a training's name that are shown."""


@dataclass(frozen=True)
class Running:
    """A run that is under way.

    Args:
        name: of the run.
        done: problems of which the answers are there, summed over the questions it computes.
        total: of those it began with.
        seconds_left: as the run reckons; None while it cannot tell.
        training: what it trains before it computes, "" while it computes; `done` and `total` are
            then steps of the training.
    """

    name: str
    done: int
    total: int
    seconds_left: float | None
    training: str = ""


def tell(root: Root, running: Running) -> None:
    """Say how far a run is; an `OSError` where the store cannot be written."""
    path = layout.running(root, running.name)
    folders.make_folder(path.parent)
    files.replace(path, json.dumps(asdict(running)).encode())


def forget(root: Root, name: str) -> None:
    """Say that a run is over."""
    with contextlib.suppress(OSError):
        layout.running(root, name).unlink()


def under_way(root: Root) -> list[Running]:
    """The runs that were heard of lately, by name; what cannot be read is left out."""
    found = (_read(path) for path in sorted(layout.runs(root).glob(f"*{naming.RUNNING}")))
    return [running for running in found if running]


def _read(path: Path) -> Running | None:
    try:
        if time.time() - path.stat().st_mtime > FRESH_SECONDS:
            return None
        with path.open("rb") as file:
            said = json.loads(file.read(MOST_BYTES))
        left = said["seconds_left"]
        running = Running(
            naming.check_run(said["name"]),
            int(said["done"]),
            int(said["total"]),
            None if left is None else float(left),
            str(said.get("training", ""))[:MOST_NAME],
        )
    except (
        OSError, ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError,
        Refusal,
    ):  # fmt: skip
        return None
    usable = 0 <= running.done <= running.total <= naming.MOST_ROWS
    return running if usable and math.isfinite(left or 0.0) else None
