"""∇²_ỹE of any energy by reverse-over-reverse, and its slow twin (docs/definitions.md §3.1).

The generic path serves adapted energies, and stands against `assembly` in the tests.
"""

from typing import Protocol

import torch
from jaxtyping import Float
from torch import Tensor

from ired_interp_core.levels import Levels, as_levels

CHUNK = 64
"""Rows of the Hessian differentiated at once: memory is CHUNK backward passes."""


class HasEnergy(Protocol):
    """All that is asked of a model here."""

    def energy(
        self, x: Float[Tensor, "B n_in"], y: Float[Tensor, "B d"], t: Levels
    ) -> Float[Tensor, "B"]:
        """E_t(x, ỹ), differentiable in ỹ."""


def hessian(
    model: HasEnergy, x: Float[Tensor, "B n_in"], y: Float[Tensor, "B d"], t: Levels
) -> Float[Tensor, "B d d"]:
    """Rows of ∇²_ỹE as batched vector–Hessian products of the differentiable gradient.

    Args:
        model: any energy.
        x: problems.
        y: points ỹ in the level frame.
        t: level, one for all or one for each.

    Returns:
        Symmetrised matrices [B, d, d], level frame.
    """
    t = as_levels(t, y)
    rows = []
    for i in range(len(y)):
        point = y[i : i + 1].detach().requires_grad_(True)
        with torch.enable_grad():
            energy = model.energy(x[i : i + 1], point, t[i : i + 1])
            (g,) = torch.autograd.grad(energy.sum(), point, create_graph=True)
        eye = torch.eye(y.shape[1], dtype=y.dtype, device=y.device)
        if not g.requires_grad:  # linear in ỹ
            rows.append(torch.zeros_like(eye))
            continue
        chunks = [
            torch.autograd.grad(
                g, point, basis[:, None, :], retain_graph=True, is_grads_batched=True
            )[0][:, 0]
            for basis in eye.split(CHUNK)
        ]
        h = torch.cat(chunks)
        rows.append(((h + h.T) / 2).detach())
    return torch.stack(rows)


def hessian_twin(
    model: HasEnergy, x: Float[Tensor, "B n_in"], y: Float[Tensor, "B d"], t: Levels
) -> Float[Tensor, "B d d"]:
    """The obviously right way, in float64: `torch.autograd.functional.hessian` of y ↦ E_t(x, y).

    Args:
        model: any energy.
        x: problems.
        y: points ỹ in the level frame.
        t: level, one for all or one for each.

    Returns:
        Matrices [B, d, d] in float64, level frame.
    """
    x, y, t = x.double(), y.double(), as_levels(t, y)
    return torch.stack(
        [
            torch.autograd.functional.hessian(
                lambda v, i=i: model.energy(x[i : i + 1], v[None], t[i : i + 1])[0], y[i]
            )
            for i in range(len(y))
        ]
    )
