"""Does a foreign model do what its task asks? Its error beside trivial predictors, and its scale.

The gradient of an IRED model is trained to be the noise (docs/definitions.md §1.3), so the slope of
∇_ỹE_t on the noise at ỹ = √ᾱ_t y* + σ_t ε is near 1 for an ideal denoiser that is certain, and a
factor in E is the same factor in the slope. At t = 0 the bundled models have .36 … .54.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ired_interp_core import tasks
from ired_interp_core.energy import Energy
from ired_interp_core.errors import Refusal
from ired_interp_core.inference import anneal, start_noise
from ired_interp_core.records import seeded
from ired_interp_core.spelling import counted

PROBLEMS, SEED = 32, 1
"""Of the variant same: enough to see a factor, in some seconds."""

SLOPES = (0.1, 2.0)
"""Slopes at t = 0 that a trained model may have."""

MOST_SIDE = 32
"""Largest side for which predictors are fitted; beyond, the answer 0 alone is beside."""


@dataclass(frozen=True)
class Sanity:
    """What a look at a model showed.

    Args:
        task: whose problems it answered.
        mse: of its answers.
        baselines: trivial predictor → MSE on the same problems.
        slope: of ∇E on the noise at t = 0.
    """

    task: str
    mse: float
    baselines: Mapping[str, float]
    slope: float

    @property
    def line(self) -> str:
        """All of it in one line."""
        beside = ", ".join(f"{name} {mse:.3g}" for name, mse in self.baselines.items())
        return (
            f"{self.task}, {counted(PROBLEMS, 'problem')}: MSE {self.mse:.3g} (trivial predictors:"
            f" {beside}); slope of ∇E on the noise at t = 0 {self.slope:.3g}"
        )

    @property
    def odd(self) -> str:
        """Why it is no model that was trained for this task; "" where it may be one."""
        if not math.isfinite(self.mse) or not math.isfinite(self.slope):
            return "its answers are not finite"
        if not SLOPES[0] <= self.slope <= SLOPES[1]:
            return f"∇E is {self.slope:.3g} times the noise, not about once"
        return "it answers worse than the answer 0" if self.mse > self.baselines["zero"] else ""

    def as_dict(self) -> dict[str, Any]:
        """For a card; without numbers that JSON does not know."""
        known = {"mse": self.mse, "slope": self.slope}
        return {
            "task": self.task, "problems": PROBLEMS, "baselines": dict(self.baselines),
            **{k: v if math.isfinite(v) else str(v) for k, v in known.items()},
        }  # fmt: skip


def look(model: Energy) -> list[Sanity]:
    """Answer a few problems of the model's task, or of each task that it may be of.

    Args:
        model: any energy.

    Returns:
        One for each such task.
    """
    fitting = [n for n, task in tasks.TASKS.items() if model.n_in == task.blocks * model.d]
    return [_look(model, task) for task in ([model.task] if model.task else fitting)]


def refuse_odd(looks: Sequence[Sanity], where: str, next_step: str) -> None:
    """Refuse a model that answers as none that was trained, of whichever task it may be.

    Args:
        looks: of `look`.
        where: named in the refusal.
        next_step: said in it.

    Raises:
        Refusal: every look is odd.
    """
    if all(one.odd for one in looks):
        raise Refusal(
            "model answers as none that was trained for its task",
            where=where,
            came=looks[0].odd if looks else "no task has such shapes",
            expected="∇E of about the size of the noise, and answers better than 0",
            next_step=next_step,
        )


def _look(model: Energy, task: str) -> Sanity:
    made = tasks.problems(task, PROBLEMS, SEED, model.size, "same")
    if model.size <= MOST_SIDE:
        scores = {
            b.name: float(np.square(b.predict(made.x) - made.y).mean())
            for b in tasks.baselines(task, "same", model.size)
        }
    else:
        scores = {"zero": float(np.square(made.y).mean())}
    x, y = (torch.from_numpy(a).float() for a in (made.x, made.y))
    start = torch.from_numpy(start_noise(SEED, np.arange(PROBLEMS), model.d)).float()
    mse = float((anneal(model, x, start).answer - y).square().double().mean())
    return Sanity(task, mse, scores, slope(model, x, y))


def slope(model: Energy, x: torch.Tensor, y: torch.Tensor, t: int = 0) -> float:
    """Σ ∇_ỹE_t·ε / Σ ε² at ỹ = √ᾱ_t y* + σ_t ε, over all entries and problems.

    Args:
        model: any energy.
        x: problems [B, n_in].
        y: true answers y* [B, d], data frame.
        t: level.

    Returns:
        The slope, level frame.
    """
    noise = seeded("sanity noise", SEED).standard_normal(tuple(y.shape))
    eps = torch.from_numpy(noise).to(y)
    s = model.schedule
    noised = float(s.sqrt_alpha_bar[t]) * y + float(s.sigma[t]) * eps
    gradient = model.gradient(x, noised, t)
    return float((gradient * eps).sum().double() / eps.square().sum().double())
