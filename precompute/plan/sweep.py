"""A sweep file: which models, which problems, which analyses. Read, checked, never guessed.

    name = "demo"
    [[models]]
    checkpoint = "checkpoints/inverse.safetensors"
    [[problems]]
    task = "inverse"
    variant = "same"
    seed = 0
    count = 32
    [[analyses]]
    name = "hessian_spectrum"
    vectors = 2
    inputs.descent = { clip = 5.0 }   # optional: which upstream question to read
    # `set = { seed = 1 }` within an input: of another problem set, as a dictionary may have to be;
    # `set = { task = "addition" }`: of another task, and of the one model here that fits it

A problem set is drawn from a seed, or read from a file of one's own problems (.npz, .npy, .mat or
text, as for `ask --x`), which the store then keeps by its digest:

    [[problems]]
    task = "inverse"
    file = "mine.npz"                 # x [N, 20, 20]; y where the truth is known
    count = 32                        # optional: else all of them

A list stands for one question per member: `seed = [0, 1, 2]`, or `name = ["A", "B"]` for two
analyses that are asked alike; several lists in one entry for every combination of their members.

Problems made to order say how they differ from training (docs/definitions.md §6.4): by parameters,
`rank = [1, 2, 5, 10]` of completion or `condition = [10, 100, 1000]` of inverse, which stand for
one set per member, or by the name that the store gives to such a variant, `variant = "rank5"`.

Instead of a checkpoint, an entry may name a training, with all models that it kept or some steps:

    [[models]]
    series = "trainings/official"     # the folder of `precompute train`
    name = "official"                 # optional: else the folder's name
    steps = [0, 100, 1000]            # optional: else every step that was kept

or say what is to be trained; `run` trains it first, into the store:

    [[models]]
    train = { task = "inverse", size = 8, steps = 300 }   # options of `precompute train`
    name = "small"

A model is combined with the problem sets of its own task and size; `task = "inverse"` keeps an
entry to the sets of one task, `set = { seed = 1 }` to those with this seed, `only = ["accuracy"]` a
checkpoint or a set to some analyses and what they read, `count = 4` a checkpoint or an analysis to
the first problems of every set.
Everything else is said here.
"""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ired_interp_core import made_to_order, own, tasks
from ired_interp_core.contents import Content
from ired_interp_core.errors import Refusal
from ired_interp_core.records import ProblemSet
from ired_interp_core.schema import Parameter
from precompute.ground import shipped
from precompute.ground.exits import Usage, asking
from precompute.ground.toml_values import known, loads, number, refuse, tables, text_value
from precompute.plan import asks, sweep_models
from precompute.plan.asks import SEED, Ask
from precompute.plan.sweep_models import COUNT, ModelEntry, SeriesEntry, found
from store import contents, files, naming

MOST_ALTERNATIVES = 1000
"""Questions that the lists of one entry may stand for."""

MAX_BYTES = 1_000_000
"""A sweep is written by hand; a larger file is some other file."""

SIZE = Parameter(int, 20, "matrix side n", minimum=2, maximum=200)


@dataclass(frozen=True)
class ProblemsEntry:
    """Problems 0 … count − 1 of a set.

    Args:
        problems: the set.
        count: how many of it.
        only: analyses that ask about this set; empty for all.
        content: the matrices that it is made of, where they come from a file.
    """

    problems: ProblemSet
    count: int
    only: tuple[str, ...] = ()
    content: Content | None = None


@dataclass(frozen=True)
class Sweep:
    """A checked sweep.

    Args:
        name: of the run.
        models: checkpoints.
        problems: problem sets and counts.
        analyses: what is asked about each fitting pair.
        text: the file as it was read, kept in the run record.
        series: trainings; every model that they kept, or the steps named, is one of the sweep.
    """

    name: str
    models: Sequence[ModelEntry]
    problems: Sequence[ProblemsEntry]
    analyses: Sequence[Ask]
    text: str
    series: Sequence[SeriesEntry] = ()


def read(path: Path) -> Sweep:
    """Read and check a sweep file.

    Returns:
        The sweep.

    Raises:
        Usage: no such file, not TOML, unknown or missing keys, wrong types, absurd numbers,
            an unknown analysis, a checkpoint or training that is not there.
    """
    try:
        return parse(_text(path), where=str(path), folder=path.absolute().parent)
    except Usage:
        raise
    except Refusal as error:  # of the registry and the declared parameters
        raise Usage(str(error)) from error


def parse(text: str, where: str, folder: Path) -> Sweep:
    """Check the text of a sweep.

    Args:
        text: TOML.
        where: named in refusals.
        folder: where paths of models start; then the current folder, then the repository.

    Returns:
        The sweep.

    Raises:
        Usage: as for `read`.
    """
    table = loads(text, "sweep", where)
    known(table, ("name", "models", "problems", "analyses"), where)
    name = text_value(table, "name", where)
    naming.check_run(name)  # becomes a file name
    named = tables(table, "models", where, required=False)
    entries = [sweep_models.read(t, w, folder) for t, w in named]
    problems = [one for t, w in tables(table, "problems", where) for one in _sets(t, w, folder)]
    analyses = [
        asks.read(one, w) for t, w in tables(table, "analyses", where) for one in _spread(t, w)
    ]
    lonely = [ask.analysis.name for ask in analyses if ask.needs_model and not entries]
    if lonely:
        raise Usage(
            "analysis needs a model and the sweep names none",
            where=where,
            came=", ".join(dict.fromkeys(lonely)),
            expected='[[models]] checkpoint = "FILE"',
        )
    models = [e for e in entries if isinstance(e, ModelEntry)]
    series = [e for e in entries if isinstance(e, SeriesEntry)]
    return Sweep(name, models, problems, analyses, text, series)


def _text(path: Path) -> str:
    try:
        if not path.is_file():
            raise Usage(
                "no such sweep file",
                came=path,
                expected=f"a TOML file, or one of {', '.join(shipped.sweep_names())}",
            )
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        text = content.decode("utf-8").removeprefix("\ufeff").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise Usage("sweep is not text", where=str(path), expected="TOML in UTF-8") from error
    except OSError as error:
        raise Usage("cannot read the sweep", where=str(path), came=error.strerror) from error
    if len(content) > MAX_BYTES:
        raise Usage("sweep is too large", where=str(path), expected=f"at most {MAX_BYTES:,} bytes")
    return text


def _sets(table: Mapping[str, Any], where: str, folder: Path) -> list[ProblemsEntry]:
    """The sets that an entry stands for, one for every combination of the members of its lists."""
    if "file" in table:
        return [_of_file(table, where, folder)]
    listed = {name: value for name, value in table.items() if name != "only"}
    only = {name: value for name, value in table.items() if name == "only"}
    return [_problems({**one, **only}, where) for one in _spread(listed, where)]


def _problems(table: Mapping[str, Any], where: str) -> ProblemsEntry:
    task = text_value(table, "task", where, tuple(tasks.TASKS))
    orders = made_to_order.ORDERS[task]
    known(table, ("task", "variant", "seed", "count", "size", "only", *orders), where)
    given = {name: value for name, value in table.items() if name in orders}
    variant = text_value(table, "variant", where, default="same" if given else "")
    if given and variant != "same":
        refuse(
            "variant and parameters", where, variant, f"only one of: variant, {', '.join(given)}"
        )
    record: dict[str, Any] = {
        "size": number(table, "size", where, SIZE, required=False),
        "seed": number(table, "seed", where, SEED, required=False),
    }
    with asking(where):
        made = made_to_order.spell(task, given, where) if given else variant
        problems = ProblemSet.from_dict({"task": task, "variant": made, **record})
    count = number(table, "count", where, COUNT, required=True)
    return ProblemsEntry(problems, count, sweep_models.only(table, where))


def _of_file(table: Mapping[str, Any], where: str, folder: Path) -> ProblemsEntry:
    """Problems of one's own, with the noise that the indices 0 … count − 1 have."""
    known(table, ("task", "file", "count", "size", "only"), where)
    task = text_value(table, "task", where, tuple(tasks.TASKS))
    path = found(text_value(table, "file", where), where, folder, "file of problems")
    size = number(table, "size", where, SIZE, required=False) if "size" in table else 0
    try:
        if naming.content_of(path.name):  # as a store keeps them
            content = contents.read_file(path)
        else:
            data = files.read_bytes(path.resolve(), own.MOST_FILE)
            content = own.read(data, task, size, str(path))
    except OSError as error:
        raise Usage("cannot read problems", where=str(path), came=error.strerror) from error
    if content.first or content.task != task or size not in (0, content.size):
        came = f"{content.task}, size {content.size}, from problem {content.first}"
        expected = f"{task}, size {size or content.size}, from problem 0"
        what = "problems of another task or size, or a single edited one"
        raise Usage(what, where=where, came=came, expected=expected)
    there = len(content.x)
    count = number(table, "count", where, COUNT, required=False) if "count" in table else there
    if count > there:
        refuse("count", where, count, f"1 … {there}, the problems of {path.name}")
    return ProblemsEntry(content.problems, count, sweep_models.only(table, where), content)


def _spread(table: Mapping[str, Any], where: str) -> list[dict[str, Any]]:
    """An entry for every combination of the members of its lists."""
    count = _alternatives(table)
    if not 1 <= count <= MOST_ALTERNATIVES:
        refuse("lists of an entry", where, f"{count} combinations", f"1 … {MOST_ALTERNATIVES}")
    return list(_every(table))


def _alternatives(value: Any) -> int:
    if isinstance(value, dict):
        return math.prod(_alternatives(v) for v in value.values())
    return sum(map(_alternatives, value)) if isinstance(value, list) else 1


def _every(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for members in itertools.product(*(_every(v) for v in value.values())):
            yield dict(zip(value, members, strict=True))
    elif isinstance(value, list):
        for member in value:
            yield from _every(member)
    else:
        yield value
