"""Energies whose minima and saddles are known, as an adapter gives them to a model.

Each has a few coordinates; the other entries of the n × n matrix add ½Σy², which changes no
stationary energy and no index. Alike at all levels; coordinates in the level frame.
"""

import numpy as np
import torch

from ired_interp_core.energy import AdaptedEnergy

MULLER_BROWN = (
    (-200, -1, 0, -10, 1, 0), (-100, -1, 0, -10, 0, 0.5),
    (-170, -6.5, 11, -6.5, -0.5, 1.5), (15, 0.7, 0.6, 0.7, -1, 1),
)  # fmt: skip


class Known:
    """An energy of a few coordinates, padded."""

    n_in, task = 1, "inverse"

    def __init__(self, energy, used: int, size: int, basis: torch.Tensor | None = None) -> None:
        self.of, self.used, self.size, self.basis = energy, used, size, basis

    def energy(self, x, y, t):
        if self.basis is not None:
            y = y @ self.basis.to(y)
        rest = 0.5 * y[:, self.used :].square().sum(-1)
        return self.of(*y[:, : self.used].unbind(1)) + rest + 0 * x.sum(-1) + 0 * t


def model(energy, used: int, size: int = 3, basis: torch.Tensor | None = None) -> AdaptedEnergy:
    return AdaptedEnergy(Known(energy, used, size, basis), "0" * 24, {})


def muller_brown(a, b):
    return sum(
        k * torch.exp(p * (a - u) ** 2 + q * (a - u) * (b - v) + r * (b - v) ** 2)
        for k, p, q, r, u, v in MULLER_BROWN
    )


def camel(a, b):
    return (4 - 2.1 * a**2 + a**4 / 3) * a**2 + a * b + (-4 + 4 * b**2) * b**2


def ring(a, b):
    """(r² − 1)² + .3b² + .1b: two saddles between the same two minima."""
    return (a**2 + b**2 - 1) ** 2 + 0.3 * b**2 + 0.1 * b


def trough(a, b, c):
    """(a² − 1)² + 2b², flat along c."""
    return (a**2 - 1) ** 2 + 2 * b**2 + 0 * c


def lennard_jones(*coordinates):
    atoms = torch.stack(coordinates, 1).reshape(len(coordinates[0]), -1, 3)
    i, j = torch.triu_indices(atoms.shape[1], atoms.shape[1], 1)
    near = (atoms[:, i] - atoms[:, j]).square().sum(-1).reciprocal() ** 3
    return 4 * (near.square() - near).sum(-1)


def rotation(d: int, seed: int = 0) -> torch.Tensor:
    q, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(d, d)))
    return torch.from_numpy(q)
