"""Atoms on a plane, coloured by a number of theirs; and what the browser needs to draw an atom."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
import xarray as xr
from jaxtyping import Float

from app.shared.drawing.scales import Scale, marker
from app.shared.drawing.scatter import marks, spans_decades

MOST_ATOMS = 2048
"""Atoms that travel to the browser: 400 bytes each at n = 20."""


@dataclass(frozen=True)
class Small:
    """Atoms as a browser draws them beside the pointer.

    Args:
        features: their numbers.
        entries: [k, n, n] int8: entry / largest |entry| · 127.
        scale: largest |entry| of each.
    """

    features: np.ndarray
    entries: np.ndarray
    scale: np.ndarray


def small(atoms: Float[np.ndarray, "m d"], side: int, order: np.ndarray) -> Small:
    """Quantise the atoms of some features to 8 bits; the error is at most 1/254 of the scale.

    Args:
        atoms: as vectors, row-major.
        side: n, d = n².
        order: features, the most important first; `MOST_ATOMS` of them are kept.

    Returns:
        They, by ascending number.
    """
    kept = np.sort(order[:MOST_ATOMS])
    chosen = atoms[kept].reshape(len(kept), side, side)
    scale = np.abs(chosen).max(axis=(1, 2), initial=0.0)
    entries = np.rint(127 * chosen / np.where(scale > 0, scale, 1.0)[:, None, None])
    return Small(kept.astype(np.int32), entries.astype(np.int8), scale.astype(np.float32))


def atom_map(
    atoms: xr.Dataset,
    names: tuple[str, str],
    scale: Scale,
    chosen: int | None,
    ink: str,
    muted: str,
) -> go.Figure:
    """Draw the atoms as points; box and lasso select them.

    Args:
        atoms: two coordinates of each; its colour, with label, on a logarithmic scale
            where that spans decades; whether it passes the filters: others are faint.
        names: of the axes.
        scale: of the colour.
        chosen: feature to ring.
        ink: colour of the ring.
        muted: colour of points without a number, and of rims.

    Returns:
        The figure; its first two traces carry `customdata` = feature.
    """
    across, up, colour, passes = atoms.data_vars.values()
    place, values = np.stack([across, up], axis=1), colour.values
    full, there = passes.values > 0, np.isfinite(values)
    log = _mostly_decades(values)
    if log:
        with np.errstate(divide="ignore", invalid="ignore"):
            values = np.log10(values)
        there &= np.isfinite(values)
        scale = scale.logarithmic(values[there])
    figure = go.Figure()
    size = 9 if len(place) <= 512 else 6 if len(place) <= 2048 else 4
    without = np.flatnonzero(~there)
    figure.add_trace(
        marks(len(place))(
            x=place[without, 0], y=place[without, 1], customdata=without, mode="markers",
            name="without the number", showlegend=False, hoverinfo="none",
            marker={"size": size - 1, "color": muted, "symbol": "x-thin",
                    "line": {"width": 1, "color": muted},
                    "opacity": np.where(full[without], 0.7, 0.12)},
            unselected={"marker": {"opacity": 0.1}},
        )
    )  # fmt: skip
    at = np.flatnonzero(there)
    painted: dict[str, Any] = marker(colour.attrs["long_name"], values[at], scale)
    if log:
        painted["colorbar"] |= _decades(scale.low, scale.high)
    figure.add_trace(
        marks(len(place))(
            x=place[at, 0], y=place[at, 1], customdata=at, mode="markers", name="features",
            showlegend=False, hoverinfo="none", unselected={"marker": {"opacity": 0.1}},
            marker={**painted, "size": size, "line": {"width": 0.5, "color": muted},
                    "opacity": np.where(full[at], 1.0, 0.12)},
        )
    )  # fmt: skip
    ring = place[[chosen]] if chosen is not None else place[:0]
    figure.add_trace(
        go.Scatter(
            x=ring[:, 0], y=ring[:, 1], mode="markers", hoverinfo="skip", showlegend=False,
            marker={"symbol": "circle-open", "size": 17, "color": ink, "line": {"width": 2}},
        )
    )  # fmt: skip
    figure.update_layout(
        dragmode="lasso",
        clickmode="event",
        hovermode="closest",
        margin={"l": 44, "r": 8, "t": 10, "b": 36},
        xaxis={"title": {"text": names[0]}, "automargin": False, "zeroline": False},
        yaxis={"title": {"text": names[1]}, "automargin": False, "zeroline": False},
        uirevision="atoms",
    )
    return figure


def _mostly_decades(values: np.ndarray) -> bool:
    """Whether none is negative and those above 0 span decades, as those of a share do."""
    finite = values[np.isfinite(values)]
    return bool(finite.size and finite.min() >= 0 and spans_decades(finite[finite > 0]))


def _decades(low: float, high: float) -> dict[str, Any]:
    """Ticks of a colour bar at powers of ten, or at both ends where there are none between."""
    ticks = np.arange(np.ceil(low), np.floor(high) + 1)
    ticks = ticks if len(ticks) > 1 else np.array([low, high])
    return {"tickvals": ticks.tolist(), "ticktext": [f"{10**t:.2g}" for t in ticks]}
