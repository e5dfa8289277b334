"""The energy of all ten levels on a plane along the direction of a probe."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core import tasks
from ired_interp_core.analyses import directed_slice as directed
from ired_interp_core.live import Live
from ired_interp_core.probing.names import ERROR
from ired_interp_core.records import Block
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import Parameter

SITES = ("gradient", "h1", "h2", "h3")

PROBE = {
    "property": Parameter(
        str, ERROR, "what the probe reads", choices=(*tasks.PROPERTIES, ERROR)
    ),
    "site": Parameter(
        str, "gradient", "what it reads it from", choices=SITES, label="read from"
    ),
}  # fmt: skip
"""Which probe; its level is a parameter of the analysis."""


@analysis(
    name="probe_slice",
    version=1,
    title="Slice along a probe's direction",
    sentence="What the energy looks like along the direction from which a property is read.",
    rows=16,
    inputs={
        "model": Role("model"),
        "problems": Role("problems"),
        "probes": Role("answer", "probes"),
        "slice": Role("answer", "landscape_slice", also=directed.PLANES),
        "descent": Role("answer", "descent", of="slice"),
    },
    parameters={**PROBE, **directed.along("v", "gradient", 0), **directed.CENTRE},
    variables=directed.VARIABLES,
    figure="heatmap",
    arithmetic="float64",
    together=directed.counted_from_zero,
    live=Live(directed.seconds, directed.memory),
)
def compute(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Slices with u = w of a probe of ∇E, or ∇_ỹ(w·h) at the centre (docs/definitions.md §6.1).

    Args:
        block: rows, a model, probes of it, a slice and the descent of the same rows.
        parameters: as declared; `level` is the probe's, too.

    Returns:
        The declared variables.
    """
    from ired_interp_core.probing.planes import probe_slice_dataset

    return probe_slice_dataset(block, parameters)
