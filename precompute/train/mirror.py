"""A copy of a training's log for TensorBoard, or for Weights & Biases without a network.

training/loss, training/mse, …   every number of an entry of losses (`trainer.SUMS`, rate, seconds)
mse_same/answer, mse_harder/zero, …   an evaluation: the model's errors and the baselines'

log.jsonl stays the record. A training that goes on writes its whole log anew, cut to where it goes
on: whatever a kill left in the mirror, and also where there was none before, each point is shown
once. Nothing depends on a mirror: one that fails is given up, and the training does not hear of it.
"""

import importlib
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ired_interp_core.records import digest
from precompute.ground.exits import Usage
from precompute.ground.tell import shown
from precompute.train.log import Log

if TYPE_CHECKING:
    from ired_interp_core.training.recipe import Recipe

NONE = "none"

PROJECT = "ired-interp"
"""Of Weights & Biases."""

FLUSH_SECONDS = 10


class Writer(Protocol):
    """Where points go."""

    def write(self, step: int, points: Mapping[str, float]) -> None:
        """Add the points of a step."""

    def close(self) -> None:
        """Have everything on the disk."""


class TensorBoard:
    """DIR/tensorboard, for `tensorboard --logdir DIR`."""

    def __init__(self, out: Path, _: "Recipe") -> None:
        module: Any = importlib.import_module("torch.utils.tensorboard")
        # Purged from step 0 on: readers drop what earlier files have, as the log is written anew.
        self.events = module.SummaryWriter(
            str(out / "tensorboard"), purge_step=0, flush_secs=FLUSH_SECONDS
        )

    def write(self, step: int, points: Mapping[str, float]) -> None:
        """Add the points of a step."""
        for name, value in points.items():
            self.events.add_scalar(name, value, step)

    def close(self) -> None:
        """Have everything on the disk."""
        self.events.close()


class Wandb:
    """DIR/wandb/offline-run-…, one run for a training, for `wandb sync`; nothing is sent."""

    def __init__(self, out: Path, recipe: "Recipe") -> None:
        wandb: Any = importlib.import_module("wandb")
        name = digest(recipe.identity)[:16]
        for before in (out / "wandb").glob(f"offline-run-*-{name}"):
            shutil.rmtree(before)  # had the beginning of what is written now
        self.run = wandb.init(
            project=PROJECT, id=name, name=out.name, dir=str(out), mode="offline",
            config=recipe.as_dict(), resume="allow",
            settings=wandb.Settings(
                console="off", silent=True, disable_git=True, x_disable_stats=True,
                x_disable_meta=True,
            ),
        )  # fmt: skip

    def write(self, step: int, points: Mapping[str, float]) -> None:
        """Add the points of a step."""
        self.run.log(dict(points), step=step)

    def close(self) -> None:
        """Have everything on the disk."""
        self.run.finish()


MIRRORS: Mapping[str, tuple[Callable[[Path, "Recipe"], Writer], str]] = {
    "tensorboard": (TensorBoard, "torch.utils.tensorboard.SummaryWriter"),
    "wandb": (Wandb, "wandb.init"),
}
"""Name of the option and of the package → writer, and what must be importable for it."""


def mirror_for(name: str) -> str:
    """Check that a mirror's package is there, before a training starts.

    Args:
        name: as typed; "none" for no mirror.

    Returns:
        The name.

    Raises:
        Usage: no such mirror, or its package cannot be imported.
    """
    if name == NONE:
        return name
    if name not in MIRRORS:
        raise Usage("no such mirror", where="--mirror", came=name,
                    expected=", ".join((NONE, *MIRRORS)))  # fmt: skip
    module, word = MIRRORS[name][1].rsplit(".", 1)
    try:
        getattr(importlib.import_module(module), word)
    except (ImportError, AttributeError) as error:
        raise Usage(
            "mirror's package cannot be imported", where="--mirror", came=f"{name}: {error}",
            expected=f"the package {name}",
            next_step=f"pip install {name}, or leave --mirror out",
        ) from error  # fmt: skip
    return name


def points(entry: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of an entry of the log, by the names they have in a mirror.

    Args:
        entry: losses, or an evaluation.

    Returns:
        Name → number.
    """
    errors = entry.get("evaluation", {})
    found = {f"mse_{v}/{name}": e for v, named in errors.items() for name, e in named.items()}
    numbers = {k: v for k, v in entry.items() if k != "step" and isinstance(v, int | float)}
    return found | {f"training/{name}": value for name, value in numbers.items()}


class Mirror:
    """A writer that is given up at its first failure.

    Args:
        name: of the mirror, for the line that says so.
        open_writer: makes the writer.
    """

    def __init__(self, name: str, open_writer: Callable[[], Writer]) -> None:
        self.name, self.writer = name, None
        self.writer = self._tried(open_writer)

    def add(self, entry: Mapping[str, Any]) -> None:
        """Add an entry of the log.

        Args:
            entry: losses, or an evaluation.
        """
        if self.writer is not None:
            self._tried(self.writer.write, int(entry["step"]), points(entry))

    def close(self) -> None:
        """Have everything on the disk."""
        if self.writer is not None:
            self._tried(self.writer.close)
        self.writer = None

    def _tried(self, act: Callable[..., Any], *arguments: Any) -> Any:
        """What `act` gives; None where it failed."""
        try:
            return act(*arguments)
        except Exception as error:  # noqa: BLE001 - what others' code raises must end no training
            self.writer = None
            text = shown(" ".join(f"{type(error).__name__}: {error}".split()))
            print(
                f"mirror {self.name} failed, the training goes on without · {text}",
                file=sys.stderr,
                flush=True,
            )
            return None


@contextmanager
def mirrored(name: str, out: Path, recipe: "Recipe", log: Log) -> Iterator[None]:
    """The log, what is in it and what will come, in a mirror as well.

    Args:
        name: of the mirror; "none" for no mirror.
        out: folder of the training.
        recipe: what is trained.
        log: cut to where the training goes on.

    Yields:
        While the training runs.
    """
    if name == NONE:
        yield
        return
    mirror = Mirror(name, lambda: MIRRORS[name][0](out, recipe))
    for entry in log.read():
        mirror.add(entry)
    log.listeners.append(mirror.add)
    try:
        yield
    finally:
        log.listeners.remove(mirror.add)
        mirror.close()
