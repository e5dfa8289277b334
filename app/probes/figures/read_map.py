"""The map of cells: what every input adds over its best control, property by level."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from app.shared.drawing.colours import Ground, Stops

GREY: dict[Ground, Stops] = {
    "light": [[0.0, "#f3f4f4"], [1.0, "#7d868c"]],
    "dark": [[0.0, "#1d2328"], [1.0, "#8b959c"]],
}
"""What controls reach."""
MARKS = {
    "used": ("circle", "decodable and used"),
    "not_used": ("circle-open", "decodable, not used"),
    "use_not_tested": ("circle-open-dot", "decodable, use not tested"),
    "not_decided": ("diamond-open", "decodable or its use not decided"),
}
"""Verdict → symbol, and what it means."""


@dataclass(frozen=True)
class Facet:
    """The cells of one input.

    Args:
        title: of the input.
        levels: from left to right; one where the level does not matter.
        fill: what its cells are filled with [row, level].
        verdicts: of each cell, in words of VERDICTS [row, level].
        told: lines of the tooltip of each cell [row, level].
        links: what a click tells of each cell [row, level]: property, input, level.
        control: whether it is what others are held against, and grey.
    """

    title: str
    levels: Sequence[int]
    fill: np.ndarray
    verdicts: np.ndarray
    told: np.ndarray
    links: Sequence[Sequence[Sequence[str | int]]]
    control: bool


def figure(
    facets: Sequence[Facet],
    rows: Sequence[str],
    said: Sequence[str],
    beating: int,
    chosen: tuple[int, int, int],
    label: str,
    scale: Stops,
    ground: Ground,
    ink: str,
    template: go.layout.Template,
) -> go.Figure:
    """Draw the map.

    Args:
        facets: one for each input, from left to right.
        rows: names of the properties, top first.
        said: what stands in the middle of a row that has no cells; "" for the others.
        beating: how many of the first rows have a cell that clears its controls; −1 where the rows
            stand in another order.
        chosen: facet, row and position of the level of the chosen cell; −1 for none.
        label: of the colours.
        scale: of what is not a control, from 0 to 1.
        ground: of the page.
        ink: of the text.
        template: of the ground.

    Returns:
        The figure.
    """
    drawn, ticks, start = go.Figure(), [], 0.0
    names = list(rows)
    for number, facet in enumerate(facets):
        x = start + np.arange(len(facet.levels))
        drawn.add_heatmap(
            z=facet.fill.astype(np.float32), x=x, y=names, xgap=1, ygap=1, zmin=0.0, zmax=1.0,
            colorscale=GREY[ground] if facet.control else scale, hoverongaps=False,
            customdata=[list(map(list, line)) for line in facet.links], text=facet.told.tolist(),
            hovertemplate="%{text}<extra></extra>", showscale=number == len(facets) - 1,
            colorbar={"title": {"text": label, "side": "right"}, "thickness": 8, "nticks": 3},
        )  # fmt: skip
        if number == chosen[0]:
            drawn.add_shape(
                type="rect", x0=x[chosen[2]] - 0.5, x1=x[chosen[2]] + 0.5, y0=chosen[1] - 0.5,
                y1=chosen[1] + 0.5, line={"color": ink, "width": 2},
            )  # fmt: skip
        drawn.add_annotation(
            text=facet.title, x=float(x.mean()), y=1.0, yref="paper", yanchor="bottom",
            showarrow=False, font={"size": 12},
        )  # fmt: skip
        ticks += [(at, str(t) if len(x) > 1 else "") for at, t in zip(x, facet.levels, strict=True)]
        _marks(drawn, facet, names, x, ink)
        start += len(facet.levels) + 0.7
    if 0 <= beating < len(names):
        drawn.add_hline(beating - 0.5, line={"color": ink, "width": 1, "dash": "dot"})
    for name, words in zip(names, said, strict=True):
        if words:
            drawn.add_annotation(text=words, x=start / 2, y=name, showarrow=False,
                                 font={"size": 11})  # fmt: skip
    return drawn.update_layout(
        template=template, margin={"l": 4, "r": 4, "t": 52, "b": 36}, hovermode="closest",
        xaxis={"title": {"text": "level t of each input"}, "tickvals": [a for a, _ in ticks],
               "ticktext": [t for _, t in ticks], "showgrid": False, "zeroline": False,
               "range": [-0.7, start - 1.0], "tickangle": 0},
        yaxis={"autorange": "reversed", "showgrid": False, "dtick": 1},
        legend={"orientation": "h", "x": 0, "y": 1.0, "yanchor": "top", "yref": "container",
                "font": {"size": 11}, "itemclick": False, "itemdoubleclick": False},
    )  # fmt: skip


def _marks(drawn: go.Figure, facet: Facet, names: list[str], x: np.ndarray, ink: str) -> None:
    shown = {trace.name for trace in drawn.data}
    for verdict, (symbol, words) in MARKS.items():
        rows, columns = np.nonzero(facet.verdicts == verdict)
        if facet.control or not len(rows):
            continue
        drawn.add_scatter(
            x=x[columns], y=[names[r] for r in rows], mode="markers", name=words,
            marker={"symbol": symbol, "size": 8, "color": ink, "line": {"width": 1, "color": ink}},
            hoverinfo="skip", showlegend=words not in shown, legendgroup=words,
        )  # fmt: skip
