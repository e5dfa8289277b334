"""Random: y⁻ = clamp((√ᾱ y* + 3σε″)/√ᾱ, ±2), ε″ a third draw.

Where the official descent starts, but with noise of its own and without any step: beside
*official* it shows what following the energy brings.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from ired_interp_core.training.landscape import Landscape
from ired_interp_core.training.negatives.official import NOISE


def make(land: Landscape) -> Float[Tensor, "B d"]:
    """Make the negatives of a batch.

    Args:
        land: energies of the batch.

    Returns:
        y⁻, data frame.
    """
    batch = land.batch
    noise = torch.empty_like(batch.y).normal_(generator=batch.generator)
    return land.answers(land.noised(batch.y, noise, NOISE))
