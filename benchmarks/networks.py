"""The energies that are measured, and the same energy as anyone would first write it."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ired_interp_core import checkpoints
from ired_interp_core.checkpoint_checks import shapes
from ired_interp_core.network import IredEnergy
from ired_interp_core.time_embedding import modulation

CHECKPOINTS = Path(__file__).parents[1] / "checkpoints"
WIDTH = 512


def bundled(task: str = "inverse") -> IredEnergy:
    """A bundled checkpoint, size 20."""
    return checkpoints.load(CHECKPOINTS / f"{task}.safetensors")


def random_weights(size: int, seed: int = 0) -> IredEnergy:
    """A network of the official widths for matrices of another size, with random weights."""
    rng = np.random.default_rng(seed)
    d = size**2
    tensors = {
        name: (rng.normal(size=shape) / np.sqrt(shape[-1])).astype(np.float32)
        for name, shape in shapes(WIDTH, d, d).items()
    }
    return checkpoints.from_tensors(tensors, {"task": "inverse"})


def plain_energy(model: IredEnergy, x: Tensor, y: Tensor, t: Tensor) -> Tensor:
    """E_t(x, ỹ) layer by layer, differentiable as often as one likes: what the peers work on."""
    w = {name: tensor.to(y.dtype) for name, tensor in model.weights.items()}
    swish = lambda z: z * torch.sigmoid(z)  # noqa: E731
    h = swish(functional.linear(torch.cat([x, y], dim=-1), w["fc1.weight"], w["fc1.bias"]))
    for name, m in zip(("fc2", "fc3"), modulation(w, t), strict=True):
        h = functional.linear(h, w[f"{name}.weight"], w[f"{name}.bias"])
        h = swish(h * (m[:, 0] + 1) + m[:, 1])
    return functional.linear(h, w["fc4.weight"], w["fc4.bias"]).pow(2).sum(dim=-1)


class AtPoint(torch.nn.Module):
    """E with the answer as its only parameter, for libraries that differentiate in parameters."""

    def __init__(self, model: IredEnergy, point: Tensor, t: int) -> None:
        super().__init__()
        self.model, self.t = model, torch.tensor([t])
        self.y = torch.nn.Parameter(point.clone())

    def forward(self, x: Tensor) -> Tensor:
        """E [B]."""
        return plain_energy(self.model, x, self.y, self.t)


class Sum(torch.nn.Module):
    """The energy itself as a loss, for libraries that want one."""

    reduction = "sum"

    def forward(self, e: Tensor, _: Tensor) -> Tensor:
        """Σ E."""
        return e.sum()
