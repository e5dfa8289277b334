"""How large ∂E/∂h_l is in each layer, and which units get none (docs/definitions.md §6.6)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import xarray as xr
from jaxtyping import Bool, Float
from torch import Tensor

from ired_interp_core.activations import states
from ired_interp_core.errors import Refusal
from ired_interp_core.network import IredEnergy
from ired_interp_core.probing.names import DEAD, LAYERS, NETWORKS
from ired_interp_core.records import Block
from ired_interp_core.schema import LEVELS
from ired_interp_core.training.parameters import Shape, first_weights


def untrained(model: IredEnergy, seed: int) -> IredEnergy:
    """A network of the same shape with the weights that a training begins with.

    Args:
        model: the official network.
        seed: of the weights.

    Returns:
        An energy of the same task and schedule.
    """
    shape = Shape(model.width, model.n_in, model.d)
    weights = shape.views(first_weights(shape, seed))
    return IredEnergy(weights, model.task, model.schedule, {}, "")


def official(model: Any, where: str) -> IredEnergy:
    """A model whose hidden layers are known; any other is a `Refusal`."""
    if not isinstance(model, IredEnergy):
        raise Refusal(
            "model has no hidden layers that are known",
            where=where,
            came=type(model).__name__,
            expected="the official network",
        )
    return model


@torch.no_grad()
def layer_gradients(
    model: IredEnergy, x: Float[Tensor, "B n_in"], y: Float[Tensor, "B d"], t: int
) -> Float[Tensor, "3 B width"]:
    """∂E/∂h_l for l = 1, 2, 3, h_l = swish(z_l).

    Args:
        model: the official network.
        x: problems.
        y: points ỹ in the level frame.
        t: level.

    Returns:
        Gradients.
    """
    return torch.stack(model.activation_gradients(model.forward_from(model.first_layer(x, y), t)))


def dead(gradients: Float[Tensor, "... width"]) -> Bool[Tensor, "... width"]:
    """|∂E/∂h_u| < 10⁻⁶ max_v |∂E/∂h_v|; all of them where the gradient is 0 or no number."""
    size = gradients.abs()
    return ~(size >= DEAD * size.amax(-1, keepdim=True)) | (size == 0)


def flow_dataset(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """The gradient flow of a block as declared in `analyses/gradient_flow.py`.

    Args:
        block: rows, a model and the descent of the same rows.
        parameters: as the analysis declares.

    Returns:
        The declared variables.
    """
    model = official(block.models["model"], "gradient_flow")
    networks = (model, untrained(model, parameters["seed"]))
    visited = states(model, block.upstream["descent"])
    x = torch.from_numpy(block.x.astype("f4")).to(block.device)
    sizes, deaths = [], []
    for row in range(block.count):
        block.desk.check()
        y = torch.from_numpy(visited[row]).to(block.device)
        given = x[row].repeat(y.shape[1], 1)  # alone: an answer depends on its problem
        found = [
            torch.stack([layer_gradients(one, given, y[t], t) for t in range(LEVELS)])
            for one in networks
        ]  # each [level, layer, step, unit]
        g = torch.stack(found)
        sizes.append(g.square().mean(-1).sqrt().transpose(-1, -2).cpu().numpy())
        deaths.append(dead(g).sum(-2).cpu().numpy())
    size = np.stack(sizes)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = size[..., :-1] / size[..., 1:]
    own = ratio[:, 0].reshape(len(size), -1)
    return xr.Dataset(
        {
            "layer_gradient": (("problem", "network", "level", "step", "layer"), size),
            "dead_points": (
                ("problem", "network", "level", "layer", "unit"), np.stack(deaths).astype("i2"),
            ),
            "least_ratio": (("problem",), own.min(1).astype("f8")),
            "largest_ratio": (("problem",), own.max(1).astype("f8")),
        },
        coords={
            "network": list(NETWORKS),
            "level": np.arange(LEVELS),
            "layer": list(LAYERS),
            "step": np.arange(-1, visited.shape[2] - 1),
        },
    )  # fmt: skip
