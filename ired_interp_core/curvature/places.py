"""The four places where curvature is taken (docs/definitions.md §1.6), in the level frame."""

import numpy as np
import xarray as xr
from jaxtyping import Float

from ired_interp_core.records import seeded
from ired_interp_core.schedule import Schedule
from ired_interp_core.schema import LEVELS


def noise(seed: int, index: int, d: int) -> Float[np.ndarray, "10 d"]:
    """ε of the noised truth for every level: a pure function of (seed, problem, d).

    Args:
        seed: of the noise.
        index: problem index.
        d: entries of y.

    Returns:
        Standard normal numbers.
    """
    return seeded("noised truth", seed, index).standard_normal((LEVELS, d))


def places(
    schedule: Schedule,
    y_true: Float[np.ndarray, "d"],
    descent: xr.Dataset,
    index: int,
    seed: int,
) -> Float[np.ndarray, "10 4 d"]:
    """√ᾱy* + σε, √ᾱy*, √ᾱŷ_t and √ᾱ·minimum of one problem, in the order of `schema.PLACES`.

    Args:
        schedule: of the model.
        y_true: y*, data frame.
        descent: `answer` and `minimum` of this problem, dims (level, row, col), data frame.
        index: problem index.
        seed: of the noise.

    Returns:
        Points ỹ in the level frame, float64.
    """
    d = len(y_true)
    scale = schedule.sqrt_alpha_bar[:, None]
    epsilon = noise(seed, index, d)
    truth = scale * y_true
    answer, minimum = (
        scale * np.asarray(descent[name], dtype=np.float64).reshape(LEVELS, d)
        for name in ("answer", "minimum")
    )
    return np.stack([truth + schedule.sigma[:, None] * epsilon, truth, answer, minimum], axis=1)
