"""One eigenvector of a spectrum as a matrix, at every level, and the energy along it."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core.dims import Dim
from ired_interp_core.live import DOUBLE, Live, Sizes
from ired_interp_core.records import Block
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import LEVELS, PLACES, Parameter, Variable

EACH = ("problem",)
LEVEL = ("problem", "level")

RESOLVED = ("degenerate", "resolved")

VARIABLES = {
    "vector": Variable(
        (*LEVEL, "row", "col"), "float32", "eigenvector v", "1",
        "of unit length, its largest entry positive; NaN for the flat directions of d > width",
        frame="level",
    ),
    "eigenvalue": Variable(
        LEVEL, "float64", "eigenvalue λ", "E/ỹ²", "of H = ∇²_ỹE at the place of the spectrum",
        "level",
    ),
    "gap": Variable(
        LEVEL, "float64", "gap to the next eigenvalue", "E/ỹ²",
        "distance of λ to the nearest other eigenvalue", "level",
    ),
    "resolved": Variable(
        LEVEL, "int8", "resolved", "1",
        "whether the gap exceeds the error of the spectrum, 10⁻⁵·max|λ| in float32 and 10⁻⁶·max|λ|"
        " in float64; else no single direction is the eigenvector", flags=RESOLVED,
    ),
    "symmetric_share": Variable(
        LEVEL, "float64", "symmetric share", "1", "‖(V + Vᵀ)/2‖² of the eigenvector as a matrix V",
        span="share",
    ),
    "diagonal_share": Variable(
        LEVEL, "float64", "diagonal share", "1", "Σ V_ii² of the eigenvector as a matrix V",
        span="share",
    ),
    "symmetric_share_random": Variable(
        EACH, "float64", "symmetric share of a random direction", "1", "in the mean (n + 1)/2n",
    ),
    "diagonal_share_random": Variable(
        EACH, "float64", "diagonal share of a random direction", "1", "in the mean 1/n",
    ),
    "position": Variable(
        ("problem", "node"), "float64", "position s along v", "y", "0 is the place of the spectrum",
        frame="data",
    ),
    "energy_along": Variable(
        (*LEVEL, "node"), "float64", "energy E_t along v", "E",
        "E_t(√ᾱ_t·(y + s·v)) with the eigenvector of that level",
    ),
    "slope_along": Variable(
        LEVEL, "float64", "slope vᵀ∇E", "E/ỹ",
        "at s = 0: with λ it gives the parabola E + √ᾱ·s·vᵀ∇E + ½ᾱs²λ", "level",
    ),
}  # fmt: skip


def _seconds(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    energies = DOUBLE * LEVELS * parameters["nodes"] / 5
    whole = 8.0  # all pairs in float64, over eigenvalues alone in float32
    hessians = DOUBLE * sizes.hessians(LEVELS)
    return hessians + sizes.spectra(whole * LEVELS) + sizes.look(energies)


def _memory(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    w, k = sizes.width, min(sizes.width, sizes.d)
    tile = 8 * (3 * w * k + w * w + 8 * k * k) + 16 * k * sizes.d
    return tile + 8 * parameters["nodes"] * (8 * w + sizes.d) + 16 * sizes.weights


@analysis(
    name="eigenvector",
    version=1,
    title="Eigenvector",
    sentence="What one direction of the spectrum looks like as a matrix, and how E runs along it.",
    rows=16,
    inputs={
        "model": Role("model"),
        "problems": Role("problems"),
        "spectrum": Role("answer", "hessian_spectrum", also=("point",)),
        "descent": Role("answer", "descent", of="spectrum"),
    },
    parameters={
        "place": Parameter(
            str, "answer", "where its spectrum was taken; a point has one place alone",
            choices=PLACES,
        ),
        "rank": Parameter(
            int, 0, "among all eigenvalues: 0 the stiffest, −1 the softest", minimum=-(2**31),
            maximum=2**31 - 1,
        ),
        "half_width": Parameter(
            float, 1.0, "how far the energy is followed to either side, in ‖y*‖", minimum=1e-6,
            maximum=1e3,
        ),
        "nodes": Parameter(
            int, 65, "points at which the energy is taken along it", minimum=3, maximum=1025
        ),
    },
    variables=VARIABLES,
    dims=(Dim("node", "point along a line, in order", taken="whole"),),
    figure="matrix",
    arithmetic="float64",
    live=Live(_seconds, _memory),
)  # fmt: skip
def compute(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """An eigenvector of the exact Hessian at every level (docs/definitions.md §3.3).

    Args:
        block: rows, a model, a spectrum and the descent of the same rows.
        parameters: as declared.

    Returns:
        The declared variables.
    """
    from ired_interp_core.landscape.eigenvector import eigenvector_dataset

    return eigenvector_dataset(block, parameters)
