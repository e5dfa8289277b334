"""Energies along strings, their two lowest curvatures, and how far each is from converged."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from ired_interp_core.curvature.eigen import eigenvalues
from ired_interp_core.minima.newton import Look


@dataclass(frozen=True)
class String:
    """Images between two minima, as far as a string of them has fallen.

    Args:
        points: the images in the level frame, the two minima first and last.
        energies: E_t of each.
        gradients: ∇_ỹE of each.
        looks: at gradients that it took.
    """

    points: Float[np.ndarray, "s d"]
    energies: Float[np.ndarray, "s"]
    gradients: Float[np.ndarray, "s d"]
    looks: int

    @property
    def arc(self) -> Float[np.ndarray, "s"]:
        """Length of the polygon up to each image, over √d: root mean square over the entries."""
        pieces = np.linalg.norm(np.diff(self.points, axis=0), axis=1)
        return np.r_[0, np.cumsum(pieces)] / self.points.shape[1] ** 0.5

    @property
    def residual(self) -> float:
        """√(Σ‖∇E across the string‖²/Σ‖∇E‖²) over the inner images: 0 where it has converged.

        The string's direction at an image is that from the one before it to the one after.
        """
        way = self.points[2:] - self.points[:-2]
        way /= np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-300)
        slope = self.gradients[1:-1]
        across = slope - (slope * way).sum(1, keepdims=True) * way
        whole = float((slope**2).sum())
        return float(((across**2).sum() / whole) ** 0.5) if whole else 0.0

    def turned(self) -> "String":
        """The same from its other end."""
        return String(self.points[::-1], self.energies[::-1], self.gradients[::-1], self.looks)


def lowest_curvatures(look: Look, points: Float[np.ndarray, "s d"]) -> Float[np.ndarray, "s 2"]:
    """The two lowest eigenvalues of ∇²_ỹE at points, one after the other; they are not counted."""
    y = torch.as_tensor(points, device=look.x.device)
    return np.stack(
        [
            eigenvalues(look.model.hessian(look.x, one[None], look.t))[0, :2].cpu().numpy()
            for one in y
        ]
    )
