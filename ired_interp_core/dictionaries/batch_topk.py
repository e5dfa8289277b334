"""BatchTopK (Bussmann et al. 2024, arXiv 2412.06410): the B·k largest numbers of a batch."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ired_interp_core.dictionaries.base import Found, Variant, Weights
from ired_interp_core.dictionaries.sparse import Codes, top_of_batch
from ired_interp_core.dictionaries.topk import sparse_step

MEMORY = 0.99
"""Of the running mean of the smallest kept activation: some hundred batches."""


@dataclass
class BatchTopK(Variant):
    """f keeps the B·k largest relu(z) of a batch; afterwards those above one learned number.

    Args:
        k: active features of an input on average.
    """

    name = "batch_topk"
    k: int = 32

    def prefixes(self, features: int) -> tuple[int, ...]:
        """Numbers of leading features that rebuild x on their own.

        Args:
            features: m.

        Returns:
            m alone.
        """
        return (features,)

    def step(self, weights: Weights, x: Float[Tensor, "B d"], dead: Bool[Tensor, "m"]) -> Found:
        """Loss and gradients of a batch; `smallest` is updated.

        Args:
            weights: as they are.
            x: scaled activations.
            dead: features to revive.

        Returns:
            Losses and gradients.
        """
        codes = self._gate(weights, x)
        prefixes = self.prefixes(codes.features)
        return sparse_step(weights, x, codes, prefixes, dead, self.auxiliary)

    def _gate(self, weights: Weights, x: Tensor) -> Codes:
        """Codes of a batch; the running mean of the smallest is updated."""
        codes, smallest = top_of_batch(
            weights["encoder"], weights["encoder_bias"], x, self.k, 0.9 * self.smallest
        )
        first = self.smallest < 0
        self.smallest = smallest if first else MEMORY * self.smallest + (1 - MEMORY) * smallest
        return codes

    def threshold(self, weights: Weights) -> Float[Tensor, "m"]:
        """The running mean of the smallest kept activation.

        Args:
            weights: trained.

        Returns:
            The same number for every feature.
        """
        return torch.full_like(weights["encoder_bias"], max(self.smallest, 0.0))
