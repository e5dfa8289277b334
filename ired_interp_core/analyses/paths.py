"""Saddles between the minima of every level, and how high one must climb."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core.analyses import minima
from ired_interp_core.dims import Dim
from ired_interp_core.minima.names import PAIR_STATUSES
from ired_interp_core.records import Block
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schedule import VARIABLES as SCHEDULE
from ired_interp_core.schema import Parameter, Variable

LEVEL = ("problem", "level")
PAIR = (*LEVEL, "basin", "other_basin")
SADDLE = (*LEVEL, "saddle")

VARIABLES = {
    "verified": Variable(
        LEVEL, "float64", "pairs connected", "1",
        "pairs of kept minima that verified saddles join, by way of others where need be",
        scalar=True,
    ),
    "open_pairs": Variable(
        LEVEL, "float64", "pairs open", "1", "tried, and not connected within the budget",
        scalar=True,
    ),
    "not_tried": Variable(
        LEVEL, "float64", "pairs not tried", "1", "for which no budget was left", scalar=True
    ),
    "pair_status": Variable(
        PAIR, "int8", "status of the pair", "1", "whether a path between two minima was found",
        flags=PAIR_STATUSES,
    ),
    "barrier": Variable(
        PAIR, "float64", "barrier", "E",
        "from the first minimum to the second: the highest saddle of the lowest way, less the first"
        " minimum's energy",
    ),
    "saddle_energy": Variable(SADDLE, "float64", "E_t of the saddle", "E", "lowest saddle first"),
    "saddle_eigenvalue": Variable(
        (*SADDLE, "eigenvalue"), "float32", "eigenvalue λ", "E/ỹ²",
        "all eigenvalues of ∇²_ỹE at the saddle, ascending: one is below −τ", "level",
    ),
    "saddle_gradient_norm": Variable(
        SADDLE, "float64", "‖∇E‖", "E/ỹ", "at the saddle, float64", "level"
    ),
    "saddle_first": Variable(
        SADDLE, "int16", "one basin", "1", "in which small steps end on one side; −1: none kept"
    ),
    "saddle_second": Variable(
        SADDLE, "int16", "other basin", "1", "on the other side; −1: none kept"
    ),
    "saddle_point": Variable(
        (*SADDLE, "row", "col"), "float64", "saddle", "y", "the saddle, divided by √ᾱ_t", "data"
    ),
    **SCHEDULE,
}  # fmt: skip


@analysis(
    name="paths",
    version=1,
    title="Paths",
    sentence="Which saddles lie between the minima of a level, and how high one must climb.",
    rows=8,
    inputs={
        "model": Role("model"),
        "problems": Role("problems"),
        "minima": Role("answer", "minima"),
    },
    parameters={
        "budget": Parameter(
            int, 40_000, "looks at a gradient for each level, a Hessian counting d/2; 10,000 take"
            " about 3 s", minimum=1, maximum=10**9,
        ),
        "images": Parameter(int, 11, "images of a string", minimum=5, maximum=201),
        "saddles": Parameter(int, 8, "saddles kept, the lowest", minimum=1, maximum=1024),
    },
    variables=VARIABLES,
    dims=(
        minima.BASINS,
        Dim("other_basin", "number of the basin at the other end of a pair"),
        Dim("saddle", "rank of the saddle, lowest first"),
    ),
    figure="lines",
    arithmetic="float64",
)  # fmt: skip
def compute(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Connect the minima of every level by verified saddles (docs/definitions.md §4).

    Args:
        block: rows, a model and the minima of the same rows.
        parameters: as declared.

    Returns:
        The declared variables.
    """
    from ired_interp_core.minima.connected import paths_dataset

    return paths_dataset(block, parameters)
