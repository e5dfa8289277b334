"""Gradients in the layers of all problems, and what hypothesis 5.4 asks of them."""

from dataclasses import dataclass

import numpy as np

from ired_interp_core.probing.names import LAYERS, NETWORKS

BAND = (0.1, 10.0)
"""Ratios of neighbouring layers within which the gradient flows."""
MOST_DEAD = 0.05
"""Share of units that may be dead everywhere."""


@dataclass(frozen=True)
class Flow:
    """Gradients in the layers.

    Args:
        size: rms ∂E/∂h [problem, network, level, step, layer].
        dead: share of all points at which a unit is dead [network, layer, unit].
    """

    size: np.ndarray
    dead: np.ndarray

    @property
    def ratio(self) -> np.ndarray:
        """Size in a layer over that in the next [problem, network, level, step, pair]."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.size[..., :-1] / self.size[..., 1:]

    @property
    def everywhere(self) -> np.ndarray:
        """Units that are dead at every point [network, layer]."""
        return (self.dead == 1).sum(-1)

    @property
    def units(self) -> int:
        """Of a layer."""
        return self.dead.shape[-1]

    def ends(self, network: str) -> tuple[float, float]:
        """Smallest and largest ratio of all problems, levels, steps and pairs."""
        of = self.ratio[:, NETWORKS.index(network)]
        of = of[np.isfinite(of)]
        return (float(of.min()), float(of.max())) if of.size else (np.nan, np.nan)

    @property
    def holds(self) -> bool:
        """Whether the gradient reaches all layers (hypothesis 5.4)."""
        low, high = self.ends("trained")
        share = self.everywhere[0].sum() / (len(LAYERS) * self.units)
        return low >= BAND[0] and high <= BAND[1] and bool(share < MOST_DEAD)
