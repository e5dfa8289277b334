"""A block of eigenspaces as declared in `analyses/eigenspace.py`."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
import xarray as xr

from ired_interp_core.curvature import assembly, generic
from ired_interp_core.curvature.eigen import eigenpairs
from ired_interp_core.curvature.ideal import INDEX_TOLERANCE
from ired_interp_core.curvature.measures import widest_break
from ired_interp_core.curvature.names import ENDS, SUBSPACES
from ired_interp_core.curvature.places import places
from ired_interp_core.curvature.subspaces import Subspace, alignment, principal_angles, subspaces
from ired_interp_core.energy import Energy
from ired_interp_core.network import IredEnergy
from ired_interp_core.records import Block
from ired_interp_core.schema import LEVELS, PLACES

POINT = ("problem", "level", "place", "end")
DIMS = {
    "alignment": (*POINT, "subspace"),
    "alignment_first": (*POINT, "subspace"),
    "alignment_break": (*POINT, "subspace"),
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
    observed = block.x[row].reshape(n, n) != 0 if block.problems.task == "completion" else None
    shape = (LEVELS, len(PLACES), len(ENDS))
    vectors = np.full((*shape, k, model.d), np.nan, "f4")
    gap, resolved = np.full(shape, np.nan, "f4"), np.zeros(shape, "i1")
    aligned, first, broken = (np.full((*shape, len(SUBSPACES)), np.nan, "f4") for _ in range(3))
    random = np.full(len(SUBSPACES), np.nan, "f4")
    for i, (values, all_vectors, error) in enumerate(_spectra(model, block, row, points)):
        block.desk.check()
        t, p = divmod(i, len(PLACES))
        sides = (values[::-1], all_vectors[::-1]), (values, all_vectors)
        for e, (outer, from_outside) in enumerate(sides):
            vectors[t, p, e] = from_outside[:k]
            step, size = abs(outer[k - 1] - outer[k]), abs(outer[k - 1])
            gap[t, p, e] = step / size if size > 0 else np.nan
            resolved[t, p, e] = step > error
        if p == 0:
            answer = np.asarray(descent["answer"][t], dtype=np.float64)
            named = subspaces(answer, observed, parameters["rank"])
        above = _above_the_break(values, all_vectors, model.d)
        for s, name in enumerate(SUBSPACES):
            if name not in named:
                continue
            random[s] = named[name].dim / model.d
            for e in range(len(ENDS)):
                ours = vectors[t, p, e].reshape(k, n, n)
                aligned[t, p, e, s] = alignment(ours, named[name])
                first[t, p, e, s] = alignment(ours[:1], named[name])
            broken[t, p, :, s] = _either_side(above.reshape(-1, n, n), named[name], model.d)
    at_answer = PLACES.index("answer")
    by_level = np.full((*shape, k), np.nan, "f4")
    by_place = np.empty_like(by_level)
    for t, p, e in np.ndindex(shape):
        by_place[t, p, e] = principal_angles(vectors[t, p, e], vectors[t, at_answer, e])
        if t > 0:
            by_level[t, p, e] = principal_angles(vectors[t, p, e], vectors[t - 1, p, e])
    return {
        "alignment": aligned,
        "alignment_first": first,
        "alignment_break": broken,
        "alignment_random": random,
        "gap": gap,
        "resolved": resolved,
        "angle_level": by_level,
        "angle_place": by_place,
    }


def _above_the_break(values: np.ndarray, vectors: np.ndarray, d: int) -> np.ndarray:
    """The eigenvectors above the break; directions that a reduction leaves out are flat."""
    spectrum = np.sort(np.concatenate([values, np.zeros(d - len(values), values.dtype)]))
    below = int(widest_break(spectrum[None].astype(np.float64))["break_below"][0])
    count = min(d - below, len(vectors))
    return vectors[len(vectors) - count :]


def _either_side(above: np.ndarray, subspace: Subspace, d: int) -> tuple[float, float]:
    """Alignment of the eigenvectors above a break, and of those below: the two share dim S."""
    share = alignment(above, subspace)
    return share, (subspace.dim - share * len(above)) / (d - len(above))


def _spectra(
    model: Energy, block: Block, row: int, points: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray, float]]:
    """Eigenvalues, ascending, eigenvectors as rows, and the eigenvalue error, of every point."""
    y = torch.as_tensor(points, dtype=torch.float32, device=block.device)
    x = torch.as_tensor(block.x[row], dtype=torch.float32, device=block.device)
    t = torch.arange(LEVELS, device=block.device).repeat_interleave(len(PLACES))
    basis = None
    if isinstance(model, IredEnergy):
        reduced = assembly.is_reduced(model)
        matrices = assembly.hessian(model, x.expand(len(y), -1), y, t, reduced)
        if reduced:
            basis = model.layers(y.dtype, y.device).reduction[0].cpu().numpy()
    else:
        matrices = generic.hessian(model, x.expand(len(y), -1), y, t)
    for matrix in matrices:
        values, vectors = eigenpairs(matrix)
        error = INDEX_TOLERANCE["float32"] * float(matrix.abs().sum(-1).max())
        yield values, vectors if basis is None else vectors @ basis.T, error
