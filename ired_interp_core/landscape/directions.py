"""What spans a plane: eigenvectors, gradient, error, descent, random and symmetric directions.

Definitions: docs/definitions.md §4.

All directions are of the data frame; a Hessian's eigenvectors and a gradient's direction are the
same in both frames, which differ by a factor.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float

from ired_interp_core.curvature import assembly
from ired_interp_core.curvature.eigen import eigenpairs, extreme_eigenvectors, fixed_sign
from ired_interp_core.energy import Energy
from ired_interp_core.network import IredEnergy

Pair = tuple[Float[np.ndarray, "d"], Float[np.ndarray, "d"]]

DEGENERATE = 1e-7
"""Below this length (as a share of the longer one) a direction is none, and there is no plane."""


@dataclass(frozen=True)
class Scene:
    """What is known of one problem when its plane is chosen; points in the data frame.

    Args:
        model: any energy.
        x: the problem.
        level: where eigenvectors and gradient are taken.
        centre: c.
        named: the named points: truth, answer, minimum, noised_truth, zero.
        states: states of the descent that count for the trajectory plane.
        rng: draws random directions.
        device: where to compute.
    """

    model: Energy
    x: Float[np.ndarray, "n_in"]
    level: int
    centre: Float[np.ndarray, "d"]
    named: dict[str, Float[np.ndarray, "d"]]
    states: Float[np.ndarray, "M d"]
    rng: np.random.Generator
    device: str = "cpu"

    def _at_centre(self) -> tuple[torch.Tensor, torch.Tensor]:
        scale = self.model.schedule.sqrt_alpha_bar[self.level]
        return (
            torch.as_tensor(self.x, dtype=torch.float64, device=self.device)[None],
            torch.as_tensor(scale * self.centre, dtype=torch.float64, device=self.device)[None],
        )

    def _hessian(self) -> tuple[torch.Tensor, np.ndarray | None]:
        """H at the centre or, where d exceeds the width, its reduction and the basis of that."""
        x, y = self._at_centre()
        if isinstance(self.model, IredEnergy) and assembly.is_reduced(self.model):
            h = assembly.hessian(self.model, x, y, self.level, reduced=True)
            return h[0], self.model.layers(y.dtype, y.device).reduction[0].cpu().numpy()
        return self.model.hessian(x, y, self.level)[0], None

    def extremes(self) -> tuple[Float[np.ndarray, "2 d"], Float[np.ndarray, "2 d"]]:
        """Eigenvectors of H at the centre, in float64.

        For d > width those within the network's range: the flat directions have none of their own.

        Returns:
            Of the two largest and of the two smallest eigenvalues.
        """
        h, basis = self._hessian()
        top, bottom = extreme_eigenvectors(h, 2)
        return (top, bottom) if basis is None else (top @ basis.T, bottom @ basis.T)

    @cached_property
    def eigenpairs(self) -> tuple[Float[np.ndarray, "k"], Float[np.ndarray, "k d"]]:
        """All eigenvalues of H at the centre, largest first, and their vectors as rows.

        In float64; for d > width those within the network's range, k = width.
        """
        h, basis = self._hessian()
        values, vectors = eigenpairs(h)
        if basis is not None:
            vectors = vectors @ basis.T
        return values[::-1], fixed_sign(vectors[::-1])

    def gradient(self) -> Float[np.ndarray, "d"]:
        """∇E at the centre.

        Returns:
            The gradient, level frame.
        """
        return self.model.gradient(*self._at_centre(), self.level)[0].cpu().numpy()

    def random(self) -> Float[np.ndarray, "n n"]:
        """A random matrix.

        Returns:
            Standard normal entries.
        """
        return self.rng.standard_normal((self.model.size, self.model.size))


def stiff(scene: Scene) -> Pair:
    """Two stiffest eigenvectors."""
    top, _ = scene.extremes()
    return top[0], top[1]


def soft(scene: Scene) -> Pair:
    """Two softest eigenvectors."""
    _, bottom = scene.extremes()
    return bottom[0], bottom[1]


def stiff_soft(scene: Scene) -> Pair:
    """Stiffest and softest eigenvector."""
    top, bottom = scene.extremes()
    return top[0], bottom[0]


def random(scene: Scene) -> Pair:
    """Two random directions."""
    return scene.random().ravel(), scene.random().ravel()


def gradient_error(scene: Scene) -> Pair:
    """Gradient at the centre, and the error ŷ − y* of the level's answer."""
    return scene.gradient(), scene.named["answer"] - scene.named["truth"]


def trajectory(scene: Scene) -> Pair:
    """First two principal directions of the descent's states; none where there are too few."""
    return principal(scene, 0), principal(scene, 1)


def principal(scene: Scene, rank: int) -> Float[np.ndarray, "d"]:
    """A principal direction of the descent's states, by its rank; 0 where there are too few."""
    d = scene.states.shape[1]
    if len(scene.states) < 2 or not np.isfinite(scene.states).all():
        return np.zeros(d)
    centred = scene.states - scene.states.mean(axis=0)
    found = np.linalg.svd(centred, full_matrices=False)[2]
    return found[rank] if rank < len(found) else np.zeros(d)


def symmetry(scene: Scene) -> Pair:
    """A random symmetric and a random antisymmetric direction."""
    a, b = scene.random(), scene.random()
    return (a + a.T).ravel(), (b - b.T).ravel()


def explained_share(scene: Scene, u: np.ndarray, v: np.ndarray) -> tuple[float, float]:
    """Share of the variance of the descent's states along each axis.

    Args:
        scene: with the states.
        u: unit direction.
        v: unit direction.

    Returns:
        Shares along u and v.
    """
    centred = scene.states - scene.states.mean(axis=0)
    total = float((centred**2).sum())
    if total == 0:
        return float("nan"), float("nan")
    return float(((centred @ u) ** 2).sum() / total), float(((centred @ v) ** 2).sum() / total)


BY_NAME: dict[str, Callable[[Scene], Pair]] = {
    "stiff": stiff,
    "soft": soft,
    "stiff_soft": stiff_soft,
    "random": random,
    "gradient_error": gradient_error,
    "trajectory": trajectory,
    "symmetry": symmetry,
}
"""Every plane but `three_points`, which needs to be told its points."""


def orthonormal(u: Float[np.ndarray, "d"], v: Float[np.ndarray, "d"]) -> tuple[Pair, float] | None:
    """Unit u, and v made unit and orthogonal to it (Gram–Schmidt).

    Args:
        u: first direction.
        v: second direction.

    Returns:
        ((u, v), |cos| of the two before), or None where a direction vanishes, is not finite, or
        both are parallel: there is no plane.
    """
    lengths = np.linalg.norm(u), np.linalg.norm(v)
    if not np.isfinite(lengths).all() or min(lengths) <= DEGENERATE * max(lengths):
        return None
    u, v = u / lengths[0], v / lengths[1]
    cosine = float(u @ v)
    rest = v - cosine * u
    rest -= (rest @ u) * u  # once more: the first pass leaves rounding along u
    length = np.linalg.norm(rest)
    if length <= DEGENERATE:
        return None
    return (u, rest / length), abs(cosine)
