"""What layers and gradient hold at the states of a descent (docs/definitions.md §6.1)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from torch import Tensor

from ired_interp_core.activations import states
from ired_interp_core.network import IredEnergy
from ired_interp_core.probing.flow import official, untrained
from ired_interp_core.probing.names import LAYERS, NETWORKS
from ired_interp_core.records import Block
from ired_interp_core.schema import LEVELS


@torch.no_grad()
def looked(
    model: IredEnergy, x: Float[Tensor, "B n_in"], y: Float[Tensor, "B d"], t: int
) -> tuple[Float[Tensor, "3 B width"], Float[Tensor, "B d"], Float[Tensor, "B"]]:
    """h_l = swish(z_l) for l = 1, 2, 3, ∇_ỹE and E by one pass.

    Args:
        model: the official network.
        x: problems.
        y: points ỹ in the level frame.
        t: level.

    Returns:
        Hidden layers, gradients in the level frame, energies.
    """
    p = model.forward_from(model.first_layer(x, y), t)
    return torch.stack([z * s for z, s in zip(p.z, p.s, strict=True)]), model.backward(p), p.energy


def layer_states_dataset(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Layer states of a block as declared in `analyses/layer_states.py`.

    Args:
        block: rows, a model and the descent of the same rows.
        parameters: as the analysis declares.

    Returns:
        The declared variables; levels ascending from t = 0.
    """
    model = official(block.models["model"], "layer_states")
    names = NETWORKS if parameters["networks"] == "both" else NETWORKS[:1]
    networks = (model, untrained(model, parameters["seed"]))[: len(names)]
    visited = states(model, block.upstream["descent"])
    steps = np.arange(-1, visited.shape[2] - 1)
    if parameters["points"] == "ends":
        visited, steps = visited[:, :, -1:], steps[-1:]
    x = torch.from_numpy(block.x.astype("f4")).to(block.device)
    found: list[list[np.ndarray]] = [[], [], []]
    for row in range(block.count):
        block.desk.check()
        y = torch.from_numpy(visited[row]).to(block.device)
        given = x[row].repeat(y.shape[1], 1)  # alone: an answer depends on its problem
        at = [[looked(one, given, y[t], t) for t in range(LEVELS)] for one in networks]
        for part, where in enumerate(found):
            where.append(torch.stack([torch.stack([a[part] for a in one]) for one in at])
                         .cpu().numpy())  # fmt: skip
    layers, gradients, energies = map(np.stack, found)
    n = model.size
    grid = ("level", "step", "row", "col")
    return xr.Dataset(
        {
            # [problem, network, level, layer, step, unit] → layer before level
            "layer_state": (
                ("problem", "network", "layer", "level", "step", "unit"),
                np.moveaxis(layers, 3, 2),
            ),
            "state_gradient": (
                ("problem", "network", *grid), gradients.reshape(*gradients.shape[:-1], n, n),
            ),
            "state_energy": (("problem", "network", "level", "step"), energies),
            "state": (("problem", *grid), visited.reshape(*visited.shape[:-1], n, n)),
        },
        coords={
            "network": list(names),
            "layer": list(LAYERS),
            "level": np.arange(LEVELS),
            "step": steps,
        },
    )  # fmt: skip
