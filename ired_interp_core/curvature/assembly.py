"""The exact Hessian ∇²_ỹE of the official network, assembled layer by layer.

Definitions: docs/definitions.md §3.1.

With z_l the pre-activations (gain and bias applied), J_l = ∂z_l/∂ỹ, g_l = ∂E/∂h_l and
D_l = diag swish'(z_l):

    H = Σ_{l=1..3} J_lᵀ diag(g_l·swish''(z_l)) J_l  +  2 J_3ᵀ D_3 (W₄ᵀW₄) D_3 J_3

The last term is the Gauss–Newton part 2JᵀJ with J = ∂r/∂ỹ, the sum before it the residual part
2Σ r_i∇²r_i. A point costs three products of 512×512×400 and for each layer a Gram product of inner
size 512; to have the parts apart, one more. Leaving out what symmetry gives for free makes the
products so narrow that nothing is won.

Width bottleneck: the rank of H is at most the hidden width. For d > width the same assembly runs in
the coordinates Qᵀỹ of `Layers.reduction`, with Rᵀ in place of W₁ᵧ, and H = Q·H_reduced·Qᵀ.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from ired_interp_core.curvature.eigen import eigenvalues
from ired_interp_core.levels import Levels, as_levels
from ired_interp_core.swish import swish_bend, swish_slope

if TYPE_CHECKING:
    from ired_interp_core.network import IredEnergy

TILE = 2
"""Points assembled at once on a CPU: more do not stay in the cache."""


@dataclass(frozen=True)
class Parts:
    """The two parts of a Hessian; H is their sum, their norms do not add.

    Args:
        gauss_newton: 2JᵀJ [B, d, d].
        residual: 2Σ r_i∇²r_i [B, d, d].
    """

    gauss_newton: Float[Tensor, "B d d"]
    residual: Float[Tensor, "B d d"]


class Workspace:
    """Memory that one tile after the other is assembled in: kept warm, it is not fetched again.

    Args:
        model: the network.
        points: of a tile.
        like: for dtype and device.
        reduced: in the coordinates of the width bottleneck.
    """

    def __init__(
        self, model: "IredEnergy", points: int, like: Tensor, reduced: bool = False
    ) -> None:
        w, self.reduced = model.layers(like.dtype, like.device), reduced
        self.first = w.reduction[1] if reduced else w.w1y
        width, k = self.first.shape
        self.scaled, *self.inner = (like.new_empty(points, width, k) for _ in range(3))
        self.middle = like.new_empty(points, width, width)


@dataclass(frozen=True)
class _Layer:
    """J_l = gain_l·I_l, the gains moved to the weights, and what both parts need of layer l.

    Args:
        inner: I_l, the Jacobian before the gain.
        bend: g_l·swish''(z_l)·gain_l².
        slope: swish'(z_l)·gain_l.
    """

    inner: Float[Tensor, "B width k"]
    bend: Float[Tensor, "B width 1"]
    slope: Float[Tensor, "B width 1"]


def _layers(
    model: "IredEnergy",
    x: Float[Tensor, "B n_in"],
    y: Float[Tensor, "B d"],
    t: Levels,
    work: Workspace,
) -> Iterator[_Layer]:
    """The layers l = 1, 2, 3 in turn; `work.scaled` is free while one is looked at."""
    z1, w = model.first_layer(x, y), model.layers(y.dtype, y.device)
    through = model.hidden_from if work.reduced else model.forward_from
    p = through(z1, as_levels(t, y))
    g = model.activation_gradients(p)
    gains = (torch.ones_like(p.gain2), p.gain2, p.gain3)
    inner, n = work.first.expand(len(y), -1, -1), len(y)
    for i, gain in enumerate(gains):
        slope = (swish_slope(p.z[i], p.s[i]) * gain)[..., None]
        bend = (g[i] * swish_bend(p.z[i], p.s[i]) * gain.square())[..., None]
        yield _Layer(inner, bend, slope)
        if i < 2:
            scaled = torch.mul(inner, slope, out=work.scaled[:n])
            weight = (w.w2, w.w3)[i].expand(n, -1, -1)
            inner = torch.bmm(weight, scaled, out=work.inner[i][:n])


def _mirrored(lower: Float[Tensor, "B k k"]) -> Float[Tensor, "B k k"]:
    """The symmetric matrix of a lower triangle, where rounding left the two a last bit apart."""
    return lower.tril() + lower.tril(-1).mT


@torch.no_grad()
def _whole(
    model: "IredEnergy",
    x: Float[Tensor, "B n_in"],
    y: Float[Tensor, "B d"],
    t: Levels,
    work: Workspace,
) -> Float[Tensor, "B k k"]:
    """∇²_ỹE by one Gram product a layer, the last with both parts in its middle."""
    n, k = len(y), work.first.shape[1]
    gram4, total = model.layers(y.dtype, y.device).gram4, y.new_zeros(n, k, k)
    for i, layer in enumerate(_layers(model, x, y, t, work)):
        if i < 2:
            outer = torch.mul(layer.inner, layer.bend, out=work.scaled[:n])
        else:
            middle = torch.mul(gram4, 2 * layer.slope, out=work.middle[:n]).mul_(layer.slope.mT)
            middle.diagonal(dim1=1, dim2=2).add_(layer.bend[..., 0])
            outer = torch.bmm(middle, layer.inner, out=work.scaled[:n])
        total.baddbmm_(layer.inner.mT, outer)
    return total


def is_reduced(model: "IredEnergy") -> bool:
    """Whether spectra are taken in the coordinates of the width bottleneck.

    Args:
        model: the network.

    Returns:
        True where d exceeds the hidden width.
    """
    return model.d > model.width


@torch.no_grad()
def parts(
    model: "IredEnergy",
    x: Float[Tensor, "B n_in"],
    y: Float[Tensor, "B d"],
    t: Levels,
    work: Workspace,
) -> Parts:
    """Gauss–Newton and residual part of ∇²_ỹE.

    Args:
        model: the network.
        x: problems.
        y: points ỹ in the level frame, no more than `work` has room for.
        t: level, one for all or one for each.
        work: says also whether the parts are taken in the coordinates Qᵀỹ, [B, width, width].

    Returns:
        Both parts [B, d, d], level frame.
    """
    n, k = len(y), work.first.shape[1]
    gram4 = model.layers(y.dtype, y.device).gram4
    residual, gauss_newton = y.new_zeros(n, k, k), y.new_zeros(n, k, k)
    for i, layer in enumerate(_layers(model, x, y, t, work)):
        bent = torch.mul(layer.inner, layer.bend, out=work.scaled[:n])
        residual.baddbmm_(layer.inner.mT, bent)
        if i == 2:
            middle = torch.mul(gram4, 2 * layer.slope, out=work.middle[:n]).mul_(layer.slope.mT)
            outer = torch.bmm(middle, layer.inner, out=work.scaled[:n])
            gauss_newton.baddbmm_(layer.inner.mT, outer)
    return Parts(_mirrored(gauss_newton), _mirrored(residual))


@torch.no_grad()
def hessian(
    model: "IredEnergy",
    x: Float[Tensor, "B n_in"],
    y: Float[Tensor, "B d"],
    t: Levels,
    reduced: bool = False,
) -> Float[Tensor, "B d d"]:
    """∇²_ỹE of the official network.

    Args:
        model: the network.
        x: problems.
        y: points ỹ in the level frame.
        t: level, one for all or one for each.
        reduced: in the coordinates Qᵀỹ, where it is [B, width, width].

    Returns:
        Symmetric matrices [B, d, d], level frame.
    """
    t, work = as_levels(t, y), Workspace(model, min(TILE, len(y)), y, reduced)
    k = work.first.shape[1]
    out = y.new_empty(len(y), k, k)
    for i in range(0, len(y), TILE):
        tile = slice(i, i + TILE)
        out[tile] = _mirrored(_whole(model, x[tile], y[tile], t[tile], work))
    return out


def with_flat_directions(reduced: Float[Tensor, "B width"], d: int) -> Float[Tensor, "B d"]:
    """The spectrum of H from that of its reduction: d − width exact zeros join it.

    Args:
        reduced: of the reduced matrix, ascending.
        d: entries of y.

    Returns:
        All d eigenvalues, ascending.
    """
    zeros = reduced.new_zeros(len(reduced), d - reduced.shape[1])
    return torch.cat([reduced, zeros], dim=-1).sort(dim=-1).values


@torch.no_grad()
def spectrum(
    model: "IredEnergy", x: Float[Tensor, "B n_in"], y: Float[Tensor, "B d"], t: Levels
) -> Float[Tensor, "B d"]:
    """All eigenvalues of ∇²_ỹE of the official network.

    Args:
        model: the network.
        x: problems.
        y: points ỹ in the level frame.
        t: level, one for all or one for each.

    Returns:
        Eigenvalues [B, d], ascending, level frame.
    """
    t, reduced = as_levels(t, y), is_reduced(model)
    work = Workspace(model, min(TILE, len(y)), y, reduced)
    tiles = []
    for i in range(0, len(y), TILE):
        s = slice(i, i + TILE)
        tiles.append(eigenvalues(_whole(model, x[s], y[s], t[s], work)))
    found = torch.cat(tiles) if tiles else y.new_empty(0, work.first.shape[1])
    return with_flat_directions(found, model.d) if reduced else found
