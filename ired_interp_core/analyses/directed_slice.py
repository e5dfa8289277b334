"""The energy of all ten levels on a plane along two directions that a reader chooses."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core.analyses import landscape_slice as plain
from ired_interp_core.errors import Refusal
from ired_interp_core.live import Live, Sizes
from ired_interp_core.records import Block
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import Parameter, Variable, seed_of

AXIS = ("problem", "axis")

DIRECTIONS = {
    "eigenvector": "eigenvector at the centre, by rank",
    "gradient": "gradient at the centre",
    "error": "error ŷ − y*",
    "principal": "principal direction of the descent, by rank",
    "random": "random direction, by seed",
    "state": "towards a state of the descent",
    "point": "towards a point of the slice",
    "truth": "towards the truth",
    "answer": "towards the answer",
    "minimum": "towards the minimum",
    "noised_truth": "towards the noised truth",
    "zero": "towards the zero matrix",
}
"""What u and v may be, and what forms call it; the places are those of `level`."""

PLANES = ("directed_slice", "atom_slice", "other_slice", "probe_slice", "minima_slice")
"""Slices whose points may be named, beside those of `landscape_slice`."""

CENTRES = plain.CENTRES | {"point": "point of the slice"}

VARIABLES = plain.VARIABLES | {
    "cosine": Variable(
        ("problem",), "float64", "cos(u, v) before Gram–Schmidt", "1",
        "of the two chosen directions; at ±1 they span no plane, and there are no nodes",
        span="signed",
    ),
    "axis_eigenvalue": Variable(
        AXIS, "float64", "eigenvalue λ of the axis", "E/ỹ²",
        "of the Hessian at the centre; NaN where the axis is no eigenvector", "level",
    ),
    "axis_gap": Variable(
        AXIS, "float64", "relative gap of the axis", "1",
        "to the nearest other eigenvalue, over |λ|: below the eigenvalue error the eigenvector is"
        " not determined",
    ),
}  # fmt: skip


def along(axis: str, kind: str, index: int) -> dict[str, Parameter]:
    """Parameters of one direction."""
    return {
        axis: Parameter(
            str, kind, f"what {axis} is", choices=DIRECTIONS, label=f"direction {axis}"
        ),
        f"{axis}_index": Parameter(
            int, index, f"of {axis}: rank of an eigenvector, 0 the stiffest and −1 the softest;"
            " rank of a principal direction, 0 the first; seed of a random one",
            minimum=-(2**31), maximum=2**31 - 1,
            only=(axis, ("eigenvector", "principal", "random")), label=f"rank or seed of {axis}",
        ),
        f"{axis}_level": Parameter(
            int, 0, f"level of the state that {axis} leads to", minimum=0, maximum=9,
            only=(axis, ("state",)),
        ),
        f"{axis}_step": Parameter(
            int, 0, f"its step within that level, for {axis}", minimum=0, maximum=1000,
            only=(axis, ("state",)),
        ),
        f"{axis}_a": Parameter(
            float, 0.0, f"along a of the slice, of the point that {axis} leads to", minimum=-1e3,
            maximum=1e3, only=(axis, ("point",)),
        ),
        f"{axis}_b": Parameter(
            float, 0.0, f"along b of the slice, of the point that {axis} leads to", minimum=-1e3,
            maximum=1e3, only=(axis, ("point",)),
        ),
    }  # fmt: skip


CENTRE = {
    "place": Parameter(
        str, "answer", "centre of the plane", choices=CENTRES, label="centre"
    ),
    "level": Parameter(
        int, 0, "level at which centre, eigenvectors, gradient and places are taken", minimum=0,
        maximum=9,
    ),
    "step": Parameter(
        int, 0, "of the state at the centre: step within the level", minimum=0, maximum=1000,
        only=("place", ("trajectory",)),
    ),
    "a": Parameter(
        float, 0.0, "of a point at the centre: along a of the slice", minimum=-1e3,
        maximum=1e3, only=("place", ("point",)),
    ),
    "b": Parameter(
        float, 0.0, "of a point at the centre: along b of the slice", minimum=-1e3,
        maximum=1e3, only=("place", ("point",)),
    ),
    **plain.SURFACE,
    "seed": seed_of("of noise and checked points"),
}  # fmt: skip
"""Where the plane lies, how far it reaches, and what is drawn at random."""


def counted_from_zero(parameters: Mapping[str, Any]) -> None:
    """Only eigenvectors are counted from the other end, too."""
    for axis in ("u", "v"):
        kind, index = parameters.get(axis, ""), parameters.get(f"{axis}_index", 0)
        if kind in ("random", "principal") and index < 0:
            raise Refusal(
                f"no such {kind} direction",
                where=f"{axis}_index",
                came=index,
                expected="0 or more",
            )


def seconds(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    """Seconds of one slice on the reference core, with all eigenvectors of two directions."""
    return plain.seconds(parameters, sizes) + 2 * sizes.spectra(4)  # all eigenvectors, in float64


def memory(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    """Bytes of one slice, and of all eigenvectors."""
    k = min(sizes.width, sizes.d)
    return plain.memory(parameters, sizes) + 8 * (2 * k * k + k * sizes.d)


@analysis(
    name="directed_slice",
    version=1,
    title="Slice along chosen directions",
    sentence="What the energy looks like along two directions of one's choice.",
    rows=16,
    inputs={
        "model": Role("model"),
        "problems": Role("problems"),
        "slice": Role("answer", "landscape_slice", also=PLANES),
        "descent": Role("answer", "descent", of="slice"),
    },
    parameters={
        **along("u", "eigenvector", 0),
        **along("v", "eigenvector", -1),
        **CENTRE,
    },
    variables=VARIABLES,
    figure="heatmap",
    arithmetic="float64",
    together=counted_from_zero,
    live=Live(seconds, memory),
)  # fmt: skip
def compute(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Slices along chosen directions at adaptive Chebyshev nodes (docs/definitions.md §4).

    Args:
        block: rows, a model, a slice and the descent of the same rows.
        parameters: as declared.

    Returns:
        The declared variables.
    """
    from ired_interp_core.landscape.directed import directed_slice_dataset

    return directed_slice_dataset(block, parameters)
