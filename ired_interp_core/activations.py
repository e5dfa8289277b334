"""∇_ỹE and the hidden layers at the points a descent visits (docs/definitions.md §5.1)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from torch import Tensor

from ired_interp_core.energy import Energy
from ired_interp_core.errors import Refusal
from ired_interp_core.network import IredEnergy
from ired_interp_core.records import Block
from ired_interp_core.schema import LEVELS

LAYERS = {"h1": 0, "h2": 1, "h3": 2}


@torch.no_grad()
def activation(
    model: Energy, site: str, x: Float[Tensor, "B n_in"], y: Float[Tensor, "B d"], t: int
) -> Float[Tensor, "B unit"]:
    """∇_ỹE(x, ỹ) or the output h_l = swish(z_l) of a hidden layer.

    Args:
        model: any energy; hidden layers only of the official network.
        site: gradient, h1, h2 or h3.
        x: problems.
        y: points ỹ in the level frame.
        t: level.

    Returns:
        Activations; a gradient in the level frame.

    Raises:
        Refusal: hidden layers of another architecture.
    """
    if site == "gradient":
        return model.gradient(x, y, t)
    if not isinstance(model, IredEnergy):
        raise Refusal(
            "model has no hidden layers that are known",
            where=f"activations, site {site}",
            came=type(model).__name__,
            expected="the official network",
            next_step='site = "gradient" works for any energy',
        )
    hidden = model.hidden_from(model.first_layer(x, y), t)
    layer = LAYERS[site]
    return hidden.z[layer] * hidden.s[layer]


def activations_dataset(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Activations of a block as declared in `analyses/activations.py`.

    Args:
        block: rows, a model and the descent of the same rows.
        parameters: as the analysis declares.

    Returns:
        The declared variables; levels ascending from t = 0.
    """
    model: Energy = block.models["model"]
    visited = states(model, block.upstream["descent"])
    steps = visited.shape[2]
    x = torch.from_numpy(block.x.astype("f4")).to(block.device)
    out = []
    levels = range(parameters["highest_level"] + 1)
    for row in range(block.count):
        block.desk.check()
        # Never of several problems at once: products round by their shape, and an answer depends
        # on its problem alone.
        given = x[row].repeat(steps, 1)
        y = torch.from_numpy(visited[row]).to(block.device)
        rows = [activation(model, parameters["site"], given, y[t], t) for t in levels]
        out.append(torch.stack(rows).cpu().numpy())
    return xr.Dataset(
        {"activation": (("problem", "level", "step", "unit"), np.stack(out))},
        coords={"level": np.array(levels), "step": np.arange(-1, steps - 1)},
    )


def states(model: Energy, descent: xr.Dataset) -> Float[np.ndarray, "B 10 S d"]:
    """Where the sampler asks for a gradient that it then follows, ỹ in the level frame, float32.

    First the state before the level's jump: at t = 9 the starting noise, below it the answer of
    the level above, rescaled. Its gradient is the largest of the level, and decides the jump.
    """  # noqa: DOC201
    scale = model.schedule.sqrt_alpha_bar.astype(np.float32)[:, None]
    after = np.asarray(descent["trajectory"], dtype=np.float32)
    after = scale[:, None] * after.reshape(len(after), LEVELS, -1, model.d)
    return np.concatenate([before_jumps(model, descent)[:, :, None], after], axis=2)


def before_jumps(model: Energy, descent: xr.Dataset) -> Float[np.ndarray, "B 10 d"]:
    """Where each level begins, ỹ in the level frame, float32: `states` of step −1 alone.

    Args:
        model: whose schedule.
        descent: with starting noise and answers of all levels.

    Returns:
        Levels ascending from t = 0.
    """
    scale = model.schedule.sqrt_alpha_bar.astype(np.float32)[:, None]
    start = np.asarray(descent["start"], dtype=np.float32).reshape(-1, 1, model.d)
    answers = np.asarray(descent["answer"], dtype=np.float32).reshape(-1, LEVELS, model.d)
    return np.concatenate([scale[:-1] * answers[:, 1:], start], axis=1)
