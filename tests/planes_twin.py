"""The obviously right way to the energies of a plane."""

import numpy as np
import torch

from ired_interp_core.energy import Energy
from ired_interp_core.landscape.slices import Plane


def energies_twin(
    model: Energy,
    x: np.ndarray,
    plane: Plane,
    a: np.ndarray,
    b: np.ndarray,
) -> np.ndarray:
    """One float64 forward pass for every point and level.

    Args:
        model: any energy.
        x: one problem.
        plane: where.
        a: positions along u.
        b: positions along v.

    Returns:
        Energies [level, M].
    """
    points = torch.from_numpy(plane.points(a, b))
    condition = torch.as_tensor(x, dtype=torch.float64)[None]
    scale = model.schedule.sqrt_alpha_bar
    rows = [
        [float(model.energy(condition, s * p[None], t)) for p in points]
        for t, s in enumerate(scale)
    ]
    return np.array(rows)
