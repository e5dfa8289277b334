"""Any registered analysis on a small model, with everything that it reads, in memory."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import xarray as xr

from ired_interp_core import registry, tasks
from ired_interp_core.energy import Energy
from ired_interp_core.records import Block, Gathered, ProblemSet, Question, canonical_json

RANGE = 10
"""Problems of a set here: two of them are held out."""

QUICK: Mapping[str, Mapping[str, Any]] = {
    "attribution": {"error_nodes": 1, "nodes": 8, "samples": 2},
    "minima": {"starts": 1, "states": 1, "others": 1, "steps": 16, "refinements": 1, "basins": 3},
    "paths": {"budget": 200, "images": 5, "saddles": 2, "strings": 1},
    "minima_slice": {"second": -1},  # these small models have one minimum
    "other_slice": {"other": RANGE - 1},  # of itself a problem has no direction
}
"""Parameters that keep the small ones small, beside those of a rehearsal."""

FEW = {"splits": 1, "bootstrap": 10, "use_cells": 0}
"""Of probes that are only read for their directions."""


@dataclass(frozen=True)
class Asked:
    """A question with the questions it reads."""

    question: Question
    upstream: Mapping[str, "Asked"]


_ASKED: dict[str, Asked] = {}


class Kept:
    """An answer in memory, read as one in a store is (`records.Rows`)."""

    def __init__(self, question: Question, answer: xr.Dataset) -> None:
        self.question, self.answer = question, answer

    @property
    def count(self) -> int:
        return self.answer.sizes.get("problem", 1)

    def read(
        self,
        problems: Sequence[int] | None = None,
        variables: Iterable[str] | None = None,
        at: Mapping[str, Any] | None = None,
    ) -> xr.Dataset:
        found = self.answer
        if variables is not None:
            wanted = list(variables)
            assert set(wanted) <= set(found.data_vars), "a store knows variables, no coordinates"
            found = found[wanted]
        found = found.sel(at).drop_vars(list(at)) if at else found
        return found if problems is None else found.isel(problem=list(problems))


def ask(name: str, problems: ProblemSet, **parameters: Any) -> Asked:
    """Fill every role."""
    spec = registry.get(name)
    upstream: dict[str, Asked] = {}
    filled = {}
    for role, kind in spec.inputs.items():
        if not kind.needed:
            continue
        if kind.kind != "answer":
            filled[role] = problems.digest if kind.kind == "problems" else "0" * 24
        elif kind.of:
            upstream[role] = upstream[kind.of].upstream[kind.above(role)]
        else:
            few = FEW if kind.analysis == "probes" else {}
            upstream[role] = ask(kind.analysis, problems, **kind.given, **few)
    filled |= {role: a.question.key for role, a in upstream.items()}
    question = spec.question(filled, {**spec.small, **QUICK.get(name, {}), **parameters})
    return _ASKED.setdefault(question.key, Asked(question, upstream))


@cache
def _compute(key: str, model: Energy, problems: ProblemSet, start: int, stop: int) -> xr.Dataset:
    """Answer a question for some problems, everything upstream included."""
    asked = _ASKED[key]
    question = asked.question
    spec, parameters = registry.get(question.analysis), question.parameters
    read = {}
    for role, above in asked.upstream.items():
        rows = spec.rows_read(role, start, stop, parameters)
        read[role] = _compute(above.question.key, model, problems, *rows)
    models = {role: model for role, kind in spec.inputs.items() if kind.kind == "model"}
    if spec.scope == "set":
        rows = {role: Kept(asked.upstream[role].question, r) for role, r in read.items()}
        result = spec.run(Gathered(problems, parameters["problems"], models, rows), parameters)
    else:
        p = tasks.problems(problems.task, stop - start, problems.seed, size=problems.size,
                           variant=problems.variant, start=start)  # fmt: skip
        result = spec.run(Block(problems, start, p.x, p.y, models, read), parameters)
    result.attrs["question"] = canonical_json(question.as_dict())
    return result


def run(
    name: str, model: Energy, task: str, start: int, stop: int, size: int, **parameters: Any
) -> xr.Dataset:
    """One analysis of rows start … stop, everything upstream included."""
    problems = ProblemSet(task, "same", size, 0)
    key = ask(name, problems, **parameters).question.key
    return _compute(key, model, problems, start, stop)
