"""A Gaussian mixture in a plane as an energy: three wells of known places and depths.

E_t(x, ỹ) = −s_t²·log Σ_k w_k·exp(−‖z − √ᾱ_t c_k‖²/2s_t²) + ½(ỹ₃² + ỹ₄²), z = (ỹ₁, ỹ₂)
s_t² = σ_t² + S²

An answer is a matrix, so the plane is padded to 2 × 2 by a bowl; x is not read. The level enters as
noise does: at t = 9 the wells melt into one. The file it is given holds K rows c₁ c₂ w, as text.
"""

from pathlib import Path

import numpy as np
import torch

from ired_interp_core.schedule import cosine

SPREAD = 0.2
"""S, of a well without noise."""


class Mixture:
    """The energy.

    Args:
        rows: c₁, c₂ and w of each well [K, 3].
    """

    size, n_in, task = (
        2,
        4,
        "inverse",
    )  # y is 2 × 2, and x as in the task whose problems it is given
    entries = 2  # the others are the bowl

    def __init__(self, rows: np.ndarray) -> None:
        self.centres = torch.from_numpy(rows[:, :2])
        self.logits = torch.from_numpy(np.log(rows[:, 2] / rows[:, 2].sum()))
        self.alpha = torch.from_numpy(cosine().alphas_cumprod)

    def energy(self, x: torch.Tensor, y: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """E of each row [B], from x [B, 4], ỹ [B, 4] and t [B], in the dtype of ỹ."""
        alpha = self.alpha.to(y)[t][:, None]
        centres = alpha.sqrt()[..., None] * self.centres.to(y)  # [B, K, 2]
        variance = 1 - alpha + SPREAD**2
        apart = (y[:, None, :2] - centres).square().sum(-1)  # [B, K]
        wells = torch.logsumexp(self.logits.to(y) - apart / (2 * variance), dim=-1)
        return -variance[:, 0] * wells + 0.5 * y[:, 2:].square().sum(-1)


def make(path: Path) -> Mixture:
    """The adapter: a file becomes an energy."""
    return Mixture(np.loadtxt(path, ndmin=2))
