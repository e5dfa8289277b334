"""The gradient or a hidden layer at every visited point: what dictionaries are learned on."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core.live import Live, Sizes
from ired_interp_core.records import Block
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import Parameter, Variable

SITES = {
    "gradient": "∇E",
    "h1": "hidden layer 1",
    "h2": "hidden layer 2",
    "h3": "hidden layer 3",
}
"""∇_ỹE, or the output of a hidden layer after its swish."""

VARIABLES = {
    "activation": Variable(
        ("problem", "level", "step", "unit"), "float32", "activation", "1",
        "∇_ỹE(x, ỹ) in row-major order (E/ỹ), or a hidden layer after its swish, at the states of"
        " every level t ≤ `highest_level`: step −1 before its jump, 0 after it, 1… after each inner"
        " step", frame="level",
    ),
}  # fmt: skip


POINTS = 70
"""Seven points of ten levels: of the official sampler, whose descents have five inner steps."""


def _seconds(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    return sizes.look(3 * POINTS)  # products of seven rows reach a third of the core's rate


def _memory(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    return 4 * POINTS * (4 * sizes.d + 8 * sizes.width)


@analysis(
    name="activations",
    version=1,
    title="Activations",
    sentence="The gradient or a hidden layer at every point that the sampler visits.",
    rows=32,
    inputs={
        "model": Role("model"),
        "problems": Role("problems"),
        "descent": Role("answer", "descent"),
    },
    parameters={
        "site": Parameter(
            str, "gradient", "∇_ỹE, or the output of hidden layer 1, 2 or 3", choices=SITES
        ),
        "highest_level": Parameter(
            int,
            9,
            "levels t ≤ this; a dictionary of all levels spends itself on t = 9 and 8, where"
            " gradients are ten times larger and mostly the starting noise",
            minimum=0,
            maximum=9,
        ),
    },
    variables=VARIABLES,
    figure="heatmap",
    arithmetic="float32",
    live=Live(_seconds, _memory),
)
def compute(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """∇_ỹE or h_l at the visited points (docs/definitions.md §5.1).

    Args:
        block: rows, a model and the descent of the same rows.
        parameters: as declared.

    Returns:
        The declared variables.
    """
    from ired_interp_core.activations import activations_dataset

    return activations_dataset(block, parameters)
