"""The energy around the truth: E_t where y* is moved by a given MSE, in random and directed ways.

Around any point of a convex bowl random displacements raise E, since they have no first-order term
on average: of E = ½(ỹ − c)ᵀH(ỹ − c) by ½ᾱδ²·tr H, wherever y* lies. Whether the truth is a bottom
is decided by the directed ones. Definitions: docs/definitions.md §2.4.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from ired_interp_core import tasks
from ired_interp_core.accuracy.measurement import energies, tensor
from ired_interp_core.accuracy.names import DIRECTIONS, DISPLACEMENTS
from ired_interp_core.curvature.eigen import extreme_eigenvectors
from ired_interp_core.dictionaries.progress import step
from ired_interp_core.energy import Energy
from ired_interp_core.intervals import Interval, bootstrap_t, holm
from ired_interp_core.records import Gathered, seeded
from ired_interp_core.schema import LEVELS

ROWS = 16
"""Problems at a time."""

RESAMPLES = 4000
"""Of the intervals: Holm over the directed displacements of a level needs 20 × 88 of them."""


def random_directions(seed: int, problems: np.ndarray, d: int) -> Float[np.ndarray, "B d"]:
    """Unit directions of the displacements: row i is a pure function of (seed, problem, d).

    Args:
        seed: of the analysis.
        problems: indices.
        d: entries of y.

    Returns:
        Uniform on the sphere.
    """
    drawn = [seeded("displacement", seed, int(i)).standard_normal(d) for i in problems]
    return _unit(np.stack(drawn))


def _unit(vectors: np.ndarray) -> np.ndarray:
    """Rows of length 1; a row that is 0 stays so."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(length == 0, 1.0, length)


@torch.no_grad()
def directed(
    model: Energy,
    x: Float[np.ndarray, "B n_in"],
    y: Float[np.ndarray, "B d"],
    answer: Float[np.ndarray, "B d"],
    device: str,
) -> Float[np.ndarray, "4 B level d"]:
    """The first of each pair of `DIRECTIONS`: ŷ − y*, −∇E, the softest, the stiffest eigenvector.

    The gradient is that at y*, the eigenvectors are those of ∇²E_t(x, √ᾱ_t·y*), assembled in
    float32, with the sign along which E falls to first order.

    Args:
        model: any energy.
        x: problems.
        y: true answers, data frame.
        answer: ŷ, data frame.
        device: torch device name.

    Returns:
        Unit vectors, the same in both frames; 0 where ŷ = y* or ∇E = 0, which has no direction.
    """
    condition = tensor(x, torch.float64, device)
    found = np.empty((4, len(x), LEVELS, model.d))
    found[0] = _unit(answer - y)[:, None]
    for t in range(LEVELS):
        point = tensor(model.schedule.sqrt_alpha_bar[t] * y, torch.float64, device)
        down = -model.gradient(condition, point, t).cpu().numpy()
        found[1, :, t] = _unit(down)
        for i in range(len(x)):
            # One matrix at a time: a batch of d×d Hessians would cost memory and gains nothing.
            h = model.hessian(condition[i : i + 1].float(), point[i : i + 1].float(), t)[0]
            for place, ends in zip((3, 2), extreme_eigenvectors(h, 1), strict=True):
                vector = _unit(ends[0].astype(np.float64))
                found[place, i, t] = vector if vector @ down[i] >= 0 else -vector
    return found


def displaced_energies(
    gathered: Gathered, answer: Float[np.ndarray, "problem d"], seed: int
) -> Float[np.ndarray, "problem level direction displacement"]:
    """E_t(x, √ᾱ_t·(y* + δ√d·u)), δ² the displacement, u a unit vector.

    Args:
        gathered: a model and a problem set.
        answer: ŷ of problems 0 … count − 1, data frame.
        seed: of the random directions.

    Returns:
        Energies, float64.
    """
    model, p, count = gathered.models["model"], gathered.problems, len(answer)
    found = np.full((count, LEVELS, len(DIRECTIONS), len(DISPLACEMENTS)), np.nan)
    for first in range(0, count, ROWS):
        rows = min(ROWS, count - first)
        made = tasks.problems(p.task, rows, p.seed, size=p.size, variant=p.variant, start=first)
        chance = random_directions(seed, np.arange(first, first + rows), model.d)[:, None]
        ways = directed(model, made.x, made.y, answer[first : first + rows], gathered.device)
        signed = [chance, *(sign * way for way in ways for sign in (1.0, -1.0))]
        here = energies(model, made.x, made.y[:, None], gathered.device)
        found[first : first + rows, ..., 0] = here[..., None]
        lengths = np.sqrt(np.multiply(DISPLACEMENTS[1:], model.d))
        x = np.repeat(made.x, len(lengths), axis=0)
        for i, way in enumerate(signed):
            points = made.y[:, None, None] + lengths[:, None, None] * way[:, None]
            there = energies(model, x, points.reshape(len(x), -1, model.d), gathered.device)
            there = there.reshape(rows, len(lengths), LEVELS).swapaxes(1, 2)
            found[first : first + rows, :, i, 1:] = there
        step(gathered.desk, 1.0, f"energy around the truth: {first + rows} of {count} problems")
    return found


@dataclass(frozen=True)
class Rise:
    """E_t(y* + δ) − E_t(y*) over problems, each array [level, direction, displacement].

    Args:
        mean: paired by problem; exactly 0 without a displacement.
        low: lower end of its bootstrap-t interval.
        high: upper end.
        p: of the hypothesis 0, Holm over all directed displacements of a level; NaN elsewhere.
    """

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p: np.ndarray


def rise(
    energy: Float[np.ndarray, "problem level direction displacement"], rng: np.random.Generator
) -> Rise:
    """How the energy differs from that of the truth, problem by problem.

    Args:
        energy: of `displaced_energies`.
        rng: of the resampling.

    Returns:
        NaN where no problem was measured.
    """
    shape = energy.shape[1:]
    more = energy - energy[..., :1]
    found: Interval = bootstrap_t(more.reshape(len(more), np.prod(shape)), rng, RESAMPLES)
    mean, low, high, p = (a.reshape(shape) for a in (found.value, found.low, found.high, found.p))
    corrected = np.full(shape, np.nan)
    for t in range(len(p)):
        corrected[t, 1:, 1:] = np.where(np.isfinite(p[t, 1:, 1:]), holm(p[t, 1:, 1:]), np.nan)
    return Rise(mean, low, high, corrected)
