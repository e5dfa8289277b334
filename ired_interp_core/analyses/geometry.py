"""Where answers lie among matrices: subspaces, ways to the truth, moves, order of arrival."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core.geometry.declared import DIMENSIONS, VARIABLES
from ired_interp_core.geometry.names import MOST_DIMENSION
from ired_interp_core.live import DOUBLE, Live, Sizes
from ired_interp_core.records import Block
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import Parameter, seed_of

LOOKS = 1000
"""Of energy and gradient for one problem, about: 490 with gradients, 1,500 energies alone."""


def _seconds(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    return 0.3 * (sizes.size / 20) ** 3 + DOUBLE * sizes.look(LOOKS)


def _memory(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    return 8 * (sizes.weights + 256 * 20 * sizes.width + 4 * LOOKS * sizes.d)


@analysis(
    name="geometry",
    version=1,
    title="Geometry of answers",
    sentence="Where answers lie among matrices, which moves cost energy, and what arrives first.",
    rows=16,
    inputs={
        "model": Role("model"),
        "problems": Role("problems"),
        "descent": Role("answer", "descent"),
    },
    parameters={
        "k": Parameter(
            int, 10, "leading singular directions of spaces, paths and score", minimum=1,
            maximum=MOST_DIMENSION,
        ),
        "rank": Parameter(
            int, 10, "rank r of the manifold, clipped below n; that of the completion task",
            minimum=1, maximum=256,
        ),
        "threshold": Parameter(
            float, 0.5, "share of a direction at which it has arrived", minimum=0.0, maximum=10.0
        ),
        "length": Parameter(
            float, 0.1, "length of the compared moves over ‖y*‖; the nearest one measured",
            minimum=0.01, maximum=1.0,
        ),
        "draws": Parameter(int, 2, "random moves, each with both signs", minimum=1, maximum=64),
        "seed": seed_of("of random moves, matrices and bases"),
    },
    variables=VARIABLES,
    dims=DIMENSIONS,
    figure="lines",
    arithmetic="float64",
    live=Live(_seconds, _memory),
)  # fmt: skip
def compute(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Subspaces, ways to the truth, moves and modes of a block (docs/definitions.md §6.5).

    Args:
        block: rows, a model and the descent of the same rows.
        parameters: as declared.

    Returns:
        The declared variables.
    """
    from ired_interp_core.geometry.analysis import geometry_dataset

    return geometry_dataset(block, parameters, VARIABLES)
