"""Whether the sampler uses what can be read: its answers without it, beside random directions.

Definitions: docs/definitions.md §6.1.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ired_interp_core.dictionaries.intervention import Edit, Intervened
from ired_interp_core.energy import Energy
from ired_interp_core.inference import anneal
from ired_interp_core.intervals import bootstrap_t, paired
from ired_interp_core.probing.removal import Removal
from ired_interp_core.probing.verdicts import Use

QUANTILE = 0.95
"""Of the random directions' means, which an effect has to exceed."""


@dataclass
class Walks:
    """The sampler on some problems from the state with which a level begins.

    All walks have the same rows in the same batch: an accept decision hangs on the last bit, which
    depends on the shape of a product, so that an edit that changes nothing moves no answer.

    Args:
        model: the energy.
        level: t, the only one where anything is changed, at all of its steps.
        x: problems, float32.
        start: ỹ before the level's jump, float32.
        clip: box of the sampler.
        inner_steps: gradient steps a level.
        jump: whether a level begins with the jump.
    """

    model: Energy
    level: int
    x: Float[Tensor, "P n_in"]
    start: Float[Tensor, "P d"]
    clip: float
    inner_steps: int
    jump: bool

    def __post_init__(self) -> None:
        self._plain: Tensor | None = None

    def answers(self, site: str, edit: Edit | None) -> Float[Tensor, "P d"]:
        """Final answers in the data frame, float64."""
        energy = Intervened(self.model, site, edit, self.level, self.level)
        walk = anneal(
            energy, self.x, self.start, self.clip, self.inner_steps, self.jump, self.level
        )
        return walk.answer.double()

    def shift(self, site: str, edit: Edit) -> Float[np.ndarray, "P"]:
        """‖Δŷ‖ of every problem.

        Args:
            site: gradient, h1, h2 or h3.
            edit: of the activation there.

        Returns:
            Distances in the data frame.
        """
        if self._plain is None:
            self._plain = self.answers("gradient", None)
        moved = self.answers(site, edit) - self._plain
        return np.asarray(torch.linalg.vector_norm(moved, dim=-1).cpu().numpy())


def measured(
    shift: Float[np.ndarray, "P"],
    random: Float[np.ndarray, "P k"],
    left: float,
    rng: np.random.Generator,
    resamples: int,
) -> Use:
    """Hold an effect against random directions on the same problems.

    The 95 % quantile of their means lies between two directions; the difference to it is that to
    the same mixture of the two, problem by problem, with a bootstrap-t interval.

    Args:
        shift: ‖Δŷ‖ of every problem without what is readable.
        random: without each random direction.
        left: R² of a new probe after the removal.
        rng: of the resampling.
        resamples: how many.

    Returns:
        The numbers of the cell.
    """
    means = random.mean(axis=0)
    order = np.argsort(means, kind="stable")
    place = QUANTILE * (len(means) - 1)
    low = int(place)
    high, part = min(low + 1, len(means) - 1), place - low
    limit = (1 - part) * random[:, order[low]] + part * random[:, order[high]]
    own = bootstrap_t(shift[:, None], rng, resamples)
    beyond = paired(shift[:, None], limit[:, None], rng, resamples)
    return Use(
        shift=float(own.value[0]),
        low=float(own.low[0]),
        high=float(own.high[0]),
        random=means,
        limit=float(limit.mean()),
        gain_low=float(beyond.low[0]),
        left=left,
    )


def without(
    walks: Walks, site: str, removal: Removal, controls: Sequence[Removal]
) -> tuple[Float[np.ndarray, "P"], Float[np.ndarray, "P k"]]:
    """‖Δŷ‖ of every problem without what is readable, and without each random direction.

    Args:
        walks: the sampler from the beginning of a level.
        site: gradient, h1, h2 or h3.
        removal: of the property.
        controls: random ones.

    Returns:
        Distances in the data frame.
    """
    each = [walks.shift(site, one) for one in (removal, *controls)]
    return each[0], np.stack(each[1:], axis=1)
