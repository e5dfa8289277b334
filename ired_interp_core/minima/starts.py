"""Where descents begin, kind by kind: pure functions of (seed, problem, level, number)."""

from collections.abc import Callable, Mapping

import numpy as np
import xarray as xr
from jaxtyping import Float

from ired_interp_core import tasks
from ired_interp_core.records import Block, seeded
from ired_interp_core.schedule import Schedule

Draw = Callable[[int, int], Float[np.ndarray, "d"]]
"""(level, number) → a start ỹ in the level frame."""


def drawn(
    schedule: Schedule, y_true: Float[np.ndarray, "d"], index: int, seed: int, clip: float
) -> Mapping[str, Draw]:
    """The kinds of start that are drawn, `names.DRAWN`.

    noise: ỹ ~ N(0, I), as the sampler begins; box: uniform in ±c√ᾱ_t; noised_truth: √ᾱ_t y* +
    σ_t ε.

    Args:
        schedule: of the model.
        y_true: y*, data frame; NaN where it is not known.
        index: problem index.
        seed: of the starts.
        clip: c.

    Returns:
        Kind → start of a level and a number.
    """

    def random(kind: str, t: int, number: int) -> np.random.Generator:
        return seeded("starts of minima", kind, seed, index, t, number)

    def noise(t: int, number: int) -> np.ndarray:
        return random("noise", t, number).standard_normal(len(y_true))

    def box(t: int, number: int) -> np.ndarray:
        half = clip * schedule.sqrt_alpha_bar[t]
        return random("box", t, number).uniform(-half, half, len(y_true))

    def noised_truth(t: int, number: int) -> np.ndarray:
        epsilon = random("noised truth", t, number).standard_normal(len(y_true))
        return schedule.sqrt_alpha_bar[t] * y_true + schedule.sigma[t] * epsilon

    return {"noise": noise, "box": box, "noised_truth": noised_truth}


def sampled(
    schedule: Schedule, descent: xr.Dataset, states: int
) -> Float[np.ndarray, "level states d"]:
    """The sampler's last states of every level, level frame; the last one is √ᾱ_t ŷ_t.

    Args:
        schedule: of the model.
        descent: `trajectory` of one problem, (level, step, row, col), data frame.
        states: how many of a level; all where there are fewer.

    Returns:
        Points ỹ.
    """
    walk = np.asarray(descent["trajectory"], dtype=np.float64)
    walk = walk.reshape(*walk.shape[:2], -1)[:, -states:]
    return schedule.sqrt_alpha_bar[:, None, None] * walk


def elsewhere(
    block: Block, index: int, count: int, seed: int
) -> tuple[Float[np.ndarray, "count n_in"], Float[np.ndarray, "count d"]]:
    """Other problems of the same task, variant and size, with their answers.

    Args:
        block: whose problems have these.
        index: problem index.
        count: how many.
        seed: of the starts.

    Returns:
        Problems and answers, data frame.
    """
    of, places = block.problems, 2**31 - 1
    drawn_at = int(seeded("other answers", seed, index).integers(places))
    found = tasks.problems(of.task, count, drawn_at, size=of.size, variant=of.variant)
    return found.x, found.y
