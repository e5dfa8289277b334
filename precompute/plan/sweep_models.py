"""The [[models]] of a sweep: one checkpoint each, or a training with the models that it kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ired_interp_core import registry, tasks
from ired_interp_core.schema import Parameter
from precompute.ground import foreign_code
from precompute.ground.exits import Usage
from precompute.ground.shipped import REPOSITORY
from precompute.ground.toml_values import known, number, refuse, text_value
from store import layout, naming
from store.series import MOST_NAME

COUNT = Parameter(int, 0, "problems 0 … count − 1", minimum=1, maximum=1_000_000)


TRAINING = (
    "task", "steps", "batch", "size", "width", "seed", "negatives", "bound", "rate", "warm_up",
    "decay", "log_every", "evaluate_every", "evaluate_problems", "series",
)  # fmt: skip
"""Options of `precompute train` that a sweep may give."""


@dataclass(frozen=True)
class ModelEntry:
    """One checkpoint of a sweep.

    Args:
        checkpoint: path as given.
        path: the file it was found to be.
        weights: ema or model; which weights of an official file.
        task: what an official file was trained on, where it does not say.
        adapter: "module:function" for a foreign architecture, or empty.
        only: analyses that ask about this model; empty for all.
        count: how many problems of a set at most; 0 for all of the set.
    """

    checkpoint: str
    path: Path
    weights: str = "ema"
    task: str = ""
    adapter: str = ""
    only: tuple[str, ...] = ()
    count: int = 0


@dataclass(frozen=True)
class SeriesEntry:
    """One training of a sweep: the averaged weights that it kept, step by step.

    Args:
        series: path as given.
        path: the folder it was found to be, as `precompute train --out` made it.
        name: for people.
        steps: wanted, rising; all that were kept when empty.
        training: options of `precompute train`, where the sweep says what is trained; the folder is
            then below that of the store.
        task: of a folder of the official trainer, whose files do not say it.
    """

    series: str
    path: Path
    name: str
    steps: Sequence[int] = ()
    training: tuple[tuple[str, str | int | float], ...] = ()
    task: str = ""

    def at(self, root: Path) -> "SeriesEntry":
        """The entry with the folder that it has beside a store."""
        return replace(self, path=layout.training(root, self.name)) if self.training else self

    def command(self) -> list[str]:
        """Words of the command line that makes the training, once the folder is known."""
        options = [
            word
            for name, value in self.training
            for word in (f"--{name.replace('_', '-')}", str(value))
        ]
        return ["train", *options, "--out", str(self.path)]


def read(table: Mapping[str, Any], where: str, folder: Path) -> ModelEntry | SeriesEntry:
    """Read one [[models]] entry.

    Args:
        table: of the sweep.
        where: named in refusals.
        folder: where paths start; then the current folder, then the repository.

    Returns:
        The entry; a file or folder of that path is there. Unknown keys, wrong types, or nothing of
        that path are a `Usage`.
    """
    if "train" in table:
        return _training(table, where)
    if "series" in table:
        return _series(table, where, folder)
    keys = ("checkpoint", "series", "train", "weights", "task", "adapter", "only", "count")
    known(table, keys, where)
    weights = text_value(table, "weights", where, ("ema", "model"), "ema")
    task = text_value(table, "task", where, tuple(tasks.TASKS)) if "task" in table else ""
    adapter = text_value(table, "adapter", where) if "adapter" in table else ""
    foreign_code.check([adapter], where)
    given = text_value(table, "checkpoint", where)
    path = found(given, where, folder, "checkpoint")
    count = number(table, "count", where, COUNT, required=False)
    return ModelEntry(given, path, weights, task, adapter, only(table, where), count)


def found(given: str, where: str, folder: Path, what: str) -> Path:
    """The file that a sweep names.

    Args:
        given: its path.
        where: named in refusals.
        folder: where paths start; then the current folder, then the repository.
        what: of what kind it is.

    Returns:
        Where it is.

    Raises:
        Usage: no such file.
    """
    tried = _places(given, where, folder)
    for path in tried:
        if path.is_file():
            return path
    raise Usage(
        f"no such {what}", where=where, came=given,
        expected=f"a file at {' or '.join(str(p) for p in tried)}",
    )  # fmt: skip


def only(table: Mapping[str, Any], where: str) -> tuple[str, ...]:
    """The analyses that an entry is kept to; none where it is for all."""
    names = table.get("only", [])
    if not (isinstance(names, list) and all(isinstance(n, str) for n in names)):
        refuse("value has the wrong type", f"{where}, only", names, "a list of analyses")
    return tuple(registry.get(name).name for name in names)


def _training(table: Mapping[str, Any], where: str) -> SeriesEntry:
    """An entry that says what is to be trained."""
    known(table, ("train", "name", "steps"), where)
    options, name = table["train"], text_value(table, "name", where)
    if not isinstance(options, dict):
        refuse("value has the wrong type", f"{where}, train", options, "a table of options")
    known(options, TRAINING, f"{where}, train")
    for key, value in options.items():
        if type(value) not in (str, int, float):
            refuse("value has the wrong type", f"{where}, train, {key}", value, "text or a number")
    layout.training(Path(), name)  # becomes a folder's name
    steps = _steps(table["steps"], f"{where}, steps") if "steps" in table else ()
    return SeriesEntry(f"trainings/{name}", Path(), name, steps, tuple(options.items()))


def _series(table: Mapping[str, Any], where: str, folder: Path) -> SeriesEntry:
    known(table, ("series", "name", "steps", "task"), where)
    task = text_value(table, "task", where, tuple(tasks.TASKS)) if "task" in table else ""
    given = text_value(table, "series", where)
    steps = _steps(table["steps"], f"{where}, steps") if "steps" in table else ()
    tried = _places(given, where, folder)
    for path in tried:
        if path.is_dir():
            name = text_value(table, "name", where, default=path.resolve().name or "series")
            if len(name) > MOST_NAME or not name.isprintable():
                expected = f"one printable line of at most {MOST_NAME} characters"
                refuse("unusable name of a series", f"{where}, name", name, expected)
            return SeriesEntry(given, path, name, steps, task=task)
    raise Usage(
        "no such training",
        where=where,
        came=given,
        expected=f"a folder at {' or '.join(str(p) for p in tried)}",
        next_step="python -m precompute train --task TASK --out DIR",
    )


def _steps(value: Any, where: str) -> Sequence[int]:
    whole = isinstance(value, list) and all(
        type(step) is int and 0 <= step <= naming.MOST_ROWS for step in value
    )
    if not whole or not value:
        refuse("value has the wrong type", where, value, "a list of steps, such as [0, 100, 1000]")
    return sorted(set(value))


def _places(given: str, where: str, folder: Path) -> list[Path]:
    if "\0" in given:
        refuse("not a path", where, given, "a path")
    return list(dict.fromkeys((folder / given, Path.cwd() / given, REPOSITORY / given)))
