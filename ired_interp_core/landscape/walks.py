"""Walks of the sampler from elsewhere: from a chosen point, and from many noises.

As declared in `analyses/descent_from.py` and `analyses/many_starts.py`. Definitions:
docs/definitions.md §1.7.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float, Int
from scipy.sparse.csgraph import connected_components

from ired_interp_core import registry
from ired_interp_core.descent_record import BATCH, fixed_batches, walk_variables
from ired_interp_core.energy import Energy
from ired_interp_core.inference import Descent, anneal
from ired_interp_core.landscape.point import plane_of, state_of
from ired_interp_core.records import Block, seeded
from ired_interp_core.schema import LEVELS

CONFIDENCE = 0.95
"""Of the bound on ends that were not seen."""


@torch.no_grad()
def from_point_dataset(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Walk each problem of a block down from a chosen point.

    Args:
        block: rows, a model, a slice and the descent of the same rows.
        parameters: as the analysis declares.

    Returns:
        The variables that the analysis declares.
    """
    chunks = [
        _from_point(block, rows, parameters).isel(problem=slice(*used))
        for rows, used in fixed_batches(block.start, block.count)
    ]
    return xr.concat(chunks, dim="problem")


def _from_point(block: Block, rows: np.ndarray, parameters: Mapping[str, Any]) -> xr.Dataset:
    model: Energy = block.models["model"]
    first, scale = parameters["level"], model.schedule.sqrt_alpha_bar
    points = np.stack([_chosen(block, int(row), parameters) for row in rows])
    walk = _walked(block, model, block.x[rows], scale[first] * points, parameters, first)
    known = walk_variables(_whole(walk, first), block.y[rows], model)
    declared, n = registry.get("descent_from").schema.variables, model.size
    stored = block.upstream["descent"]["answer"].values[rows].astype(np.float64)
    answers = known["answer"][1].astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        shift = np.linalg.norm((answers - stored).reshape(len(rows), LEVELS, -1), axis=-1)
    return xr.Dataset(
        {
            "start": (("problem", "row", "col"), points.reshape(-1, n, n)),
            **{name: column for name, column in known.items() if name in declared},
            "shift": (("problem", "level"), shift),
            "answer_shift": (("problem",), shift[:, 0]),
            "energy_final": (("problem",), _ends(block, model, block.x[rows], answers[:, 0])),
            "energy_stored": (("problem",), _ends(block, model, block.x[rows], stored[:, 0])),
        },
        coords={"level": np.arange(LEVELS)},
    )


def _chosen(block: Block, row: int, parameters: Mapping[str, Any]) -> Float[np.ndarray, "d"]:
    """The point of the data frame at which the walk of a row begins."""
    if parameters["source"] == "state":
        descent = block.upstream["descent"].isel(problem=row)
        return state_of(descent, parameters["level"], parameters["step"], "descent_from, step")
    plane = plane_of(block.upstream["slice"].isel(problem=row))
    return plane.points(np.array([parameters["a"]]), np.array([parameters["b"]]))[0]


@torch.no_grad()
def many_starts_dataset(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Walk each problem of a block down from many noises, and tell the ends apart.

    Args:
        block: rows, a model and the descent of the same rows.
        parameters: as the analysis declares.

    Returns:
        The variables that the analysis declares.
    """
    rows = [_many(block, row, parameters) for row in range(block.count)]
    merged = {
        name: (("problem", *dims), np.stack([row[name][1] for row in rows]))
        for name, (dims, _) in rows[0].items()
    }
    return xr.Dataset(merged, {"level": np.arange(LEVELS)})


def _many(block: Block, row: int, parameters: Mapping[str, Any]) -> dict[str, Any]:
    model: Energy = block.models["model"]
    count, d = parameters["starts"], model.d
    padded = -(-count // BATCH) * BATCH  # products round by batch shape: it is always the same
    x, truth = np.tile(block.x[row], (BATCH, 1)), np.tile(block.y[row], (BATCH, 1))
    columns: dict[str, list[np.ndarray]] = {name: [] for name in ("step_energy", "step_mse", "all")}
    for start in range(0, padded, BATCH):
        noise = starting_noises(parameters["seed"], block.start + row, start, d)
        walk = _walked(block, model, x, noise, parameters)
        known = walk_variables(walk, truth, model)
        columns["all"].append(known["answer"][1][:, 0])
        for name in ("step_energy", "step_mse"):
            columns[name].append(known[name][1])
    taken = {name: np.concatenate(parts)[:count] for name, parts in columns.items()}
    answers = taken["all"].reshape(count, d).astype(np.float64)
    stored = np.asarray(block.upstream["descent"]["answer"][row, 0], dtype=np.float64).ravel()
    each, step = ("start",), ("start", "level", "step")
    with np.errstate(over="ignore", invalid="ignore"):
        distance = np.sqrt(np.mean((answers - stored) ** 2, axis=-1))
        mse = np.mean((answers - block.y[row]) ** 2, axis=-1)
    cluster = clusters(answers, parameters["tolerance"])
    energies = _ends(block, model, np.tile(block.x[row], (count, 1)), answers)
    at = int((distance <= parameters["tolerance"]).sum())
    return {
        "step_energy": (step, taken["step_energy"]),
        "step_mse": (step, taken["step_mse"]),
        "answer": (("start", "row", "col"), taken["all"]),
        "mse_final": (each, mse),
        "energy_final": (each, energies),
        "distance": (each, distance),
        "cluster": (each, cluster),
        "ends": ((), np.float64(cluster.max() + 1)),
        "at_stored": ((), np.float64(at)),
        "furthest": ((), _of_finite(np.max, distance)),
        "energy_lowest": ((), _of_finite(np.min, energies)),
        "energy_stored": ((), _ends(block, model, block.x[[row]], stored[None])[0]),
        "unseen_share": ((), unseen_share(count) if at == count else np.float64("nan")),
    }


def starting_noises(seed: int, index: int, start: int, d: int) -> Float[np.ndarray, "32 d"]:
    """Standard normal noises start … start + 31 of a problem, each a function of its number.

    Args:
        seed: of the noises.
        index: of the problem.
        start: number of the first.
        d: entries of y.

    Returns:
        Noises, float64: ỹ before the first jump, level frame.
    """
    return np.stack(
        [
            seeded("many starts", seed, index, one).standard_normal(d)
            for one in range(start, start + BATCH)
        ]
    )


def clusters(ends: Float[np.ndarray, "n d"], tolerance: float) -> Int[np.ndarray, "n"]:
    """Tell ends apart: two within a root mean square are one, and so are chains of such.

    Args:
        ends: final answers, data frame.
        tolerance: root mean square over the entries.

    Returns:
        Number of the cluster of each, the largest first, of two as large that of the earlier end;
        −1 where an end is not finite.
    """
    found = np.full(len(ends), -1, dtype=np.int16)
    there = np.flatnonzero(np.isfinite(ends).all(-1))
    if not there.size:
        return found
    known = ends[there]
    near = np.stack([((known - one) ** 2).mean(-1) for one in known]) <= tolerance**2
    _, label = connected_components(near, directed=False)
    names, first, size = np.unique(label, return_index=True, return_counts=True)
    order = np.lexsort((first, -size))
    rank = np.empty(len(names), dtype=np.int16)
    rank[order] = np.arange(len(names))
    found[there] = rank[label]
    return found


def unseen_share(count: int) -> np.float64:
    """1 − 0.05^(1/n): shares above it would have been seen in n starts with 95 % probability."""
    return np.float64(1 - (1 - CONFIDENCE) ** (1 / count))


def _of_finite(take: Any, values: np.ndarray) -> np.float64:
    finite = values[np.isfinite(values)]
    return np.float64(take(finite) if finite.size else np.nan)


def _walked(
    block: Block,
    model: Energy,
    x: Float[np.ndarray, "32 n_in"],
    start: Float[np.ndarray, "32 d"],
    sampler: Mapping[str, Any],
    first: int = LEVELS - 1,
) -> Descent:
    return anneal(
        model,
        torch.as_tensor(x, dtype=torch.float32, device=block.device),
        torch.as_tensor(start, dtype=torch.float32, device=block.device),
        clip=sampler["clip"],
        inner_steps=sampler["inner_steps"],
        jump=sampler["jump"],
        first=first,
        check=block.desk.check,
    )


def _whole(walk: Descent, first: int) -> Descent:
    """A walk with the levels above its first one, of which there is nothing: NaN, not proposed."""
    above = LEVELS - 1 - first

    def padded(values: torch.Tensor) -> torch.Tensor:
        fill = torch.nan if values.is_floating_point() else 0
        return torch.cat([values.new_full((above, *values.shape[1:]), fill), values])

    columns = {f.name: getattr(walk, f.name) for f in fields(walk)}
    official = columns.pop("answer_official")
    return Descent(**{n: padded(v) for n, v in columns.items()}, answer_official=official)


def _ends(
    block: Block, model: Energy, x: np.ndarray, answers: Float[np.ndarray, "B d"]
) -> Float[np.ndarray, "B"]:
    """E_0 in float64 at answers of the data frame."""
    ends = model.schedule.sqrt_alpha_bar[0] * answers.reshape(len(answers), -1)
    given, y = (torch.as_tensor(v, dtype=torch.float64, device=block.device) for v in (x, ends))
    return model.energy(given, y, 0).cpu().numpy()
