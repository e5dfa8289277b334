"""Which problems a dictionary never sees in training."""

import numpy as np

EVERY = 5
"""Every fifth problem is held out: a rule by index, so that a grown set keeps its split."""


def held_out(indices: np.ndarray) -> np.ndarray:
    """Tell held-out problems: those with index mod 5 = 4 (problems are independent of their index).

    Args:
        indices: of problems.

    Returns:
        Booleans of the same shape.
    """
    return np.asarray(indices) % EVERY == EVERY - 1
