"""What probes read, made of a small model, with properties that are planted in its layers."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import answers
import numpy as np
import torch
import xarray as xr
from answers import Kept
from cases import random_tensors

from ired_interp_core import checkpoints, registry
from ired_interp_core.desk import Desk
from ired_interp_core.network import IredEnergy
from ired_interp_core.records import Gathered, ProblemSet, Question

SET = ProblemSet("inverse", "same", 3, 0)
WIDTH = 8
USED, UNUSED, LEVEL = 3, 5, 4
"""Units of h2 that carry a planted property at that level; nothing reads the second one."""

QUICK = {"splits": 2, "directions": 6, "use_problems": 64, "bootstrap": 200}


def model() -> IredEnergy:
    """A network whose third layer reads one unit of h2 strongly, and another one not at all."""
    tensors = random_tensors(3, 1, WIDTH, seed=2)
    tensors["fc3.weight"][:, USED] *= 8
    tensors["fc3.weight"][:, UNUSED] = 0
    return checkpoints.from_tensors(tensors, {"task": "inverse"})


def upstream(
    energy: IredEnergy, count: int, harder: bool = False, dictionary: bool = False
) -> dict[str, Kept]:
    """Answers for every role, those that need not be filled on demand."""

    def answer(name: str, problems: ProblemSet, rows: int = count) -> Kept:
        question = answers.ask(name, problems).question
        return Kept(question, answers._compute(question.key, energy, problems, 0, rows))

    found = {"states": answer("layer_states", SET), "properties": answer("problem_properties", SET),
             "descent": answer("descent", SET)}  # fmt: skip
    if harder:
        other = replace(SET, variant="harder")
        found["harder"] = answer("layer_states", other)
        found["harder_properties"] = answer("problem_properties", other)
    if dictionary:
        learned = replace(SET, seed=1)
        found["dictionary"] = answer("dictionary", learned)
        found["activations"] = answer("activations", learned, 1)
    return found


def question(count: int, up: Mapping[str, Kept], **parameters: Any) -> Question:
    """The question whose roles are filled by these."""
    filled = {role: k.question.key for role, k in up.items()}
    filled |= {"model": "0" * 24, "problems": SET.digest}
    given = {**QUICK, "problems": count, "codes": "dictionary" in up, **parameters}
    return registry.get("probes").question(filled, given)


def run(
    energy: IredEnergy, up: Mapping[str, Kept], desk: Desk | None = None, **parameters: Any
) -> xr.Dataset:
    """Probe them."""
    count = up["states"].count
    gathered = Gathered(SET, count, {"model": energy}, up, desk or Desk())
    asked = question(count, up, **parameters)
    torch.manual_seed(0)
    return registry.get("probes").run(gathered, asked.parameters)


def changed(kept: Kept, change) -> Kept:
    """The same answer with other numbers."""
    return Kept(kept.question, change(kept.answer.copy(deep=True)))


def taken(up: Mapping[str, Kept], rows: np.ndarray) -> dict[str, Kept]:
    """The same answers for some of the problems in some order."""
    per_problem = {r: k for r, k in up.items() if "problem" in k.answer.dims}
    cut = {
        r: changed(k, lambda a: a.isel(problem=rows).assign_coords(problem=np.arange(len(rows))))
        for r, k in per_problem.items()
    }
    return {**up, **cut}


def planted(up: Mapping[str, Kept], seed: int = 0) -> dict[str, Kept]:
    """Two properties become noise that stands in one unit of h2 each, at one level.

    The unit that is used lies far from where the sampler has it, so that removing what it carries,
    which puts it there, changes it by much more than a random direction of equal variance does.
    """
    count = up["states"].count
    z = np.random.default_rng(seed).normal(size=(2, count))
    noise = np.random.default_rng(seed + 1).normal(size=(2, count))

    def named(answer: xr.Dataset) -> xr.Dataset:
        answer["trace"][:], answer["log_abs_det"][:] = z
        answer["answer_norm"][:] = noise[0]
        return answer

    def carried(answer: xr.Dataset) -> xr.Dataset:
        place = {"network": "trained", "layer": "h2", "level": LEVEL}
        where = answer["layer_state"].loc[place]
        for unit, values, away, size in ((USED, z[0], 1.0, 0.02), (UNUSED, z[1], 0.0, 0.3)):
            mean = float(where[:, 0, unit].mean())
            where[:, 0, unit] = (mean + away + size * values).astype("f4")
        return answer

    return {**up, "properties": changed(up["properties"], named),
            "states": changed(up["states"], carried)}  # fmt: skip
