"""A training step against the official loop, written plainly from docs/definitions.md §1.3."""

import copy
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.measure import Row, interleaved, ratio_quartiles
from benchmarks.networks import bundled, plain_energy
from ired_interp_core import tasks
from ired_interp_core.schedule import cosine
from ired_interp_core.training import batches
from ired_interp_core.training.ema import decay_at
from ired_interp_core.training.loss import loss, parts
from ired_interp_core.training.negatives import STRATEGIES
from ired_interp_core.training.recipe import Recipe
from ired_interp_core.training.trainer import Training

BATCH, ROUNDS = 256, 9
"""Of the paper's 2048 an eighth: the step's cost grows with the batch, the ratio hardly changes."""


class Plain:
    """The official loop: every problem by NumPy, second-order graphs, nothing reused.

    Args:
        start: weights to begin with.
    """

    def __init__(self, start: dict[str, Tensor]) -> None:
        self.w = {k: v.clone().requires_grad_() for k, v in start.items()}
        self.average = copy.deepcopy(self.w)
        self.model: Any = SimpleNamespace(weights=self.w)
        self.adam = torch.optim.Adam(list(self.w.values()), lr=1e-4, betas=(0.9, 0.99))
        s = cosine()
        self.scale, self.sigma, self.size, self.recip = (
            torch.from_numpy(np.float32(a))[:, None]
            for a in (s.sqrt_alpha_bar, s.sigma, s.step_size, s.sqrt_recip_alphas_cumprod)
        )
        self.steps = 0

    def data(self) -> tuple[Tensor, Tensor]:
        """The next problems, one by one."""
        made = tasks.problems("inverse", BATCH, 0, start=self.steps * BATCH)
        return torch.from_numpy(made.x).float(), torch.from_numpy(made.y).float()

    def look(self, x: Tensor, y: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
        """E and ∇E, ready to be differentiated once more."""
        y = y.detach().requires_grad_()
        e = plain_energy(self.model, x, y, t)
        return e, torch.autograd.grad(e.sum(), y, create_graph=True)[0]

    def loss(self, x: Tensor, y: Tensor, t: Tensor, noise: Tensor, contrast: Tensor) -> Tensor:
        """L of a batch."""
        scale, sigma = self.scale[t], self.sigma[t]
        mse = (self.look(x, scale * y + sigma * noise, t)[1] - noise).square().mean(1)
        point, s = scale * y + sigma * (3 * contrast), 1.0
        for _ in range(2):
            e, g = self.look(x, point, t)
            box = 2 * scale[0, 0]
            new = (point - self.size[t] * g * s).clamp(-box, box)
            s = 2.0
            bad = plain_energy(self.model, x, new, t) > e
            new[bad] = point[bad]
            point = new.detach()
        negative = (self.recip[t] * point).clamp(-2, 2)
        both = torch.cat([scale * y + sigma * contrast, scale * negative + sigma * contrast])
        e = plain_energy(self.model, torch.cat([x, x]), both, torch.cat([t, t]))
        real, fake = e.chunk(2)
        return (mse + 0.5 * functional.softplus(real - fake)).mean()

    def step(self, batch: batches.Batch | None = None) -> None:
        """One update, of a given batch or of the next."""
        if batch is None:
            x, y = self.data()
            t, noise, contrast = torch.randint(0, 10, (BATCH,)), *torch.randn(2, *y.shape)
        else:
            x, y, t, noise, contrast = batch.x, batch.y, batch.t, batch.noise, batch.contrast
        self.loss(x, y, t, noise, contrast).backward()
        torch.nn.utils.clip_grad_norm_(self.w.values(), 1.0)
        self.adam.step()
        self.adam.zero_grad()
        decay = decay_at(self.steps, 0.995, 10)
        self.steps += 1
        if decay is not None:
            with torch.no_grad():
                for name, weight in self.w.items():
                    self.average[name].sub_((self.average[name] - weight) * (1 - decay))


def run() -> list[Row]:
    """Steps a second, with and without making the problems."""
    start = bundled().weights
    recipe = Recipe("inverse", batch=BATCH)

    def apart() -> float:
        """How far the weights are from each other after ten updates on the same batches."""
        ours, plain = Training(recipe, start=start), Plain(start)
        for step in range(10):
            ours.advance()
            plain.step(batches.draw("inverse", 20, BATCH, 0, step))
        moved = ours.weights - recipe.shape.vector(start)
        return float((ours.weights - recipe.shape.vector(plain.w)).norm().detach() / moved.norm())

    ours, plain = Training(recipe, start=start), Plain(start)
    same = batches.draw("inverse", 20, BATCH, 0, 0)
    fused = torch.compile(parts, dynamic=False)
    seconds = interleaved(
        {
            "ours": ours.advance,
            "plain": plain.step,
            "ours, no data": lambda: loss(
                ours.views, ours.levels, same, STRATEGIES["official"], "first"
            ),
            "compiled, no data": lambda: loss(
                ours.views, ours.levels, same, STRATEGIES["official"], "first", fused
            ),
            "plain, no data": lambda: plain.loss(
                same.x, same.y, same.t, same.noise, same.contrast
            ).backward(),
        },
        ROUNDS,
    )
    accuracy = f"weights after ten updates differ by {apart():.0e} of the way they went"
    return [
        Row(
            target=f"training, batch {BATCH}: {words}",
            ours=1 / float(np.median(seconds[mine])),
            peer=1 / float(np.median(seconds[theirs])),
            unit="steps/s",
            peer_name="the official loop, plainly",
            value=float(np.median(seconds[theirs] / seconds[mine])),
            accuracy="" if mine.startswith("compiled") else accuracy,
            spread=ratio_quartiles(seconds[mine], seconds[theirs]),
        )
        for words, mine, theirs in (
            ("the whole step, problems made", "ours", "plain"),
            ("loss and its gradient", "ours, no data", "plain, no data"),
            ("loss and its gradient, --compile", "compiled, no data", "plain, no data"),
        )
    ]
