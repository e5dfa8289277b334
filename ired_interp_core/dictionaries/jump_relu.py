"""JumpReLU (Rajamanoharan et al. 2024, arXiv 2407.14435): a learned threshold for every feature."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ired_interp_core.dictionaries.base import Found, Variant, Weights, revive
from ired_interp_core.dictionaries.relu import dense_step, encode_backward
from ired_interp_core.dictionaries.sparse import top_of_batch

ABUNDANCE = 2
"""Training starts at thresholds that keep so many times k features of an input."""


@dataclass
class JumpReLU(Variant):
    """f = z·1[z > θ]; loss ‖x − x̂‖²/d + sparsity·(L0/k − 1)² + AuxK.

    The jump has no derivative by θ: a rectangular kernel K of width ε stands in for δ(z − θ), so
    that ∂f/∂θ = −(θ/ε)K((z − θ)/ε) and ∂1[z > θ]/∂θ = −(1/ε)K((z − θ)/ε) (eqs. 11, 12 there).

    Args:
        k: target of L0.
        sparsity: weight of the L0 part.
        bandwidth: ε.
    """

    name = "jump_relu"
    k: int = 32
    sparsity: float = 1.0
    bandwidth: float = 0.1

    def start(self, weights: Weights, x: Float[Tensor, "B d"]) -> None:
        """Add log θ, the same for all features at first.

        Args:
            weights: to add to.
            x: first batch, scaled.
        """
        encoder, bias = weights["encoder"], weights["encoder_bias"]
        _, smallest = top_of_batch(encoder, bias, x, ABUNDANCE * self.k, 0.0)
        weights["log_threshold"] = torch.full_like(bias, max(smallest, self.bandwidth)).log_()

    def step(self, weights: Weights, x: Float[Tensor, "B d"], dead: Bool[Tensor, "m"]) -> Found:
        """Loss and gradients of a batch.

        Args:
            weights: as they are.
            x: scaled activations.
            dead: features to revive.

        Returns:
            Losses and gradients.
        """
        theta = weights["log_threshold"].exp()
        z = (x @ weights["encoder"].T).add_(weights["encoder_bias"])
        f = torch.where(z > theta, z, 0.0)
        near = (z - theta).abs_() < self.bandwidth / 2
        found, by_f = dense_step(weights, x, f)
        excess = len(found.codes.col) / (len(x) * self.k) - 1
        found.sparsity = x.new_tensor(self.sparsity * excess**2)
        by_gate = 2 * self.sparsity * excess / (len(x) * self.k)
        # ∂L/∂log θ = θ·∂L/∂θ.
        by_theta = (by_f * near).sum(0) * theta + by_gate * near.sum(0, dtype=z.dtype)
        found.gradients["log_threshold"] = -theta / self.bandwidth * by_theta
        encode_backward(found.gradients, x, by_f.mul_(f > 0))
        error = x - found.rebuilt
        found.auxiliary = revive(weights, x, error, dead, self.auxiliary, found.gradients)
        return found

    def threshold(self, weights: Weights) -> Float[Tensor, "m"]:
        """θ.

        Args:
            weights: trained.

        Returns:
            Of every feature.
        """
        return weights["log_threshold"].exp()
