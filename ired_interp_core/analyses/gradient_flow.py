"""How far the gradient of the energy reaches into the layers, beside an untrained network."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core.analyses.activations import POINTS
from ired_interp_core.live import Live, Sizes
from ired_interp_core.probing.names import LAYERS, NETWORKS
from ired_interp_core.records import Block
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import DIMS, Variable, seed_of

VARIABLES = {
    "layer_gradient": Variable(
        ("problem", "network", "level", "step", "layer"), "float32", "rms ∂E/∂h", "E/h",
        "root mean square over the units of ∂E/∂h_l, h_l after its swish, at the states of every"
        " level: step −1 before its jump, 0 after it, 1… after each inner step",
    ),
    "dead_points": Variable(
        ("problem", "network", "level", "layer", "unit"), "int16", "dead points", "1",
        "how many of the level's states leave the unit without gradient: |∂E/∂h| below 10⁻⁶ of the"
        " layer's largest",
    ),
    "least_ratio": Variable(
        ("problem",), "float64", "smallest rms ∂E/∂h_l over rms ∂E/∂h_{l+1}", "1",
        "of the model, over all levels, steps and neighbouring layers", scalar=True,
    ),
    "largest_ratio": Variable(
        ("problem",), "float64", "largest rms ∂E/∂h_l over rms ∂E/∂h_{l+1}", "1",
        "of the model, over all levels, steps and neighbouring layers", scalar=True,
    ),
}  # fmt: skip


def _seconds(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    return sizes.look(2 * 3 * POINTS)


def _memory(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    return 4 * POINTS * (4 * sizes.d + 40 * sizes.width) + 8 * sizes.weights


@analysis(
    name="gradient_flow",
    version=1,
    title="Gradient flow",
    sentence="How far the gradient of the energy reaches into the layers; units without any.",
    rows=32,
    inputs={
        "model": Role("model"),
        "problems": Role("problems"),
        "descent": Role("answer", "descent"),
    },
    parameters={"seed": seed_of("of the untrained network's weights")},
    variables=VARIABLES,
    dims=(DIMS["network"].labelled(NETWORKS), DIMS["layer"].labelled(LAYERS)),
    figure="table",
    arithmetic="float32",
    live=Live(_seconds, _memory),
)  # fmt: skip
def compute(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Sizes of ∂E/∂h_l and units without gradient at the visited points (docs/definitions.md §6.6).

    Args:
        block: rows, a model and the descent of the same rows.
        parameters: as declared.

    Returns:
        The declared variables.
    """
    from ired_interp_core.probing.flow import flow_dataset

    return flow_dataset(block, parameters)
