"""Saddles between the minima of every level, and how high one must climb."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core.analyses import minima
from ired_interp_core.dims import Dim
from ired_interp_core.live import DOUBLE, Live, Sizes
from ired_interp_core.minima.names import PAIR_STATUSES
from ired_interp_core.records import Block
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schedule import VARIABLES as SCHEDULE
from ired_interp_core.schema import LEVELS, Parameter, Variable

LEVEL = ("problem", "level")
PAIR = (*LEVEL, "basin", "other_basin")
IMAGE = (*PAIR, "image")
SADDLE = (*LEVEL, "saddle")
STRING = (*LEVEL, "string")

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
    "looks": Variable(
        LEVEL, "float64", "looks at a gradient", "1",
        "for strings and saddles, a Hessian counting d/2; steps down from saddles aside",
        scalar=True,
    ),
    "saddles_found": Variable(
        LEVEL, "float64", "saddles found", "1", "verified ones, also those beyond the kept",
        scalar=True,
    ),
    "minima_beyond": Variable(
        LEVEL, "int32", "minima beyond those kept", "1",
        "minima to which saddles lead, and which the answer that was read does not have",
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
    "saddle_direction": Variable(
        (*SADDLE, "row", "col"), "float32", "unstable direction", "1",
        "unit eigenvector of the negative eigenvalue, its largest entry positive",
    ),
    "path_length": Variable(
        IMAGE, "float32", "length of the path", "y",
        "along the string from the first minimum to the image, root mean square over the entries",
        "level",
    ),
    "path_energy": Variable(
        IMAGE, "float64", "E_t along the path", "E",
        "of the images of the string, of several that whose highest image is the lowest",
    ),
    "path_curvature": Variable(
        (*IMAGE, "lowest"), "float32", "λ₁ and λ₂ along the path", "E/ỹ²",
        "two lowest eigenvalues of ∇²_ỹE at the images", "level",
    ),
    "path_straight": Variable(
        IMAGE, "float64", "E_t along the straight line", "E",
        "at as many points, at equal distances, on the line between both minima",
    ),
    "path_straight_length": Variable(
        PAIR, "float64", "distance", "y",
        "of both minima, root mean square over the entries", "level",
    ),
    "path_highest": Variable(
        PAIR, "float64", "E_t of the highest image", "E", "of the string, which is no barrier"
    ),
    "path_residual": Variable(
        PAIR, "float64", "residual of the string", "1",
        "share of the gradient across it, over its inner images: 0 where it has converged",
        span="share",
    ),
    "path_looks": Variable(
        PAIR, "int32", "looks of the string", "1", "at a gradient, for its images alone"
    ),
    "string_first": Variable(
        STRING, "int16", "one basin", "1", "from which the string leads; −1: no such string"
    ),
    "string_second": Variable(
        STRING, "int16", "other basin", "1", "to which it leads; −1: no such string"
    ),
    "string_point": Variable(
        (*STRING, "image", "row", "col"), "float32", "image of a string", "y",
        "from the first minimum to the second, divided by √ᾱ_t", "data",
    ),
    **SCHEDULE,
}  # fmt: skip


def _seconds(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    return DOUBLE * sizes.look(parameters["budget"] * LEVELS / 2)  # others have one minimum


def _memory(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    strings = 160 * parameters["images"] * (sizes.d + sizes.width)
    kept = LEVELS * (16 * parameters["saddles"] + 4 * parameters["strings"] * parameters["images"])
    return strings + kept * sizes.d + 200 * sizes.d**2


@analysis(
    name="paths",
    version=3,
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
        "images": Parameter(int, 20, "images of a string", minimum=5, maximum=201),
        "saddles": Parameter(int, 8, "saddles kept, the lowest", minimum=1, maximum=1024),
        "strings": Parameter(
            int, 8, "strings whose images are kept as points, those with the lowest highest image",
            minimum=1, maximum=1024,
        ),
    },
    variables=VARIABLES,
    dims=(
        minima.BASINS,
        Dim("other_basin", "number of the basin at the other end of a pair"),
        Dim("saddle", "rank of the saddle, lowest first"),
        Dim("string", "string whose images are kept, that with the lowest highest image first"),
        Dim("image", "image of a string, from the first minimum to the second", taken="whole"),
        Dim("lowest", "the lowest eigenvalue, and the one after it", taken="whole"),
    ),
    figure="lines",
    arithmetic="float64",
    live=Live(_seconds, _memory),
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
