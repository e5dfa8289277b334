"""One plane of the landscape along training: a row of small maps for each series, one colour scale.

All maps stand in one heat map with gaps between them: a browser draws one quickly, and not twenty.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Float32

from app.shared.drawing import colours
from app.shared.drawing.planes import SCALES, colour_limits

POINTS = 51
"""Along each axis of a map."""
GAP = 5
"""Empty points between two maps."""
MOST_STEPS = 8
"""Maps in a row: more would be too small to read."""
MARKS = ("truth", "answer", "minimum")


@dataclass(frozen=True)
class Tile:
    """One map.

    Args:
        values: the scaled energy [b, a]; NaN where there is none.
        marks: place → (a, b), in half-widths of the window.
    """

    values: Float32[np.ndarray, "P P"]
    marks: Mapping[str, tuple[float, float]]


def chosen(steps: Sequence[int]) -> list[int]:
    """Steps that are drawn, at most `MOST_STEPS`: first, last, and evenly between them."""
    if len(steps) <= MOST_STEPS:
        return list(steps)
    places = np.linspace(0, len(steps) - 1, MOST_STEPS).round().astype(int)
    return [steps[i] for i in np.unique(places)]


def mosaic(
    rows: Sequence[Mapping[int, Tile]], steps: Sequence[int], points: int
) -> Float[np.ndarray, "H W"]:
    """Lay maps beside each other.

    Args:
        rows: of each series, step → map.
        steps: of the columns.
        points: along each axis of a map.

    Returns:
        Values, NaN between the maps and where a series has no such step; first row below.
    """
    pitch = points + GAP
    found = np.full((len(rows) * pitch - GAP, len(steps) * pitch - GAP), np.nan)
    for i, row in enumerate(rows):
        low = (len(rows) - 1 - i) * pitch
        for k, step in enumerate(steps):
            if step in row:
                left = k * pitch
                found[low : low + points, left : left + points] = row[step].values
    return found


def figure(
    names: Sequence[str],
    rows: Sequence[Mapping[int, Tile]],
    steps: Sequence[int],
    scale: str,
    template: go.layout.Template,
    text: str,
) -> go.Figure:
    """Draw the maps: rows by series (names escaped), columns by step, one of SCALES for all."""
    points = next(len(t.values) for row in rows for t in row.values())
    pitch = points + GAP
    values = mosaic(rows, steps, points)
    low, high = colour_limits(values[None], "levels")[0]
    height, width = values.shape
    drawn = go.Figure()
    common = {"z": values.astype(np.float32), "zmin": low, "zmax": high, "showlegend": False}
    drawn.add_heatmap(
        **common, colorscale=colours.ENERGY, hoverongaps=False,
        colorbar={"title": {"text": SCALES[scale], "side": "right"}, "thickness": 10, "nticks": 6,
                  "orientation": "h", "x": 1, "xanchor": "right", "y": 1, "yref": "container",
                  "yanchor": "top", "len": 300, "lenmode": "pixels", "ypad": 8},
        hovertemplate=f"{SCALES[scale]} %{{z:.5g}}<extra></extra>",
    )  # fmt: skip
    drawn.add_contour(
        **common, zauto=False, ncontours=14, contours={"coloring": "none"}, showscale=False,
        line={"width": 0.6, "color": "rgba(255,255,255,0.42)", "smoothing": 0}, hoverinfo="skip",
    )  # fmt: skip
    _marks(drawn, rows, steps, points)
    for k, step in enumerate(steps):
        drawn.add_annotation(
            x=k * pitch + (points - 1) / 2, y=height - 0.5, yanchor="bottom", showarrow=False,
            text=f"step {step:,}",
            font={"size": 11, "color": text},
        )  # fmt: skip
    for i, name in enumerate(names):
        drawn.add_annotation(
            x=0, xref="paper", y=(len(rows) - 1 - i) * pitch + (points - 1) / 2, xanchor="right",
            textangle=-90, text=name, showarrow=False, font={"size": 11.5, "color": text},
        )  # fmt: skip
    bare = {"visible": False, "constrain": "domain", "fixedrange": True}
    drawn.update_layout(
        template=template, hovermode="closest",
        margin={"l": 26, "r": 8, "t": 66, "b": 8},
        xaxis={**bare, "range": [-0.5, width - 0.5], "constraintoward": "left"},
        yaxis={**bare, "range": [-0.5, height - 0.5], "scaleanchor": "x",
               "constraintoward": "top"},
        legend={"y": 1.0, "yref": "container", "yanchor": "top", "x": 0},
    )  # fmt: skip
    return drawn


def _marks(
    drawn: go.Figure, rows: Sequence[Mapping[int, Tile]], steps: Sequence[int], points: int
) -> None:
    pitch, half = points + GAP, (points - 1) / 2
    for place in MARKS:
        at = []
        for i, row in enumerate(rows):
            low = (len(rows) - 1 - i) * pitch
            for k, step in enumerate(steps):
                a, b = row[step].marks.get(place, (np.nan, np.nan)) if step in row else (9.0, 9.0)
                if abs(a) <= 1 and abs(b) <= 1:
                    at.append((k * pitch + half * (1 + a), low + half * (1 + b)))
        if at:
            x, y = np.array(at, np.float32).T
            drawn.add_scatter(
                x=x, y=y, mode="markers", name=colours.PLACE_NAMES[place],
                marker={"symbol": colours.PLACE_SYMBOLS[place], "size": 7,
                        "color": colours.PLACES[place], "line": {"width": 1, "color": "white"}},
                hovertemplate=f"{colours.PLACE_NAMES[place]}<extra></extra>",
            )  # fmt: skip
