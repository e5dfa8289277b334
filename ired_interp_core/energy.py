"""E_t(x, ỹ): the interface every energy has, and foreign energies behind an adapter.

Definitions: docs/definitions.md §1.4.

All points are in the level frame, ỹ = √ᾱ_t·y. Arithmetic follows the dtype and device of the
inputs.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from ired_interp_core.checkpoint_checks import read_schedule
from ired_interp_core.errors import Refusal
from ired_interp_core.levels import Levels, as_levels, check_asked
from ired_interp_core.schedule import Schedule, cosine


class Energy(ABC):
    """A learned energy; derivatives by automatic differentiation unless a subclass knows better.

    Attributes:
        task: inverse, addition, completion, or "" where unknown.
        size: matrix side n.
        n_in: entries of x.
        d: entries of y.
        schedule: ᾱ_t and what follows from it.
        digest: address of the model.
        card: facts for a reader; no part of the identity.
    """

    task: str = ""
    size: int = 0
    n_in: int = 0
    d: int = 0
    schedule: Schedule = cosine()
    digest: str = ""
    card: Mapping[str, Any] = {}

    @abstractmethod
    def energy(
        self, x: Float[Tensor, "B n_in"], y: Float[Tensor, "B d"], t: Levels
    ) -> Float[Tensor, "B"]:
        """E_t(x, ỹ).

        Args:
            x: problems.
            y: points ỹ in the level frame.
            t: level, one for all or one for each.

        Returns:
            Energies [B].
        """

    def energy_and_gradient(
        self, x: Float[Tensor, "B n_in"], y: Float[Tensor, "B d"], t: Levels
    ) -> tuple[Float[Tensor, "B"], Float[Tensor, "B d"]]:
        """E and ∇_ỹE together.

        Args:
            x: problems.
            y: points ỹ in the level frame.
            t: level, one for all or one for each.

        Returns:
            Energies [B] and gradients [B, d] in the level frame.
        """
        with torch.enable_grad():
            y = y.detach().requires_grad_(True)
            e = self.energy(x, y, t)
            (g,) = torch.autograd.grad(e.sum(), y)
        return e.detach(), g

    def official_energy_and_gradient(
        self, x: Float[Tensor, "B n_in"], y: Float[Tensor, "B d"], t: int
    ) -> tuple[Float[Tensor, "B"], Float[Tensor, "B d"]]:
        """E and ∇_ỹE in the official code's order of operations, for the sampler.

        Args:
            x: problems.
            y: points ỹ in the level frame.
            t: level.

        Returns:
            Energies [B] and gradients [B, d] in the level frame.
        """
        return self.energy_and_gradient(x, y, t)

    def gradient(
        self, x: Float[Tensor, "B n_in"], y: Float[Tensor, "B d"], t: Levels
    ) -> Float[Tensor, "B d"]:
        """∇_ỹE in the level frame; the data frame's is √ᾱ_t times it.

        Args:
            x: problems.
            y: points ỹ in the level frame.
            t: level, one for all or one for each.

        Returns:
            Gradients [B, d].
        """
        return self.energy_and_gradient(x, y, t)[1]

    def hessian(
        self, x: Float[Tensor, "B n_in"], y: Float[Tensor, "B d"], t: Levels
    ) -> Float[Tensor, "B d d"]:
        """∇²_ỹE in the level frame; the data frame's is ᾱ_t times it.

        Args:
            x: problems.
            y: points ỹ in the level frame.
            t: level, one for all or one for each.

        Returns:
            Symmetric matrices [B, d, d].
        """
        from ired_interp_core.curvature.generic import hessian

        return hessian(self, x, y, t)

    def hessian_eigenvalues(
        self, x: Float[Tensor, "B n_in"], y: Float[Tensor, "B d"], t: Levels
    ) -> Float[Tensor, "B d"]:
        """All eigenvalues of ∇²_ỹE.

        Args:
            x: problems.
            y: points ỹ in the level frame.
            t: level, one for all or one for each.

        Returns:
            Eigenvalues [B, d], ascending.
        """
        from ired_interp_core.curvature.eigen import eigenvalues

        # One matrix at a time: a batch of d×d Hessians would cost memory and gains nothing.
        t = as_levels(t, y)
        return torch.cat(
            [
                eigenvalues(self.hessian(x[i : i + 1], y[i : i + 1], t[i : i + 1]))
                for i in range(len(y))
            ]
        )


class AdaptedEnergy(Energy):
    """Any other energy, through an adapter; derivatives by automatic differentiation.

    Args:
        source: object with `energy(x, ỹ, t)` → [B] in differentiable torch, `size` and `n_in`;
            optionally `task`, `alphas_cumprod` [10] and `entries`, how many of the numbers are an
            answer that is no matrix.
        digest: its address.
        card: facts for a reader.

    Raises:
        TypeError: no such attributes.
    """

    def __init__(self, source: Any, digest: str, card: Mapping[str, Any]) -> None:
        for name in ("size", "n_in"):
            value = getattr(source, name, None)
            if type(value) is not int or value < 1:
                raise TypeError(f"{name} is {value!r}, not a whole number")
        if not callable(getattr(source, "energy", None)):
            raise TypeError("there is no energy(x, ỹ, t)")
        self.source, self.digest, self.card = source, digest, card
        self.size, self.n_in = source.size, source.n_in
        self.d, self.task = self.size**2, str(getattr(source, "task", ""))
        entries = getattr(source, "entries", None)
        if entries is not None:
            if type(entries) is not int or not 1 <= entries <= self.d:
                raise TypeError(f"entries is {entries!r}, not a whole number from 1 to {self.d}")
            self.card = {**card, "entries": entries}
        if getattr(source, "alphas_cumprod", None) is not None:
            self.schedule = read_schedule(source.alphas_cumprod, "alphas_cumprod of the adapter")

    def energy(
        self, x: Float[Tensor, "B n_in"], y: Float[Tensor, "B d"], t: Levels
    ) -> Float[Tensor, "B"]:
        """E_t(x, ỹ) of the adapted object; see `Energy.energy`. A `Refusal` for another shape."""
        check_asked(x, y, t, self.n_in, self.d)
        with sdpa_kernel(SDPBackend.MATH):  # the others have no second derivative
            found: Any = self.source.energy(x, y, as_levels(t, y))
        if not isinstance(found, Tensor) or found.shape != (len(y),):
            raise Refusal(
                "energy has the wrong shape",
                where="energy(x, ỹ, t) of the adapter",
                came=str(list(found.shape))
                if isinstance(found, Tensor)
                else f"{type(found).__name__}, no tensor",
                expected=f"one energy for each row, [{len(y)}]",
                next_step="sum over the entries of a row alone: .sum(-1), .squeeze(-1)",
            )
        return found

    def hessian(
        self, x: Float[Tensor, "B n_in"], y: Float[Tensor, "B d"], t: Levels
    ) -> Float[Tensor, "B d d"]:
        """∇²_ỹE by differentiating twice; see `Energy.hessian`."""
        check_asked(x, y, t, self.n_in, self.d)
        return super().hessian(x, y, t)
