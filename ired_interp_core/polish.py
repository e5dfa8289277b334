"""From an answer of the sampler to the minimum it lies in: L-BFGS on E_t, without the clamp.

Definitions: docs/definitions.md §1.6.

Many points descend at once, each with its own history and step, because the energy of a batch costs
little more than that of a point. `polish_twin` (SciPy, one point) is the slow twin of the tests.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.optimize
import torch
from jaxtyping import Float, Int
from torch import Tensor

from ired_interp_core.energy import Energy

CONVERGED, STALLED, OUT_OF_ITERATIONS = range(3)
GRADIENT_TOLERANCE = 1e-7
"""Largest gradient entry at which a point counts as a minimum; energies are of order 1 to 1000."""
HISTORY = 10
"""Pairs kept, SciPy's default."""
SUFFICIENT = 1e-4
"""Armijo's constant (Nocedal & Wright, Numerical Optimization, §3.1)."""
SHORTEST_STEP = 1e-10
BATCH = 32
"""Rows evaluated together. Products round by batch shape: a fixed one makes a minimum a function of
its start alone, whatever else descends beside it."""


@dataclass(frozen=True)
class Minima:
    """Polished points.

    Args:
        points: ỹ, level frame.
        energies: E_t.
        gradient_norms: ‖∇_ỹE‖.
        status: CONVERGED, STALLED (no descent left in this arithmetic) or OUT_OF_ITERATIONS.
    """

    points: Float[Tensor, "B d"]
    energies: Float[Tensor, "B"]
    gradient_norms: Float[Tensor, "B"]
    status: Int[Tensor, "B"]


@dataclass
class _Rows:
    """The points still descending: position, memory and step of each."""

    index: Tensor
    y: Tensor
    e: Tensor
    g: Tensor
    s: Tensor
    q: Tensor
    direction: Tensor
    step: Tensor
    spent: Tensor

    def keep(self, mask: Tensor) -> "_Rows":
        return _Rows(*(value[mask] for value in vars(self).values()))


@torch.no_grad()
def polish(
    model: Energy,
    x: Float[Tensor, "B n_in"],
    y: Float[Tensor, "B d"],
    t: Int[Tensor, "B"],
    iterations: int,
    check: Callable[[], None] = lambda: None,
    batch: int = BATCH,
) -> Minima:
    """Descend E_t from each point by L-BFGS with backtracking.

    Args:
        model: any energy.
        x: problems.
        y: starting points ỹ in the level frame; float64 reaches the tolerance, float32 may stall.
        t: level of each.
        iterations: steps of each at most.
        check: called before every step; what it raises ends the descent.
        batch: rows evaluated together; another one rounds otherwise.

    Returns:
        The minima. A start whose energy is not finite stays where it is and is STALLED.
    """
    e, g = _look(model, x, y, t, batch)
    done = Minima(y.clone(), e.clone(), torch.zeros_like(e), torch.full_like(t, OUT_OF_ITERATIONS))
    gradients = g.clone()
    zeros = y.new_zeros(len(y), HISTORY, y.shape[1])
    rows = _Rows(
        index=torch.arange(len(y), device=y.device), y=y, e=e, g=g, s=zeros, q=zeros.clone(),
        direction=-g, step=1 / g.norm(dim=-1).clamp(min=1.0), spent=torch.zeros_like(t),
    )  # fmt: skip
    while len(rows.index):
        finite = torch.isfinite(rows.e) & torch.isfinite(rows.g).all(-1)
        converged = finite & (rows.g.abs().amax(-1) <= GRADIENT_TOLERANCE)
        stalled = ~converged & (~finite | (rows.step < SHORTEST_STEP))
        spent = rows.spent >= iterations
        done.status[rows.index[converged]] = CONVERGED
        done.status[rows.index[stalled]] = STALLED
        rows = rows.keep(~(converged | stalled | spent))
        if len(rows.index) == 0:
            break
        check()
        _advance(model, x, t, rows, batch)
        done.points[rows.index], done.energies[rows.index] = rows.y, rows.e
        gradients[rows.index] = rows.g
    done.gradient_norms.copy_(gradients.norm(dim=-1))
    return done


def _look(model: Energy, x: Tensor, y: Tensor, t: Tensor, batch: int) -> tuple[Tensor, Tensor]:
    """E and ∇_ỹE in batches of exactly so many rows, the last one padded by its last row."""
    energies, gradients = [], []
    for rows in torch.arange(len(y), device=y.device).split(batch):
        padded = rows[torch.arange(batch, device=y.device).clamp(max=len(rows) - 1)]
        e, g = model.energy_and_gradient(x[padded], y[padded], t[padded])
        energies.append(e[: len(rows)])
        gradients.append(g[: len(rows)])
    return torch.cat(energies), torch.cat(gradients)


def _advance(model: Energy, x: Tensor, t: Tensor, rows: _Rows, batch: int) -> None:
    """Try one step of every row; keep it where the energy falls enough, else shorten it."""
    trial = rows.y + rows.step[:, None] * rows.direction
    e, g = _look(model, x[rows.index], trial, t[rows.index], batch)
    slope = (rows.g * rows.direction).sum(-1)
    noise = 8 * torch.finfo(e.dtype).eps * rows.e.abs()
    good = e <= rows.e + SUFFICIENT * rows.step * slope + noise
    s, q = trial - rows.y, g - rows.g
    curved = good & ((s * q).sum(-1) > 1e-12 * s.norm(dim=-1) * q.norm(dim=-1))
    for memory, new in ((rows.s, s), (rows.q, q)):
        memory[curved] = torch.cat([memory[curved][:, 1:], new[curved][:, None]], dim=1)
    rows.y[good], rows.e[good], rows.g[good] = trial[good], e[good], g[good]
    rows.spent[good] += 1
    # Failed rows: minimum of the parabola through E, slope and the trial, within [0.1, 0.5] of the
    # step.
    rise = e - rows.e - rows.step * slope
    shorter = (-slope * rows.step / (2 * rise)).nan_to_num(0.1).clamp(0.1, 0.5)
    rows.direction[good] = _direction(rows.keep(good))
    rows.step = torch.where(good, torch.ones_like(rows.step), rows.step * shorter)


def _direction(rows: _Rows) -> Tensor:
    """−H⁻¹∇E by the two-loop recursion (Nocedal & Wright, algorithm 7.4); empty pairs drop out."""
    sq = (rows.s * rows.q).sum(-1)
    rho = torch.where(sq > 0, 1 / sq, torch.zeros_like(sq))
    d, alphas = -rows.g.clone(), []
    for i in reversed(range(HISTORY)):
        alpha = rho[:, i] * (rows.s[:, i] * d).sum(-1)
        d -= alpha[:, None] * rows.q[:, i]
        alphas.append(alpha)
    last = sq[:, -1] / rows.q[:, -1].square().sum(-1)
    d *= torch.where(sq[:, -1] > 0, last, torch.ones_like(last))[:, None]
    for i, alpha in enumerate(reversed(alphas)):
        beta = rho[:, i] * (rows.q[:, i] * d).sum(-1)
        d += (alpha - beta)[:, None] * rows.s[:, i]
    uphill = (d * rows.g).sum(-1) >= 0
    d[uphill] = -rows.g[uphill]
    return d


def polish_twin(
    model: Energy, x: Float[np.ndarray, "n_in"], y: Float[np.ndarray, "d"], t: int
) -> scipy.optimize.OptimizeResult:
    """One point by SciPy's L-BFGS-B without bounds, in float64.

    Args:
        model: any energy.
        x: one problem.
        y: starting point ỹ in the level frame.
        t: level.

    Returns:
        SciPy's result.
    """
    condition = torch.as_tensor(x, dtype=torch.float64)[None]

    def look(point: np.ndarray) -> tuple[float, np.ndarray]:
        e, g = model.energy_and_gradient(condition, torch.from_numpy(point)[None], t)
        return float(e[0]), g[0].numpy()

    return scipy.optimize.minimize(
        look, np.asarray(y, dtype=np.float64), jac=True, method="L-BFGS-B",
        options={"maxiter": 10_000, "maxfun": 100_000, "ftol": 0.0, "gtol": GRADIENT_TOLERANCE},
    )  # fmt: skip
