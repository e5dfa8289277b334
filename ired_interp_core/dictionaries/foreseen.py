"""How far an answer should move by a steering, to first order: the derivative of the sampler.

Definitions: docs/definitions.md §5.5.
"""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ired_interp_core.dictionaries.recovery import Walker
from ired_interp_core.energy import Energy
from ired_interp_core.inference import ACCEPTED, anneal
from ired_interp_core.schema import LEVELS


def answer_derivative(
    walker: Walker,
    x: Float[Tensor, "B n_in"],
    start: Float[Tensor, "B d"],
    vectors: Float[Tensor, "V B d"],
    first: int = LEVELS - 1,
) -> Float[Tensor, "V B d"]:
    """d/ds ŷ at s = 0, where s·v is added to the gradient at every look of the sampler.

    With the walk's own decisions and clamps held, every step is differentiable: τ = dỹ/ds becomes
    √ᾱ·P(τ/√ᾱ − σ/√ᾱ·(Hτ + v)) at the jump, P(τ − s·η(Hτ + v)) at an accepted step, τ at a rejected
    one, and √ᾱ_{t−1}τ/√ᾱ_t between levels; P drops entries that are clamped, H is ∇²E where the
    gradient is taken (docs/definitions.md §1.7).

    Args:
        walker: the sampler; edits of its gradients are what is derived.
        x: problems.
        start: starting noise, or the state with which level `first` begins.
        vectors: v of every row, several of them, level frame.
        first: level at which the walk begins; the vectors are added from there on.

    Returns:
        dŷ/ds in the data frame, divided by √ᾱ_0: Δŷ to first order in s.
    """
    s, clip = walker.model.schedule, walker.clip
    scale, recip, recipm1, step_size = (
        torch.from_numpy(np.float32(b)).to(start)
        for b in (
            s.sqrt_alpha_bar,
            s.sqrt_recip_alphas_cumprod,
            s.sqrt_recipm1_alphas_cumprod,
            s.step_size,
        )
    )
    walk = anneal(walker.model, x, start, clip, walker.inner_steps, walker.jump, first)
    y, moved = start, torch.zeros_like(vectors)
    for k, t in enumerate(reversed(range(first + 1))):
        box = float(scale[t] * clip)
        if walker.jump:
            g, bent = _slopes(walker.model, x, y, moved, t)
            inside = (recip[t] * y - recipm1[t] * g).abs() <= clip
            moved = inside * scale[t] * (recip[t] * moved - recipm1[t] * (bent + vectors))
            y = walk.states[k, 0]
        for inner in range(walker.inner_steps):
            g, bent = _slopes(walker.model, x, y, moved, t)
            length = step_size[t] * (1.0 if inner == 0 else 2.0)
            inside = (y - length * g).abs() <= box
            proposed = inside * (moved - length * (bent + vectors))
            taken = walk.acceptance[k, inner + 1] >= ACCEPTED
            moved = torch.where(taken[:, None], proposed, moved)
            y = walk.states[k, inner + 1]
        moved = recip[t] * moved * (y.abs() <= box)
        if t > 0:
            y, moved = scale[t - 1] * walk.answers[k], scale[t - 1] * moved
    return moved


def _slopes(
    model: Energy,
    x: Float[Tensor, "B n_in"],
    y: Float[Tensor, "B d"],
    moved: Float[Tensor, "V B d"],
    t: int,
) -> tuple[Float[Tensor, "B d"], Float[Tensor, "V B d"]]:
    """∇E at y, and Hτ for every tangent there."""
    count = len(moved)
    with torch.enable_grad():
        points = y.repeat(count, 1).requires_grad_(True)
        e = model.energy(x.repeat(count, 1), points, t)
        (g,) = torch.autograd.grad(e.sum(), points, create_graph=True)
        bent = torch.zeros_like(points)
        if g.requires_grad:  # not where the energy is linear
            along = (g * moved.flatten(0, 1)).sum()
            (bent,) = torch.autograd.grad(along, points, materialize_grads=True)
    return g[: len(y)].detach(), bent.detach().unflatten(0, (count, len(y)))
