"""The sampler again on some problems, with interventions: what comes before them is shared."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ired_interp_core.dictionaries.foreseen import answer_derivative
from ired_interp_core.dictionaries.intervention import Edit, Intervened
from ired_interp_core.dictionaries.names import WAYS
from ired_interp_core.dictionaries.recovery import Walker
from ired_interp_core.inference import anneal
from ired_interp_core.schema import LEVELS


class Rerun:
    """Some problems walked as they are, and again in every way: what comes before is shared.

    Above `walker.highest` nothing is edited, and all walks go on from the state that one walk has
    there. They have the same rows in the same batch, the problems once for each way, with an edit
    and without: an accept decision hangs on the last bit, and that depends on the shape of a
    product. An edit that changes nothing thus changes the answer by 0 exactly.

    Args:
        walker: the sampler.
        rows: which of its problems.
    """

    def __init__(self, walker: Walker, rows: Tensor) -> None:
        self._walker, many = walker, rows.repeat(len(WAYS))
        self._x, self.truth, self._start = walker.x[many], walker.y[many], walker.start[many]
        if (first := walker.highest) < LEVELS - 1:
            start = walker.start[rows]
            above = anneal(
                walker.model, walker.x[rows], start, walker.clip, walker.inner_steps, walker.jump
            )
            scale = torch.from_numpy(np.float32(walker.model.schedule.sqrt_alpha_bar)).to(start)
            self._start = (scale[first] * above.answers[LEVELS - 2 - first]).repeat(len(WAYS), 1)
        self.plain = self.answers()

    def answers(self, edit: Edit | None = None) -> Float[Tensor, "B d"]:
        """Final answers, data frame, divided by √ᾱ_0; all problems in the first way come first."""
        w = self._walker
        edited = Intervened(w.model, w.site, edit, w.highest)
        walk = anneal(edited, self._x, self._start, w.clip, w.inner_steps, w.jump, w.highest)
        return walk.answer.double()

    def foreseen(self, vectors: Float[Tensor, "along P d"]) -> Float[Tensor, "along P d"]:
        """Δŷ to first order of vectors that are added to the gradient, data frame, float64."""
        w, count = self._walker, vectors.shape[1]
        x, start = self._x[:count], self._start[:count]
        return answer_derivative(w, x, start, vectors, w.highest).double()


STEERED = tuple(WAYS.index(way) for way in ("steering", "steering_random_atom"))
"""The ways whose Δŷ is predicted, in the order of ALONG."""
