"""To a stationary point, with the exact Hessian (docs/definitions.md §4).

One loop serves minima and saddles: along `climbed` softest eigenvectors the step goes uphill, along
all others downhill, so that it converges to a point of that index and to no other.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ired_interp_core.curvature.eigen import eigenpairs
from ired_interp_core.energy import Energy
from ired_interp_core.minima.names import CONVERGED, NOT_CONVERGED, TO_ROUNDING

TOLERANCE = 1e-10
"""‖∇E‖ at which a point is stationary."""
ROUNDING = 64
"""A gradient within so many roundings of max|λ|·‖ỹ‖ + √|E|·√max|λ| is as small as it gets."""
FLAT = 1e-6
"""τ over max |λ|: a direction with |λ| ≤ τ is flat, one with λ < −τ counts for the index."""
CHORDS = 12
"""Steps taken with one Hessian, as long as each shortens the gradient."""
GAIN = 0.25
"""What a step with an old Hessian has to bring."""
LONGEST = 0.5
"""Trust radius at first, in √d: root mean square over the entries."""
STEPS = 30
MISSED = 0.25
"""Share that a saddle's step may miss of what the quadratic promises, up and down added."""


@dataclass(frozen=True)
class Stationary:
    """A stationary point of one energy.

    Args:
        y: ỹ in the level frame, float64.
        e: E_t.
        gradient_norm: ‖∇_ỹE‖.
        eigenvalues: of ∇²_ỹE there, ascending.
        vectors: their vectors as rows.
        status: CONVERGED, TO_ROUNDING or NOT_CONVERGED.
        gradients: looks at a gradient that it took; a Hessian counts d/2.
    """

    y: Float[np.ndarray, "d"]
    e: float
    gradient_norm: float
    eigenvalues: Float[np.ndarray, "d"]
    vectors: Float[np.ndarray, "d d"]
    status: int
    gradients: int

    @property
    def flat_below(self) -> float:
        """τ."""
        return FLAT * float(np.abs(self.eigenvalues).max(initial=0.0))

    @property
    def index(self) -> int:
        """Directions of negative curvature, λ < −τ."""
        return int((self.eigenvalues < -self.flat_below).sum())

    @property
    def flat(self) -> int:
        """Directions without curvature, |λ| ≤ τ."""
        return int((np.abs(self.eigenvalues) <= self.flat_below).sum())

    @property
    def stands(self) -> bool:
        """Whether the point is stationary, as far as can be told."""
        return self.status in (CONVERGED, TO_ROUNDING)


class Look:
    """E, ∇E and ∇²E of one problem at one level in float64, counted.

    Args:
        model: any energy.
        x: the problem [n_in].
        t: level.
    """

    def __init__(self, model: Energy, x: Float[Tensor, "n_in"], t: int) -> None:
        self.model, self.t, self.count = model, t, 0
        self.x = x.double()[None]

    def __call__(self, y: Float[np.ndarray, "d"]) -> tuple[float, Float[np.ndarray, "d"]]:
        """E and ∇_ỹE at a point."""
        self.count += 1
        point = torch.as_tensor(y, dtype=torch.float64, device=self.x.device)[None]
        e, g = self.model.energy_and_gradient(self.x, point, self.t)
        return float(e[0]), g[0].cpu().numpy()

    def spectrum(
        self, y: Float[np.ndarray, "d"], dtype: torch.dtype = torch.float64
    ) -> tuple[Float[np.ndarray, "d"], Float[np.ndarray, "d d"]]:
        """Eigenvalues of ∇²_ỹE, ascending, and their vectors as rows."""
        self.count += len(y) // 2
        point = torch.as_tensor(y, dtype=dtype, device=self.x.device)[None]
        values, vectors = eigenpairs(self.model.hessian(self.x.to(dtype), point, self.t)[0])
        return values.astype(np.float64), vectors.astype(np.float64)


def stationary(
    look: Look,
    y: Float[np.ndarray, "d"],
    climbed: int = 0,
    longest: float = LONGEST,
    tolerance: float = TOLERANCE,
    left: Callable[[], bool] = lambda: True,
) -> Stationary:
    """The stationary point near a point, uphill along its `climbed` softest eigenvectors.

    A minimum's step is −Σ v_i(v_iᵀ∇E)/|λ_i|, cut to the trust radius. A saddle's goes uphill along
    the climbed ones by v_i(v_iᵀ∇E)/|λ_i|, and along all others to the lowest point of the quadratic
    within the radius. Flat directions are left alone. A minimum's step must lower E, a saddle's
    must turn out as the quadratic says; else the radius is halved. A Hessian serves as long as
    each step with it cuts the gradient to a quarter: far from the point it is taken in float32,
    the last one, whose spectrum is kept, in float64.

    Args:
        look: the energy.
        y: where to begin, level frame.
        climbed: 0 for a minimum, 1 for a saddle.
        longest: trust radius at first, root mean square over the entries.
        tolerance: of ‖∇E‖.
        left: whether there is budget for another Hessian.

    Returns:
        The point; NOT_CONVERGED where the steps or the budget ended before.
    """
    before, y = look.count, np.asarray(y, dtype=np.float64).copy()
    e, g = look(y)
    radius = longest * len(y) ** 0.5
    spectrum = None
    for _ in range(STEPS):
        size = np.linalg.norm(g)
        if not np.isfinite(size) or size <= tolerance or not left():
            break
        spectrum = spectrum or look.spectrum(y, torch.float32)
        values, vectors = spectrum
        if not np.isfinite(values).all():
            break
        if size <= _rounding(y, e, values, tolerance):
            break
        step = _step(values, vectors, g, climbed, radius)
        length = float(np.linalg.norm(step))
        new_e, new_g = look(y + step)
        if _fits(values, vectors, g, step, (e, new_e), new_g, climbed):
            y, e, g = y + step, new_e, new_g
            radius = max(radius, 2 * length) if length < radius * 0.99 else 2 * radius
            radius = min(radius, longest * len(y) ** 0.5)
            y, e, g = _chords(look, y, e, g, values, vectors, climbed, tolerance)
            spectrum = None
        else:
            radius = length / 2
        if radius < 1e-12 * (1 + np.linalg.norm(y)):
            break
    return _described(look, y, e, g, tolerance, before)


def _step(
    values: np.ndarray, vectors: np.ndarray, g: np.ndarray, climbed: int, radius: float
) -> np.ndarray:
    """No longer than the trust radius: −|H|⁻¹∇E for a minimum, uphill and downhill for a saddle."""
    sure = np.abs(values) > FLAT * np.abs(values).max()
    along = vectors @ g
    if climbed:
        part = np.zeros_like(along)
        up = along[:climbed] / np.maximum(np.abs(values[:climbed]), FLAT * np.abs(values).max())
        part[:climbed] = up * _cut(up, radius)
        down = np.flatnonzero(sure)
        down = down[down >= climbed]
        part[down] = _down(values[down], along[down], radius)
        return vectors.T @ part
    part = np.where(sure, along / np.where(sure, np.abs(values), 1.0), 0.0)
    return -(vectors.T @ part) * _cut(part, radius)


def _cut(part: np.ndarray, radius: float) -> float:
    length = float(np.linalg.norm(part))
    return min(1.0, radius / length) if length > 0 else 1.0


def _down(values: np.ndarray, along: np.ndarray, radius: float) -> np.ndarray:
    """−(|H| + μ)⁻¹∇E with the smallest μ ≥ 0 that keeps it within the radius: soft ones are cut."""
    part = -along / np.abs(values)
    low, high = 0.0, float(np.linalg.norm(along)) / radius
    if np.linalg.norm(part) <= radius:
        return part
    for _ in range(30):
        middle = (low + high) / 2
        part = -along / (np.abs(values) + middle)
        low, high = (middle, high) if np.linalg.norm(part) > radius else (low, middle)
    return -along / (np.abs(values) + high)


def _fits(
    values: np.ndarray,
    vectors: np.ndarray,
    g: np.ndarray,
    step: np.ndarray,
    energies: tuple[float, float],
    new_g: np.ndarray,
    climbed: int,
) -> bool:
    """Whether a step did what the quadratic model says, as far as rounding lets one see."""
    before, after = energies
    if not (np.isfinite(after) and np.isfinite(new_g).all()):
        return False
    along = vectors @ step
    promised = (vectors @ g) * along + 0.5 * values * along**2
    noise = 64 * np.finfo(float).eps * (1 + abs(before))
    if climbed == 0:
        return bool(after - before <= 0.1 * promised.sum() + noise)
    off = abs(after - before - promised.sum())
    both = abs(promised[:climbed].sum()) + abs(promised[climbed:].sum())
    return bool(off <= MISSED * both + noise or np.linalg.norm(new_g) < GAIN * np.linalg.norm(g))


def _chords(
    look: Look,
    y: np.ndarray,
    e: float,
    g: np.ndarray,
    values: np.ndarray,
    vectors: np.ndarray,
    climbed: int,
    tolerance: float,
) -> tuple[np.ndarray, float, np.ndarray]:
    """Newton steps with the Hessian at hand, while each cuts the gradient to a quarter."""
    if (values[climbed:] < -FLAT * np.abs(values).max()).any():
        return y, e, g
    for _ in range(CHORDS):
        size = np.linalg.norm(g)
        if size <= tolerance:
            break
        step = _step(values, vectors, g, climbed, np.inf)
        new_e, new_g = look(y + step)
        if not np.linalg.norm(new_g) <= GAIN * size:
            break
        y, e, g = y + step, new_e, new_g
    return y, e, g


def _rounding(y: np.ndarray, e: float, values: np.ndarray, tolerance: float) -> float:
    """‖∇E‖ below which nothing can be told: the tolerance, or what rounding makes of it."""
    stiff = float(np.abs(values).max())
    scale = stiff * np.linalg.norm(y) + (abs(e) * stiff) ** 0.5
    return max(tolerance, ROUNDING * np.finfo(float).eps * scale)


def _described(
    look: Look, y: np.ndarray, e: float, g: np.ndarray, tolerance: float, before: int
) -> Stationary:
    size = float(np.linalg.norm(g))
    if not (np.isfinite(size) and np.isfinite(y).all()):
        nothing = np.full(len(y), np.nan), np.full((len(y), len(y)), np.nan)
        return Stationary(y, e, size, *nothing, NOT_CONVERGED, look.count - before)
    values, vectors = look.spectrum(y)
    status = NOT_CONVERGED
    if size <= tolerance:
        status = CONVERGED
    elif np.isfinite(values).all() and size <= _rounding(y, e, values, tolerance):
        status = TO_ROUNDING
    return Stationary(y, e, size, values, vectors, status, look.count - before)
