"""Integrated gradients by Gauss and Legendre, and SmoothGrad.

Source: Sundararajan, Taly & Yan, arXiv 1703.01365; Smilkov et al., arXiv 1706.03825. Definitions:
docs/definitions.md §6.3.
"""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

AT_ONCE = 32
"""Points looked at together; their number has no effect but rounding."""

Function = Callable[[Float[Tensor, "B d"]], Float[Tensor, "B"]]
"""One number for each row."""


def gradients(function: Function, points: Float[Tensor, "B d"], at_once: int = AT_ONCE) -> Tensor:
    """∇F at some points, piece by piece; under `no_grad` too.

    Args:
        function: F, of each row alone.
        points: z [B, d]; they are not touched.
        at_once: rows of a piece.

    Returns:
        Gradients [B, d] in the dtype of the points.
    """
    found = []
    for piece in points.detach().split(at_once):
        with torch.enable_grad():
            z = piece.clone().requires_grad_(True)
            whole = function(z).sum()
            (slope,) = torch.autograd.grad(whole, z, materialize_grads=True)
        found.append(slope)
    return torch.cat(found)


def integrated(
    function: Function,
    points: Float[Tensor, "P d"],
    starts: Float[Tensor, "P d"],
    nodes: int,
    at_once: int = AT_ONCE,
) -> Float[Tensor, "P d"]:
    """Integrated gradients (z − z')_i ∫₀¹ ∂_iF(z' + s(z − z')) ds along the straight line.

    Exact for polynomials of degree 2·nodes. They add up to F(z) − F(z') but for the error of the
    rule, the completeness gap. An entry that equals its baseline gets 0 by construction.

    Args:
        function: F, of each row alone.
        points: z [P, d].
        starts: z', the baselines [P, d].
        nodes: of the Gauss–Legendre rule.
        at_once: rows looked at together.

    Returns:
        Attributions [P, d] in the dtype of the points.
    """
    at, weights = np.polynomial.legendre.leggauss(nodes)
    s, w = (torch.as_tensor(v, dtype=points.dtype, device=points.device)
            for v in ((at + 1) / 2, weights / 2))  # fmt: skip
    way = (points - starts).detach()
    line = starts.detach() + s[:, None, None] * way
    slopes = gradients(function, line.flatten(0, 1), at_once).unflatten(0, line.shape[:2])
    return way * torch.einsum("s,spd->pd", w, slopes)


def smoothed(
    function: Function,
    points: Float[Tensor, "P d"],
    noise: Float[Tensor, "K P d"],
    at_once: int = AT_ONCE,
) -> Float[Tensor, "P d"]:
    """z_i times the mean of ∂_iF(z + η) over given noise; no noise at all gives gradient × input.

    Args:
        function: F, of each row alone.
        points: z [P, d].
        noise: η [K, P, d].
        at_once: rows looked at together.

    Returns:
        Attributions [P, d]; their sum means nothing.
    """
    around = points.detach() + noise
    slopes = gradients(function, around.flatten(0, 1), at_once).unflatten(0, around.shape[:2])
    return points.detach() * slopes.mean(0)
