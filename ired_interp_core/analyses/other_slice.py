"""The energy of all ten levels on a plane that leads to another problem's answer."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core.analyses import directed_slice as directed
from ired_interp_core.live import Live
from ired_interp_core.records import Block
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import Parameter

OTHER = "other"
"""The direction u, beside those of `directed_slice`."""


@analysis(
    name="other_slice",
    version=1,
    title="Slice towards another problem's answer",
    sentence="Whether the answer of another problem is a place of this one's landscape, too.",
    rows=16,
    inputs={
        "model": Role("model"),
        "problems": Role("problems"),
        "slice": Role("answer", "landscape_slice", also=directed.PLANES),
        "descent": Role("answer", "descent", of="slice"),
        "other": Role("answer", "descent", row="other"),
    },
    parameters={
        "other": Parameter(
            int, 0, "index of the other problem in the set; u leads to its answer of the level",
            minimum=0, maximum=10**9 - 1, label="other problem",
        ),
        **directed.along("v", "error", 0),
        **directed.CENTRE,
    },
    variables=directed.VARIABLES,
    figure="heatmap",
    arithmetic="float64",
    together=directed.counted_from_zero,
    live=Live(directed.seconds, directed.memory),
)  # fmt: skip
def compute(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Slices towards ŷ_t of another problem, u = ŷ_t(other) − c (docs/definitions.md §4).

    Args:
        block: rows, a model, a slice and the descent of the same rows, and that of the other one.
        parameters: as declared.

    Returns:
        The declared variables.
    """
    from ired_interp_core.landscape.directed import directed_slice_dataset

    return directed_slice_dataset(block, {**parameters, "u": OTHER})
