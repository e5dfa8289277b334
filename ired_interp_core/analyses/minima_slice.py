"""The energy of all ten levels on a plane through minima of one level, and a point between."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core.analyses import directed_slice as directed
from ired_interp_core.analyses import landscape_slice as plain
from ired_interp_core.errors import Refusal
from ired_interp_core.live import Live
from ired_interp_core.minima.names import CORNERS, NONE
from ired_interp_core.records import Block
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import Parameter, seed_of

WAYS = {
    "truth": "towards the truth",
    "answer": "towards the answer",
    "zero": "towards the zero matrix",
    "soft": "softest eigenvector",
    "stiff": "stiffest eigenvector",
    "gradient": "gradient",
    "random": "random direction",
}
"""What stands in place of a minimum: the way from the first one to a place of `level`, or an
eigenvector or the gradient at the centre."""

PLACES = {"middle": "middle of the minima", "first": "first minimum"}
RADII = {"minima": "to the farthest of the minima, and a quarter more", **plain.RADII}


def _way(axis: str, default: str, instead: str) -> Parameter:
    return Parameter(
        str, default, f"what {axis} is where no {instead} minimum is asked", choices=WAYS,
        only=(instead, (str(NONE),)), label=f"direction {axis}",
    )  # fmt: skip


def _different(parameters: Mapping[str, Any]) -> None:
    """Refuse what is asked twice, and a third point without a second."""
    asked = [parameters[name] for name in CORNERS if parameters[name] != NONE]
    if len(set(asked)) < len(asked) or parameters["second"] == NONE != parameters["third"]:
        raise Refusal(
            "minima span no plane",
            where="first, second, third",
            came=", ".join(str(parameters[name]) for name in CORNERS),
            expected="one, two or three different ones, in that order",
        )
    thirds = [
        name
        for name, none in (("third", NONE), ("image", NONE), ("saddle", False))
        if parameters[name] != none
    ]
    if len(thirds) > 1 or (thirds and parameters["second"] == NONE):
        raise Refusal(
            "a plane has one third point, beside two minima",
            where=", ".join(("second", *thirds)),
            came=", ".join(str(parameters[name]) for name in ("second", *thirds)),
            expected="one of third, image and saddle, and a second minimum",
        )


@analysis(
    name="minima_slice",
    version=1,
    title="Slice through minima",
    sentence="What the energy looks like on the plane through up to three minima.",
    rows=16,
    inputs={
        "model": Role("model"),
        "problems": Role("problems"),
        "minima": Role("answer", "minima"),
        "descent": Role("answer", "descent", of="minima"),
        "paths": Role("answer", "paths", needed=False),
    },
    parameters={
        "level": Parameter(int, 0, "level of the minima", minimum=0, maximum=9),
        "first": Parameter(
            int,
            0,
            "number of the first minimum; 0: the truth's basin",
            minimum=0,
            maximum=4096,
            label="first minimum",
        ),
        "second": Parameter(
            int,
            1,
            "of the second; −1: none, and u is a direction",
            minimum=NONE,
            maximum=4096,
            label="second minimum",
        ),
        "third": Parameter(
            int,
            NONE,
            "of the third; −1: none, and v is a direction",
            minimum=NONE,
            maximum=4096,
            label="third minimum",
        ),
        "image": Parameter(
            int, NONE, "image of the string from the first minimum to the second, in place of a"
            " third minimum; −1: none", minimum=NONE, maximum=4096, older=NONE,
            label="image of the path",
        ),
        "saddle": Parameter(
            bool, False, "the highest saddle of the lowest way from the first minimum to the"
            " second, in place of a third minimum", older=False, label="saddle of the path",
        ),
        "u": _way("u", "soft", "second"),
        "v": _way("v", "truth", "third"),
        "place": Parameter(str, "middle", "centre of the plane", choices=PLACES, label="centre"),
        **plain.SURFACE,
        "radius": Parameter(str, "minima", "unit of length", choices=RADII, label="radius R"),
        "seed": seed_of("of noise, random directions and checked points"),
    },
    variables=plain.VARIABLES,
    figure="heatmap",
    arithmetic="float64",
    together=_different,
    live=Live(directed.seconds, directed.memory),
)  # fmt: skip
def compute(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Slices with u = m₂ − m₁, v = m₃ − m₁ of minima m of a level (docs/definitions.md §4).

    m₃ may be the saddle between m₁ and m₂, or an image of the string between them.

    Args:
        block: rows, a model, its minima and the descent of the same rows; paths for m₃ on one.
        parameters: as declared.

    Returns:
        The declared variables; without a plane where a minimum is not there at the level.
    """
    from ired_interp_core.minima.planes import minima_slice_dataset

    return minima_slice_dataset(block, parameters)
