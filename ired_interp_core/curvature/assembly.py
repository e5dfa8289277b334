"""The exact Hessian ∇²_ỹE of the official network, assembled layer by layer.

With z_l the pre-activations (gain and bias applied), J_l = ∂z_l/∂ỹ, g_l = ∂E/∂h_l and
D_l = diag swish'(z_l):

    H = Σ_{l=1..3} J_lᵀ diag(g_l·swish''(z_l)) J_l  +  2 J_3ᵀ D_3 (W₄ᵀW₄) D_3 J_3

The last term is the Gauss–Newton part 2JᵀJ with J = ∂r/∂ỹ, the sum before it the residual part
2Σ r_i∇²r_i. Three products of 512×512×400 and Gram products of inner size 1536 and 512 a point.

Width bottleneck: the rank of H is at most the hidden width. For d > width the same assembly runs in
the coordinates Qᵀỹ of `Layers.reduction`, with Rᵀ in place of W₁ᵧ, and H = Q·H_reduced·Qᵀ.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ired_interp_core.curvature.eigen import eigenvalues
from ired_interp_core.energy import Levels, as_levels
from ired_interp_core.network import IredEnergy, Pass, swish_bend, swish_slope

TILE = 4
"""Points assembled at once on a CPU: cost is flat in it, memory is 10 MB a point in float32."""


@dataclass(frozen=True)
class Parts:
    """The two parts of a Hessian; H is their sum, their norms do not add.

    Args:
        gauss_newton: 2JᵀJ [B, d, d].
        residual: 2Σ r_i∇²r_i [B, d, d].
    """

    gauss_newton: Float[Tensor, "B d d"]
    residual: Float[Tensor, "B d d"]


def jacobians(
    model: IredEnergy, p: Pass, first: Float[Tensor, "width k"]
) -> Float[Tensor, "B 3 width k"]:
    """J_l = ∂z_l/∂ỹ of the three hidden layers, or in the reduced coordinates.

    Args:
        model: the network.
        p: a forward pass.
        first: ∂z_1: W₁ᵧ, or Rᵀ of the reduction.

    Returns:
        J_1, J_2, J_3 stacked, level frame.
    """
    w = model.layers(p.r.dtype, p.r.device)
    out = p.r.new_empty(len(p.r), 3, *first.shape)
    out[:, 0] = first
    d1, d2 = (swish_slope(p.z[i], p.s[i]) for i in (0, 1))
    m2 = p.gain2[:, :, None] * w.w2 * d1[:, None, :]
    out[:, 1] = m2 @ first
    m3 = p.gain3[:, :, None] * w.w3 * d2[:, None, :]
    out[:, 2] = torch.bmm(m3, out[:, 1])
    return out


def _symmetric(h: Float[Tensor, "B d d"]) -> Float[Tensor, "B d d"]:
    """Remove the rounding difference between the two halves.

    Returns:
        (h + hᵀ)/2.
    """
    return (h + h.mT) / 2


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
    p = model.forward_from(model.first_layer(x, y), as_levels(t, y))
    w = model.layers(y.dtype, y.device)
    j = jacobians(model, p, w.reduction[1] if reduced else w.w1y)
    g = model.activation_gradients(p)
    bend = torch.stack([g[i] * swish_bend(p.z[i], p.s[i]) for i in range(3)], dim=1)
    residual = j.flatten(1, 2).mT @ (j * bend[..., None]).flatten(1, 2)
    dj = swish_slope(p.z[2], p.s[2])[:, :, None] * j[:, 2]
    gauss_newton = 2 * (dj.mT @ (w.gram4 @ dj))
    return Parts(_symmetric(gauss_newton), _symmetric(residual))


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
        p = parts(model, x[tile], y[tile], t[tile])
        torch.add(p.gauss_newton, p.residual, out=out[tile])
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
        p = parts(model, x[s], y[s], t[s], reduced=reduced)
        tiles.append(eigenvalues(p.gauss_newton + p.residual))
    found = torch.cat(tiles)
    return with_flat_directions(found, model.d) if reduced else found
