"""The energy of an ideal denoiser for a Gaussian posterior: a control for a model's energy.

Definitions: docs/definitions.md §1.6.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from ired_interp_core.energy import Energy
from ired_interp_core.levels import Levels, as_levels
from ired_interp_core.tasks import completion, d, n_in


class GaussianIdeal(Energy):
    """E_t = ½ Σ_i σ/(σ² + ᾱ v_i)·(ỹ_i − √ᾱ m_i)², level frame, with the minimum E = 0 at √ᾱ m.

    Its gradient is E[ε | x, ỹ] for y | x of independent Gaussian entries with mean m and variance
    v; the jump lands on E[y | x, ỹ], and H = diag σ/(σ² + ᾱ v). Inverse and addition: m = y*, v =
    0, the ideal itself. Completion: an observed entry is certain, the others have the mean 0 and
    the variance of an entry, which leaves the low rank out: the best that knows no more than means
    and covariances.

    Args:
        task: inverse, addition or completion.
        size: matrix side n.
        variant: whose entries completion has.
    """

    def __init__(self, task: str, size: int = 20, variant: str = "same") -> None:
        self.task, self.size, self.variant = task, size, variant
        self.d, self.n_in = d(size), n_in(task, size)

    def moments(
        self, x: Float[Tensor, "B n_in"]
    ) -> tuple[Float[Tensor, "B d"], Float[Tensor, "B d"]]:
        """Mean m and variance v of every entry of y given x, data frame."""
        if self.task == "completion":
            return x, (x == 0).to(x) * completion.entry_variance(self.variant)
        if self.task == "addition":
            mean = x[:, : self.d] + x[:, self.d :]
        else:
            mean = torch.linalg.inv(x.unflatten(-1, (self.size, self.size))).flatten(1)
        return mean, torch.zeros_like(mean)

    def energy(
        self, x: Float[Tensor, "B n_in"], y: Float[Tensor, "B d"], t: Levels
    ) -> Float[Tensor, "B"]:
        """E_t(x, ỹ); see `Energy.energy`."""
        level = as_levels(t, y)
        alpha_bar, sigma = (
            torch.from_numpy(values).to(y)[level.long()][:, None]
            for values in (self.schedule.alphas_cumprod, self.schedule.sigma)
        )
        mean, variance = self.moments(x)
        curvature = sigma / (sigma**2 + alpha_bar * variance)
        return (curvature * (y - alpha_bar.sqrt() * mean).square()).sum(-1) / 2
