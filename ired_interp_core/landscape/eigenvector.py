"""One eigenvector of a spectrum at every level, as declared in `analyses/eigenvector.py`.

Definitions: docs/definitions.md §3.3.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float

from ired_interp_core import registry
from ired_interp_core.curvature.ideal import INDEX_TOLERANCE
from ired_interp_core.curvature.places import places
from ired_interp_core.energy import Energy
from ired_interp_core.errors import Refusal
from ired_interp_core.landscape.directions import Scene
from ired_interp_core.records import Block, seeded
from ired_interp_core.schema import LEVELS, PLACES

POINT = "matrix"
"""Variable of a spectrum that was taken at one point: that point, data frame."""


@torch.no_grad()
def eigenvector_dataset(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """The eigenvector of a rank at every level, and the energy along it, of each problem.

    Args:
        block: rows, a model, a spectrum and the descent of the same rows.
        parameters: as the analysis declares.

    Returns:
        The variables that the analysis declares.
    """
    rows = [_one_problem(block, row, parameters) for row in range(block.count)]
    merged = {
        name: (("problem", *dims), np.stack([row[name][1] for row in rows]))
        for name, (dims, _) in rows[0].items()
    }
    return xr.Dataset(merged, {"level": np.arange(LEVELS)})


def points_of(block: Block, row: int, place: str) -> tuple[Float[np.ndarray, "10 d"], float]:
    """Where a spectrum was taken, and how far its eigenvalues are from each other at least.

    Args:
        block: with the answers `spectrum` and `descent`.
        row: which problem of it.
        place: of a spectrum at the four places.

    Returns:
        A point of the data frame for each level; the error of an eigenvalue, as a share of max |λ|.
    """
    model: Energy = block.models["model"]
    spectrum = block.upstream["spectrum"]
    asked = registry.question_of(spectrum).parameters
    error = INDEX_TOLERANCE[asked["dtype"]]
    if POINT in spectrum:
        point = np.asarray(spectrum[POINT][row], dtype=np.float64).ravel()
        return np.tile(point, (LEVELS, 1)), error
    descent = block.upstream["descent"].isel(problem=row)
    known = places(model.schedule, block.y[row], descent, block.start + row, asked["seed"])
    return known[:, PLACES.index(place)] / model.schedule.sqrt_alpha_bar[:, None], error


def chosen(values: Float[np.ndarray, "k"], d: int, rank: int) -> tuple[int, float, float]:
    """One eigenvalue of d, of which k are known and the others are exactly 0.

    Args:
        values: those that are known, largest first.
        d: number of all.
        rank: 0 the largest, −1 the smallest.

    Returns:
        Its place among `values`, −1 where it is one of the zeros; λ; its gap to the nearest other.

    Raises:
        Refusal: there is no such rank.
    """
    if not -d <= rank < d:
        raise Refusal(
            "no such eigenvector",
            where="eigenvector, rank",
            came=rank,
            expected=f"{-d} … {d - 1}, 0 the stiffest and -1 the softest",
        )
    every = np.concatenate([values, np.zeros(d - len(values))])
    order = np.argsort(-every, kind="stable")
    every, at = every[order], rank % d
    beside = np.delete(every[max(at - 1, 0) : at + 2], min(at, 1))
    place = int(order[at])
    gap = float(np.abs(beside - every[at]).min()) if beside.size else float("nan")
    return (place if place < len(values) else -1), float(every[at]), gap


def _one_problem(block: Block, row: int, parameters: Mapping[str, Any]) -> dict[str, Any]:
    model: Energy = block.models["model"]
    points, error = points_of(block, row, parameters["place"])
    radius = float(np.linalg.norm(block.y[row]))
    radius = radius if np.isfinite(radius) and radius > 0 else 1.0
    reach = parameters["half_width"] * radius
    position = np.linspace(-reach, reach, parameters["nodes"])
    levels = []
    for t in range(LEVELS):
        block.desk.check()
        levels.append(_level(block, row, points[t], t, parameters["rank"], error, position))
        if block.desk.awaited:
            part = {n: (("problem", "level", *d), v[None, None]) for n, (d, v) in levels[t].items()}
            coords = {"problem": [block.start + row], "level": [t]}
            block.desk.hand_over(f"level {t}", xr.Dataset(part, coords))
    n = model.size
    return {
        name: (("level", *dims), np.stack([level[name][1] for level in levels]))
        for name, (dims, _) in levels[0].items()
    } | {
        "symmetric_share_random": ((), np.float64((n + 1) / (2 * n))),
        "diagonal_share_random": ((), np.float64(1 / n)),
        "position": (("node",), position),
    }


def _level(
    block: Block,
    row: int,
    point: Float[np.ndarray, "d"],
    t: int,
    rank: int,
    error: float,
    position: Float[np.ndarray, "node"],
) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
    model: Energy = block.models["model"]
    scene = Scene(
        model, block.x[row], t, point, {}, np.empty((0, model.d)), seeded("eigenvector"),
        block.device,
    )  # fmt: skip
    values, vectors = scene.eigenpairs
    place, value, gap = chosen(values, model.d, rank)
    vector = vectors[place] if place >= 0 else np.full(model.d, np.nan)
    matrix = vector.reshape(model.size, model.size)
    resolved = gap > error * np.abs(values).max()
    return {
        "vector": (("row", "col"), matrix.astype(np.float32)),
        "eigenvalue": ((), np.float64(value)),
        "gap": ((), np.float64(gap)),
        "resolved": ((), np.int8(resolved)),
        "symmetric_share": ((), (((matrix + matrix.T) / 2) ** 2).sum()),
        "diagonal_share": ((), (np.diagonal(matrix) ** 2).sum()),
        "energy_along": (("node",), _along(block, row, point, vector, t, position)),
        "slope_along": ((), vector @ scene.gradient()),
    }


def _along(
    block: Block,
    row: int,
    point: Float[np.ndarray, "d"],
    vector: Float[np.ndarray, "d"],
    t: int,
    position: Float[np.ndarray, "node"],
) -> Float[np.ndarray, "node"]:
    """E_t in float64 at y + s·v of the data frame."""
    model: Energy = block.models["model"]
    where = model.schedule.sqrt_alpha_bar[t] * (point + position[:, None] * vector)
    y = torch.as_tensor(where, dtype=torch.float64, device=block.device)
    x = torch.as_tensor(block.x[row], dtype=torch.float64, device=block.device)
    return model.energy(x.expand(len(y), -1), y, t).cpu().numpy()
