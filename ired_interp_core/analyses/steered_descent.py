"""The sampler with one feature scaled or its atom added, beside the plain one and controls."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core.dictionaries.names import STEERINGS
from ired_interp_core.dims import Dim
from ired_interp_core.live import FLOPS, Live, Sizes
from ired_interp_core.records import Block
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import Parameter, Variable, seed_of

EACH = ("problem",)
WALK = ("problem", "steering")
STEP = (*WALK, "level", "step")

MODES = {"scale": "scale the feature", "add": "add its atom"}
SITES = ("gradient", "h1", "h2", "h3")

STEERING = Dim(
    "steering", "the descent as it is, steered, or with a random control", "VARCHAR", "whole",
    STEERINGS,
)  # fmt: skip

VARIABLES = {
    "answer": Variable(
        (*WALK, "level", "row", "col"), "float32", "answer ŷ_t", "y",
        "the state at the end of level t of each walk, divided by √ᾱ_t", frame="data",
    ),
    "shift": Variable(
        (*WALK, "level"), "float64", "‖Δŷ_t‖", "y",
        "distance of the answer of level t from that of the plain walk; ‖Δŷ‖ is that of t = 0",
        frame="data",
    ),
    "step_energy": Variable(
        STEP, "float32", "energy E_t", "E",
        "energy after each step, by which the walk accepts: that of the edited pass where a hidden"
        " layer is steered",
    ),
    "step_mse": Variable(
        STEP, "float32", "MSE", "y²", "error of the state after each step", frame="data"
    ),
    "mse_final": Variable(
        WALK, "float64", "MSE of ŷ", "y²", "error of the final answer of each walk", frame="data"
    ),
    "steered_shift": Variable(
        EACH, "float64", "‖Δŷ‖, steered", "y", "how far steering moves the final answer",
        frame="data", scalar=True,
    ),
    "control_shift": Variable(
        EACH, "float64", "‖Δŷ‖, control", "y",
        "how far the random control moves the final answer that moves it most", frame="data",
        scalar=True,
    ),
    "active_share": Variable(
        EACH, "float64", "active share", "1",
        "share of the visited points of the steered levels at which the feature is active in the"
        " plain walk; where it is 0, scaling has nothing to scale", scalar=True, span="share",
    ),
    "largest_activation": Variable(
        EACH, "float64", "largest activation", "1",
        "largest f at these points, in the scaled frame: adding the atom with this strength puts in"
        " as much as the feature does there", scalar=True,
    ),
    "strength_unit": Variable(
        EACH, "float64", "length of strength 1", "1",
        "1/scale, the length that strength 1 of mode `add` adds to the activation in its own frame:"
        " 1 in the scaled frame, where activations are √d long in the root mean square",
    ),
    "site": Variable(
        EACH, "int8", "site", "1", "the activation that is steered, as the dictionary's is",
        flags=SITES,
    ),
}  # fmt: skip

BATCH = 32
"""Rows walked together."""
LOOKS = 70
"""Of ten levels, as the official sampler takes them."""
FEATURES = 16_384
"""Of a large dictionary."""


def _seconds(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    walked = len(STEERINGS) * sizes.look(BATCH * LOOKS)
    codes = 2 * sizes.d * FEATURES * LOOKS / FLOPS  # of the activations of the plain walk
    if parameters["mode"] == "scale":
        codes *= 1 + (len(STEERINGS) - 1) * BATCH
    return walked + codes + 0.1  # reading the dictionary


def _memory(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    kept = len(STEERINGS) * LOOKS * BATCH * sizes.d
    return 12 * kept + 80 * BATCH * sizes.width + 4 * FEATURES * (2 * sizes.d + 3 * LOOKS)


@analysis(
    name="steered_descent",
    version=1,
    title="Steered descent",
    sentence="Where the sampler ends with a feature off or turned up, beside random controls.",
    rows=32,
    inputs={
        "model": Role("model"),
        "problems": Role("problems"),
        "dictionary": Role("answer", "dictionary"),
        "activations": Role("answer", "activations", of="dictionary"),
        "descent": Role("answer", "descent", of="activations"),
    },
    parameters={
        "mode": Parameter(
            str, "scale", "scale: what the feature contributes, times the strength; add: its atom,"
            " strength long in the scaled frame, whether it is active or not",
            choices=MODES,
        ),
        "feature": Parameter(int, 0, "which feature", minimum=0, maximum=131_071),
        "strength": Parameter(
            float, 0.0, "scaled: 0 off, 1 as it is; added: 0 none, 1 a length of 1/scale in the"
            " frame of the activation", minimum=-1e3, maximum=1e3, slider=(-2.0, 2.0),
        ),
        "level": Parameter(
            int, -1, "steered at every look of this level; −1: of all that the dictionary knows",
            minimum=-1, maximum=9, label="level, −1: every one",
        ),
        "seed": seed_of("of the controls"),
    },
    variables=VARIABLES,
    dims=(STEERING,),
    figure="table",
    arithmetic="float32 walks, float64 distances",
    live=Live(_seconds, _memory, together=BATCH),
)  # fmt: skip
def compute(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """The plain, the steered and the control descents of a block (docs/definitions.md §5.5).

    Args:
        block: rows, a model, a dictionary, and activations and descent of the same rows.
        parameters: as declared.

    Returns:
        The declared variables.
    """
    from ired_interp_core.dictionaries.steered import steered_dataset

    return steered_dataset(block, parameters)
