"""The exact Hessian ∇²_ỹE of the official network, assembled layer by layer.

With z_l the pre-activations (gain and bias applied), J_l = ∂z_l/∂ỹ, g_l = ∂E/∂h_l and
D_l = diag swish'(z_l):

    H = Σ_{l=1..3} J_lᵀ diag(g_l·swish''(z_l)) J_l  +  2 J_3ᵀ D_3 (W₄ᵀW₄) D_3 J_3

The last term is the Gauss–Newton part 2JᵀJ with J = ∂r/∂ỹ, the sum before it the residual part
2Σ r_i∇²r_i. Three products of 512×512×400 and Gram products of inner size 1536 and 512 a point.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

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


def jacobians(model: IredEnergy, p: Pass) -> Float[Tensor, "B 3 width d"]:
    """J_l = ∂z_l/∂ỹ of the three hidden layers.

    Args:
        model: the network.
        p: a forward pass.

    Returns:
        J_1, J_2, J_3 stacked, level frame.
    """
    w = model.layers(p.r.dtype, p.r.device)
    batch = len(p.r)
    out = p.r.new_empty(batch, 3, model.width, model.d)
    out[:, 0] = w.w1y
    d1, d2 = (swish_slope(p.z[i], p.s[i]) for i in (0, 1))
    m2 = p.gain2[:, :, None] * w.w2 * d1[:, None, :]
    out[:, 1] = m2 @ w.w1y
    m3 = p.gain3[:, :, None] * w.w3 * d2[:, None, :]
    out[:, 2] = torch.bmm(m3, out[:, 1])
    return out


def _parts(model: IredEnergy, p: Pass) -> Parts:
    w = model.layers(p.r.dtype, p.r.device)
    j = jacobians(model, p)
    g = model.activation_gradients(p)
    bend = torch.stack([g[i] * swish_bend(p.z[i], p.s[i]) for i in range(3)], dim=1)
    d3 = swish_slope(p.z[2], p.s[2])
    flat = j.flatten(1, 2)
    residual = flat.mT @ (j * bend[..., None]).flatten(1, 2)
    dj = d3[:, :, None] * j[:, 2]
    gauss_newton = 2 * (dj.mT @ (w.gram4 @ dj))
    return Parts(_symmetric(gauss_newton), _symmetric(residual))


def _symmetric(h: Float[Tensor, "B d d"]) -> Float[Tensor, "B d d"]:
    """Remove the rounding difference between the two halves.

    Returns:
        (h + hᵀ)/2.
    """
    return (h + h.mT) / 2


@torch.no_grad()
def parts(
    model: IredEnergy, x: Float[Tensor, "B n_in"], y: Float[Tensor, "B d"], t: Levels
) -> Parts:
    """Gauss–Newton and residual part of ∇²_ỹE.

    Args:
        model: the network.
        x: problems.
        y: points ỹ in the level frame.
        t: level, one for all or one for each.

    Returns:
        Both parts [B, d, d], level frame.
    """
    return _parts(model, model.forward_from(model.first_layer(x, y), as_levels(t, y)))


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
