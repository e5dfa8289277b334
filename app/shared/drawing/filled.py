"""The area between two lines, such as a band of quantiles, drawn only where both are known."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Shaped


def outline(
    x: Shaped[np.ndarray, " N"],
    low: Float[np.ndarray, " N"],
    high: Float[np.ndarray, " N"],
    lone: float = 0.0,
) -> tuple[Shaped[np.ndarray, " M"], Float[np.ndarray, " M"]]:
    """Closed outlines, one for each run of neighbours that have both ends, with NaN between them.

    Args:
        x: places, in order.
        low: lower ends.
        high: upper ends.
        lone: half the width of a run of one, which would have none.

    Returns:
        x and y of the outlines.
    """
    there = np.isfinite(low) & np.isfinite(high)
    runs = np.split(np.arange(len(x)), np.flatnonzero(np.diff(there)) + 1)
    across, up = [], []
    for run in runs:
        if not len(run) or not there[run[0]]:
            continue
        ends = run if len(run) > 1 else np.repeat(run, 2)
        own = x[ends] + [-lone, lone] if len(run) == 1 and lone else x[ends]
        across += [*own, *own[::-1], own[0], None]
        up += [*low[ends], *high[ends][::-1], low[ends[0]], None]
    names = x.dtype.kind not in "iuf"  # an axis of labels
    return np.array(across[:-1], object if names else np.float32), np.array(up[:-1], np.float32)


def band(
    x: Shaped[np.ndarray, " N"],
    low: Float[np.ndarray, " N"],
    high: Float[np.ndarray, " N"],
    colour: str,
    lone: float = 0.0,
    **trace: Any,
) -> go.Scatter:
    """Fill the area; `trace` says the rest, such as axes."""
    across, up = outline(x, low, high, lone)
    return go.Scatter(
        x=across, y=up, fill="toself", fillcolor=colour, line={"width": 0}, mode="lines",
        hoverinfo="skip", showlegend=False, **trace,
    )  # fmt: skip
