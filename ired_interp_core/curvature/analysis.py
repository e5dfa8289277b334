"""A block of spectra as declared in `analyses/hessian_spectrum.py`."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float

from ired_interp_core.curvature import assembly, generic
from ired_interp_core.curvature.eigen import eigenvalues, extreme_eigenvectors
from ired_interp_core.curvature.ideal import implied_variance
from ired_interp_core.curvature.measures import (
    cosine,
    part_measures,
    spectrum_measures,
    subspace_curvature,
)
from ired_interp_core.curvature.names import PLAIN_SUBSPACES
from ired_interp_core.curvature.places import places
from ired_interp_core.energy import Energy
from ired_interp_core.network import IredEnergy
from ired_interp_core.records import Block
from ired_interp_core.schema import LEVELS, PLACES

GPU_TILE = LEVELS * len(PLACES)
"""Points assembled at once on a GPU: all of a problem. A fixed shape, so that a spectrum depends on
its point alone; fewer only where the memory does not hold them (then the last bit may differ)."""

GPU_SHARE = 0.5
"""Of the GPU's free memory, for one tile: eigensolvers take about as much again."""

TRAILING = {
    "eigenvalue_spectrum": ("eigenvalue",),
    "vector_top": ("vector", "row", "col"),
    "vector_bottom": ("vector", "row", "col"),
    "subspace_curvature": ("subspace",),
}
"""Dims of what is not one number at each point."""


def tile_size(model: Energy, like: torch.Tensor) -> int:
    """How many points are assembled at once.

    A point takes three width × k Jacobians, one width × width product and about five k × k
    matrices, k the smaller of d and the width.

    Args:
        model: any energy.
        like: for dtype and device.

    Returns:
        Two on a CPU; on a GPU all 40 of a problem, or as many as its free memory holds.
    """
    if like.device.type != "cuda":
        return assembly.TILE
    width = model.width if isinstance(model, IredEnergy) else model.d
    k = min(model.d, width)
    each = (3 * width * k + width**2 + 5 * k**2) * like.element_size()
    free = torch.cuda.mem_get_info(like.device)[0]
    return max(1, min(GPU_TILE, int(GPU_SHARE * free) // each))


@torch.no_grad()
def spectrum_dataset(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Spectra of a block at the four places of all levels.

    Args:
        block: rows, a model and the descent of the same rows.
        parameters: dtype, vectors, seed.

    Returns:
        The variables that the analysis declares.
    """
    rows = [_one_problem(block, i, parameters) for i in range(block.count)]
    schedule = block.models["model"].schedule
    merged = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    point = ("problem", "level", "place")
    there = merged["subspace_curvature"].shape[-1]
    return xr.Dataset(
        {
            **{name: ((*point, *TRAILING.get(name, ())), v) for name, v in merged.items()},
            "alpha_bar": ("level", schedule.alphas_cumprod),
            "sigma": ("level", schedule.sigma),
        },
        coords={
            "level": np.arange(LEVELS),
            "place": np.array(PLACES),
            "subspace": np.array(PLAIN_SUBSPACES[:there]),
        },
    )


def _one_problem(block: Block, row: int, parameters: Mapping[str, Any]) -> dict[str, np.ndarray]:
    model: Energy = block.models["model"]
    points = places(
        model.schedule,
        block.y[row],
        block.upstream["descent"].isel(problem=row),
        block.start + row,
        parameters["seed"],
    )

    def hand_over(t: int, columns: Mapping[str, np.ndarray]) -> None:
        point = ("problem", "level", "place")
        part = {n: ((*point, *TRAILING.get(n, ())), v[None, None]) for n, v in columns.items()}
        there = columns["subspace_curvature"].shape[-1]
        coords = {
            "problem": [block.start + row],
            "level": [t],
            "place": np.array(PLACES),
            "subspace": np.array(PLAIN_SUBSPACES[:there]),
        }
        block.desk.hand_over(f"level {t}", xr.Dataset(part, coords))

    minima = points[:, PLACES.index("minimum")]
    return spectra_at(block, row, points, minima, parameters, hand_over)


def spectra_at(
    block: Block,
    row: int,
    points: Float[np.ndarray, "level place d"],
    minima: Float[np.ndarray, "level d"],
    parameters: Mapping[str, Any],
    hand_over: Callable[[int, Mapping[str, np.ndarray]], None],
) -> dict[str, Float[np.ndarray, "level place ..."]]:
    """Spectra of one problem at some points of every level, and what is read off them there.

    Args:
        block: rows and a model.
        row: which of them.
        points: ỹ in the level frame, as many at each level.
        minima: √ᾱ·minimum of every level, to which −∇E may point.
        parameters: dtype, vectors.
        hand_over: told a level and its variables, [place, …], once they are there, where somebody
            waits.

    Returns:
        The variables of `analyses/hessian_spectrum.py` but the schedule, without the dim problem.
    """
    model: Energy = block.models["model"]
    dtype = getattr(torch, parameters["dtype"])
    each = points.shape[1]
    points = points.reshape(-1, model.d)
    y = torch.as_tensor(points, dtype=dtype, device=block.device)
    x = torch.as_tensor(block.x[row], dtype=dtype, device=block.device).expand(len(y), -1)
    t = torch.arange(LEVELS, device=block.device).repeat_interleave(each)
    sigma = torch.as_tensor(model.schedule.sigma, device=block.device)[t]
    alpha_bar = model.schedule.alphas_cumprod[t.cpu().numpy()]
    observed = block.x[row] != 0 if block.problems.task == "completion" else None
    tiles = []
    size = tile_size(model, y)
    work = None
    if isinstance(model, IredEnergy):
        work = assembly.Workspace(model, size, y, assembly.is_reduced(model))
    for i in range(0, len(y), size):
        block.desk.check()
        s = slice(i, i + size)
        tile = _tile(model, x[s], y[s], t[s], sigma[s], parameters["vectors"], work, observed)
        tiles.append(tile)
        if block.desk.awaited:
            done = {name: np.concatenate([tile[name] for tile in tiles]) for name in tiles[0]}
            for level in range(i // each, min(i + size, len(y)) // each):
                mine = slice(level * each, (level + 1) * each)
                hand_over(level, {name: column[mine] for name, column in done.items()})
    columns = {name: np.concatenate([tile[name] for tile in tiles]) for name in tiles[0]}
    columns["implied_variance"] = implied_variance(
        columns["trace"] / model.d, sigma.cpu().numpy(), alpha_bar
    )
    e, g = model.energy_and_gradient(x.double(), y.double(), t)
    columns["energy"] = e.cpu().numpy()
    columns["gradient_norm"] = torch.linalg.vector_norm(g, dim=-1).cpu().numpy()
    goals = minima.repeat(each, axis=0), block.y[row]
    columns |= _along_the_gradient(points, g.cpu().numpy(), *goals, alpha_bar)
    return {k: v.reshape(LEVELS, each, *v.shape[1:]) for k, v in columns.items()}


def _along_the_gradient(
    points: np.ndarray,
    gradients: np.ndarray,
    minima: np.ndarray,
    y_true: np.ndarray,
    alpha_bar: np.ndarray,
) -> dict[str, np.ndarray]:
    """Where the denoised answer lies, and where −∇E points, at points [level · place, d]."""
    scale, sigma = np.sqrt(alpha_bar)[:, None], np.sqrt(1 - alpha_bar)[:, None]
    denoised = (points - sigma * gradients) / scale
    goals = {"cosine_to_minimum": minima, "cosine_to_truth": scale * y_true}
    with np.errstate(over="ignore"):
        error = ((denoised - y_true) ** 2).mean(-1)
    return {
        "denoising_error": error,
        **{name: cosine(-gradients, goal - points) for name, goal in goals.items()},
    }


def _tile(
    model: Energy,
    x: torch.Tensor,
    y: torch.Tensor,
    t: torch.Tensor,
    sigma: torch.Tensor,
    vectors: int,
    work: assembly.Workspace | None,
    observed: np.ndarray | None,
) -> dict[str, np.ndarray]:
    basis = None
    if isinstance(model, IredEnergy) and work is not None:
        parts = assembly.parts(model, x, y, t, work)
        h, norms = parts.gauss_newton + parts.residual, part_measures(parts)
        lam = eigenvalues(h)
        if assembly.is_reduced(model):
            lam = assembly.with_flat_directions(lam, model.d)
            basis = model.layers(y.dtype, y.device).reduction[0]
    else:
        h = generic.hessian(model, x, y, t)
        norms = _norms_of_unknown_parts(h)
        lam = eigenvalues(h)
    columns: dict[str, np.ndarray] = {
        "eigenvalue_spectrum": lam.cpu().numpy().astype(np.float32),
        **{k: v.astype(np.float64) for k, v in spectrum_measures(lam, sigma).items()},
        **norms,
        "subspace_curvature": subspace_curvature(h, basis, model.size, observed),
    }
    if vectors:
        n, vectors = model.size, min(vectors, h.shape[-1])
        ends = [extreme_eigenvectors(matrix, vectors) for matrix in h]
        for name, end in (("vector_top", 0), ("vector_bottom", 1)):
            stacked = np.stack([e[end] for e in ends])
            if basis is not None:
                stacked = stacked @ basis.cpu().numpy().T
            columns[name] = stacked.astype(np.float32).reshape(len(h), vectors, n, n)
    return columns


def _norms_of_unknown_parts(h: torch.Tensor) -> dict[str, np.ndarray]:
    """An energy that is not Σr² has no Gauss–Newton part: NaN, never a made-up split."""
    nothing = np.full(len(h), np.nan)
    return {
        "hessian_norm": torch.linalg.matrix_norm(h.double()).cpu().numpy(),
        "gauss_newton_norm": nothing,
        "residual_norm": nothing,
        "gauss_newton_residual_cosine": nothing,
    }
