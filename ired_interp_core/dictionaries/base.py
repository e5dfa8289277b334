"""What the variants share: weights, what a batch gives, and the revival of dead features.

Definitions: docs/definitions.md §5.2.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ired_interp_core.dictionaries.sparse import Codes

Weights = dict[str, Tensor]
"""encoder [m, d], encoder_bias [m], decoder [m, d], decoder_bias [d], and what a variant adds."""


@dataclass
class Found:
    """What one batch gives.

    Args:
        reconstruction: mean of ‖x − x̂‖²/d.
        sparsity: L1 or L0 part, weighted.
        auxiliary: part that revives dead features, weighted.
        gradients: of their sum, by the names of the weights.
        codes: f of the batch.
        rebuilt: x̂.
    """

    reconstruction: Tensor
    sparsity: Tensor
    auxiliary: Tensor
    gradients: Weights
    codes: Codes
    rebuilt: Float[Tensor, "B d"]


@dataclass
class Variant(ABC):
    """A kind of dictionary: its parameters are its fields, its state is `smallest`.

    Args:
        auxiliary: weight of the loss that revives dead features.
        smallest: running mean of the smallest activation that a batch keeps; −1 before the first.
    """

    name: ClassVar[str]
    auxiliary: float
    smallest: float = -1.0

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> Self:
        """Take the fields out of the parameters of the analysis `dictionary`.

        Args:
            parameters: every declared parameter.

        Returns:
            The variant.
        """
        known = {f.name for f in fields(cls)} & set(parameters)
        return cls(**{name: parameters[name] for name in known})

    def start(self, weights: Weights, x: Float[Tensor, "B d"]) -> None:  # noqa: B027
        """Add what this variant learns beside encoder and decoder.

        Args:
            weights: to add to.
            x: first batch, scaled.
        """

    @abstractmethod
    def step(self, weights: Weights, x: Float[Tensor, "B d"], dead: Bool[Tensor, "m"]) -> Found:
        """Loss and gradients of a batch.

        Args:
            weights: as they are; not changed.
            x: scaled activations.
            dead: features to revive.

        Returns:
            Losses and gradients.
        """

    def threshold(self, weights: Weights) -> Float[Tensor, "m"]:
        """Pre-activation above which a feature is active once training is over.

        Args:
            weights: trained.

        Returns:
            At least 0; 0 for ReLU and TopK.
        """
        return torch.zeros_like(weights["encoder_bias"])


def revive(
    weights: Weights,
    x: Float[Tensor, "B d"],
    error: Float[Tensor, "B d"],
    dead: Bool[Tensor, "m"],
    weight: float,
    gradients: Weights,
) -> Tensor:
    """AuxK (Gao et al. 2024, A.2): the dead features rebuild the error that the live ones leave.

    weight·(Σ‖e − ê‖²/Σ‖e‖² + Σ_{i silent} mean_n(−z_ni)/d): ê from the min(d/2, number of dead)
    largest relu(z) of the dead ones. A dead feature that is silent, z ≤ 0 on the whole batch, gets
    nothing from ê and is pushed up instead (as in Anthropic's pre-activation loss, January 2025).

    Args:
        weights: as they are.
        x: scaled activations.
        error: e = x − x̂, taken as constant.
        dead: features to revive.
        weight: of this part.
        gradients: of the other parts; this one's is added.

    Returns:
        The weighted loss; 0 if none is dead.
    """
    which = dead.nonzero().flatten()
    if not weight or not len(which):
        return error.new_zeros(())
    encoder, decoder = weights["encoder"][which], weights["decoder"][which]
    z = torch.addmm(weights["encoder_bias"][which], x, encoder.T)
    silent = z.amax(0) <= 0
    push = -weight / x.numel() * silent.to(z)
    pushed = (z * push).sum()
    f = z.relu_()
    most = max(1, x.shape[1] // 2)
    if most < len(which):
        values, places = f.topk(most, dim=1, sorted=False)
        f = torch.zeros_like(f).scatter_(1, places, values)
    missing = f @ decoder - error
    size = error.square().sum().clamp_min(torch.finfo(error.dtype).tiny)
    g = missing * (2 * weight / size)
    by_z = (g @ decoder.T).mul_(f > 0).add_(push)
    gradients["decoder"].index_add_(0, which, f.T @ g)
    gradients["encoder"].index_add_(0, which, by_z.T @ x)
    gradients["encoder_bias"].index_add_(0, which, by_z.sum(0))
    return weight * missing.square().sum() / size + pushed
