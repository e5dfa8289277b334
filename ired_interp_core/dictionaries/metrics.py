"""How faithful a dictionary is: sums over a stream of activations, per level.

Definitions: docs/definitions.md §5.4.
"""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Int
from torch import Tensor

SUMS = ("count", "active", "error", "cosine", "ratio", "with_cosine", "with_ratio")


@dataclass
class Fidelity:
    """Sums over inputs, by level, from which L0, FVU, cosine and norm ratio follow.

    Args:
        levels: number of levels.
        sums: name → [level]: count; active Σ#{f > 0}; error Σ‖x − x̂‖²; cosine Σcos(x, x̂) over
            `with_cosine` inputs with x ≠ 0 and x̂ ≠ 0; ratio Σ‖x̂‖/‖x‖ over `with_ratio` inputs
            with x ≠ 0.
    """

    levels: int
    sums: dict[str, Float[np.ndarray, "level"]] = field(init=False)

    def __post_init__(self) -> None:
        self.sums = {name: np.zeros(self.levels) for name in SUMS}

    def add(
        self,
        x: Float[Tensor, "n level step d"],
        rebuilt: Float[Tensor, "n level step d"],
        active: Int[Tensor, "n level step"],
    ) -> None:
        """Take inputs in; sums in float64.

        Args:
            x: activations in their own frame.
            rebuilt: x̂ in the same frame.
            active: #{f > 0} of each.
        """
        x, rebuilt = x.double(), rebuilt.double()
        norm, norm_rebuilt = x.norm(dim=-1), rebuilt.norm(dim=-1)
        has, both = norm > 0, (norm > 0) & (norm_rebuilt > 0)
        # Where a norm is 0 the quotient is left out of the sum, not counted as 0.
        cosine = (x * rebuilt).sum(-1) / (norm * norm_rebuilt).where(both, norm.new_ones(()))
        ratio = norm_rebuilt / norm.where(has, norm.new_ones(()))
        for name, values in {
            "count": norm.new_ones(norm.shape),
            "active": active,
            "error": (x - rebuilt).square().sum(-1),
            "cosine": cosine * both,
            "ratio": ratio * has,
            "with_cosine": both,
            "with_ratio": has,
        }.items():
            self.sums[name] += values.double().sum(dim=(0, 2)).cpu().numpy()

    @property
    def error(self) -> float:
        """Σ‖x − x̂‖² over all levels."""
        return float(self.sums["error"].sum())

    @property
    def l0(self) -> float:
        """Mean #{f > 0}."""
        return self._mean("active", "count")

    @property
    def l0_level(self) -> Float[np.ndarray, "level"]:
        """Mean #{f > 0} of every level."""
        return self.sums["active"] / self.sums["count"]

    @property
    def cosine(self) -> float:
        """Mean cos(x, x̂), not about any mean; NaN where every x̂ is 0."""
        return self._mean("cosine", "with_cosine")

    @property
    def norm_ratio(self) -> float:
        """Mean ‖x̂‖/‖x‖."""
        return self._mean("ratio", "with_ratio")

    def _mean(self, total: str, count: str) -> float:
        over = self.sums[count].sum()
        return float(self.sums[total].sum() / over) if over else np.nan


def unexplained(error: float, spread: float) -> float:
    """FVU = Σ‖x − x̂‖²/Σ‖x − x̄‖², x̄ the mean of the very inputs that are summed.

    Args:
        error: Σ‖x − x̂‖².
        spread: Σ‖x − x̄‖².

    Returns:
        0 is perfect, 1 no better than x̄; NaN where the inputs do not vary.
    """
    return error / spread if spread > 0 else np.nan
