"""Official: y⁻ = clamp(descend₂(√ᾱ y* + 3σε')/√ᾱ, ±2).

Two inner steps at the sample's own level from three times the noise that the real point carries.
Source: yilundu/ired_code_release, GaussianDiffusion1D.p_losses and opt_step.
"""

from jaxtyping import Float
from torch import Tensor

from ired_interp_core.training.landscape import Landscape

NOISE, STEPS = 3.0, 2


def make(land: Landscape) -> Float[Tensor, "B d"]:
    """Make the negatives of a batch.

    Args:
        land: energies of the batch.

    Returns:
        y⁻, data frame.
    """
    start = land.noised(land.batch.y, land.batch.contrast, NOISE)
    return land.answers(land.descend(start, STEPS))
