"""The energy through a minimum along its stiffest and its softest direction, at every level."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core.analyses.minima import BASINS
from ired_interp_core.curvature.names import ENDS
from ired_interp_core.dims import DIMS, Dim
from ired_interp_core.live import DOUBLE, Live, Sizes
from ired_interp_core.minima.names import OFFSETS
from ired_interp_core.records import Block
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import LEVELS, Parameter, Variable

LINE = ("problem", "level", "basin", "end")

VARIABLES = {
    "line_energy": Variable(
        (*LINE, "offset"), "float64", "E_t through the minimum", "E",
        "at ỹ + s·√d·v, v the stiffest or the softest unit eigenvector of ∇²_ỹE at the minimum;"
        " NaN: no such basin, or not asked",
    ),
    "line_curvature": Variable(
        LINE, "float64", "λ along the line", "E/ỹ²",
        "eigenvalue of v: the parabola is E + ½s²dλ", "level",
    ),
}  # fmt: skip


def _seconds(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    points = LEVELS * parameters["most"]
    whole = 4.0  # a spectrum with its vectors, over eigenvalues alone
    lines = sizes.look(len(ENDS) * len(OFFSETS) * points)
    return DOUBLE * (sizes.hessians(points) + sizes.spectra(whole * points) + lines)


def _memory(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    kept = 8 * LEVELS * parameters["most"] * len(ENDS) * len(OFFSETS)
    return 200 * sizes.d**2 + 8 * len(ENDS) * len(OFFSETS) * (sizes.d + 8 * sizes.width) + kept


@analysis(
    name="minima_profiles",
    version=1,
    title="Profiles of minima",
    sentence="How far the energy around a minimum is the parabola that its curvature predicts.",
    rows=8,
    inputs={
        "model": Role("model"),
        "problems": Role("problems"),
        "minima": Role("answer", "minima"),
    },
    parameters={
        "most": Parameter(
            int, 1, "minima of a level, those of the smallest numbers: the truth's first",
            minimum=1, maximum=1024,
        ),
    },
    variables=VARIABLES,
    dims=(
        BASINS,
        DIMS["end"].labelled(ENDS),
        Dim(
            "offset", "distance from the minimum, root mean square over the entries, level frame",
            "DOUBLE", "whole", OFFSETS,
        ),
    ),
    figure="lines",
    arithmetic="float64",
    live=Live(_seconds, _memory),
)  # fmt: skip
def compute(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Energies on two lines through minima (docs/definitions.md §4).

    Args:
        block: rows, a model and the minima of the same rows.
        parameters: as declared.

    Returns:
        The declared variables.
    """
    from ired_interp_core.minima.lines import profiles_dataset

    return profiles_dataset(block, parameters)
