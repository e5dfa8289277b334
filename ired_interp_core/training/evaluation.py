"""How good the averaged weights are: the official sampler on fixed problems, beside the baselines.

The problems are sets of `tasks.problems`; training draws its own elsewhere (`batches`).
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from ired_interp_core import tasks
from ired_interp_core.inference import anneal, start_noise
from ired_interp_core.network import IredEnergy

SEED = 1
"""Of the problems and of the starting noise."""


@dataclass(frozen=True)
class Measured:
    """Fixed problems of one variant, and what the trivial predictors score on them.

    Args:
        x: problems.
        y: true answers.
        start: noise the sampler starts from.
        baselines: name → MSE.
    """

    x: Float[np.ndarray, "N n_in"]
    y: Float[np.ndarray, "N d"]
    start: Float[np.ndarray, "N d"]
    baselines: dict[str, float]

    @classmethod
    def of(cls, task: str, size: int, variant: str, count: int) -> "Measured":
        """Make the problems and answer them with every baseline.

        Args:
            task: inverse, addition or completion.
            size: matrix side n.
            variant: same or harder.
            count: problems.

        Returns:
            The set.
        """
        made = tasks.problems(task, count, SEED, size, variant)
        scores = {
            b.name: float(np.square(b.predict(made.x) - made.y).mean())
            for b in tasks.baselines(task, variant, size)
        }
        noise = start_noise(SEED, np.arange(count), size * size)
        return cls(made.x, made.y, noise, scores)

    def errors(self, model: IredEnergy, device: str = "cpu", rows: int = 256) -> dict[str, float]:
        """MSE of the model's answers, float32.

        Args:
            model: to measure.
            device: torch device name.
            rows: walked at once.

        Returns:
            "answer" (divided by √ᾱ_0), "official_answer" (not divided), then the baselines.
        """
        sums = np.zeros(2)
        for first in range(0, len(self.x), rows):
            x, y, start = (
                torch.from_numpy(a[first : first + rows]).to(device, torch.float32)
                for a in (self.x, self.y, self.start)
            )
            walk = anneal(model, x, start)
            for i, answer in enumerate((walk.answer, walk.answer_official)):
                sums[i] += float((answer - y).square().double().sum())
        answer, official = (sums / self.y.size).tolist()
        return {"answer": answer, "official_answer": official, **self.baselines}
