"""The exact Hessian ∇²_ỹE of the official network, assembled layer by layer.

With z_l the pre-activations (gain and bias applied), J_l = ∂z_l/∂ỹ, g_l = ∂E/∂h_l and
D_l = diag swish'(z_l):

    H = Σ_{l=1..3} J_lᵀ diag(g_l·swish''(z_l)) J_l  +  2 J_3ᵀ D_3 (W₄ᵀW₄) D_3 J_3

The last term is the Gauss–Newton part 2JᵀJ with J = ∂r/∂ỹ, the sum before it the residual part
2Σ r_i∇²r_i. A point costs three products of 512×512×400 and one Gram product of inner size 1536,
of which a quarter is left out by symmetry; to have the parts apart, one more of inner size 512.

Width bottleneck: the rank of H is at most the hidden width. For d > width the same assembly runs in
the coordinates Qᵀỹ of `Layers.reduction`, with Rᵀ in place of W₁ᵧ, and H = Q·H_reduced·Qᵀ.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ired_interp_core.curvature.eigen import eigenvalues
from ired_interp_core.energy import Levels, as_levels
from ired_interp_core.network import IredEnergy, swish_bend, swish_slope

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


@dataclass(frozen=True)
class _Stack:
    """What both parts are made of: J_l = gain_l·I_l, the gains moved to the weights.

    Residual part Σ I_lᵀ diag(bend_l) I_l, Gauss–Newton part 2 I_3ᵀ D (W₄ᵀW₄) D I_3, D = diag slope.

    Args:
        inner: I_l, the Jacobians before gains.
        bend: g_l·swish''(z_l)·gain_l².
        slope: swish'(z_3)·gain_3.
        gram4: W₄ᵀW₄.
    """

    inner: Float[Tensor, "B 3 width k"]
    bend: Float[Tensor, "B 3 width 1"]
    slope: Float[Tensor, "B width 1"]
    gram4: Float[Tensor, "width width"]


def _stack(
    model: IredEnergy,
    x: Float[Tensor, "B n_in"],
    y: Float[Tensor, "B d"],
    t: Levels,
    reduced: bool,
) -> _Stack:
    p = model.forward_from(model.first_layer(x, y), as_levels(t, y))
    w = model.layers(y.dtype, y.device)
    first = w.reduction[1] if reduced else w.w1y
    gains = (torch.ones_like(p.gain2), p.gain2, p.gain3)
    slopes = [(swish_slope(p.z[i], p.s[i]) * gains[i])[..., None] for i in range(3)]
    g = model.activation_gradients(p)
    bends = [g[i] * swish_bend(p.z[i], p.s[i]) * gains[i].square() for i in range(3)]
    inner = y.new_empty(len(y), 3, *first.shape)
    inner[:, 0] = first
    for i, weight in enumerate((w.w2, w.w3)):
        torch.bmm(weight.expand(len(y), -1, -1), inner[:, i] * slopes[i], out=inner[:, i + 1])
    return _Stack(inner, torch.stack(bends, dim=1)[..., None], slopes[2], w.gram4)


def _gram(left: Float[Tensor, "B m k"], right: Float[Tensor, "B m k"]) -> Float[Tensor, "B k k"]:
    """leftᵀ·right, which is known to be symmetric, but for its upper right quarter: zeros there.

    Returns:
        Matrices of which the lower triangle holds.
    """
    k = left.shape[-1]
    out, half = left.new_zeros(len(left), k, k), k // 2
    torch.bmm(left.mT, right[..., :half], out=out[..., :half])
    torch.bmm(left[..., half:].mT, right[..., half:], out=out[:, half:, half:])
    return out


def _mirrored(lower: Float[Tensor, "B k k"]) -> Float[Tensor, "B k k"]:
    """The symmetric matrix of a lower triangle.

    Returns:
        Exactly symmetric matrices.
    """
    return lower.tril() + lower.tril(-1).mT


@torch.no_grad()
def _lower(
    model: IredEnergy, x: Float[Tensor, "B n_in"], y: Float[Tensor, "B d"], t: Levels, reduced: bool
) -> Float[Tensor, "B k k"]:
    """Lower triangle of ∇²_ỹE by one Gram product of inner size 1536.

    Returns:
        Matrices whose entries above the diagonal mean nothing.
    """
    s = _stack(model, x, y, t, reduced)
    outer = s.inner * s.bend
    middle = s.gram4 * (2 * s.slope) * s.slope.mT
    middle.diagonal(dim1=1, dim2=2).add_(s.bend[:, 2, :, 0])
    torch.bmm(middle, s.inner[:, 2], out=outer[:, 2])
    return _gram(s.inner.flatten(1, 2), outer.flatten(1, 2))


def is_reduced(model: IredEnergy) -> bool:
    """Whether spectra are taken in the coordinates of the width bottleneck.

    Args:
        model: the network.

    Returns:
        True where d exceeds the hidden width.
    """
    return model.d > model.width


@torch.no_grad()
def parts(
    model: IredEnergy,
    x: Float[Tensor, "B n_in"],
    y: Float[Tensor, "B d"],
    t: Levels,
    reduced: bool = False,
) -> Parts:
    """Gauss–Newton and residual part of ∇²_ỹE.

    Args:
        model: the network.
        x: problems.
        y: points ỹ in the level frame.
        t: level, one for all or one for each.
        reduced: in the coordinates Qᵀỹ, where the parts are [B, width, width].

    Returns:
        Both parts [B, d, d], level frame.
    """
    s = _stack(model, x, y, t, reduced)
    residual = _gram(s.inner.flatten(1, 2), (s.inner * s.bend).flatten(1, 2))
    last = s.inner[:, 2] * s.slope
    gauss_newton = _gram(last, 2 * (s.gram4 @ last))
    return Parts(_mirrored(gauss_newton), _mirrored(residual))


@torch.no_grad()
def hessian(
    model: IredEnergy, x: Float[Tensor, "B n_in"], y: Float[Tensor, "B d"], t: Levels
) -> Float[Tensor, "B d d"]:
    """∇²_ỹE of the official network.

    Args:
        model: the network.
        x: problems.
        y: points ỹ in the level frame.
        t: level, one for all or one for each.

    Returns:
        Symmetric matrices [B, d, d], level frame.
    """
    t = as_levels(t, y)
    out = y.new_empty(len(y), model.d, model.d)
    for i in range(0, len(y), TILE):
        tile = slice(i, i + TILE)
        out[tile] = _mirrored(_lower(model, x[tile], y[tile], t[tile], reduced=False))
    return out


def with_flat_directions(found: Float[Tensor, "B width"], d: int) -> Float[Tensor, "B d"]:
    """The spectrum of H from that of its reduction: d − width exact zeros join it.

    Args:
        found: of the reduced matrix, ascending.
        d: entries of y.

    Returns:
        All d eigenvalues, ascending.
    """
    zeros = found.new_zeros(len(found), d - found.shape[1])
    return torch.cat([found, zeros], dim=-1).sort(dim=-1).values


@torch.no_grad()
def spectrum(
    model: IredEnergy, x: Float[Tensor, "B n_in"], y: Float[Tensor, "B d"], t: Levels
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
    tiles = []
    for i in range(0, len(y), TILE):
        s = slice(i, i + TILE)
        tiles.append(eigenvalues(_lower(model, x[s], y[s], t[s], reduced=reduced)))
    found = torch.cat(tiles)
    return with_flat_directions(found, model.d) if reduced else found
