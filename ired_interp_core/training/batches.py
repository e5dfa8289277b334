"""Batches made on the device that trains; a batch is a pure function of (task, size, seed, step).

The same distributions as `tasks`, drawn by torch for a whole batch at once: one seeded stream for
each problem, as `tasks.problems` has it, would keep a GPU waiting.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ired_interp_core.records import seeded
from ired_interp_core.schema import LEVELS
from ired_interp_core.tasks import addition, completion, inverse


@dataclass(frozen=True)
class Batch:
    """What a step learns from.

    Args:
        x: problems.
        y: true answers y*, data frame.
        t: a level for each, uniform over 0 … 9.
        noise: ε, that ∇_ỹE shall be.
        contrast: ε', a second draw, of the real and the fake point.
        generator: goes on after these draws; negatives that need more take it from here.
    """

    x: Float[Tensor, "B n_in"]
    y: Float[Tensor, "B d"]
    t: Int[Tensor, "B"]
    noise: Float[Tensor, "B d"]
    contrast: Float[Tensor, "B d"]
    generator: torch.Generator


def stream(seed: int, step: int, device: str) -> torch.Generator:
    """The random numbers of a step.

    Args:
        seed: of the training.
        step: 0 …
        device: torch device name; each kind of device draws other numbers.

    Returns:
        A fresh generator.
    """
    word = int(seeded("training batch", seed, step).integers(2**63 - 1))
    return torch.Generator(device).manual_seed(word)


def draw(task: str, size: int, count: int, seed: int, step: int, device: str = "cpu") -> Batch:
    """Make the batch of a step: problems of the variant same, levels, and two noises.

    Args:
        task: inverse, addition or completion.
        size: matrix side n.
        count: B.
        seed: of the training.
        step: 0 …
        device: torch device name.

    Returns:
        The batch, float32.
    """
    generator = stream(seed, step, device)
    x, y = _PROBLEMS[task](generator, count, size)
    t = torch.randint(0, LEVELS, (count,), generator=generator, device=device)
    noise, contrast = (
        torch.randn(count, size * size, generator=generator, device=device) for _ in range(2)
    )
    return Batch(x.flatten(1).float(), y.flatten(1).float(), t, noise, contrast, generator)


def _uniform(generator: torch.Generator, bound: float, *shape: int) -> Tensor:
    draws = torch.rand(*shape, generator=generator, device=generator.device, dtype=torch.float64)
    return draws.mul_(2 * bound).sub_(bound)


def _inverse(generator: torch.Generator, count: int, n: int) -> tuple[Tensor, Tensor]:
    root = _uniform(generator, 1.0, count, n, n)
    matrix = 2 * root @ root.mT
    matrix.diagonal(dim1=1, dim2=2).add_(inverse.SHIFT["same"])
    # Eigenvalues are at least the shift: nothing to check, and a GPU need not wait for the check.
    return matrix, torch.linalg.inv_ex(matrix).inverse


def _addition(generator: torch.Generator, count: int, n: int) -> tuple[Tensor, Tensor]:
    pair = _uniform(generator, addition.SCALE["same"], count, 2, n * n)
    return pair, pair.sum(1)


def _completion(generator: torch.Generator, count: int, n: int) -> tuple[Tensor, Tensor]:
    def normal(*shape: int) -> Tensor:
        return torch.randn(count, *shape, generator=generator, device=generator.device)

    left, right = normal(n, completion.RANK), normal(n, completion.RANK)
    matrix = left @ right.mT / completion.SCALE["same"] + completion.NOISE * normal(n, n)
    kept = torch.rand(count, n, n, generator=generator, device=generator.device) < 0.5
    return matrix * kept, matrix


_PROBLEMS = {"inverse": _inverse, "addition": _addition, "completion": _completion}
