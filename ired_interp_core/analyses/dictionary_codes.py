"""Which features are active at every visited point of every problem."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core.live import FLOPS, Live, Sizes
from ired_interp_core.records import Block
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import Parameter, Variable

POINT = ("problem", "level", "step")

VARIABLES = {
    "code_feature": Variable(
        (*POINT, "active"), "int32", "feature", "1", "strongest first; −1 past the last"
    ),
    "code_value": Variable(
        (*POINT, "active"), "float32", "activation", "1", "in the scaled frame; 0 past the last"
    ),
    "code_count": Variable(
        POINT, "int32", "active features", "1", "all of them, also those past `kept`"
    ),
    "code_error": Variable(
        POINT, "float32", "‖x − x̂‖²/‖x − centre‖²", "1", "what the dictionary leaves out there"
    ),
}  # fmt: skip


FEATURES = 16_384
"""Of a large dictionary: how many there are stands in the dictionary, not in the question."""
POINTS = 70
"""Seven points of ten levels, as the official sampler visits them."""


def _seconds(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    return 3 * 2 * POINTS * sizes.d * FEATURES / FLOPS + 0.1  # reading the dictionary


def _memory(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    return 4 * FEATURES * (3 * sizes.d + 3 * POINTS) + 12 * POINTS * parameters["kept"]


@analysis(
    name="dictionary_codes",
    version=1,
    title="Active features",
    sentence="Which features are active at this problem, level and step.",
    rows=32,
    inputs={
        "dictionary": Role("answer", "dictionary"),
        "activations": Role("answer", "activations", of="dictionary"),
        "problems": Role("problems"),
    },
    parameters={
        "kept": Parameter(int, 32, "features kept of a point", minimum=1, maximum=4096),
    },
    variables=VARIABLES,
    figure="table",
    arithmetic="float32",
    live=Live(_seconds, _memory),
)
def compute(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Codes of the visited points, sparse (docs/definitions.md §5.1).

    Args:
        block: rows, a dictionary, and the activations of the same rows.
        parameters: as declared.

    Returns:
        The declared variables.
    """
    from ired_interp_core.dictionaries.codes import codes_dataset

    return codes_dataset(block, parameters)
