"""Adversarial: of four official candidates y_k, the one the energy is most wrong about.

y⁻ = y_k with the largest energy error E(√ᾱ y* + σε') − E(√ᾱ y_k + σε'), that is the largest loss.
Candidate 0 starts from ε', the others from draws of their own; E(real) is the same for all, so the
largest error is the lowest energy.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from ired_interp_core.training.landscape import Landscape
from ired_interp_core.training.negatives.official import NOISE, STEPS

CANDIDATES = 4


def make(land: Landscape) -> Float[Tensor, "B d"]:
    """Make the negatives of a batch.

    Args:
        land: energies of the batch.

    Returns:
        y⁻, data frame.
    """
    batch, best, lowest = land.batch, None, None
    for k in range(CANDIDATES):
        noise = batch.contrast
        if k:
            noise = torch.empty_like(batch.y).normal_(generator=batch.generator)
        candidate = land.answers(land.descend(land.noised(batch.y, noise, NOISE), STEPS))
        energy = land.energy(land.noised(candidate, batch.contrast))
        if best is None or lowest is None:
            best, lowest = candidate, energy
        else:
            better = energy < lowest
            best = torch.where(better[:, None], candidate, best)
            lowest = torch.where(better, energy, lowest)
    assert best is not None
    return best
