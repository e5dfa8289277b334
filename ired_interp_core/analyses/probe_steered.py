"""The sampler pushed along a probe's direction, beside the plain one and random directions."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core.analyses import steered_descent as feature
from ired_interp_core.analyses.probe_slice import PROBE
from ired_interp_core.live import Live, Sizes
from ired_interp_core.records import Block
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import Parameter, Variable, seed_of

KEPT = ("answer", "shift", "step_energy", "step_mse", "mse_final", "steered_shift",
        "control_shift", "site")  # fmt: skip

VARIABLES = {
    **{name: feature.VARIABLES[name] for name in KEPT},
    "strength_unit": Variable(
        feature.EACH, "float64", "length of strength 1", "1",
        "root mean square of an entry of the activation at the looks of the level, in the plain"
        " walk: strength 1 adds this length to the activation in its own frame",
    ),
}  # fmt: skip


def _seconds(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    return len(feature.STEERINGS) * sizes.look(feature.BATCH * feature.LOOKS) + 0.1


def _memory(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    kept = len(feature.STEERINGS) * feature.LOOKS * feature.BATCH * sizes.d
    return 12 * kept + 80 * feature.BATCH * sizes.width + 600 * sizes.width


@analysis(
    name="probe_steered",
    version=1,
    title="Descent along a probe's direction",
    sentence="Where the sampler ends when what a probe reads is turned up, beside random ways.",
    rows=32,
    inputs={
        "model": Role("model"),
        "problems": Role("problems"),
        "probes": Role("answer", "probes"),
        "descent": Role("answer", "descent"),
    },
    parameters={
        **PROBE,
        "level": Parameter(
            int, 0, "of the probe; steered at every look of this level", minimum=0, maximum=9
        ),
        "strength": Parameter(
            float, 1.0, "how far along the direction: 1 is as long as an entry of the activation is"
            " in the root mean square", minimum=-1e3, maximum=1e3, slider=(-2.0, 2.0),
        ),
        "seed": seed_of("of the random directions"),
    },
    variables=VARIABLES,
    dims=(feature.STEERING,),
    figure="table",
    arithmetic="float32 walks, float64 distances",
    live=Live(_seconds, _memory, together=feature.BATCH),
)  # fmt: skip
def compute(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """The plain descent, that along a probe's w, and along random v (docs/definitions.md §6.1).

    Args:
        block: rows, a model, probes of it, and the descent of the same rows.
        parameters: as declared.

    Returns:
        The declared variables.
    """
    from ired_interp_core.probing.steered import probe_steered_dataset

    return probe_steered_dataset(block, parameters)
