"""A modern Hopfield network in 64 dimensions: its memories are its minima, until β melts them.

E_t(x, ỹ) = −(1/β_t)·log Σ_μ exp(β_t·ξ_μ·ỹ)/M + ½‖ỹ‖² + ½·max_μ‖ξ_μ‖²
β_t = BETA·ᾱ_t

(Ramsauer et al., ICLR 2021; its constants make E ≥ 0.) The gradient is ỹ − Ξᵀ·softmax(β Ξ ỹ),
attention over the memories, so at large β each memory ξ_μ is a minimum and at small β their mean is
the only one. 64 numbers are an 8 × 8 answer; x is not read. The file is a .npy of Ξ [M, 64].
"""

from pathlib import Path

import numpy as np
import torch

from ired_interp_core.schedule import cosine

BETA = 4.0
"""β at ᾱ = 1; memories have norm about 4 in the file of the example."""


class Hopfield:
    """The energy.

    Args:
        memories: Ξ [M, 64].
    """

    size, n_in, task = 8, 64, "inverse"

    def __init__(self, memories: np.ndarray) -> None:
        self.memories = torch.from_numpy(memories.astype(np.float64))
        self.beta = torch.from_numpy(BETA * cosine().alphas_cumprod)

    def energy(self, x: torch.Tensor, y: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """E of each row [B], from x [B, 64], ỹ [B, 64] and t [B], in the dtype of ỹ."""
        beta = self.beta.to(y)[t]
        memories = self.memories.to(y)
        attended = torch.logsumexp(beta[:, None] * (y @ memories.T), dim=-1)
        largest = memories.square().sum(-1).max()
        return (np.log(len(memories)) - attended) / beta + 0.5 * (y.square().sum(-1) + largest)


def make(path: Path) -> Hopfield:
    """The adapter: a file becomes an energy."""
    return Hopfield(np.load(path, allow_pickle=False))
