"""Hidden layers and gradient at the states of a descent, also of an untrained network."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core.analyses.activations import POINTS
from ired_interp_core.dims import LEVELS
from ired_interp_core.live import Live, Sizes
from ired_interp_core.probing.names import LAYERS, NETWORKS
from ired_interp_core.records import Block
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import DIMS, Parameter, Variable, seed_of

CHOSEN = {"ends": "the end of each level", "all": "all that the sampler visits"}
ASKED = {"both": "the model, and one of its shape with random weights", "trained": "the model"}

MATRIX = ("level", "step", "row", "col")

VARIABLES = {
    "layer_state": Variable(
        ("problem", "network", "layer", "level", "step", "unit"), "float32", "h", "1",
        "output of a hidden layer after its swish",
    ),
    "state_gradient": Variable(
        ("problem", "network", *MATRIX), "float32", "∇E", "E/ỹ", "gradient ∇_ỹE(x, ỹ)",
        frame="level",
    ),
    "state_energy": Variable(
        ("problem", "network", "level", "step"), "float32", "energy", "E", "energy E_t(x, ỹ)"
    ),
    "state": Variable(
        ("problem", *MATRIX), "float32", "state ỹ", "y",
        "where they are taken: step −1 before the level's jump, 0 after it, 1… after each inner"
        " step; the last one is the end of the level", frame="level",
    ),
}  # fmt: skip


def _looks(parameters: Mapping[str, Any]) -> int:
    points = POINTS if parameters["points"] == "all" else LEVELS
    return points * (2 if parameters["networks"] == "both" else 1)


def _seconds(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    return sizes.look(3 * _looks(parameters))


def _memory(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    return 4 * _looks(parameters) * (4 * sizes.d + 12 * sizes.width) + 8 * sizes.weights


@analysis(
    name="layer_states",
    version=1,
    title="Layer states",
    sentence="What the layers and the gradient hold at the states of a descent.",
    rows=32,
    inputs={
        "model": Role("model"),
        "problems": Role("problems"),
        "descent": Role("answer", "descent"),
    },
    parameters={
        "points": Parameter(str, "ends", "states of each level", choices=CHOSEN),
        "networks": Parameter(str, "both", "networks that are looked at", choices=ASKED),
        "seed": seed_of("of the untrained network's weights"),
    },
    variables=VARIABLES,
    dims=(DIMS["network"].labelled(NETWORKS, some=True), DIMS["layer"].labelled(LAYERS)),
    figure="heatmap",
    arithmetic="float32",
    live=Live(_seconds, _memory),
)  # fmt: skip
def compute(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """h_l, ∇_ỹE and E at states of a descent, of the model and an untrained network.

    Definitions: docs/definitions.md §6.1.

    Args:
        block: rows, a model and the descent of the same rows.
        parameters: as declared.

    Returns:
        The declared variables.
    """
    from ired_interp_core.probing.layer_states import layer_states_dataset

    return layer_states_dataset(block, parameters)
