"""The official sampler from given noise, with all its quirks, recorded step by step.

Definitions: docs/definitions.md §1.7.

Source: yilundu/ired_code_release, GaussianDiffusion1D.p_sample_loop and opt_step.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ired_interp_core.energy import Energy
from ired_interp_core.records import seeded
from ired_interp_core.schema import LEVELS

NOT_PROPOSED, REJECTED, ACCEPTED, UNCHANGED = range(4)
"""Fate of a proposal; UNCHANGED: it is the state itself, so that accepting it means nothing."""

UNDECIDED_ULPS = 8
"""A decision on |E' − E| below so many units in the last place of E is undecided: E is told no
better in the walk's arithmetic, so that rounding has chosen."""


@dataclass(frozen=True)
class Descent:
    """What happened, levels in the order they were walked (index 0 is t = 9), S steps a level.

    Args:
        states: ỹ after every step, level frame.
        energies: E_t after every step.
        gradients: ∇_ỹE after every step.
        gradient_norms: ‖∇_ỹE‖ after every step.
        acceptance: fate of every proposal, as it was; step 0 is the jump.
        undecided: whether |E' − E| < 8 ulp of E for a proposal other than the state itself.
        clamped: share of entries on the box ±c√ᾱ_t or beyond it.
        answers: state at the end of each level, data frame.
        answer_official: the last state, not divided by √ᾱ_0.
    """

    states: Float[Tensor, "10 S B d"]
    energies: Float[Tensor, "10 S B"]
    gradients: Float[Tensor, "10 S B d"]
    gradient_norms: Float[Tensor, "10 S B"]
    acceptance: Int[Tensor, "10 S B"]
    undecided: Bool[Tensor, "10 S B"]
    clamped: Float[Tensor, "10 S B"]
    answers: Float[Tensor, "10 B d"]
    answer_official: Float[Tensor, "B d"]

    @property
    def answer(self) -> Float[Tensor, "B d"]:
        """ŷ, the final answer in the data frame."""
        return self.answers[-1]


def start_noise(seed: int, indices: np.ndarray, d: int) -> Float[np.ndarray, "B d"]:
    """Starting noise of the sampler: row i is a pure function of (seed, i, d).

    Args:
        seed: of the noise.
        indices: problem indices.
        d: entries of y.

    Returns:
        Standard normal numbers [B, d], float64.
    """
    return np.stack([seeded("start noise", seed, int(i)).standard_normal(d) for i in indices])


@torch.no_grad()
def anneal(
    model: Energy,
    x: Float[Tensor, "B n_in"],
    start: Float[Tensor, "B d"],
    clip: float = 2.0,
    inner_steps: int = 5,
    jump: bool = True,
    first: int = LEVELS - 1,
    check: Callable[[], None] = lambda: None,
) -> Descent:
    """Walk the ten landscapes from given noise, or those that are left from a given state.

    For t = 9 … 0: jump x0 = (ỹ − σ∇E)/√ᾱ clamped to ±c, ỹ ← √ᾱ·x0; inner steps ỹ' = ỹ − s·η_t·∇E
    with s = 1 on the first of a level and 2 on the others (the official code reuses one variable
    for the step scale and the clip; s stays 1 then 2 whatever c is), clamped to ±c√ᾱ and accepted
    unless E' > E; clamp; ỹ ← √ᾱ_{t−1}·ỹ/√ᾱ_t. The operations stand in the official order on
    float32-rounded schedule buffers, and energies are those of
    `Energy.official_energy_and_gradient`: near a minimum an accept decision hangs on the last bit
    of E, so that any other order of operations moves the answer by some 1e-3. Energy and gradient
    of the accepted step are reused instead of recomputed.

    Args:
        model: any energy.
        x: problems.
        start: starting noise, or the state ỹ with which level `first` begins; its dtype is the
            dtype of the walk.
        clip: c, the box in the data frame.
        inner_steps: gradient steps a level, official 5.
        jump: whether a level begins with the denoising jump, official yes.
        first: level at which the walk begins.
        check: called before every step; what it raises ends the walk.

    Returns:
        The record of the walk, of the levels that were walked.
    """
    s = model.schedule
    scale, recip, recipm1, step_size = (
        torch.from_numpy(np.float32(b)).to(start)
        for b in (
            s.sqrt_alpha_bar,
            s.sqrt_recip_alphas_cumprod,
            s.sqrt_recipm1_alphas_cumprod,
            s.step_size,
        )
    )
    look = model.official_energy_and_gradient
    y, rows, answers = start, [], []
    for t in reversed(range(first + 1)):
        check()
        box = float(scale[t] * clip)
        if jump:
            g = look(x, y, t)[1]
            y = scale[t] * (recip[t] * y - recipm1[t] * g).clamp(-clip, clip)
        e, g = look(x, y, t)
        fate = torch.full_like(e, NOT_PROPOSED, dtype=torch.int8)
        rows.append(_row(y, e, g, fate, torch.zeros_like(fate, dtype=torch.bool), box))
        for inner in range(inner_steps):
            check()
            proposal = (y - g * (step_size[t] * (1.0 if inner == 0 else 2.0))).clamp_(-box, box)
            e_new, g_new = look(x, proposal, t)
            accept = ~(e_new > e)
            fate = torch.where(accept, ACCEPTED, REJECTED).to(torch.int8)
            fate[(proposal - y).abs_().amax(-1) == 0] = UNCHANGED
            undecided = within_rounding(e, e_new) & (fate != UNCHANGED)
            y = torch.where(accept[:, None], proposal, y)
            e, g = torch.where(accept, e_new, e), torch.where(accept[:, None], g_new, g)
            rows.append(_row(y, e, g, fate, undecided, box))
        y = y.clamp(-box, box)
        answers.append(recip[t] * y)
        official = y
        if t > 0:
            y = scale[t - 1] * answers[-1]
    states, energies, gradients, norms, fates, undecided, clamped = (
        torch.stack(column).unflatten(0, (first + 1, -1)) for column in zip(*rows, strict=True)
    )
    return Descent(
        states,
        energies,
        gradients,
        norms,
        fates,
        undecided,
        clamped,
        torch.stack(answers),
        official,
    )


def within_rounding(e: Float[Tensor, "B"], e_new: Float[Tensor, "B"]) -> Bool[Tensor, "B"]:
    """|E' − E| < 8 ulp of E in their dtype; False where either is not finite."""
    ulp = torch.nextafter(e.abs(), torch.full_like(e, torch.inf)) - e.abs()
    return (e_new - e).abs() < UNDECIDED_ULPS * ulp


def _row(
    y: Tensor, e: Tensor, g: Tensor, fate: Tensor, undecided: Tensor, box: float
) -> tuple[Tensor, ...]:
    clamped = torch.ge(y.abs(), box, out=torch.empty_like(y)).mean(-1)
    return y, e, g, torch.linalg.vector_norm(g, dim=-1), fate, undecided, clamped
