"""The network's parameters as one vector: one optimiser step, one norm, one average, one file."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ired_interp_core.checkpoint_checks import shapes
from ired_interp_core.records import seeded

LAYERS = ("time_mlp.1", "time_mlp.3", "fc1", "fc2", "fc3", "fc4", "t_map_fc2", "t_map_fc3")

NAMES = tuple(f"{layer}.{kind}" for layer in LAYERS for kind in ("weight", "bias"))
"""In the order of the official module, which its optimiser state counts by."""


@dataclass(frozen=True)
class Shape:
    """What fixes every tensor of the network.

    Args:
        width: hidden width.
        n_in: entries of x.
        d: entries of y.
    """

    width: int
    n_in: int
    d: int

    @property
    def tensors(self) -> dict[str, tuple[int, ...]]:
        """Name → shape, in official order."""
        found = shapes(self.width, self.n_in, self.d)
        return {name: found[name] for name in NAMES}

    @property
    def count(self) -> int:
        """Parameters in all, P."""
        return sum(math.prod(shape) for shape in self.tensors.values())

    def views(self, vector: Float[Tensor, "P"]) -> dict[str, Tensor]:
        """The tensors that lie one after the other in a vector; they share its memory.

        Args:
            vector: all parameters.

        Returns:
            Name → view.
        """
        parts = vector.split([math.prod(s) for s in self.tensors.values()])
        return {n: p.view(s) for (n, s), p in zip(self.tensors.items(), parts, strict=True)}

    def vector(self, tensors: Mapping[str, Tensor]) -> Float[Tensor, "P"]:
        """All parameters one after the other.

        Args:
            tensors: name → tensor of these shapes.

        Returns:
            A new vector.
        """
        return torch.cat([tensors[name].reshape(-1) for name in NAMES])


def first_weights(shape: Shape, seed: int) -> Float[Tensor, "P"]:
    """Random weights, as torch.nn.Linear draws them: U(−1/√fan_in, 1/√fan_in), biases too.

    Drawn by NumPy, so that they are the same on every device.

    Args:
        shape: of the network.
        seed: of the training.

    Returns:
        All parameters, float32, on the CPU.
    """
    generator = seeded("weights", seed)
    drawn = {}
    for layer in LAYERS:
        bound = shape.tensors[f"{layer}.weight"][1] ** -0.5
        for kind in ("weight", "bias"):
            numbers = generator.uniform(-bound, bound, shape.tensors[f"{layer}.{kind}"])
            drawn[f"{layer}.{kind}"] = torch.from_numpy(np.float32(numbers))
    return shape.vector(drawn)
