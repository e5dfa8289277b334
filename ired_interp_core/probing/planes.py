"""Slices along a probe's direction as declared in `analyses/probe_slice.py`."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from ired_interp_core.errors import Refusal
from ired_interp_core.landscape.directed import PROBE, directed_slice_dataset
from ired_interp_core.landscape.directions import Scene
from ired_interp_core.network import IredEnergy
from ired_interp_core.probing.directions import pulled_back, readout
from ired_interp_core.records import Block


def probe_slice_dataset(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Slices of a block along a probe's direction and another one.

    Args:
        block: rows, a model, probes of it, a slice and the descent of the same rows.
        parameters: as the analysis declares.

    Returns:
        The variables that the analysis declares.
    """
    model, site = block.models["model"], parameters["site"]
    w = readout(block.upstream["probes"], model, parameters, "probe_slice")

    def along(scene: Scene) -> Float[np.ndarray, "d"]:
        if site == "gradient":
            return w
        if not isinstance(model, IredEnergy):
            raise Refusal("model has no hidden layers that are known", where="probe_slice, site",
                          came=type(model).__name__, expected="the official network")  # fmt: skip
        scale = model.schedule.sqrt_alpha_bar[scene.level]
        return pulled_back(model, site, w, scene.x, scale * scene.centre, scene.level)

    return directed_slice_dataset(block, {**parameters, "u": PROBE}, along)
