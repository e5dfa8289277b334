"""The sampler's walk as a smooth function of the problem: what it decided is held fast.

Definitions: docs/definitions.md §6.3.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ired_interp_core.energy import Energy
from ired_interp_core.schema import LEVELS


class Decisions:
    """What a walk decided: which entries were clamped and which proposals accepted, in order.

    The first walk records, every later one repeats: entries that were clamped stay at the bound,
    all others are never clamped, and a proposal is accepted where it was.
    """

    def __init__(self) -> None:
        self.made: list[tuple[Tensor, ...]] = []
        self.at: int | None = None  # None while the first walk records

    def begin(self) -> None:
        """Start to repeat."""
        self.at = 0

    def clamp(self, values: Float[Tensor, "B d"], bound: float) -> Float[Tensor, "B d"]:
        """Values within ±bound; when repeated, those that were outside."""
        low, high = self._next(lambda: ((values < -bound)[:1], (values > bound)[:1]))
        clamped = torch.where(low, torch.full_like(values, -bound), values)
        return torch.where(high, torch.full_like(values, bound), clamped)

    def accept(self, before: Tensor, after: Tensor) -> Tensor:
        """Whether a proposal is accepted [1]: unless E rises; when repeated, as it was."""
        (accepted,) = self._next(lambda: (~(after > before)[:1],))
        return accepted

    def _next(self, decide):  # type: ignore[no-untyped-def]
        if self.at is None:
            self.made.append(decide())
            return self.made[-1]
        self.at += 1
        return self.made[self.at - 1]


def walk(
    model: Energy,
    x: Float[Tensor, "B n_in"],
    start: Float[Tensor, "1 d"],
    sampler: Mapping[str, Any],
    decisions: Decisions,
) -> Float[Tensor, "B d"]:
    """Final answers ŷ of `inference.anneal`, differentiable in x, with the decisions of one walk.

    Args:
        model: any energy.
        x: problems, all walked by the same decisions; one alone while they are recorded.
        start: starting noise.
        sampler: clip, inner_steps, jump.
        decisions: recorded or repeated.

    Returns:
        ŷ in the data frame.
    """
    s, c = model.schedule, float(sampler["clip"])
    scale, recip, recipm1, size = (
        v.astype(np.float32).astype(np.float64)  # the official buffers, upcast
        for v in (s.sqrt_alpha_bar, s.sqrt_recip_alphas_cumprod, s.sqrt_recipm1_alphas_cumprod,
                  s.step_size)
    )  # fmt: skip
    y = start.expand(len(x), -1)
    for t in reversed(range(LEVELS)):
        box = float(scale[t]) * c
        if sampler["jump"]:
            _, g = _look(model, x, y, t)
            y = float(scale[t]) * decisions.clamp(float(recip[t]) * y - float(recipm1[t]) * g, c)
        e, g = _look(model, x, y, t)
        for inner in range(sampler["inner_steps"]):
            step = float(size[t]) * (1.0 if inner == 0 else 2.0)
            proposal = decisions.clamp(y - g * step, box)
            e_new, g_new = _look(model, x, proposal, t)
            accepted = decisions.accept(e, e_new)[:, None]
            y, g = torch.where(accepted, proposal, y), torch.where(accepted, g_new, g)
            e = torch.where(accepted[:, 0], e_new, e)
        y = decisions.clamp(y, box)
        answer = float(recip[t]) * y
        if t > 0:
            y = float(scale[t - 1]) * answer
    return answer


def _look(model: Energy, x: Tensor, y: Tensor, t: int) -> tuple[Tensor, Tensor]:
    """E and ∇_ỹE, both of which can be differentiated again."""
    with torch.enable_grad():
        y = y if y.requires_grad else y.detach().requires_grad_(True)
        e = model.energy(x, y, t)
        (g,) = torch.autograd.grad(e.sum(), y, create_graph=x.requires_grad)
    return (e, g) if x.requires_grad else (e.detach(), g.detach())
