"""A block of geometries as declared in `analyses/geometry.py`."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import xarray as xr

from ired_interp_core import registry, tasks
from ired_interp_core.activations import states
from ired_interp_core.geometry import grassmann, moves
from ired_interp_core.geometry import problem as one
from ired_interp_core.geometry.looks import Look
from ired_interp_core.geometry.names import (
    AGAINST,
    ENDS,
    FACTORS,
    LENGTHS,
    MANIFOLDS,
    MOST_DIMENSION,
    MOVES,
    PASSED,
    PROJECTIONS,
    SOURCES,
)
from ired_interp_core.geometry.problem import Found, Problem
from ired_interp_core.ideal_energy import GaussianIdeal
from ired_interp_core.inference import anneal
from ired_interp_core.records import Block
from ired_interp_core.schema import LEVELS, Variable

LABELS = {
    "place": ENDS,
    "factor": FACTORS,
    "source": SOURCES,
    "manifold": MANIFOLDS,
    "move": MOVES,
    "length": LENGTHS,
    "projection": PROJECTIONS,
    "against": AGAINST,
    "passed": PASSED,
}
"""Coordinates of labelled dims, in order."""


def geometry_dataset(
    block: Block, parameters: Mapping[str, Any], variables: Mapping[str, Variable]
) -> xr.Dataset:
    """The geometry of a block, problem by problem: an answer depends on its problem alone.

    Args:
        block: rows, a model and the descent of the same rows.
        parameters: as the analysis declares.
        variables: its declared variables, for their dims and dtypes.

    Returns:
        The declared variables.
    """
    size = block.problems.size
    visited = states(block.models["model"], block.upstream["descent"]).astype(np.float64)
    rows = []
    for row in range(block.count):
        block.desk.check()
        rows.append(_one_problem(block, row, visited[row], parameters))
    known = {name: np.stack([found[name] for found in rows]) for name in rows[0]} | _nulls(
        size, parameters
    )
    steps = block.upstream["descent"]["step"].values
    present = {name for v in variables.values() for name in v.dims}
    coords = {name: list(labels) for name, labels in LABELS.items() if name in present}
    return xr.Dataset(
        {name: (v.dims, np.asarray(known[name]).astype(v.dtype)) for name, v in variables.items()},
        coords={
            "level": np.arange(LEVELS),
            "step": np.concatenate([[-1], steps]),
            "dimension": np.arange(1, min(size, MOST_DIMENSION) + 1),
            **coords,
        },
    )


def _one_problem(
    block: Block, row: int, visited: np.ndarray, parameters: Mapping[str, Any]
) -> Found:
    model, p, n = block.models["model"], block.problems, block.problems.size
    descent = block.upstream["descent"].isel(problem=row)
    scale = model.schedule.sqrt_alpha_bar[:, None, None, None]
    answers, minima = (descent[v].values.astype(np.float64) for v in ("answer", "minimum"))
    truth = block.y[row].reshape(n, n)
    ideal = GaussianIdeal(p.task, n, p.variant)
    ideal.schedule = model.schedule
    of = Problem(
        Look(model, block.x[row], block.device),
        Look(ideal, block.x[row]),
        truth,
        answers,
        minima,
        visited.reshape(LEVELS, -1, n, n) / scale,
        np.stack([descent[v].values for v in ("energy_answer", "minimum_energy")], axis=1)
        - descent["energy_truth"].values[:, None],
        block.start + row,
        parameters,
    )
    x = block.x[row].reshape(n, n) if p.task == "inverse" else None
    predicted, nearest = _nearest(block, row, descent)
    return {
        "predictor": nearest,
        **one.subspaces(of),
        **one.ways(of),
        **one.split(of),
        **one.displacements(of),
        **one.convexity(of),
        **one.order(of, predicted, _ideal_walk(block, row, ideal)),
        **one.structure(of),
        **one.eigenbasis(of, x),
    }


def _nearest(block: Block, row: int, descent: xr.Dataset) -> tuple[np.ndarray, np.int8]:
    """Answer of the predictor nearest to the final answer, and its place in `tasks.BASELINES`."""
    p, n = block.problems, block.problems.size
    distance = descent["mse_to_baseline"].values
    finite = np.where(np.isfinite(distance), distance, np.inf)
    name = str(descent["baseline"].values[int(np.argmin(finite))])
    known = {b.name: b for b in tasks.baselines(p.task, p.variant, n)}
    found = known[name].predict(block.x[row : row + 1]).reshape(n, n)
    return found, np.int8(tasks.BASELINES.index(name))


def _ideal_walk(block: Block, row: int, ideal: GaussianIdeal) -> np.ndarray:
    """Answers of the sampler on the Gaussian ideal, from the same noise [level, n, n]."""
    n = block.problems.size
    if not np.isfinite(block.y[row]).all():
        return np.full((LEVELS, n, n), np.nan)
    sampler = registry.question_of(block.upstream["descent"]).parameters
    noise = block.upstream["descent"]["start"].values[row].reshape(1, n * n)
    walk = anneal(
        ideal,
        torch.as_tensor(block.x[row : row + 1], dtype=torch.float64),
        torch.as_tensor(noise, dtype=torch.float64),
        **{name: sampler[name] for name in ("clip", "inner_steps", "jump")},
    )
    return walk.answers.flip(0)[:, 0].reshape(LEVELS, n, n).numpy()


def _nulls(size: int, parameters: Mapping[str, Any]) -> Found:
    """What random spaces and random matrices would give."""
    theta, distances = grassmann.null(size)
    dims = min(size, MOST_DIMENSION)
    rank = min(parameters["rank"], size - 1)
    return {
        "angle_random": theta[:, :dims, :dims].mean(0),
        "angle_random_sd": theta[:, :dims, :dims].std(0),
        "geodesic_random": distances[:, :dims, 0].mean(0),
        "geodesic_random_sd": distances[:, :dims, 0].std(0),
        "chordal_random": distances[:, :dims, 1].mean(0),
        "chordal_random_sd": distances[:, :dims, 1].std(0),
        "normal_ratio_random": np.array(list(moves.ratio_of_random(size, rank).values())),
    }
