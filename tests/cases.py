"""What the tests of several rooms share: bundled checkpoints, reference numbers, small models."""

from functools import cache
from pathlib import Path

import numpy as np
import torch

from ired_interp_core import checkpoints
from ired_interp_core.checkpoint_checks import shapes
from ired_interp_core.network import IredEnergy

ROOT = Path(__file__).parents[1]
CHECKPOINTS = ROOT / "checkpoints"
REFERENCE = Path(__file__).parent / "data" / "parity_inverse.npz"


@cache
def reference() -> dict[str, np.ndarray]:
    """Numbers computed by the official code from the bundled inverse checkpoint, float64."""
    with np.load(REFERENCE) as file:
        return {name: file[name] for name in file.files}


@cache
def bundled(task: str) -> IredEnergy:
    """A bundled checkpoint."""
    return checkpoints.load(CHECKPOINTS / f"{task}.safetensors")


def random_tensors(
    size: int = 3, parts: int = 1, width: int = 16, seed: int = 0, scale: float = 1.0
) -> dict[str, np.ndarray]:
    """Tensors of a small network with random weights."""
    rng = np.random.default_rng(seed)
    d = size**2
    return {
        name: (scale * rng.normal(size=shape) / np.sqrt(shape[-1])).astype(np.float32)
        for name, shape in shapes(width, parts * d, d).items()
    }


def small(size: int = 3, task: str = "inverse", seed: int = 0, width: int = 16) -> IredEnergy:
    """A small network with random weights."""
    parts = 2 if task == "addition" else 1
    return checkpoints.from_tensors(random_tensors(size, parts, width, seed), {"task": task})


def points(
    model: IredEnergy, count: int, seed: int = 0, dtype: torch.dtype = torch.float64
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Random problems, points and levels."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(count, model.n_in, generator=generator, dtype=torch.float64)
    y = torch.randn(count, model.d, generator=generator, dtype=torch.float64)
    t = torch.randint(0, 10, (count,), generator=generator)
    return x.to(dtype), y.to(dtype), t
