"""The energy of all ten levels on one plane through the answer space."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core.live import DOUBLE, Live, Sizes
from ired_interp_core.records import Block
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schedule import VARIABLES as SCHEDULE
from ired_interp_core.schema import PLACES, Parameter, Variable, seed_of

LEVEL = ("problem", "level")
POINT = ("problem", "level", "point")
PATH = ("problem", "level", "step")

PLANES = {
    "stiff": "two stiffest eigenvectors",
    "soft": "two softest eigenvectors",
    "stiff_soft": "stiffest and softest eigenvector",
    "random": "two random directions",
    "gradient_error": "gradient and error ŷ − y*",
    "trajectory": "first two principal directions of the descent",
    "symmetry": "random symmetric and antisymmetric direction",
    "three_points": "plane through the centre and two other points",
}
"""Named planes and what spans them; eigenvectors and gradient are taken at the centre."""

CENTRES = {
    **{place: place.replace("_", " ") for place in PLACES},
    "trajectory": "state of the descent",
    "start": "start of the descent",
}
RADII = {"truth_norm": "‖y*‖", "trajectory": "as far as the descent goes"}
OTHER_POINTS = ("truth", "answer", "minimum", "noised_truth", "zero")
METHODS = ("chebyshev", "uniform_grid")

VARIABLES = {
    "energy": Variable(
        ("problem", "level", "b", "a"), "float64", "energy E_t", "E",
        "E_t(x, √ᾱ_t·(c + radius·(a·u + b·v))) at the nodes; of levels that needed fewer nodes than"
        " others, their interpolant; rows and columns past `nodes` are NaN",
    ),
    "node": Variable(
        ("problem", "a"), "float64", "node", "radius",
        "positions of the nodes along either axis, in units of `radius`; NaN past `nodes`",
    ),
    "nodes": Variable(("problem",), "int16", "nodes", "1", "nodes along either axis"),
    "method": Variable(
        ("problem",), "int8", "method", "1",
        "Chebyshev nodes are interpolated; a uniform grid, the last resort, is drawn linearly",
        flags=METHODS,
    ),
    "surface_error": Variable(
        LEVEL, "float32", "estimated surface error", "1",
        "estimated error of the surface drawn from the stored energies, as a share of the level's"
        " energy range: the worst of 64 checked points off the nodes or, of Chebyshev nodes, the"
        " coefficient tail where that is larger, plus what rounding of the stored numbers can do",
    ),
    "radius": Variable(
        ("problem",), "float64", "radius", "y", "length of one unit of a and b", frame="data"
    ),
    "centre": Variable(
        ("problem", "row", "col"), "float32", "centre c", "y", "point at a = b = 0", frame="data"
    ),
    "direction": Variable(
        ("problem", "axis", "row", "col"), "float32", "directions u, v", "1",
        "unit and orthogonal (Gram–Schmidt of the second on the first)", frame="data",
    ),
    "orthogonalised": Variable(
        ("problem",), "float32", "|cos| before Gram–Schmidt", "1",
        "cosine between the two directions before the second was made orthogonal to the first",
    ),
    "explained_share": Variable(
        ("problem", "axis"), "float32", "explained share", "1",
        "plane of the trajectory: share of the variance of its states of t ≤ from_level along each"
        " axis; NaN on other planes",
    ),
    "centre_energy": Variable(
        LEVEL, "float64", "E_t(centre)", "E", "energy at the centre", scalar=True
    ),
    "energy_range": Variable(
        LEVEL, "float64", "energy range", "E", "largest minus smallest node value", scalar=True
    ),
    "path_position": Variable(
        (*PATH, "axis"), "float32", "trajectory on the plane", "radius",
        "orthogonal projection of each state of the descent",
    ),
    "path_distance": Variable(
        PATH, "float32", "distance to the plane", "radius", "how far the state lies off the plane"
    ),
    "path_gap": Variable(
        PATH, "float32", "energy gap", "E",
        "energy of the state minus that of its projection on the plane, on the state's own level",
    ),
    "point_position": Variable(
        (*POINT, "axis"), "float32", "point on the plane", "radius",
        "orthogonal projection of the four places of each level",
    ),
    "point_distance": Variable(
        POINT, "float32", "distance to the plane", "radius", "how far the place lies off the plane"
    ),
    "point_gap": Variable(
        POINT, "float32", "energy gap", "E",
        "energy of the place minus that of its projection on the plane",
    ),
    **SCHEDULE,
}  # fmt: skip


SURFACE = {
    "from_level": Parameter(
        int, 7, "for the trajectory plane and radius: states of t ≤ this; t = 8, 9 dwarf the"
        " others",
        minimum=0, maximum=9,
    ),
    "radius": Parameter(
        str, "truth_norm", "unit of length: ‖y*‖, or 1.1 × the largest |coordinate| of the"
        " projected states that count",
        choices=RADII, label="radius R",
    ),
    "half_width": Parameter(
        float, 1.0, "the plane spans a and b from minus this to this", minimum=1e-6, maximum=1e3
    ),
    "tolerance": Parameter(
        float, 1e-5, "wanted interpolation error as a share of the energy range",
        minimum=1e-12, maximum=1.0,
    ),
    "max_nodes": Parameter(
        int, 65, "most nodes along an axis, and points of the last resort, a uniform grid",
        minimum=5, maximum=257,
    ),
}  # fmt: skip
"""How far a plane reaches, and how finely its surface is kept."""


LEVELS = 10
TYPICAL_NODES = 33
"""Nodes that the default tolerance asks for, at most, around an answer."""
CHUNK = 2048
"""Points evaluated at once."""


def seconds(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    """Seconds of one slice on the reference core: its nodes, its path, and two eigenvectors."""
    typical = TYPICAL_NODES if parameters["tolerance"] >= 1e-5 else parameters["max_nodes"]
    nodes = min(parameters["max_nodes"], typical)
    # Without the gradient, and with products of the first layer that all points share.
    energies = DOUBLE * LEVELS * (nodes**2 + 200) / 5
    return sizes.look(energies) + sizes.hessians(1) + sizes.spectra(4)


def memory(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    """Bytes of one slice: surfaces, points of a chunk with their activations, one Hessian."""
    w, k = sizes.width, min(sizes.width, sizes.d)
    surfaces = 3 * 8 * LEVELS * parameters["max_nodes"] ** 2
    return surfaces + 8 * CHUNK * (8 * w + sizes.d) + 8 * (8 * w * k + 8 * k * k + sizes.weights)


@analysis(
    name="landscape_slice",
    version=2,
    title="Landscape slice",
    sentence="What the energy looks like around the answer, on one plane for all ten levels.",
    rows=16,
    inputs={
        "model": Role("model"),
        "problems": Role("problems"),
        "descent": Role("answer", "descent"),
    },
    parameters={
        "plane": Parameter(str, "stiff_soft", "what spans the plane", choices=PLANES),
        "place": Parameter(
            str, "answer", "centre of the plane", choices=CENTRES, label="centre",
        ),
        "level": Parameter(
            int, 0, "level at which centre, eigenvectors and gradient are taken", minimum=0,
            maximum=9
        ),
        "step": Parameter(
            int, 0, "of the state at the centre: step within the level", minimum=0, maximum=1000,
            only=("place", ("trajectory",)),
        ),
        "second": Parameter(
            str, "truth", "of the plane through three points: that which fixes a",
            choices=OTHER_POINTS, label="second point",
            only=("plane", ("three_points",))
        ),
        "third": Parameter(
            str, "zero", "of the plane through three points: that which fixes b",
            choices=OTHER_POINTS, label="third point",
            only=("plane", ("three_points",))
        ),
        **SURFACE,
        "seed": seed_of("of random directions and noise"),
    },
    variables=VARIABLES,
    figure="heatmap",
    arithmetic="float64",
    live=Live(seconds, memory),
)  # fmt: skip
def compute(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Slices at adaptive Chebyshev nodes (docs/definitions.md §4).

    Args:
        block: rows, a model and the descent of the same rows.
        parameters: as declared.

    Returns:
        The declared variables.
    """
    from ired_interp_core.landscape.analysis import slice_dataset

    return slice_dataset(block, parameters)
