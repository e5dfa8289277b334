"""swish(z) = z·sigmoid(z) of the official network, and its derivatives."""

import torch
from torch import Tensor


def swish_slope(z: Tensor, s: Tensor) -> Tensor:
    """swish'(z) = s·(1 + z·(1 − s)), s = sigmoid(z).

    Args:
        z: pre-activation.
        s: its sigmoid.

    Returns:
        The first derivative.
    """
    return s * (1 + z * (1 - s))


def swish_bend(z: Tensor, s: Tensor) -> Tensor:
    """swish''(z) = s·(1 − s)·(2 + z·(1 − 2s)), s = sigmoid(z).

    Args:
        z: pre-activation.
        s: its sigmoid.

    Returns:
        The second derivative.
    """
    return s * (1 - s) * (2 + z * (1 - 2 * s))


def swish_backward(g: Tensor, z: Tensor, s: Tensor) -> Tensor:
    """∂E/∂z from g = ∂E/∂(z·s), as automatic differentiation rounds it; overwrites g and z.

    Args:
        g: ∂E/∂swish(z).
        z: pre-activation.
        s: its sigmoid.

    Returns:
        g·s + g·z·(1 − s)·s.
    """
    through_sigmoid = torch.ops.aten.sigmoid_backward(z.mul_(g), s)
    return g.mul_(s).add_(through_sigmoid)
