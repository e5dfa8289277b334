"""The energies of a batch, each problem at its own level: where negatives are made."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ired_interp_core.schedule import Schedule
from ired_interp_core.training.batches import Batch
from ired_interp_core.training.passes import Network

CLIP = 2.0
"""c: negatives stay within ±c in the data frame."""


@dataclass(frozen=True)
class Levels:
    """The schedule on the device, as the official code has it: rounded to float32."""

    scale: Float[Tensor, "10"]
    sigma: Float[Tensor, "10"]
    step_size: Float[Tensor, "10"]
    recip: Float[Tensor, "10"]

    @classmethod
    def of(cls, schedule: Schedule, like: Tensor) -> "Levels":
        """Put a schedule on a device.

        Args:
            schedule: ᾱ_t.
            like: gives dtype and device.

        Returns:
            √ᾱ, σ, η and √(1/ᾱ) by level.
        """
        s: Any = schedule
        words = (s.sqrt_alpha_bar, s.sigma, s.step_size, s.sqrt_recip_alphas_cumprod)
        return cls(*(torch.from_numpy(np.float32(a)).to(like) for a in words))


class Landscape:
    """E_t(x, ·) of the problems of a batch.

    Args:
        network: at the present weights.
        levels: the schedule.
        batch: problems and levels.
        bound: "first": an inner step is clamped to ±2√ᾱ of the batch's *first* sample, whatever a
            sample's own level is, as in the official code; "own": to ±2√ᾱ_t of its own.
    """

    def __init__(self, network: Network, levels: Levels, batch: Batch, bound: str) -> None:
        self.network, self.batch = network, batch
        self.part, self.rows = network.problem_part(batch.x), network.rows(batch.t)
        self.scale, self.sigma, self.step_size, self.recip = (
            table[batch.t, None]
            for table in (levels.scale, levels.sigma, levels.step_size, levels.recip)
        )
        self.box = CLIP * (self.scale if bound == "own" else self.scale[:1])

    def noised(
        self, y: Float[Tensor, "B d"], noise: Float[Tensor, "B d"], times: float = 1.0
    ) -> Float[Tensor, "B d"]:
        """√ᾱ y + σ·times·noise.

        Args:
            y: answers, data frame.
            noise: standard normal numbers.
            times: of σ.

        Returns:
            Points ỹ, level frame.
        """
        return self.scale * y + self.sigma * (times * noise)

    def energy(self, y: Float[Tensor, "B d"]) -> Float[Tensor, "B"]:
        """E_t(x, ỹ).

        Args:
            y: points ỹ, level frame.

        Returns:
            Energies.
        """
        return self.network.forward(self.part, y, self.rows).energy

    def look(self, y: Float[Tensor, "B d"]) -> tuple[Float[Tensor, "B"], Float[Tensor, "B d"]]:
        """E_t(x, ỹ) and ∇_ỹE.

        Args:
            y: points ỹ, level frame.

        Returns:
            Energies and gradients.
        """
        f = self.network.forward(self.part, y, self.rows)
        return f.energy, self.network.backward(f, self.rows).gradient

    def descend(self, y: Float[Tensor, "B d"], steps: int) -> Float[Tensor, "B d"]:
        """The sampler's inner steps: ỹ' = ỹ − s·η_t·∇E, s = 1 then 2, clamped, kept if E' ≤ E.

        Energy and gradient of a step that was accepted are reused instead of recomputed.

        Args:
            y: start ỹ, level frame; not clamped before the first step.
            steps: how many, at least one.

        Returns:
            Points ỹ, level frame.
        """
        e, g = self.look(y)
        for step in range(steps):
            size = self.step_size * (1.0 if step == 0 else 2.0)
            proposal = (y - g * size).clamp_(-self.box, self.box)
            last = step == steps - 1
            e_new, g_new = (self.energy(proposal), g) if last else self.look(proposal)
            accept: Bool[Tensor, "B 1"] = ~(e_new > e)[:, None]
            y, g = torch.where(accept, proposal, y), torch.where(accept, g_new, g)
            e = torch.where(accept[:, 0], e_new, e)
        return y

    def answers(self, y: Float[Tensor, "B d"]) -> Float[Tensor, "B d"]:
        """From the level frame to negatives: ỹ/√ᾱ_t, clamped to ±2.

        Args:
            y: points ỹ, level frame.

        Returns:
            Data frame.
        """
        return (self.recip * y).clamp_(-CLIP, CLIP)
