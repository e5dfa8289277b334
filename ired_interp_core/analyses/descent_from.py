"""The sampler let down again from a point of a slice, or from a state of its descent."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core.analyses import descent
from ired_interp_core.analyses.directed_slice import PLANES
from ired_interp_core.analyses.point import SOURCES
from ired_interp_core.live import Live, Sizes
from ired_interp_core.records import Block
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import Parameter, Variable

EACH = ("problem",)
WALKED = (
    "trajectory", "answer", "step_energy", "step_gradient_norm", "step_mse", "step_clamped",
    "step_accepted", "step_undecided", "mse", "mse_final",
)  # fmt: skip
"""What stands here by the same names as in `descent`; of levels above the first one NaN."""

VARIABLES = {
    "start": Variable(
        ("problem", "row", "col"), "float64", "starting point y", "y",
        "where the walk begins: c + R(a·u + b·v) of the slice, or the state of its descent",
        frame="data",
    ),
    **{name: descent.VARIABLES[name] for name in WALKED},
    "shift": Variable(
        ("problem", "level"), "float64", "‖Δŷ_t‖", "y",
        "distance of the answer of level t from that of the slice's descent; NaN above the first"
        " level", frame="data",
    ),
    "answer_shift": Variable(
        EACH, "float64", "‖Δŷ‖", "y",
        "distance of the final answer from that of the slice's descent", frame="data", scalar=True,
    ),
    "energy_final": Variable(EACH, "float64", "E_0(ŷ)", "E", "energy at the final answer",
                             scalar=True),
    "energy_stored": Variable(
        EACH, "float64", "E_0(ŷ), slice's descent", "E",
        "energy at the final answer of the slice's descent", scalar=True,
    ),
}  # fmt: skip


def walk_seconds(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    """Seconds of one walk on the reference core, with the rows that stand beside it."""
    return sizes.look(descent.BATCH * 10 * (2 + parameters["inner_steps"]))


def walk_memory(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    """Bytes of one walk."""
    kept = 10 * (1 + parameters["inner_steps"]) * descent.BATCH * sizes.d
    return 40 * kept + 80 * descent.BATCH * sizes.width + 8 * sizes.weights


@analysis(
    name="descent_from",
    version=1,
    title="Descent from a point",
    sentence="Where the sampler ends that is let down at a point or a state of one's choice.",
    rows=32,
    inputs={
        "model": Role("model"),
        "problems": Role("problems"),
        "slice": Role("answer", "landscape_slice", also=PLANES),
        "descent": Role("answer", "descent", of="slice"),
    },
    parameters={
        "source": Parameter(
            str, "plane", "the point (a, b) of the slice, or a state of its descent",
            choices=SOURCES, label="from",
        ),
        "a": Parameter(
            float, 0.0, "along u of the slice, in units of its radius", minimum=-1e3, maximum=1e3,
            only=("source", ("plane",)),
        ),
        "b": Parameter(
            float, 0.0, "along v of the slice, in units of its radius", minimum=-1e3, maximum=1e3,
            only=("source", ("plane",)),
        ),
        "level": Parameter(
            int, 9, "at which the walk begins; a state is one of this level", minimum=0, maximum=9
        ),
        "step": Parameter(
            int, 0, "of a state: step within its level", minimum=0, maximum=1000,
            only=("source", ("state",)),
        ),
        **descent.SAMPLER,
    },
    variables=VARIABLES,
    figure="lines",
    arithmetic="float32 walk, float64 distances and energies of the answers",
    live=Live(walk_seconds, walk_memory, together=descent.BATCH),
)  # fmt: skip
def compute(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Walk down from a chosen point, y → ỹ = √ᾱ_t·y at the first level (docs/definitions.md §1.7).

    Args:
        block: rows, a model, a slice and the descent of the same rows.
        parameters: as declared.

    Returns:
        The declared variables.
    """
    from ired_interp_core.landscape.walks import from_point_dataset

    return from_point_dataset(block, parameters)
