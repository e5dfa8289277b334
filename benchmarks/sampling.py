"""The official sampler against the same walk as the official code does it."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from benchmarks.measure import Row, interleaved, ratio_quartiles
from benchmarks.networks import bundled, plain_energy
from ired_interp_core import tasks
from ired_interp_core.inference import anneal, start_noise
from ired_interp_core.network import IredEnergy
from ired_interp_core.schema import LEVELS

PROBLEMS = 256
BATCH = 32
"""Rows a sweep walks at once: a fixed shape, because rounding decides what is accepted."""


def official_style(model: IredEnergy, x: Tensor, start: Tensor, clip: float = 2.0) -> Tensor:
    """The walk with a second-order graph at every gradient and nothing reused.

    Definitions: docs/definitions.md §1.7.

    As the official code: every step asks for the energy before, the gradient and the energy after.
    """
    s = model.schedule
    scale, recip, recipm1, size = (
        torch.from_numpy(np.float32(b))
        for b in (
            s.sqrt_alpha_bar, s.sqrt_recip_alphas_cumprod, s.sqrt_recipm1_alphas_cumprod,
            s.step_size,
        )
    )  # fmt: skip

    def look(y: Tensor, t: int) -> tuple[Tensor, Tensor]:
        y = y.detach().requires_grad_(True)
        e = plain_energy(model, x, y, torch.full((len(y),), t))
        return e.detach(), torch.autograd.grad(e.sum(), y, create_graph=True)[0].detach()

    y = start
    for t in reversed(range(LEVELS)):
        box = float(scale[t] * clip)
        y = scale[t] * (recip[t] * y - recipm1[t] * look(y, t)[1]).clamp(-clip, clip)
        for inner in range(5):
            e, g = look(y, t)
            proposal = (y - g * (size[t] * (1.0 if inner == 0 else 2.0))).clamp(-box, box)
            accept = ~(look(proposal, t)[0] > e)
            y = torch.where(accept[:, None], proposal, y)
        y = y.clamp(-box, box)
        if t > 0:
            y = scale[t - 1] * (recip[t] * y)
    return y


def run() -> list[Row]:
    """The row of PERFORMANCE's table that is about sampling."""
    model = bundled()
    problems = tasks.problems("inverse", PROBLEMS, 0)
    x = torch.from_numpy(problems.x).float()
    noise = torch.from_numpy(start_noise(0, np.arange(PROBLEMS), model.d)).float()

    def in_batches(walk: Callable[..., Tensor]) -> Tensor:
        rows = [slice(i, i + BATCH) for i in range(0, PROBLEMS, BATCH)]
        return torch.cat([walk(x[r], noise[r]) for r in rows])

    def ours(x: Tensor, start: Tensor) -> Tensor:
        return anneal(model, x, start).answer_official

    def official(x: Tensor, start: Tensor) -> Tensor:
        return official_style(model, x, start)

    apart = [
        float((ours(x, noise) - official(x, noise)).abs().max()),
        float((in_batches(ours) - in_batches(official)).abs().max()),
    ]
    seconds = interleaved(
        {
            "ours": lambda: ours(x, noise),
            "official": lambda: official(x, noise),
            "ours in batches": lambda: in_batches(ours),
            "official in batches": lambda: in_batches(official),
        },
        7,
    )
    shapes = {"one batch of 256": "", f"batches of {BATCH}, as a sweep does": " in batches"}
    return [
        Row(
            target=f"sampling 256 problems, {shape}",
            ours=float(np.median(seconds[f"ours{suffix}"])),
            peer=float(np.median(seconds[f"official{suffix}"])),
            unit="s",
            peer_name="the official way, with create_graph",
            must=1.8,
            aim=2.2,
            accuracy=f"largest difference of an answer {off:.1g}",
            spread=ratio_quartiles(seconds[f"ours{suffix}"], seconds[f"official{suffix}"]),
            more={"ours also records every step": True},
        )
        for off, (shape, suffix) in zip(apart, shapes.items(), strict=True)
    ]
