"""The energy of all ten levels on a plane along atoms of a dictionary."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core.analyses import landscape_slice as plain
from ired_interp_core.live import Live, Sizes
from ired_interp_core.records import Block
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import PLACES, Parameter, Variable, seed_of

VARIABLES = plain.VARIABLES | {
    "axis_feature": Variable(
        ("problem", "axis"), "int32", "feature", "1",
        "whose atom spans the axis; −2: the gradient does; −1: no feature is active, so that there"
        " is no plane",
    ),
}  # fmt: skip


FEATURES = 16_384
"""Of a large dictionary."""


def _seconds(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    return plain.seconds(parameters, sizes) + 0.2  # reading the dictionary, and the codes


def _memory(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    return plain.memory(parameters, sizes) + 4 * FEATURES * 4 * sizes.d


@analysis(
    name="atom_slice",
    version=2,
    title="Slice along atoms",
    sentence="What the energy looks like along the directions of a dictionary.",
    rows=16,
    inputs={
        "model": Role("model"),
        "problems": Role("problems"),
        "dictionary": Role("answer", "dictionary"),
        "activations": Role("answer", "activations", of="dictionary"),
        "descent": Role("answer", "descent", of="activations"),
    },
    parameters={
        "feature": Parameter(
            int, -1, "along a; −1: the feature with the largest activation at any of its steps",
            minimum=-1, maximum=131_071,
        ),
        "second": Parameter(
            int, -1, "along b; −1: the next most active; −2: the gradient at the centre",
            minimum=-2, maximum=131_071,
        ),
        "place": Parameter(str, "answer", "centre of the plane", choices=PLACES),
        "level": Parameter(
            int, 0, "level at which centre, activity and gradient are taken", minimum=0, maximum=9
        ),
        "half_width": Parameter(
            float, 1.0, "the plane spans a and b from minus this to this, in units of ‖y*‖",
            minimum=1e-6, maximum=1e3,
        ),
        "tolerance": Parameter(
            float, 1e-5, "wanted interpolation error as a share of the energy range",
            minimum=1e-12, maximum=1.0,
        ),
        "max_nodes": Parameter(
            int, 65, "most nodes along an axis, and points of the last resort, a uniform grid",
            minimum=5, maximum=257,
        ),
        "seed": seed_of("of noise and checked points"),
    },
    variables=VARIABLES,
    figure="heatmap",
    arithmetic="float64",
    live=Live(_seconds, _memory),
)  # fmt: skip
def compute(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Slices along atoms at adaptive Chebyshev nodes (docs/definitions.md §4); gradients only.

    Args:
        block: rows, a model, a dictionary, and activations and descent of the same rows.
        parameters: as declared.

    Returns:
        The declared variables.
    """
    from ired_interp_core.dictionaries.planes import atom_slice_dataset

    return atom_slice_dataset(block, parameters)
