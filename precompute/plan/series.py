"""The folder of a training → the models it kept, each with its address, and the record of them.

Reads recipe.json, series/step-….safetensors and log.jsonl as `precompute train` writes them; the
training may be under way. No torch.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import NoReturn

import store
from ired_interp_core import checkpoints
from ired_interp_core.errors import Refusal
from ired_interp_core.records import digest
from ired_interp_core.training.recipe import Recipe
from precompute.ground.exits import Usage
from precompute.ground.training_folder import LOG, RECIPE, SERIES, STEP_FILE
from precompute.plan import models, official_series
from precompute.plan.models import ModelRef
from precompute.plan.series_log import read_log
from precompute.plan.sweep import Sweep
from precompute.plan.sweep_models import ModelEntry, SeriesEntry
from store import files, shell

LARGEST = 2**53
"""Whole number of a recipe that may stand for a fraction."""

SHOWN_STEPS = 40
"""Kept steps that a refusal lists."""


@dataclass(frozen=True)
class Named:
    """What the [[models]] of a sweep come to.

    Args:
        models: each once, those of checkpoints first.
        series: records of its trainings, to be published after their models.
        notes: what people should know of them, one line each.
    """

    models: Sequence[ModelRef]
    series: Sequence[store.Series]
    notes: Sequence[str]

    def used(self, digests: Iterable[str]) -> "Named":
        """Keep the models that the plan asks about; a note for each that it does not.

        Returns:
            The rest; a series without any model left is none.
        """
        wanted, notes = set(digests), list(self.notes)
        of_series = {d for one in self.series for _, d in one.models}
        for model in self.models:
            if model.digest not in wanted | of_series:
                notes.append(_meets_nothing(model.checkpoint, model.task, model.size))
        for one in self.series:
            if not any(d in wanted for _, d in one.models):
                notes.append(_meets_nothing(f"series {one.name}", one.task, one.size))
        kept = [
            replace(one, models=tuple((s, d) for s, d in one.models if d in wanted))
            for one in self.series
        ]
        return Named(
            [m for m in self.models if m.digest in wanted], [o for o in kept if o.models], notes
        )


def _meets_nothing(subject: str, task: str, size: int) -> str:
    return f"{subject} ({task}, size {size}) meets no problem set"


def named(sweep: Sweep, root: Path) -> Named:
    """Find every model that a sweep names.

    Args:
        sweep: checked.
        root: store, whose run records may know a file.

    Returns:
        The models and the series.
    """
    refs = [models.identify(entry, root) for entry in sweep.models]
    found: list[store.Series] = []
    notes: list[str] = []
    for entry in (e.at(root) for e in sweep.series):
        if entry.training and not (entry.path / RECIPE).exists():
            made = shell.line("python", "-m", "precompute", *entry.command())
            notes.append(f"the training {entry.name} is not there yet, so it is left out; {made}")
            continue
        one, its_models, its_notes = identify(entry, root)
        _check_apart(found, one, str(entry.path))
        found.append(one)
        refs += its_models
        notes += its_notes
    return Named(models.distinct(refs), found, notes)


def _check_apart(before: Sequence[store.Series], one: store.Series, where: str) -> None:
    for other in before:
        if other.id == one.id:
            raise Usage(
                "two series of the sweep are one training", where=where,
                came=f"{other.name}, {one.name}: the same recipe",
                expected="each training once, with all of its steps",
            )  # fmt: skip
        if (other.name, other.task) == (one.name, one.task):
            raise Usage(
                "two series of the sweep have one name", where=where, came=one.name,
                expected="names that tell them apart", next_step='say name = "…" beside series',
            )  # fmt: skip


def identify(
    entry: SeriesEntry, root: Path
) -> tuple[store.Series, Sequence[ModelRef], Sequence[str]]:
    """Read the folder of a training.

    Returns:
        The record, its models by step, and notes for people.
    """
    if not (entry.path / RECIPE).exists() and official_series.files(entry.path):
        return official_series.identify(entry, root)
    recipe = _recipe(entry)
    paths = _step_files(entry)
    refs = [_model(entry, recipe, step, path, root) for step, path in paths.items()]
    log, notes = read_log(entry.path / LOG)
    record = store.Series(
        id=digest(recipe.identity),
        name=entry.name,
        task=recipe.task,
        size=recipe.size,
        recipe=recipe.as_dict(),
        models=tuple(zip(paths, (ref.digest for ref in refs), strict=True)),
        log=tuple(log),
    )
    return record, refs, [f"series {entry.name}: {note}" for note in notes]


def _recipe(entry: SeriesEntry) -> Recipe:
    """What the training is; every number of the type that a recipe has."""
    path = entry.path / RECIPE
    try:
        record = files.read_json(path)
    except FileNotFoundError as error:
        raise Usage(
            "folder is of no training", where=str(entry.path), came=f"no {RECIPE}",
            expected="a folder of `python -m precompute train --out DIR`, or model-1.pt, …",
        ) from error  # fmt: skip
    for field in fields(Recipe):
        value = record.get(field.name)
        if field.type is float and type(value) is int and abs(value) <= LARGEST:
            record[field.name] = float(value)
        elif type(value) is not field.type:
            raise Refusal(
                "file is no recipe", where=str(path), came=f"{field.name} {value!r}",
                expected=f"a value of {field.type}",
            )  # fmt: skip
    return Recipe.from_dict(record)


def _step_files(entry: SeriesEntry) -> dict[int, Path]:
    """The files wanted, by step."""
    folder = entry.path / SERIES
    matches = map(STEP_FILE.fullmatch, os.listdir(folder) if folder.is_dir() else ())
    kept = {int(m[1]): folder / m[0] for m in matches if m}
    if not kept:
        raise Usage(
            "training kept no models", where=str(folder), came="no step-….safetensors",
            expected="one a step that was kept",
            next_step="train it with --series 1 or more, or wait for its first step",
        )  # fmt: skip
    lacking = [step for step in entry.steps if step not in kept]
    if lacking:
        listed = ", ".join(map(str, sorted(kept)[:SHOWN_STEPS]))
        raise Usage(
            "step was not kept", where=str(folder), came=", ".join(map(str, lacking)),
            expected=listed + (", …" if len(kept) > SHOWN_STEPS else ""),
        )  # fmt: skip
    return {step: kept[step] for step in entry.steps or sorted(kept)}


def _model(entry: SeriesEntry, recipe: Recipe, step: int, path: Path, root: Path) -> ModelRef:
    """The model of one step, if its card tells of this training."""
    card = checkpoints.read_card(path)
    told = card.get("training")
    if not isinstance(told, dict):
        _of_another(path, "a card without training", recipe, step)
    expected = {
        "steps": step, "batch": recipe.batch, "seed": recipe.seed, "negatives": recipe.negatives,
        "negative_bound": recipe.bound, "started_from": recipe.start or "random weights",
    }  # fmt: skip
    differ = [f"{k} {told.get(k)!r}, not {v!r}" for k, v in expected.items() if told.get(k) != v]
    differ += [
        f"{k} {card.get(k)!r}, not {v!r}"
        for k, v in (("task", recipe.task), ("size", recipe.size))
        if card.get(k) != v
    ]
    if differ:
        _of_another(path, "; ".join(differ), recipe, step)
    given = str(Path(entry.series, SERIES, path.name))
    return models.identify(ModelEntry(given, path), root)


def _of_another(path: Path, came: str, recipe: Recipe, step: int) -> NoReturn:
    raise Refusal(
        "weights are not of this training", where=str(path), came=came,
        expected=f"step {step} of {RECIPE}: {recipe.task}, negatives {recipe.negatives}",
        next_step="take the file out of the folder, or the folder from its source again",
    )  # fmt: skip
