"""The training loop's one step: batch, loss, clipped gradient, Adam, average.

Nothing on the way asks the device for a number, so that a GPU is never waited for: sums for the
log stay on it until they are read, and an update that is not finite is left out by the optimiser
itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ired_interp_core.dictionaries.rates import rate_at
from ired_interp_core.errors import Refusal
from ired_interp_core.schedule import cosine
from ired_interp_core.training import ema
from ired_interp_core.training.batches import draw
from ired_interp_core.training.landscape import Levels
from ired_interp_core.training.loss import Parts, loss
from ired_interp_core.training.negatives import STRATEGIES
from ired_interp_core.training.parameters import first_weights
from ired_interp_core.training.recipe import Recipe

BETAS, EPSILON = (0.9, 0.99), 1e-8
"""Of Adam, official."""

MOST_SKIPPED = 20
"""Updates that may be left out because loss or gradient were not finite; one more is a failure."""

SUMS = ("loss", "mse", "contrastive", "energy_real", "energy_fake", "gradient_norm")
"""Columns of the log, means over the updates since the entry before."""


@dataclass
class Training:
    """A training under way: all that its next step depends on.

    Args:
        recipe: what it is.
        device: torch device name.
        start: tensors to begin with; random ones when left out.
        compiled: `loss.parts`, compiled.
    """

    recipe: Recipe
    device: str = "cpu"
    start: Mapping[str, Tensor] | None = None
    compiled: Callable[..., Parts] | None = None

    def __post_init__(self) -> None:
        recipe, shape = self.recipe, self.recipe.shape
        first = shape.vector(self.start) if self.start else first_weights(shape, recipe.seed)
        # Tensors of known shape that a step changes; a checkpoint is these and `step`.
        self.weights = first.to(self.device, torch.float32).clone()
        self.average = self.weights.clone()
        self.sums = torch.zeros(len(SUMS) + 1, dtype=torch.float64, device=self.device)
        self.skipped = torch.zeros((), dtype=torch.float64, device=self.device)
        self.step = 0
        self.views, self.average_views = shape.views(self.weights), shape.views(self.average)
        self.schedule = cosine()
        self.levels = Levels.of(self.schedule, self.weights)
        self.adam = torch.optim.Adam(
            [self.weights], lr=recipe.rate, betas=BETAS, eps=EPSILON, fused=True
        )
        state = self.adam.state[self.weights]  # as Adam itself begins
        state["step"] = torch.zeros((), dtype=torch.float32, device=self.device)
        state["exp_avg"] = torch.zeros_like(self.weights)
        state["exp_avg_sq"] = torch.zeros_like(self.weights)

    @property
    def tensors(self) -> dict[str, Tensor]:
        """Everything that a step changes, by name; shared memory."""
        state = self.adam.state[self.weights]
        return {
            "weights": self.weights,
            "average": self.average,
            "sums": self.sums,
            "skipped": self.skipped,
            **{f"adam/{k}": state[k] for k in ("step", "exp_avg", "exp_avg_sq")},
        }

    @property
    def rate(self) -> float:
        """Learning rate of the next update."""
        r = self.recipe
        return rate_at(self.step, r.steps, r.rate, r.warm_up, r.decay)

    def gradient(self) -> tuple[Float[Tensor, "P"], Float[Tensor, "6"]]:
        """Gradient of the next step's batch, and the numbers for the log.

        Returns:
            ∂L/∂θ before clipping, and `SUMS`.
        """
        r = self.recipe
        batch = draw(r.task, r.size, r.batch, r.seed, self.step, self.device)
        found = loss(
            self.views, self.levels, batch, STRATEGIES[r.negatives], r.bound, self.compiled
        )
        gradient = r.shape.vector(found.gradients)
        norm = torch.linalg.vector_norm(gradient)
        numbers = (found.total, found.mse, found.contrastive, found.real, found.fake, norm)
        return gradient, torch.stack(numbers)

    def advance(self) -> None:
        """One attempted update."""
        r = self.recipe
        gradient, numbers = self.gradient()
        finite = torch.isfinite(numbers).all()
        self.weights.grad = gradient.mul_((r.clip / (numbers[-1] + 1e-6)).clamp(max=1.0))
        self.adam.param_groups[0]["lr"] = self.rate
        # How GradScaler tells the fused kernel to leave an update out, without asking the device.
        self.adam.found_inf = (~finite).float()  # type: ignore[attr-defined]
        self.adam.step()
        self.weights.grad = None
        self.step += 1
        ema.update(self.average, self.weights, self.step, r.ema, r.ema_every)
        ones = torch.cat([numbers.double(), torch.ones_like(self.sums[:1])])
        self.sums += torch.where(finite, ones, 0.0)
        self.skipped += ~finite

    def entry(self) -> dict[str, float]:
        """Means since the entry before, for the log; begins anew.

        Returns:
            `SUMS`, skipped (in all) and rate (of the last update).

        Raises:
            Refusal: too many updates could not be made, or none of these.
        """
        *sums, made = self.sums.tolist()
        skipped = int(self.skipped)
        if skipped > MOST_SKIPPED or not made:
            raise Refusal(
                "training failed: loss or gradient not finite",
                where=f"{self.recipe.task}, step {self.step}",
                came=f"{skipped} of {self.step} updates could not be made",
                expected=f"at most {MOST_SKIPPED}",
                next_step="lower the rate, or begin from other weights",
            )
        self.sums.zero_()
        means = {name: s / made for name, s in zip(SUMS, sums, strict=True)}
        last = rate_at(self.step - 1, self.recipe.steps, self.recipe.rate, self.recipe.warm_up,
                       self.recipe.decay)  # fmt: skip
        return {**means, "skipped": skipped, "rate": last}
