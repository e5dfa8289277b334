"""E and ∇E of one problem at matrices of the data frame, in float64."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from ired_interp_core.energy import Energy

AT_ONCE = 256
"""Points looked at together: batches are cut within one problem, whatever its block."""


@dataclass(frozen=True)
class Look:
    """An energy as a function of matrices, for one problem.

    Args:
        energy: E_t(x, ỹ).
        x: the problem [n_in].
        device: torch device name.
    """

    energy: Energy
    x: Float[np.ndarray, " n_in"]
    device: str = "cpu"

    def energies(
        self, matrices: Float[np.ndarray, "level ... n n"]
    ) -> Float[np.ndarray, "level ..."]:
        """E_t(x, √ᾱ_t Y) of matrices Y, one level after the other.

        Args:
            matrices: Y, data frame, t ascending from 0.

        Returns:
            Energies.
        """
        return self._asked(matrices, gradients=False)

    def gradients(
        self, matrices: Float[np.ndarray, "level ... n n"]
    ) -> tuple[Float[np.ndarray, "level ..."], Float[np.ndarray, "level ... n n"]]:
        """E_t and ∇_ỹE_t at √ᾱ_t Y, the gradient in the level frame.

        Args:
            matrices: Y, data frame, t ascending from 0.

        Returns:
            Energies, and gradients as matrices.
        """
        e, g = self._asked(matrices, gradients=True)
        return e, g

    def _asked(self, matrices, gradients):  # type: ignore[no-untyped-def]
        levels, *between, n, _ = matrices.shape
        scale = self.energy.schedule.sqrt_alpha_bar[:levels]
        flat = (matrices.reshape(levels, -1, n * n) * scale[:, None, None]).reshape(-1, n * n)
        t = np.repeat(np.arange(levels), len(flat) // levels)
        x = torch.as_tensor(self.x, dtype=torch.float64, device=self.device)[None]
        found, slopes = [], []
        for first in range(0, len(flat), AT_ONCE):
            y = torch.as_tensor(flat[first : first + AT_ONCE], device=self.device)
            level = torch.as_tensor(t[first : first + AT_ONCE], device=self.device)
            given = x.expand(len(y), -1)
            if gradients:
                e, g = self.energy.energy_and_gradient(given, y, level)
                slopes.append(g.detach().cpu().numpy())
            else:
                with torch.no_grad():
                    e = self.energy.energy(given, y, level)
            found.append(e.detach().cpu().numpy())
        energies = np.concatenate(found).reshape(levels, *between)
        if not gradients:
            return energies
        return energies, np.concatenate(slopes).reshape(levels, *between, n, n)
