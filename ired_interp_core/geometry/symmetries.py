"""Whether answers follow when the problem is turned: walks on turned problems, turned back.

Definitions: docs/definitions.md §6.5.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float

from ired_interp_core import registry
from ired_interp_core.energy import Energy
from ired_interp_core.geometry.moves import transposed
from ired_interp_core.geometry.names import TURNS
from ired_interp_core.inference import anneal
from ired_interp_core.records import Block, seeded
from ired_interp_core.schema import LEVELS
from ired_interp_core.tasks.ensembles import haar

Matrices = Float[np.ndarray, "... n n"]


class Turn(NamedTuple):
    """A transformation of problems and what it makes of answers.

    Attributes:
        problem: of the matrices of x [part, n, n].
        answer: of y and its noise [n, n].
        back: of answers [level, n, n], the inverse of `answer`.
    """

    problem: Callable[[Matrices], Matrices]
    answer: Callable[[Matrices], Matrices]
    back: Callable[[Matrices], Matrices]


def conjugated(basis: Float[np.ndarray, "n n"]) -> Turn:
    """Y → QYQᵀ, of a problem as of its answer."""
    return Turn(
        lambda x: basis @ x @ basis.T,
        lambda y: basis @ y @ basis.T,
        lambda y: basis.T @ y @ basis,
    )


def turns(
    task: str, x: Float[np.ndarray, "part n n"], factor: float, rng: np.random.Generator
) -> dict[str, Turn]:
    """The symmetries that a task has.

    Args:
        task: inverse, addition or completion.
        x: matrices of the problem.
        factor: c of the scale.
        rng: draws P, Q and C; every name draws, so that none depends on the others.

    Returns:
        Name of `TURNS` → turn. Completion has no rotation and no scale, since its gaps and its
        prior have none; a symmetric x has no transposition.
    """
    n = x.shape[-1]
    eye = np.eye(n)[rng.permutation(n)]
    basis = haar(rng, n)
    drawn = rng.uniform(-0.5, 0.5, (n, n))
    found = {"permutation": conjugated(eye)}
    if task != "completion":
        found["rotation"] = conjugated(basis)
    if not np.array_equal(x, transposed(x)):
        found["transpose"] = Turn(transposed, transposed, transposed)
    if task == "inverse":
        found["scale"] = Turn(lambda x: factor * x, lambda y: y, lambda y: factor * y)
    elif task == "addition":
        found["scale"] = Turn(lambda x: factor * x, lambda y: y, lambda y: y / factor)
        shift = np.stack([drawn, -drawn])
        found["sum"] = Turn(lambda x: x + shift, lambda y: y, lambda y: y)
    return found


def symmetry_dataset(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """How far answers to turned problems, turned back, are from the answers themselves.

    Args:
        block: rows, a model and the descent of the same rows.
        parameters: draws, factor, seed.

    Returns:
        The variables that `analyses/symmetry.py` declares.
    """
    rows = []
    for row in range(block.count):
        block.desk.check()
        rows.append(_one_problem(block, row, parameters))
    known = {name: np.stack([found[name] for found in rows]) for name in rows[0]}
    level, matrix = ("problem", "level"), ("row", "col")
    apart = known["turned_distance"]
    mse = block.upstream["descent"]["mse"].values
    return xr.Dataset(
        {
            **{f"{name}_distance": (level, apart[:, i]) for i, name in enumerate(TURNS)},
            "error": (level, np.sqrt(mse)),
            "rounding": (level, known["rounding"]),
            "walked": (("problem", "level", *matrix), known["walked"].astype("f4")),
            "turned_back": (
                ("problem", "turn", "level", *matrix), known["turned_back"].astype("f4"),
            ),
            "turned_problem": (
                ("problem", "turn", "part", *matrix), known["turned_problem"].astype("f4"),
            ),
        },
        coords={"level": np.arange(LEVELS), "turn": np.array(TURNS)},
    )  # fmt: skip


def _one_problem(block: Block, row: int, parameters: Mapping[str, Any]) -> dict[str, np.ndarray]:
    model: Energy = block.models["model"]
    n = block.problems.size
    x = block.x[row].reshape(-1, n, n)
    descent = block.upstream["descent"].isel(problem=row)
    noise = descent["start"].values.astype(np.float64)
    draws = [
        turns(block.problems.task, x, parameters["factor"],
              seeded("turns", parameters["seed"], block.start + row, draw))
        for draw in range(parameters["draws"])
    ]  # fmt: skip
    each = [(name, turn) for draw in draws for name, turn in draw.items()]
    problems = np.stack([x, *(turn.problem(x) for _, turn in each)])
    starts = np.stack([noise, *(turn.answer(noise) for _, turn in each)])
    sampler = registry.question_of(block.upstream["descent"]).parameters
    walk = anneal(
        model,
        torch.as_tensor(problems.reshape(len(problems), -1), device=block.device),
        torch.as_tensor(starts.reshape(len(starts), -1), device=block.device),
        **{name: sampler[name] for name in ("clip", "inner_steps", "jump")},
        check=block.desk.check,
    )
    answers = walk.answers.flip(0).movedim(1, 0).cpu().numpy().reshape(-1, LEVELS, n, n)
    own, squares = answers[0], np.zeros((len(TURNS), LEVELS))
    back = np.full((len(TURNS), LEVELS, n, n), np.nan)
    shown = np.full((len(TURNS), *x.shape), np.nan)
    for (name, turn), problem, answer in zip(each, problems[1:], answers[1:], strict=True):
        at, turned = TURNS.index(name), turn.back(answer)
        squares[at] += ((turned - own) ** 2).mean((-2, -1)) / len(draws)
        if np.isnan(shown[at]).all():  # the first draw is shown
            back[at], shown[at] = turned, problem
    there = np.array([name in draws[0] for name in TURNS])[:, None]
    stored = descent["answer"].values.astype(np.float64)
    return {
        "turned_distance": np.where(there, np.sqrt(squares), np.nan),
        "rounding": np.sqrt(((stored - own) ** 2).mean((-2, -1))),
        "walked": own,
        "turned_back": back,
        "turned_problem": shown,
    }
