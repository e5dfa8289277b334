"""Hard: y⁻ = clamp(descend₈(√ᾱ y* + 5σε')/√ᾱ, ±2).

Farther starts and more inner steps than *official*: wrong answers that lie deep in the valleys the
model has far from the truth.
"""

from jaxtyping import Float
from torch import Tensor

from ired_interp_core.training.landscape import Landscape

NOISE, STEPS = 5.0, 8


def make(land: Landscape) -> Float[Tensor, "B d"]:
    """Make the negatives of a batch.

    Args:
        land: energies of the batch.

    Returns:
        y⁻, data frame.
    """
    start = land.noised(land.batch.y, land.batch.contrast, NOISE)
    return land.answers(land.descend(start, STEPS))
