"""Energy, gradient and exact spectrum of all ten levels at a point that a reader chooses."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import xarray as xr

from ired_interp_core.analyses import hessian_spectrum as spectrum
from ired_interp_core.analyses.directed_slice import PLANES
from ired_interp_core.curvature.names import PLAIN_SUBSPACES
from ired_interp_core.live import DOUBLE, Live, Sizes
from ired_interp_core.records import Block
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import DIMS, LEVELS, Parameter, Variable

EACH = ("problem",)
SOURCES = {"plane": "point of the slice", "state": "state of its descent"}

VARIABLES = {
    "matrix": Variable(
        ("problem", "row", "col"), "float64", "point y", "y",
        "c + R(a·u + b·v) of the slice, or the state of the descent", frame="data",
    ),
    "position": Variable(
        ("problem", "axis"), "float64", "position on the plane", "radius",
        "(a, b); of a state its orthogonal projection on the plane of the slice",
    ),
    "plane_distance": Variable(
        EACH, "float64", "distance to the plane", "radius",
        "how far the point lies off the plane of the slice",
    ),
    "radius": Variable(
        EACH, "float64", "radius R", "y", "length of one unit of a and b", frame="data"
    ),
    "mse": Variable(
        EACH, "float64", "MSE of the point", "y²", "its error, as that of an answer", frame="data",
        scalar=True,
    ),
    "outside_box": Variable(
        EACH, "float64", "entries outside the box", "1",
        "how many of the n² entries exceed ±c, where the sampler cannot go", scalar=True,
    ),
    "nearest_distance": Variable(
        EACH, "float64", "distance to the nearest state", "y",
        "to the nearest of all states that the descent visited, at any level", frame="data",
        scalar=True,
    ),
    "nearest_level": Variable(
        EACH, "int16", "level of the nearest state", "1", "t of that state; −1 where there is none"
    ),
    "nearest_step": Variable(
        EACH, "int16", "step of the nearest state", "1",
        "step of that state within its level; −1 where there is none",
    ),
    **{
        name: replace(variable, dims=tuple(d for d in variable.dims if d != "place"), pooled=False)
        for name, variable in spectrum.VARIABLES.items()
    },
}  # fmt: skip
"""What `hessian_spectrum` says of a place stands here of the point, by the same names."""


def _seconds(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    slower = DOUBLE if parameters["dtype"] == "float64" else 1.0
    solved = LEVELS * (4.0 if parameters["vectors"] else 1.0)
    return slower * (sizes.hessians(LEVELS) + sizes.spectra(solved))


def _memory(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    w, k = sizes.width, min(sizes.width, sizes.d)
    tile = 2 * 8 * (3 * w * k + w * w + 8 * k * k)
    return tile + 3 * 4 * 2 * LEVELS * parameters["vectors"] * sizes.d + 16 * sizes.weights


@analysis(
    name="point",
    version=1,
    title="Point",
    sentence="What the ten landscapes are like at one point: energy, slope and all curvatures.",
    rows=16,
    inputs={
        "model": Role("model"),
        "problems": Role("problems"),
        "slice": Role("answer", "landscape_slice", also=PLANES),
        "descent": Role("answer", "descent", of="slice"),
    },
    parameters={
        "source": Parameter(
            str, "plane", "the point (a, b) of the slice, or a state of its descent",
            choices=SOURCES,
        ),
        "a": Parameter(
            float, 0.0, "along u of the slice, in units of its radius", minimum=-1e3, maximum=1e3
        ),
        "b": Parameter(
            float, 0.0, "along v of the slice, in units of its radius", minimum=-1e3, maximum=1e3
        ),
        "level": Parameter(int, 0, "of a state: its level", minimum=0, maximum=9),
        "step": Parameter(
            int, 0, "of a state: step within its level", minimum=0, maximum=1000
        ),
        "dtype": Parameter(
            str, "float32", "arithmetic of the Hessians; eigenvalues agree to 10⁻⁵ of max |λ|",
            choices=("float32", "float64"),
        ),
        "vectors": Parameter(
            int, 0, "eigenvectors to keep at each end of the spectrum, at most all of them",
            minimum=0, maximum=200,
        ),
    },
    variables=VARIABLES,
    dims=(DIMS["subspace"].labelled(PLAIN_SUBSPACES, some=True),),
    figure="lines",
    arithmetic="{dtype} Hessians, float64 point, measures, energies and gradients",
    live=Live(_seconds, _memory),
)  # fmt: skip
def compute(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Exact spectra at a chosen point (docs/definitions.md §3.2, §4).

    Args:
        block: rows, a model, a slice and the descent of the same rows.
        parameters: as declared.

    Returns:
        The declared variables.
    """
    from ired_interp_core.landscape.point import point_dataset

    return point_dataset(block, parameters)
