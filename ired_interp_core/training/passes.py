"""Passes through the network while its weights are learned: E, ∇_ỹE, and their weight derivatives.

With h_l = swish(z_l), z_1 = W_1x x + b_1 + W_1y ỹ, u_l = W_l h_{l−1} + b_l, z_l = γ_l u_l + β_l
(l = 2, 3; γ = gain + 1 and β come from the level), r = W_4 h_3 + b_4, E = Σ r².
`network.IredEnergy` has the same formulas for weights that stay.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ired_interp_core.schema import LEVELS
from ired_interp_core.time_embedding import modulation
from ired_interp_core.training.parameters import NAMES

TIME = tuple(n for n in NAMES if not n.startswith("fc"))
"""Parameters that act through gain and bias alone."""


@dataclass(frozen=True)
class Rows:
    """Gain + 1 and bias of each row, fc2 then fc3."""

    gain2: Float[Tensor, "N width"]
    bias2: Float[Tensor, "N width"]
    gain3: Float[Tensor, "N width"]
    bias3: Float[Tensor, "N width"]


@dataclass(frozen=True)
class Forward:
    """A forward pass; s_l = sigmoid(z_l)."""

    z: tuple[Float[Tensor, "N width"], ...]
    s: tuple[Float[Tensor, "N width"], ...]
    h: tuple[Float[Tensor, "N width"], ...]
    u: tuple[Float[Tensor, "N width"], ...]
    r: Float[Tensor, "N d"]

    @property
    def energy(self) -> Float[Tensor, "N"]:
        """E = Σ r²."""
        return self.r.square().sum(-1)

    def first(self, count: int) -> "Forward":
        """The first rows; views.

        Args:
            count: rows.

        Returns:
            Their pass.
        """
        z, s, h, u = (tuple(a[:count] for a in k) for k in (self.z, self.s, self.h, self.u))
        return Forward(z, s, h, u, self.r[:count])


@dataclass(frozen=True)
class Backward:
    """The way back from E to ỹ.

    Args:
        g: ∂E/∂h_l, l = 1, 2, 3.
        q: ∂E/∂z_l.
        p: ∂E/∂u_l, l = 2, 3.
        gradient: ∇_ỹE, level frame.
    """

    g: tuple[Float[Tensor, "N width"], ...]
    q: tuple[Float[Tensor, "N width"], ...]
    p: tuple[Float[Tensor, "N width"], ...]
    gradient: Float[Tensor, "N d"]


def slope(h: Tensor, s: Tensor) -> Tensor:
    """swish'(z) = s + h·(1 − s) = h + s·(1 − h).

    Args:
        h: swish(z).
        s: sigmoid(z).

    Returns:
        The first derivative.
    """
    return torch.addcmul(h, s, 1 - h)


def bend(z: Tensor, h: Tensor, s: Tensor) -> Tensor:
    """swish''(z) = s·(1 − s)·(2 + z − 2h).

    Args:
        z: pre-activation.
        h: swish(z).
        s: sigmoid(z).

    Returns:
        The second derivative.
    """
    return torch.addcmul(s, s, s, value=-1).mul_(torch.sub(z, h, alpha=2).add_(2))


class Tables:
    """Gain and bias of the ten levels, and their derivative in the parameters behind them.

    Ten rows, whatever the batch: small enough to be left to automatic differentiation.

    Args:
        tensors: the network's sixteen tensors.
    """

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        with torch.enable_grad():
            self._time = {n: tensors[n].detach().requires_grad_() for n in TIME}
            levels = torch.arange(LEVELS, device=tensors[TIME[0]].device)
            self._made = modulation(self._time, levels)

    @property
    def values(self) -> tuple[Float[Tensor, "10 2 width"], ...]:
        """(gain, bias) of each level, for fc2 and for fc3."""
        return tuple(m.detach() for m in self._made)

    def gradients(
        self, of2: Float[Tensor, "10 2 width"], of3: Float[Tensor, "10 2 width"]
    ) -> dict[str, Tensor]:
        """From the tables to the parameters behind them.

        Args:
            of2: ∂L/∂(gain, bias) of fc2 by level.
            of3: ∂L/∂(gain, bias) of fc3 by level.

        Returns:
            Name → gradient, for `TIME`.
        """
        found = torch.autograd.grad(
            list(self._made), list(self._time.values()), [of2, of3], retain_graph=True
        )
        return dict(zip(self._time, found, strict=True))


class Network:
    """The network at the present weights.

    Args:
        tensors: its sixteen tensors; read, never written.
        tables: gain and bias of the ten levels for fc2 and fc3, see `Tables`.
    """

    def __init__(
        self, tensors: Mapping[str, Tensor], tables: tuple[Float[Tensor, "10 2 width"], ...]
    ) -> None:
        self.w, self.tables = tensors, tables
        self.d = len(tensors["fc4.bias"])
        self.w1x, self.w1y = tensors["fc1.weight"].split(
            [tensors["fc1.weight"].shape[1] - self.d, self.d], dim=1
        )

    def rows(self, t: Int[Tensor, "N"]) -> Rows:
        """Gain and bias of each row.

        Args:
            t: levels.

        Returns:
            The rows.
        """
        found = [torch.index_select(m[:, k], 0, t) for m in self.tables for k in (0, 1)]
        return Rows(found[0].add_(1), found[1], found[2].add_(1), found[3])

    def problem_part(self, x: Float[Tensor, "N n_in"]) -> Float[Tensor, "N width"]:
        """W_1x x + b_1: the same at every point ỹ of a problem.

        Args:
            x: problems.

        Returns:
            What x adds to z_1.
        """
        return torch.addmm(self.w["fc1.bias"], x, self.w1x.T)

    def forward(
        self, part: Float[Tensor, "N width"], y: Float[Tensor, "N d"], rows: Rows
    ) -> Forward:
        """The network.

        Args:
            part: of the problems.
            y: points ỹ, level frame.
            rows: gain and bias.

        Returns:
            The pass.
        """
        w = self.w
        z1 = torch.addmm(part, y, self.w1y.T)
        s1 = torch.sigmoid(z1)
        h1 = z1 * s1
        u2 = torch.addmm(w["fc2.bias"], h1, w["fc2.weight"].T)
        z2 = torch.addcmul(rows.bias2, u2, rows.gain2)
        s2 = torch.sigmoid(z2)
        h2 = z2 * s2
        u3 = torch.addmm(w["fc3.bias"], h2, w["fc3.weight"].T)
        z3 = torch.addcmul(rows.bias3, u3, rows.gain3)
        s3 = torch.sigmoid(z3)
        h3 = z3 * s3
        r = torch.addmm(w["fc4.bias"], h3, w["fc4.weight"].T)
        return Forward((z1, z2, z3), (s1, s2, s3), (h1, h2, h3), (u2, u3), r)

    def backward(self, f: Forward, rows: Rows) -> Backward:
        """∇_ỹE, and everything on the way.

        Args:
            f: a forward pass.
            rows: gain and bias.

        Returns:
            The way back.
        """
        w = self.w
        g3 = (2 * f.r) @ w["fc4.weight"]
        q3 = g3 * slope(f.h[2], f.s[2])
        p3 = q3 * rows.gain3
        g2 = p3 @ w["fc3.weight"]
        q2 = g2 * slope(f.h[1], f.s[1])
        p2 = q2 * rows.gain2
        g1 = p2 @ w["fc2.weight"]
        q1 = g1 * slope(f.h[0], f.s[0])
        return Backward((g1, g2, g3), (q1, q2, q3), (p2, p3), q1 @ self.w1y)
