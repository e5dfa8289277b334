"""E_t(x, √ᾱ_t·(c + radius·(a·u + b·v))) of all ten levels on one plane of the data frame.

Definitions: docs/definitions.md §4.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ired_interp_core.energy import Energy
from ired_interp_core.landscape.interpolation import (
    CHEBYSHEV,
    UNIFORM_GRID,
    chebyshev_nodes,
    drawn_at,
    evaluate,
    tail,
)
from ired_interp_core.network import IredEnergy
from ired_interp_core.schema import LEVELS

NODE_COUNTS = (9, 17, 33, 65, 129, 257)
"""Tried in turn until the error is small enough. Each holds the nodes of the one before."""
CHECKS = 64
"""Off-node points at which the surface is compared with the energy itself."""
CHUNK = 2048
"""Points evaluated at once: some 50 MB of activations in float64."""


@dataclass(frozen=True)
class Plane:
    """A plane of the data frame.

    Args:
        centre: c [d].
        u: unit direction of a [d].
        v: unit direction of b [d], orthogonal to u.
        radius: length of one unit of a and b.
    """

    centre: Float[np.ndarray, "d"]
    u: Float[np.ndarray, "d"]
    v: Float[np.ndarray, "d"]
    radius: float

    def points(
        self, a: Float[np.ndarray, "M"], b: Float[np.ndarray, "M"]
    ) -> Float[np.ndarray, "M d"]:
        """Points of the data frame.

        Args:
            a: positions along u, in units of the radius.
            b: positions along v, in units of the radius.

        Returns:
            c + radius·(a·u + b·v).
        """
        return self.centre + self.radius * (np.outer(a, self.u) + np.outer(b, self.v))

    def project(
        self, points: Float[np.ndarray, "... d"]
    ) -> tuple[Float[np.ndarray, "... 2"], Float[np.ndarray, "..."]]:
        """Orthogonal projection on the plane.

        Args:
            points: in the data frame.

        Returns:
            Positions (a, b) and distances to the plane, both in units of the radius.
        """
        offset = (points - self.centre) / self.radius
        position = np.stack([offset @ self.u, offset @ self.v], axis=-1)
        rest = offset - position[..., :1] * self.u - position[..., 1:] * self.v
        return position, np.linalg.norm(rest, axis=-1)


@dataclass(frozen=True)
class Slice:
    """The surface of all levels.

    Args:
        nodes: positions of both axes [N], ascending, units of the radius.
        energy: [level, b, a] at the nodes.
        error: [level] estimated error of the surface as a share of the level's `spread`.
        method: CHEBYSHEV, or UNIFORM_GRID where a grid of the most nodes errs less.
    """

    nodes: Float[np.ndarray, "N"]
    energy: Float[np.ndarray, "10 N N"]
    error: Float[np.ndarray, "10"]
    method: int


def energies(
    model: Energy,
    x: Float[np.ndarray, "n_in"],
    plane: Plane,
    a: Float[np.ndarray, "M"],
    b: Float[np.ndarray, "M"],
    device: str = "cpu",
    levels: Sequence[int] = range(LEVELS),
) -> Float[np.ndarray, "levels M"]:
    """E_t of levels at positions on the plane.

    The official network's first layer is affine in (a, b): z1 = W₁ₓx + b₁ + √ᾱ_t·(W₁c +
    radius·(a·W₁u + b·W₁v)), so that its products are made once. Other energies are evaluated point
    by point. Arithmetic is float64: around an answer the range of E is some percent of E or less,
    where float32's rounding would be the error of the slice.

    Args:
        model: any energy.
        x: one problem.
        plane: where.
        a: positions along u.
        b: positions along v.
        device: where to compute.
        levels: t of each; all of them unless said otherwise.

    Returns:
        Energies [level, M], float64.
    """
    scales = model.schedule.sqrt_alpha_bar
    out = np.empty((len(levels), len(a)))
    condition = torch.as_tensor(x, dtype=torch.float64, device=device)[None]
    first = _affine(model, condition, plane) if isinstance(model, IredEnergy) else None
    for start in range(0, len(a), CHUNK):
        part = slice(start, start + CHUNK)
        for row, t in enumerate(levels):
            scale = scales[t]
            if first is not None and isinstance(model, IredEnergy):
                base, c, u, v = first
                where = torch.as_tensor(np.stack([a[part], b[part]], axis=1), device=device)
                z1 = torch.addmm(base + scale * c, where, scale * torch.stack([u, v]))
                e = model.forward_from(z1, t).energy
            else:
                y = torch.as_tensor(plane.points(a[part], b[part]) * scale, device=device)
                e = model.energy(condition.expand(len(y), -1), y, t)
            out[row, part] = e.detach().double().cpu().numpy()
    return out


def _affine(model: IredEnergy, x: Tensor, plane: Plane) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    w = model.layers(x.dtype, x.device)
    vectors = np.stack([plane.centre, plane.radius * plane.u, plane.radius * plane.v])
    c, u, v = torch.as_tensor(vectors, dtype=x.dtype, device=x.device) @ w.w1y.T
    return torch.addmm(w.b1, x, w.w1x.T)[0], c, u, v


@torch.no_grad()
def adaptive_slice(
    model: Energy,
    x: Float[np.ndarray, "n_in"],
    plane: Plane,
    half_width: float,
    tolerance: float,
    max_nodes: int,
    rng: np.random.Generator,
    device: str = "cpu",
    check: Callable[[], None] = lambda: None,
    coarse: Callable[[Slice], None] | None = None,
) -> Slice:
    """A slice at as many Chebyshev nodes as the tolerance asks for.

    Nodes are added only to levels that need them; those that do not are filled in by their own
    interpolant, which is the same surface. The error stated is an estimate: the worst of CHECKS
    points off the nodes compared with the energy itself and, for Chebyshev nodes, the coefficient
    tail where that is larger. Where the most nodes do not reach the tolerance, a uniform grid of as
    many points is the last resort: it is taken if at these points its worst level errs less than
    that of the nodes.

    Args:
        model: any energy.
        x: one problem.
        plane: where.
        half_width: the plane spans ±half_width in units of the radius.
        tolerance: wanted error as a share of each level's energy range.
        max_nodes: most nodes along an axis.
        rng: draws the points to check.
        device: where to compute.
        check: called before every refinement; what it raises ends the work.
        coarse: told the slice at the fewest nodes, where more are needed.

    Returns:
        The slice.
    """
    a, b = rng.uniform(-half_width, half_width, (2, CHECKS))
    truth = energies(model, x, plane, a, b, device)
    nodes, values, short = np.zeros(0), np.zeros((LEVELS, 0, 0)), list(range(LEVELS))
    off, error = np.empty((2, LEVELS))
    for count in [n for n in NODE_COUNTS if n < max_nodes] + [max_nodes]:
        check()
        fewer, known = nodes, values
        nodes = chebyshev_nodes(count, half_width)
        values = evaluate(known, fewer, nodes, nodes)
        kept = known[short] if count == 2 * len(fewer) - 1 else None
        values[short] = _grid(model, x, plane, nodes, short, device, kept)
        seen, scale = drawn_at(values, nodes, a, b), spread(values)
        off[short] = (np.abs(seen - truth).max(axis=1) / scale)[short]
        error[short] = np.maximum(tail(values) / scale, off)[short]
        short = np.flatnonzero(error > tolerance).tolist()
        if not short:
            break
        if coarse is not None and not len(fewer):
            coarse(Slice(nodes, values.copy(), error.copy(), CHEBYSHEV))
    found = Slice(nodes, values, error, CHEBYSHEV)
    if not short:
        return found
    nodes = np.linspace(-half_width, half_width, max_nodes)
    values = _grid(model, x, plane, nodes, range(LEVELS), device)
    linear = np.abs(drawn_at(values, nodes, a, b, UNIFORM_GRID) - truth).max(axis=1)
    grid = Slice(nodes, values, linear / spread(values), UNIFORM_GRID)
    return grid if grid.error.max() < off.max() else found


def _grid(
    model: Energy,
    x: np.ndarray,
    plane: Plane,
    nodes: np.ndarray,
    levels: Sequence[int],
    device: str,
    known: Float[np.ndarray, "levels M M"] | None = None,
) -> Float[np.ndarray, "levels N N"]:
    """Energies at nodes × nodes; `known` ones, at every second node, are not computed again."""
    count = len(nodes)
    values = np.full((len(levels), count, count), np.nan)
    new = np.ones((count, count), dtype=bool)
    if known is not None:
        values[:, ::2, ::2], new[::2, ::2] = known, False
    row, col = np.nonzero(new)
    values[:, row, col] = energies(model, x, plane, nodes[col], nodes[row], device, levels)
    return values


def spread(values: Float[np.ndarray, "10 N N"]) -> Float[np.ndarray, "10"]:
    """Largest minus smallest energy of each level.

    Args:
        values: energies at the nodes.

    Returns:
        The ranges; 1 for a constant surface, whose error is then absolute.
    """
    found = np.ptp(values, axis=(1, 2))
    return np.where(found > 0, found, 1.0)


def profile(
    model: Energy,
    x: Float[np.ndarray, "n_in"],
    centre: Float[np.ndarray, "d"],
    direction: Float[np.ndarray, "d"],
    radius: float,
    positions: Float[np.ndarray, "M"],
) -> Float[np.ndarray, "10 M"]:
    """Energies of all levels along one direction: E_t(x, √ᾱ_t·(c + radius·a·u)).

    Args:
        model: any energy.
        x: one problem.
        centre: c, data frame.
        direction: u; its length is divided out.
        radius: length of one unit.
        positions: a, in units of the radius.

    Returns:
        Energies [level, M], float64 arithmetic.
    """
    u = direction / np.linalg.norm(direction)
    plane = Plane(centre, u, np.zeros_like(u), radius)
    return energies(model, x, plane, positions, np.zeros_like(positions))
