"""The cosine schedule of the official code, and the change of frame it defines.

Definitions: docs/definitions.md §1.5.

Source: yilundu/ired_code_release, cosine_beta_schedule (s = 0.008, 10 steps, β clipped to [0,
0.999]); after Nichol & Dhariwal, ICML 2021. Light: NumPy only.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ired_interp_core.schema import LEVELS, Variable

VARIABLES = {
    "alpha_bar": Variable(
        ("level",), "float64", "ᾱ_t", "1",
        "signal share of the schedule: the level frame is ỹ = √ᾱ·y, so H_y = ᾱ·H_ỹ and ∇_yE ="
        " √ᾱ·∇_ỹE",
    ),
    "sigma": Variable(
        ("level",), "float64", "σ_t", "y",
        "noise of the level, √(1 − ᾱ); an ideal denoiser sure of its answer has every eigenvalue"
        " at 1/σ",
    ),
}  # fmt: skip
"""Declared by every analysis whose reader needs to change frames."""


@dataclass(frozen=True)
class Schedule:
    """ᾱ_t and what follows from it, level t at index t.

    Args:
        alphas_cumprod: ᾱ_t [10], float64.
        betas: β_t [10], float64.
    """

    alphas_cumprod: Float[np.ndarray, "10"]
    betas: Float[np.ndarray, "10"]

    @property
    def sigma(self) -> Float[np.ndarray, "10"]:
        """Noise σ_t = √(1 − ᾱ_t)."""
        return np.sqrt(1.0 - self.alphas_cumprod)

    @property
    def sqrt_alpha_bar(self) -> Float[np.ndarray, "10"]:
        """√ᾱ_t: level frame = √ᾱ_t · data frame."""
        return np.sqrt(self.alphas_cumprod)

    @property
    def step_size(self) -> Float[np.ndarray, "10"]:
        """Inner step size η_t = β_t/σ_t."""
        return self.betas * np.sqrt(1.0 / (1.0 - self.alphas_cumprod))

    @property
    def sqrt_recip_alphas_cumprod(self) -> Float[np.ndarray, "10"]:
        """√(1/ᾱ_t), as the official jump uses it."""
        return np.sqrt(1.0 / self.alphas_cumprod)

    @property
    def sqrt_recipm1_alphas_cumprod(self) -> Float[np.ndarray, "10"]:
        """√(1/ᾱ_t − 1), as the official jump uses it."""
        return np.sqrt(1.0 / self.alphas_cumprod - 1.0)

    @classmethod
    def from_alphas_cumprod(cls, alphas_cumprod: Float[np.ndarray, "10"]) -> "Schedule":
        """A schedule from its ᾱ_t alone, β_t = 1 − ᾱ_t/ᾱ_{t−1}, ᾱ_{−1} = 1.

        Args:
            alphas_cumprod: ᾱ_t [10].

        Returns:
            The schedule in float64.
        """
        a = np.asarray(alphas_cumprod, dtype=np.float64)
        return cls(alphas_cumprod=a, betas=1 - a / np.concatenate([[1.0], a[:-1]]))


def cosine(levels: int = LEVELS, s: float = 0.008) -> Schedule:
    """ᾱ(u) = cos²(π/2·(u/T + s)/(1 + s)), β_t = min(1 − ᾱ(t+1)/ᾱ(t), 0.999), ᾱ_t = Π(1 − β).

    Args:
        levels: T.
        s: offset, .008 in the official code.

    Returns:
        The schedule in float64.
    """
    u = np.linspace(0, levels, levels + 1)
    curve = np.cos((u / levels + s) / (1 + s) * np.pi * 0.5) ** 2
    betas = np.clip(1 - curve[1:] / curve[:-1], 0, 0.999)
    return Schedule(alphas_cumprod=np.cumprod(1 - betas), betas=betas)
