"""Moments of a stream, and random atoms with matching pursuit.

Definitions: docs/definitions.md §5.4.
"""

from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor


@dataclass
class Moments:
    """Σ1, Σu and Σuuᵀ of a stream, in float64, about a shift near the mean.

    The shift keeps the sums small: without it Σuuᵀ − Σu Σuᵀ/N would lose the digits that it has in
    common with the mean.

    Args:
        shift: subtracted from every x: u = x − shift.
        count: of inputs.
        total: Σu.
        square: Σuuᵀ.
    """

    shift: Float[Tensor, "d"]
    count: int = 0
    total: Float[Tensor, "d"] = field(init=False)
    square: Float[Tensor, "d d"] = field(init=False)

    def __post_init__(self) -> None:
        self.shift = self.shift.double()
        self.total = torch.zeros_like(self.shift)
        self.square = torch.zeros(len(self.shift), len(self.shift)).to(self.shift)

    def add(self, x: Float[Tensor, "N d"]) -> None:
        """Take inputs in.

        Args:
            x: any number of them.
        """
        u = x.double() - self.shift
        self.count += len(u)
        self.total += u.sum(0)
        self.square.addmm_(u.T, u)

    @property
    def mean(self) -> Float[Tensor, "d"]:
        """x̄."""
        return self.shift + self.total / self.count

    def scatter(self, about: Float[Tensor, "d"] | None = None) -> Float[Tensor, "d d"]:
        """Σ(x − a)(x − a)ᵀ.

        Args:
            about: a; the mean x̄ when left out.

        Returns:
            Σuuᵀ − N ū ūᵀ + N (x̄ − a)(x̄ − a)ᵀ.
        """
        own = self.square - torch.outer(self.total, self.total) / self.count
        if about is None:
            return own
        away = self.mean - about
        return own + self.count * torch.outer(away, away)

    @property
    def spread(self) -> float:
        """Σ‖x − x̄‖²."""
        return float(self.scatter().trace())


def matching_pursuit(
    x: Float[Tensor, "N d"], atoms: Float[Tensor, "m d"], steps: int
) -> Float[Tensor, "N d"]:
    """Orthogonal matching pursuit of all inputs together.

    Each step takes the atom with the largest |⟨residual, atom⟩| and projects x onto all atoms taken
    so far; by Gram–Schmidt (twice, against rounding) that is one more orthonormal direction. Signs
    are free, where a dictionary's codes are not negative: a generous baseline.

    Args:
        x: inputs.
        atoms: of unit norm.
        steps: atoms of an input.

    Returns:
        x̂.
    """
    residual, basis = x.clone(), x.new_zeros(len(x), steps, x.shape[1])
    for step in range(min(steps, *atoms.shape)):
        pick = atoms[(residual @ atoms.T).abs().argmax(1)]
        known = basis[:, :step]
        for _ in range(2):
            pick = pick - torch.einsum("nsd,ns->nd", known, torch.einsum("nsd,nd->ns", known, pick))
        length = pick.norm(dim=1, keepdim=True)
        # An atom that is already spanned can only come up once nothing is left to explain.
        new = torch.where(length > 1e-5, pick / length.clamp_min(1e-30), 0.0)
        basis[:, step] = new
        residual = residual - new * (residual * new).sum(1, keepdim=True)
    return x - residual


def random_atoms(m: int, d: int, rng: np.random.Generator) -> Float[np.ndarray, "m d"]:
    """Directions uniform on the sphere.

    Args:
        m: how many.
        d: entries.
        rng: of the draws.

    Returns:
        Normal numbers divided by their norm, float32.
    """
    atoms = rng.standard_normal((m, d), dtype=np.float32)
    return atoms / np.linalg.norm(atoms, axis=1, keepdims=True)
