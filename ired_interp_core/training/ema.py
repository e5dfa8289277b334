"""The averaged weights, as ema_pytorch makes them in the official trainer (β = .995, every 10).

Definitions: docs/definitions.md §1.3.

`update` is called after every step. With s = 0, 1, … the calls made before:
s not a multiple of `every`: nothing. s ≤ 100: θ̄ ← θ. After that, first θ̄ ← θ once, and then
θ̄ ← θ̄ + (1 − δ)(θ − θ̄) with δ = min(β, 1 − (1 + s − 100)^(−2/3)).
Source: lucidrains/ema-pytorch, EMA.update and get_current_decay, defaults update_after_step = 100,
inv_gamma = 1, power = 2/3, min_value = 0. At β = .995 the warm-up ends at s = 2,928.
"""

from jaxtyping import Float
from torch import Tensor

AFTER = 100
"""Calls that only copy."""

POWER = 2 / 3


def decay_at(calls: int, beta: float, every: int) -> float | None:
    """The weight δ that the average keeps of itself.

    Args:
        calls: made before this one, s.
        beta: largest decay β.
        every: calls between two averages.

    Returns:
        δ; 0 for a copy, None for a call that does nothing.
    """
    if calls % every:
        return None
    if calls - every <= AFTER:  # a copy, or the first average, which copies just before
        return 0.0
    return min(beta, 1 - (1 + calls - AFTER) ** -POWER)


def update(
    average: Float[Tensor, "P"], weights: Float[Tensor, "P"], step: int, beta: float, every: int
) -> None:
    """Average after a step, in place.

    Args:
        average: θ̄.
        weights: θ.
        step: updates made, this one counted.
        beta: largest decay.
        every: steps between two averages.
    """
    decay = decay_at(step - 1, beta, every)
    if decay is not None:
        average.lerp_(weights, 1 - decay)
