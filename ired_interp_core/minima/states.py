"""Points on their way down as arrays, and what takes them further."""

from collections.abc import Iterator

import numpy as np
import scipy.optimize
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ired_interp_core.energy import Energy
from ired_interp_core.minima.newton import Look, Stationary

FIRST_BLOCK, LONGEST_BLOCK = 16, 256
"""Steps before the first look at who has arrived, and between two later ones at most."""

GRADIENT = 1e-4
"""Largest entry of ∇E at which L-BFGS leaves the rest to Newton's method."""

NOISE = 8
"""Times the noise at a minimum, for that at points near it."""

State = tuple[np.ndarray, np.ndarray, np.ndarray]
"""ỹ, E and ∇_ỹE of some points."""


def lbfgs(energy: Look, y: Float[np.ndarray, "d"], iterations: int = 400) -> Float[np.ndarray, "d"]:
    """Towards a minimum by SciPy's L-BFGS in float64, for what Newton's method then refines."""
    done = scipy.optimize.minimize(
        energy, y, jac=True, method="L-BFGS-B",
        options={"maxiter": iterations, "ftol": 0.0, "gtol": GRADIENT, "maxcor": 30},
    )  # fmt: skip
    return done.x if np.isfinite(done.x).all() else y


def state_of(y: Tensor, e: Tensor, g: Tensor) -> State:
    """Three tensors as arrays of float64."""
    place, energy, slope = (v.double().cpu().numpy() for v in (y, e, g))
    return place, energy, slope


def finite(state: State) -> Bool[np.ndarray, "B"]:
    """Which points have left no numbers."""
    y, e, g = state
    return np.isfinite(e) & np.isfinite(g).all(-1) & np.isfinite(y).all(-1)


def blocks(steps: int) -> Iterator[tuple[int, int]]:
    """(steps taken before, steps of the block): 16, 16, 32, 64, … until all are taken."""
    taken = 0
    while taken < steps:
        block = min(max(FIRST_BLOCK, taken), steps - taken, LONGEST_BLOCK)
        yield taken, block
        taken += block


def noise_near(
    model: Energy, energy: Look, found: Stationary, dtype: torch.dtype
) -> tuple[float, float]:
    """Noise of E and of ‖∇E‖ in a dtype near a minimum: their difference to float64, and more."""
    y = torch.as_tensor(found.y, device=energy.x.device)[None].to(dtype)
    e, g = model.energy_and_gradient(energy.x.to(dtype), y, energy.t)
    exact_e, exact_g = energy(y[0].double().cpu().numpy())
    off = float(np.linalg.norm(g[0].double().cpu().numpy() - exact_g))
    eps = torch.finfo(dtype).eps
    least = 8 * eps * float(np.abs(found.eigenvalues).max()) * (1 + np.linalg.norm(found.y))
    return (
        NOISE * abs(float(e[0]) - exact_e) + 64 * eps * (1 + abs(exact_e)),
        NOISE * off + float(least),
    )
