"""Levels of a batch: one for all its rows, or one for each."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

Levels = int | Int[Tensor, "B"]
"""Annealing level t, 9 (smooth) … 0 (sharp): one for all rows, or [B] integers."""


def as_levels(t: Levels, y: Float[Tensor, "B d"]) -> Int[Tensor, "B"]:
    """One level for each row.

    Args:
        t: an int or [B] integers.
        y: points, for their number and device.

    Returns:
        Levels [B], int64.
    """
    levels = torch.as_tensor(t, device=y.device, dtype=torch.int64)
    return levels.expand(len(y)) if levels.ndim == 0 else levels
