"""Stores made from the declarations alone, without torch: for fast tests of what reads a store.

`answer` builds a valid answer of any registered analysis from its schema; `Fake` asks questions
about one model and one problem set, finds what stands upstream, and publishes through the store's
own doors. Numbers are seeded and plausible in sign and size (spectra ascend, baselines improve),
but mean nothing; a test that must know them gives its own.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import xarray as xr
from kept import once

import store
from ired_interp_core import registry, tasks
from ired_interp_core.records import ProblemSet, Question, digest, seeded
from ired_interp_core.schedule import cosine
from ired_interp_core.schema import LEVELS, Dim, Variable

NODES, STEPS = 9, 6
BASELINES = tasks.TASKS["inverse"].baselines[:4]
PLANES = ("stiff_soft", "random")
PROBLEMS = ProblemSet("inverse", "same", 4, 0)
CARD = {"task": "inverse", "size": 4, "title": "synthetic", "weights": "ema"}
PROVENANCE = {"commit": "0" * 40}
SUBJECT = ("problem_properties", "descent", "hessian_spectrum", "landscape_slice")

LENGTHS = {
    "level": LEVELS, "step": STEPS, "a": NODES, "b": NODES, "axis": 2, "coordinate": 2,
    "iteration": 30, "vector": 2, "feature": 8, "active": 5,
    "trial": 3, "walked": 4, "measured": 3, "probed": 3,
    "split": 2, "size": 4, "rung": 5, "top": 6, "part_fold": 5, "drawn": 2, "draw": 2,
    "basin": 3, "other_basin": 3, "image": 5, "lowest": 2,
    "dimension": 3, "angle": 3,
}  # fmt: skip
"""Entries along dims that follow neither from labels nor from the problems nor from a parameter."""
ASKED = {
    "vectors": "vector", "kept": "active", "neighbours": "neighbour", "examples": "example",
    "bins": "bin", "features": "feature", "starts": "start", "nodes": "node",
    "saddles": "saddle", "images": "image", "strings": "string",
}  # fmt: skip
"""Parameters that say how many entries a dim has."""

Values = Mapping[str, Any]
"""Variable → its numbers, or a function of (generator, shape) that draws them."""
NOTHING: Mapping[str, Any] = MappingProxyType({})


def model_digest(name: str = "one") -> str:
    return digest({"synthetic model": name})


def lengths(question: Question, problems: ProblemSet) -> dict[str, int]:
    """Entries along every dim of an answer but `problem`, those of labels aside."""
    n = problems.size
    follow = {"row": n, "col": n, "singular": n, "eigenvalue": n * n, "unit": n * n,
              "part": tasks.TASKS[problems.task].blocks}  # fmt: skip
    given = {ASKED[p]: int(v) for p, v in question.parameters.items() if v and p in ASKED}
    return LENGTHS | follow | given


def labels(dim: Dim, problems: ProblemSet) -> tuple[Any, ...]:
    """Labels along a dim; of baselines the first of the task, of probes those that are stored."""
    if dim.name == "baseline":
        return tasks.TASKS[problems.task].baselines[: len(BASELINES)]
    return (1, 2, 5) if dim.name == "probed" else dim.labels


def answer(
    question: Question,
    problems: ProblemSet,
    start: int = 0,
    stop: int = 1,
    values: Values = NOTHING,
    sizes: Mapping[str, int] = NOTHING,
    coordinates: Mapping[str, Sequence[Any]] = NOTHING,
) -> xr.Dataset:
    """What `compute` might have given for problems [start, stop), or for a set.

    Args:
        question: of any registered analysis.
        problems: the set it is about.
        start: first problem.
        stop: one past the last.
        values: of some variables, for these problems; of the others they are drawn.
        sizes: of some dims, in place of `lengths`.
        coordinates: labels of some dims, in place of the declared ones.
    """
    declared = registry.get(question.analysis)
    wanted = {
        n: v
        for n, v in declared.schema.variables.items()
        if not v.when or question.parameters.get(v.when)
    }
    dims = {d: declared.schema.dims[d] for v in wanted.values() for d in v.dims}
    coords = {name: np.array(found) for name, dim in dims.items()
              if (found := coordinates.get(name, labels(dim, problems)))}  # fmt: skip
    known = lengths(question, problems) | {d: len(c) for d, c in coords.items()} | dict(sizes)
    known["problem"] = stop - start
    for name, dim in dims.items():
        if dim.least > 0 and name not in coords:
            coords[name] = np.arange(dim.least, dim.least + known[name])
    rng = seeded("synthetic", question.key, start)
    data = {}
    for name, variable in wanted.items():
        shape = tuple(known[d] for d in variable.dims)
        given = values.get(name, _drawn)
        if given is _drawn:
            array = _drawn(name, variable, shape, rng, declared.schema.dims)
        else:
            array = given(rng, shape) if isinstance(given, Callable) else given
        data[name] = (variable.dims, np.asarray(array).astype(variable.dtype, order="C"))
    if "eigenvalue_spectrum" in data:
        ascending = data["eigenvalue_spectrum"][1].astype(np.float64)
        for name, at in (("smallest_eigenvalue", 0), ("largest_eigenvalue", -1)):
            data[name] = (data[name][0], np.ascontiguousarray(ascending[..., at]))
    if "problem" in dims:
        coords["problem"] = np.arange(start, stop)
    result = xr.Dataset(data, coords)
    return declared.schema.conform(result, question.parameters, where="fake_store")


def _drawn(
    name: str,
    variable: Variable,
    shape: tuple[int, ...],
    rng: np.random.Generator,
    dims: Mapping[str, Dim],
) -> np.ndarray:
    """Numbers of a variable; the names are those of analyses whose numbers a figure orders."""
    schedule = cosine()
    if name == "alpha_bar":
        return schedule.alphas_cumprod.copy()
    if name == "sigma":
        return schedule.sigma.copy()
    if name == "resolved":
        return rng.random(shape) > 0.1
    if variable.dtype == "text":
        return np.full(shape, name)
    if variable.flags:
        return rng.integers(0, len(variable.flags), shape)
    if name == "nodes":
        return np.full(shape, NODES)
    if name == "node":
        return np.broadcast_to(-np.cos(np.pi * np.arange(NODES) / (NODES - 1)), shape)
    values = rng.lognormal(-1.0, 0.5, shape)
    if name.startswith("alignment"):
        other = np.isin(dims["subspace"].labels, ("observed", "unobserved"))
        values = np.where(other, np.nan, rng.random(shape))
        return values[:1].repeat(shape[0], axis=0) if name.endswith("random") else values
    if name.startswith("angle"):
        values = np.sort(rng.uniform(0, np.pi / 2, shape), axis=-1)
    if name == "angle_level":
        values[:, 0] = np.nan
    if "mse" in name:
        values *= 0.02
    if name == "baseline_mse":
        values = np.sort(values, axis=-1)[..., ::-1] + 0.001
    if name == "eigenvalue_spectrum":
        values = np.sort(values - 0.15, axis=-1)
    if name in {"smallest_eigenvalue", "trajectory", "answer", "direction", "x", "y_true"}:
        values = values - values.mean()
    if name == "index" or name.startswith("above") or variable.dtype.startswith("int"):
        values = np.floor(values * 3)
    return values


class Fake:
    """Questions about one model and one problem set, answered and published as they are asked.

    Args:
        root: of the store.
        problems: the set.
        model: name of the model.
        count: problems answered.
        card: of the model.
        provenance: of every answer.
    """

    def __init__(
        self,
        root: Path,
        problems: ProblemSet = PROBLEMS,
        model: str = "one",
        count: int = 24,
        card: Mapping[str, Any] = NOTHING,
        provenance: Mapping[str, Any] = PROVENANCE,
    ) -> None:
        self.root, self.problems, self.count = root, problems, count
        self.model, self.provenance = model_digest(model), provenance
        self.asked: list[dict[str, Any]] = []
        self.questions: dict[str, Question] = {}
        self._first: dict[str, Question] = {}
        root.mkdir(parents=True, exist_ok=True)
        card = {**CARD, "title": f"synthetic {model}", **card}
        store.publish_model(root, self.model, f"no weights: {model}".encode(), card)
        store.publish_problem_set(root, problems)

    def ask(
        self,
        name: str,
        values: Values | Callable[[Question], Values] = NOTHING,
        parameters: Mapping[str, Any] = NOTHING,
        sizes: Mapping[str, int] = NOTHING,
        coordinates: Mapping[str, Sequence[Any]] = NOTHING,
        **inputs: str,
    ) -> Question:
        """Ask, answer and publish; what stands upstream is the first of its analysis.

        Args:
            name: of the analysis.
            values: of some variables for all problems, or a function of the question.
            parameters: given ones.
            sizes: as for `answer`.
            coordinates: as for `answer`.
            inputs: role → key, in place of the first answer of the role's analysis.
        """
        question = self.question(name, parameters, **inputs)
        self._first.setdefault(name, question)
        self.asked.append({"key": question.key, "analysis": name, "count": self.count})
        declared = registry.get(name)
        if store.layout.question(self.root, name, question.key).exists():
            return question  # about the problems alone: answered once
        given = values(question) if callable(values) else values
        about = self._sizes(question) | dict(sizes)
        store.publish_question(self.root, question)
        if declared.scope == "set":
            self.asked[-1]["count"] = 1
            whole = answer(question, self.problems, 0, 1, given, about, coordinates)
            store.shards.publish(self.root, question, 0, whole, self.provenance)
            return question
        for start in range(0, self.count, 16):
            stop = min(start + 16, self.count)
            here = {n: v if isinstance(v, Callable) or "problem" not in
                    declared.schema.variables[n].dims else np.asarray(v)[start:stop]
                    for n, v in given.items()}  # fmt: skip
            block = answer(question, self.problems, start, stop, here, about, coordinates)
            store.shards.publish(self.root, question, start, block, self.provenance)
        return question

    def question(
        self, name: str, parameters: Mapping[str, Any] = NOTHING, **inputs: str
    ) -> Question:
        """The question that `ask` asks."""
        declared = registry.get(name)
        filled = dict(inputs)
        for role, kind in declared.inputs.items():
            if role in filled or not (kind.needed or kind.of in filled):
                continue
            above = self.questions[filled[kind.of]].inputs if kind.of else {}
            if kind.kind == "answer":
                filled[role] = above.get(kind.above(role)) or self._upstream(kind.analysis).key
            else:
                mine = self.model if kind.kind == "model" else self.problems.digest
                filled[role] = above.get(kind.above(role), mine)
        if declared.scope == "set":
            parameters = {**parameters, registry.RANGE: self.count}
        question = declared.question(filled, parameters)
        self.questions[question.key] = question
        return question

    def _upstream(self, name: str) -> Question:
        return self._first[name] if name in self._first else self.ask(name)

    def _sizes(self, question: Question) -> dict[str, int]:
        """Sizes that a parameter of the dictionary upstream decides."""
        above = [self.questions[k] for k in question.inputs.values() if k in self.questions]
        features = [q.parameters["features"] for q in above if "features" in q.parameters]
        return {"feature": int(features[0])} if features else {}

    def write_run(
        self, run: str = "synthetic", asked: int | None = None, questions: Sequence[Any] = ()
    ) -> Path:
        """Write the run that asked, and collect.

        Args:
            run: its name.
            asked: problems it asks for of every question; those that were answered by default.
            questions: of other subjects that it asks, too.
        """
        mine = [{**q, "count": asked or q["count"]} for q in self.asked]
        record = {
            "name": run,
            "sweep": f'name = "{run}"\n',
            "questions": [*questions, *mine],
            "models": {self.model: {"checkpoint": "synthetic.safetensors", "card": CARD}},
        }
        store.write_run(self.root, run, record)
        store.catalog.collect(self.root)
        return self.root


@once
def make(
    root: Path,
    count: int = 24,
    problems: ProblemSet = PROBLEMS,
    model: str = "one",
    asked: int | None = None,
    analyses: tuple[str, ...] = SUBJECT,
    run: str = "synthetic",
    clips: tuple[float, ...] = (2.0,),
) -> Path:
    """Write answers of one model on one set of problems, a run record, and collect."""
    fake = Fake(root, problems, model, count)
    for name in analyses:
        for parameters in variants(name, clips):
            fake.ask(name, parameters=parameters)
    return fake.write_run(run, asked)


@once
def everything(root: Path, count: int = 18, run: str = "everything") -> Path:
    """A store of every analysis, in two shards where there is an answer for each problem."""
    fake = Fake(root, count=count)
    for name in registry.analyses():
        fake.ask(name)
    return fake.write_run(run)


def variants(name: str, clips: tuple[float, ...] = (2.0,)) -> list[dict[str, Any]]:
    """The parameters with which `make` asks an analysis, one after the other."""
    if name == "descent":
        return [{"clip": c} for c in clips]
    return [{"plane": p} for p in PLANES] if name == "landscape_slice" else [{}]
