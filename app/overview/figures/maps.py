"""Small maps of one plane at a few levels: one heat map with empty columns between them."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
import xarray as xr

from app.shared.drawing import colours
from app.shared.drawing.levels import TINY

SIDE, GAP = 31, 2
"""Points along each side of a map, and columns between two."""


def numbers(energy: np.ndarray, positions: np.ndarray, levels: Sequence[int]) -> xr.Dataset:
    """The energies of the maps [level, b, a], with their coordinates."""
    coords = {"level": list(levels), "b": positions, "a": positions}
    text = {"long_name": "energy on the plane", "units": "E"}
    return xr.Dataset({"energy": (("level", "b", "a"), energy, text)}, coords)


def figure(energies: xr.Dataset) -> go.Figure:
    """Draw the maps side by side, each from its own lowest to its own highest energy."""
    energy = energies["energy"].transpose("level", "b", "a").values.astype(np.float64)
    low = np.nanmin(energy, axis=(1, 2), keepdims=True)
    width = np.nanmax(energy, axis=(1, 2), keepdims=True) - low
    share = (energy - low) / np.where(width > 0, width, 1.0)
    count = len(share)
    row = np.full((SIDE, count * (SIDE + GAP) - GAP), np.nan, np.float32)
    told = np.full(row.shape, np.nan, np.float32)
    for place in range(count):
        columns = slice(place * (SIDE + GAP), place * (SIDE + GAP) + SIDE)
        row[:, columns], told[:, columns] = share[place], energy[place]
    drawn = go.Figure(
        go.Heatmap(
            z=row, customdata=told, colorscale=colours.ENERGY, showscale=False, zmin=0.0, zmax=1.0,
            hoverongaps=False, hovertemplate="E %{customdata:.4g}<extra></extra>",
        )
    )  # fmt: skip
    axis = {"visible": False, "constrain": "domain", "fixedrange": True}
    drawn.update_xaxes(**axis)
    drawn.update_yaxes(**axis, scaleanchor="x")
    middles = [place * (SIDE + GAP) + SIDE / 2 for place in range(count)]
    annotations = [
        {"text": f"t = {level}", "x": x, "y": 1, "yref": "paper", "yanchor": "bottom",
         "showarrow": False, "font": {"size": TINY}}
        for level, x in zip(energies["level"].values.tolist(), middles, strict=True)
    ]  # fmt: skip
    drawn.update_layout(annotations=annotations, margin={"l": 0, "r": 0, "t": 18, "b": 2})
    return drawn


def map_at(x: float) -> int:
    """Which map a position along the figure belongs to."""
    return int(x // (SIDE + GAP))
