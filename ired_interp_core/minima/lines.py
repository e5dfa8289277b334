"""Energies on the lines through a minimum along its stiffest and its softest eigenvector."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float

from ired_interp_core.curvature.eigen import eigenpairs, fixed_sign
from ired_interp_core.curvature.names import ENDS
from ired_interp_core.energy import Energy
from ired_interp_core.minima.names import OFFSETS
from ired_interp_core.records import Block
from ired_interp_core.schema import LEVELS


@torch.no_grad()
def profiles_dataset(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Energies through the minima of a block, of each level those of the smallest numbers.

    Args:
        block: rows, a model and the minima of the same rows.
        parameters: as the analysis declares.

    Returns:
        The variables that the analysis declares; NaN where a basin is not there or not asked.
    """
    model: Energy = block.models["model"]
    stored = np.asarray(block.upstream["minima"]["point"], dtype=np.float64)
    shape = (*stored.shape[:3], len(ENDS))  # problem, level, basin, end
    energy = np.full((*shape, len(OFFSETS)), np.nan)
    curvature = np.full(shape, np.nan)
    for row in range(block.count):
        x = torch.as_tensor(block.x[row], dtype=torch.float64, device=block.device)[None]
        for t in range(LEVELS):
            block.desk.check()
            there = np.flatnonzero(np.isfinite(stored[row, t]).all((-2, -1)))
            for basin in there[: parameters["most"]]:
                at = (row, t, int(basin))
                y = model.schedule.sqrt_alpha_bar[t] * stored[at].ravel()
                energy[at], curvature[at] = through(model, x, y, t)
    basin = ("problem", "level", "basin", "end")
    return xr.Dataset(
        {
            "line_energy": ((*basin, "offset"), energy),
            "line_curvature": (basin, curvature),
        },
        {"level": np.arange(LEVELS), "end": np.array(ENDS), "offset": np.array(OFFSETS)},
    )


def through(
    model: Energy, x: Float[torch.Tensor, "1 n_in"], y: Float[np.ndarray, "d"], t: int
) -> tuple[Float[np.ndarray, "end offset"], Float[np.ndarray, "end"]]:
    """E_t(ỹ + s·√d·v) for the unit eigenvectors v of the largest and the smallest eigenvalue.

    s is the root mean square over the entries of what is added. Level frame, float64.

    Args:
        model: any energy.
        x: the problem.
        y: ỹ.
        t: level.

    Returns:
        Energies at OFFSETS s along both, and λ of both; in the order of ENDS.
    """
    device = x.device
    here = torch.as_tensor(y, dtype=torch.float64, device=device)[None]
    values, vectors = eigenpairs(model.hessian(x, here, t)[0])
    ends = fixed_sign(vectors[[-1, 0]])
    steps = np.array(OFFSETS)[None, :, None] * len(y) ** 0.5 * ends[:, None]
    points = torch.as_tensor((y + steps).reshape(-1, len(y)), device=device)
    energies = model.energy(x.expand(len(points), -1), points, t).cpu().numpy()
    return energies.reshape(len(ENDS), -1), values[[-1, 0]]
