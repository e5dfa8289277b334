"""Energy along the path between two minima, and its two lowest curvatures below."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from app.shared.drawing import colours
from app.shared.drawing.centred import centred
from app.shared.drawing.levels import LINE_LEGEND, SMALL, TINY, Layout, Levels, Trace, axis, named
from app.shared.drawing.names import basin_id
from ired_interp_core.spelling import number

ENERGIES, CURVATURES = (0.36, 1.0), (0.0, 0.24)
"""Parts of the height."""
AT_END = 0.03
"""How far from the end of the axis an arrow stands."""


@dataclass(frozen=True)
class Way:
    """What is drawn of one level.

    Args:
        names: of both ends.
        basins: their numbers.
        length: of the path up to each image [rms per entry, level frame].
        energy: of the images.
        straight: along the straight line, at as many points.
        curvature: two lowest eigenvalues at the images.
        saddle: energy of the highest saddle of the way; NaN where none was found.
        words: instead of everything where there is nothing.
    """

    names: tuple[str, str]
    basins: tuple[int, int]
    length: Float[np.ndarray, "image"]
    energy: Float[np.ndarray, "image"]
    straight: Float[np.ndarray, "image"]
    curvature: Float[np.ndarray, "image 2"]
    saddle: float = float("nan")
    words: str = ""


def figure(levels: Sequence[Way], label: str, ink: str, muted: str) -> Levels:
    """Draw the path of every level.

    Args:
        levels: smoothest first.
        label: of the axis of energies.
        ink: of arrows.
        muted: of words.

    Returns:
        The figure.
    """
    layout: Layout = {
        "margin": {"l": 58, "r": 14, "t": 24, "b": 36},
        "xaxis": axis("length of the path [rms per entry, level frame]", anchor="y2",
                      zeroline=False),
        "yaxis": axis(label, domain=list(ENERGIES), zeroline=False),
        "yaxis2": axis("λ [E/ỹ²]", domain=list(CURVATURES), nticks=4, zeroline=True),
        "legend": LINE_LEGEND,
        "hovermode": "closest",
    }  # fmt: skip
    return Levels(layout, levels=[_traces(way, muted) for way in levels],
                  layouts=[_layout(way, ink, muted) for way in levels])  # fmt: skip


def _traces(way: Way, muted: str) -> list[Trace]:
    if way.words:
        return [{"type": "scatter", "x": [None], "y": [None], "showlegend": False}]
    told = [
        f"image {k} · s {number(s)}<br>E {number(e, '.6g')}<br>λ₁ {number(float(low[0]))},"
        f" λ₂ {number(float(low[1]))}"
        for k, (s, e, low) in enumerate(zip(way.length, way.energy, way.curvature, strict=True))
    ]
    told = [f"{one}<br>click: choose" for one in told]
    hover = {"hovertext": told, "hovertemplate": "%{hovertext}<extra></extra>"}
    fractions = np.linspace(0, float(way.length[-1]), len(way.straight))
    traces: list[Trace] = [
        {
            "type": "scatter", "mode": "lines", "name": "straight line",
            "x": fractions.astype(np.float32), "y": way.straight,
            "line": {"color": colours.BASELINE, "width": 1.4, "dash": "dash"},
            "hovertemplate": "straight line · E %{y:.6g}<extra></extra>",
        },
        {
            "type": "scatter", "mode": "markers", "name": "image", "x": way.length,
            "y": way.energy, **hover, "cliponaxis": False,
            "customdata": [["image", *way.basins, k] for k in range(len(way.energy))],
            "marker": {"symbol": "circle-open", "size": 6, "color": muted, "line": {"width": 1.4}},
        },
        *_curvatures(way, hover),
        *_ends(way),
    ]  # fmt: skip
    if np.isfinite(way.saddle):
        traces.append({
            "type": "scatter", "mode": "markers", "name": "saddle", "x": [_top(way)],
            "y": [way.saddle], "cliponaxis": False,
            "marker": {"symbol": "bowtie", "size": 12, "color": colours.NEGATIVE},
            "customdata": [["saddle", *way.basins]],
            "hovertemplate": "saddle · E %{y:.6g}<br>click: choose<extra></extra>",
        })  # fmt: skip
    return traces


def _top(way: Way) -> float:
    """Where the highest image lies, and the saddle near it."""
    return float(way.length[int(np.nanargmax(way.energy))])


def _curvatures(way: Way, hover: Trace) -> list[Trace]:
    return [
        {
            "type": "scatter", "mode": "lines+markers", "name": name, "x": way.length,
            "y": way.curvature[:, k], "yaxis": "y2", **hover,
            "line": {"color": colour, "width": 1.6, "dash": dash}, "marker": {"size": 3},
        }
        for k, (name, colour, dash) in enumerate(
            (("λ₁", colours.NEGATIVE, "solid"), ("λ₂", colours.BULK, "dot"))
        )
    ]  # fmt: skip


def _ends(way: Way) -> list[Trace]:
    traces: list[Trace] = []
    for k, (name, basin) in enumerate(zip(way.names, way.basins, strict=True)):
        traces.append({
            "type": "scatter", "mode": "markers+text", "showlegend": False,
            "x": [way.length[-k]], "y": [way.energy[-k]], "text": [name],
            "textposition": "bottom center", "textfont": {"size": TINY}, "cliponaxis": False,
            "marker": {"symbol": "triangle-down", "size": 13,
                       "color": colours.PLACES["truth"] if basin == 0 else colours.OTHER,
                       "line": {"width": 1, "color": "#ffffff"}},
            "customdata": [[basin]], "meta": named([basin_id(basin)]),
            "hovertext": [f"{name} · E {number(way.energy[-k], '.6g')}"],
            "hovertemplate": "%{hovertext}<br>click: choose<extra></extra>",
        })  # fmt: skip
    return traces


def _layout(way: Way, ink: str, muted: str) -> Layout:
    if way.words:
        word = centred(way.words, muted, height=0.6)
        hidden = {"visible": False}
        return {"annotations": [word], "shapes": [], "xaxis": hidden, "yaxis": hidden,
                "yaxis2": hidden}  # fmt: skip
    span = float(way.length[-1])
    edge = 0.08 * span
    drawn = [*way.energy, *way.straight, *([way.saddle] if np.isfinite(way.saddle) else [])]
    low, high = float(np.nanmin(drawn)), float(np.nanmax(drawn))
    room = high - low or 1.0
    layout: Layout = {
        "xaxis": {"range": [-edge, span + edge]},
        "yaxis": {"range": [low - 0.16 * room, high + 0.2 * room]},
        "annotations": [], "shapes": [],
    }  # fmt: skip
    if not np.isfinite(way.saddle):
        return layout
    hair = {"type": "line", "x0": -edge, "x1": span + edge, "y0": way.saddle, "y1": way.saddle,
            "line": {"color": colours.NEGATIVE, "width": 1, "dash": "dot"}}  # fmt: skip
    notes = [{"x": _top(way), "y": way.saddle, "yshift": 7, "yanchor": "bottom",
              "showarrow": False, "text": number(way.saddle, ".2f"),
              "font": {"size": SMALL, "color": ink}}]  # fmt: skip
    for k, x in enumerate((-edge + AT_END * span, span + edge - AT_END * span)):
        start = float(way.energy[-k])
        notes.append({"x": x, "y": way.saddle, "ax": x, "ay": start, "axref": "x", "ayref": "y",
                      "showarrow": True, "arrowhead": 2, "arrowwidth": 1.4, "arrowcolor": ink,
                      "text": ""})  # fmt: skip
        notes.append({"x": x, "y": (way.saddle + start) / 2, "showarrow": False,
                      "xanchor": "right" if k else "left", "xshift": -5 if k else 5,
                      "text": number(way.saddle - start, ".2f"),
                      "font": {"size": SMALL, "color": ink}})  # fmt: skip
    return {**layout, "annotations": notes, "shapes": [hair]}
