"""A block of eigenspaces as declared in `analyses/eigenspace.py`."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import xarray as xr

from ired_interp_core.curvature import assembly, generic
from ired_interp_core.curvature.eigen import extreme_eigenpairs
from ired_interp_core.curvature.ideal import INDEX_TOLERANCE
from ired_interp_core.curvature.names import ENDS, SUBSPACES
from ired_interp_core.curvature.places import places
from ired_interp_core.curvature.subspaces import alignment, principal_angles, subspaces
from ired_interp_core.energy import Energy
from ired_interp_core.network import IredEnergy
from ired_interp_core.records import Block
from ired_interp_core.schema import LEVELS, PLACES

POINT = ("problem", "level", "place", "end")
DIMS = {
    "alignment": (*POINT, "subspace"),
    "alignment_random": ("problem", "subspace"),
    "gap": POINT,
    "resolved": POINT,
    "angle_level": (*POINT, "vector"),
    "angle_place": (*POINT, "vector"),
}


@torch.no_grad()
def eigenspace_dataset(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Eigenspaces of a block at the four places of all levels.

    Args:
        block: rows, a model and the descent of the same rows.
        parameters: k, rank, seed.

    Returns:
        The variables that the analysis declares.
    """
    rows = [_one_problem(block, i, parameters) for i in range(block.count)]
    return xr.Dataset(
        {name: (dims, np.stack([row[name] for row in rows])) for name, dims in DIMS.items()},
        coords={
            "level": np.arange(LEVELS),
            "place": np.array(PLACES),
            "end": np.array(ENDS),
            "subspace": np.array(SUBSPACES),
        },
    )


def _one_problem(block: Block, row: int, parameters: Mapping[str, Any]) -> dict[str, np.ndarray]:
    model: Energy = block.models["model"]
    rank = min(model.d, model.width) if isinstance(model, IredEnergy) else model.d
    n, k = model.size, min(parameters["k"], rank - 1)
    descent = block.upstream["descent"].isel(problem=row)
    points = places(
        model.schedule, block.y[row], descent, block.start + row, parameters["seed"]
    ).reshape(-1, model.d)
    vectors, gap, resolved = _eigenvectors(model, block.x[row], points, k, block.device)
    observed = block.x[row].reshape(n, n) != 0 if block.problems.task == "completion" else None
    aligned = np.full((LEVELS, len(PLACES), len(ENDS), len(SUBSPACES)), np.nan, "f4")
    random = np.full(len(SUBSPACES), np.nan, "f4")
    for t in range(LEVELS):
        named = subspaces(
            np.asarray(descent["answer"][t], dtype=np.float64), observed, parameters["rank"]
        )
        for i, name in enumerate(SUBSPACES):
            if name in named:
                random[i] = named[name].dim / model.d
                for p, e in np.ndindex(len(PLACES), len(ENDS)):
                    aligned[t, p, e, i] = alignment(vectors[t, p, e].reshape(k, n, n), named[name])
    answer = PLACES.index("answer")
    by_level = np.full((LEVELS, len(PLACES), len(ENDS), k), np.nan, "f4")
    by_place = np.empty_like(by_level)
    for t, p, e in np.ndindex(LEVELS, len(PLACES), len(ENDS)):
        by_place[t, p, e] = principal_angles(vectors[t, p, e], vectors[t, answer, e])
        if t > 0:
            by_level[t, p, e] = principal_angles(vectors[t, p, e], vectors[t - 1, p, e])
    return {
        "alignment": aligned,
        "alignment_random": random,
        "gap": gap,
        "resolved": resolved,
        "angle_level": by_level,
        "angle_place": by_place,
    }


def _eigenvectors(
    model: Energy, x: np.ndarray, points: np.ndarray, k: int, device: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vectors [level, place, end, k, d], relative gap at k and whether it is resolved."""
    y = torch.as_tensor(points, dtype=torch.float32, device=device)
    condition = torch.as_tensor(x, dtype=torch.float32, device=device).expand(len(y), -1)
    t = torch.arange(LEVELS, device=device).repeat_interleave(len(PLACES))
    basis = None
    if isinstance(model, IredEnergy):
        reduced = assembly.is_reduced(model)
        matrices = assembly.hessian(model, condition, y, t, reduced)
        if reduced:
            basis = model.layers(y.dtype, y.device).reduction[0].cpu().numpy()
    else:
        matrices = generic.hessian(model, condition, y, t)
    vectors, gaps, resolved = [], [], []
    for matrix in matrices:
        for values, found in extreme_eigenpairs(matrix, k):
            vectors.append(found if basis is None else found @ basis.T)
            step, size = abs(values[k - 1] - values[k]), abs(values[k - 1])
            gaps.append(step / size if size > 0 else np.nan)
            error = INDEX_TOLERANCE["float32"] * float(matrix.abs().sum(-1).max())
            resolved.append(step > error)
    shape = (LEVELS, len(PLACES), len(ENDS))
    return (
        np.stack(vectors).reshape(*shape, k, model.d),
        np.array(gaps, "f4").reshape(shape),
        np.array(resolved, "i1").reshape(shape),
    )
