"""The official trainer's folder, model-1.pt, model-2.pt, …, as the series of one training.

The files say their steps and the network's shapes; all else of the recipe is taken for the official
one, which a note says.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import store
from ired_interp_core import checkpoints
from ired_interp_core.errors import Refusal
from ired_interp_core.records import digest
from ired_interp_core.training.recipe import WIDTH, Recipe
from precompute.ground.exits import Usage
from precompute.plan import models
from precompute.plan.models import ModelRef
from precompute.plan.sweep_models import ModelEntry, SeriesEntry

FILE = re.compile(r"model-([0-9]{1,9})\.pt")


def files(folder: Path) -> list[Path]:
    """The trainer's files, by their numbers; none where the folder is of another kind."""
    found = {int(m[1]): path for path in folder.iterdir() if (m := FILE.fullmatch(path.name))}
    return [found[number] for number in sorted(found)]


def identify(
    entry: SeriesEntry, root: Path
) -> tuple[store.Series, Sequence[ModelRef], Sequence[str]]:
    """Read the folder.

    Args:
        entry: of the sweep; says the task where the shapes do not.
        root: store, whose run records may know a file.

    Returns:
        The record, its models by step, and notes for people.

    Raises:
        Usage: a step that no file is of.
        Refusal: a file that does not say its step, two of one step, or of several networks.
    """
    found: dict[int, ModelRef] = {}
    paths = files(entry.path)
    for path in paths:
        given = ModelEntry(str(Path(entry.series, path.name)), path, task=entry.task)
        ref = models.identify(given, root, look=path == paths[-1])
        step = ref.card.get("steps")
        if type(step) is not int or step in found:
            raise Refusal(
                "file does not say a step of its own", where=str(path), came=f"step {step}",
                expected="`step`, as the official trainer saves it, another in each file",
            )  # fmt: skip
        found[step] = ref
    refs = {step: found[step] for step in sorted(found)}
    kinds = {(ref.task, ref.size) for ref in refs.values()}
    if len(kinds) > 1:
        raise Refusal("files are of several networks", where=str(entry.path), came=kinds,
                      expected="one training")  # fmt: skip
    lacking = sorted(set(entry.steps) - set(refs))
    if lacking:
        raise Usage("step was not kept", where=str(entry.path), came=lacking,
                    expected=", ".join(map(str, refs)))  # fmt: skip
    last = next(reversed(refs.values()))
    recipe = Recipe(last.task, size=last.size, width=_width(last), steps=max(1, *refs, 1))
    first = next(iter(refs.values()))
    record = store.Series(
        id=digest({"official folder": first.digest}),
        name=entry.name,
        task=last.task,
        size=last.size,
        recipe=recipe.as_dict(),
        models=tuple((s, r.digest) for s, r in refs.items() if s in (entry.steps or refs)),
    )
    note = f"series {entry.name}: files of the official trainer, taken to be of its recipe; no log"
    kept = [ref for step, ref in refs.items() if step in (entry.steps or refs)]
    return record, kept, [note]


def _width(ref: ModelRef) -> int:
    """Hidden width of a network, of its file."""
    return int(getattr(checkpoints.load(ref.path, task=ref.task), "width", WIDTH))
