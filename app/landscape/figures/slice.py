"""The landscape slice: ten energies on one plane, with the descent and the four places on it."""

from typing import Any

import numpy as np

from app.landscape.figures import landmarks
from app.landscape.figures.marks import SliceView, marks
from app.shared.drawing import colours
from app.shared.drawing.levels import (
    LEVEL_ORDER,
    TINY,
    TOP_LEGEND,
    Layout,
    Levels,
    Trace,
    axis,
    same,
)
from app.shared.drawing.planes import SCALES, outside
from ired_interp_core.spelling import counted, number


def notes(view: SliceView) -> list[str]:
    """One line per level: how exact the surface is, and what to mind."""
    beyond, away = outside(view.path, view.half_width), outside(view.places, view.half_width)
    lost = landmarks.hidden(view.landmarks, view.half_width)
    lines = []
    for i, level in enumerate(LEVEL_ORDER):
        parts = []
        if level == LEVEL_ORDER[0]:
            box = view.clip * view.schedule.sqrt_alpha_bar[level]
            parts.append(f"degenerate: the box is ±{box:.4f} in ỹ")
        if view.surface.gaps[i] > 0:
            parts.append(f"{100 * view.surface.gaps[i]:.0f} % of the plane has no value")
        elif np.ptp(view.surface.values[i]) == 0:
            parts.append("constant")
        hidden = [view.place_names[k].replace("_", " ") for k in np.flatnonzero(away[i])]
        hidden += lost[i]
        if beyond[i].any():
            hidden.append(f"{beyond[i].sum()} of {counted(beyond[i].size, 'state')}")
        if hidden:
            parts.append(f"outside the window: {', '.join(hidden)}")
        if not view.surface.interpolated:
            n = view.surface.nodes
            parts.append(f"linear between {n} × {n} points")
        if np.isfinite(view.surface.error[i]):
            parts.append(
                f"estimated surface error {number(view.surface.error[i], '.0e')} of the range"
            )
        lines.append(" · ".join(parts))
    return lines


def _ticks(view: SliceView, level: int) -> Layout:
    """Two readings under each tick of an axis: units of the radius, and entries of y or ỹ."""
    unit = view.surface.radius
    if view.frame == "level":
        unit *= float(view.schedule.sqrt_alpha_bar[level])
    at = np.linspace(-view.half_width, view.half_width, 5)
    texts = [f"{number(v, '.2g')}<br>{number(v * unit)}" for v in at]
    return {"tickvals": at.tolist(), "ticktext": texts}


def figure(view: SliceView, style: str = "2d") -> Levels:
    """Draw a slice as "2d", heat map with contours, or as "3d", a surface."""
    draw, lay_out = (_surface_3d, _layout_3d) if style == "3d" else (_heatmap, _layout_2d)
    levels = [[*draw(view, i, *ends), *marks(view, i, style)] for i, ends in enumerate(view.limits)]
    layout, layouts = lay_out(view)
    return Levels(layout, levels=levels, layouts=layouts)


def caption(view: SliceView, style: str = "2d") -> str:
    """How to read the slice."""
    frame = "level frame ỹ" if view.frame == "level" else "data frame y"
    second = "" if style == "3d" else f"; second line: {frame}"
    return (
        f"Axes in units of R = {number(view.surface.radius)} (data frame){second}."
        " White: the sampler's path. Click a point for its level."
    )


def _colours(view: SliceView) -> dict[str, Any]:
    return {
        "colorscale": colours.ENERGY,
        "colorbar": {
            "title": {"text": SCALES[view.surface.scale], "side": "right"},
            "len": _bar(view),
            "y": 1,
            "yanchor": "top",
            "nticks": 5 if view.landmarks is None else 3,
            "tickfont": {"size": TINY},
            "x": 1.02,
        },
    }


LINE = 0.1
"""Height of a line of the legend, as a share of a slice's."""


def _bar(view: SliceView) -> float:
    """Length of the colour bar, above the legend; two slices beside each other are lower."""
    length = 0.36 if view.point is not None else 0.47 if view.beside is None else 0.42
    marked = view.landmarks
    more = 0 if marked is None else 1 + int(np.isfinite(marked.saddles.a).any())
    return length - LINE * more


def _heatmap(view: SliceView, i: int, low: float, high: float) -> list[Trace]:
    """Colours and contour lines apart: together the browser interpolates every pixel by itself."""
    common = {
        "x": view.surface.a.astype(np.float32),
        "y": view.surface.b.astype(np.float32),
        "zmin": low,
        "zmax": high,
        "name": "surface",
        "showlegend": False,
    }
    colour = {
        **common,
        "type": "heatmap",
        "z": view.surface.values[i],
        "zsmooth": "fast",
        **_colours(view),
        "hovertemplate": _hover(view),
    }
    lines = {
        **common,
        "type": "contour",
        "z": same(0),
        "zauto": False,
        "contours": {"coloring": "none"},
        "ncontours": 14,
        "line": {"width": 0.6, "color": "rgba(255,255,255,0.42)", "smoothing": 0},
        "showscale": False,
        "hoverinfo": "skip",
    }
    return [colour, lines]


def _hover(view: SliceView) -> str:
    word = SCALES[view.surface.scale]
    return f"a %{{x:.3f}} · b %{{y:.3f}}<br>{word} %{{z:.5g}}<extra>surface</extra>"


def _surface_3d(view: SliceView, i: int, low: float, high: float) -> list[Trace]:
    return [
        {
            "type": "surface",
            "x": view.surface.a.astype(np.float32),
            "y": view.surface.b.astype(np.float32),
            "z": view.surface.values[i],
            "cmin": low,
            "cmax": high,
            **_colours(view),
            "contours": {"z": {"show": True, "color": "rgba(255,255,255,0.4)", "width": 1}},
            "lighting": {"ambient": 0.75, "diffuse": 0.5, "specular": 0.05},
            "name": "surface",
            "showlegend": False,
            "hovertemplate": _hover(view),
        }
    ]


LEGEND = {
    "orientation": "v",
    "x": 1.02,
    "xanchor": "left",
    "y": 0,
    "yanchor": "bottom",
    "font": {"size": TINY},
    "itemsizing": "constant",
    "itemwidth": 30,
}
REACH = 5
"""Distance [px] at which a mark is under the pointer; plotly's 20 hides the plane around it."""


def _layout_2d(view: SliceView) -> tuple[Layout, list[Layout]]:
    span = [-view.half_width, view.half_width]
    plain = {"range": span, "constrain": "domain", "zeroline": False, "showgrid": False}
    layout = {
        "margin": {"l": 52, "r": 96, "t": 6, "b": 52},
        "xaxis": axis(f"a: {view.names[0]}", **plain, constraintoward="right"),
        "yaxis": axis(f"b: {view.names[1]}", **plain, scaleanchor="x"),
        "legend": LEGEND,
        "uirevision": "slice",
        "hovermode": "closest",
        "hoverdistance": REACH,
    }
    per_level = [_ticks(view, level) for level in LEVEL_ORDER]
    return layout, [{"xaxis": ticks, "yaxis": ticks} for ticks in per_level]


def _layout_3d(view: SliceView) -> tuple[Layout, list[Layout]]:
    span = [-view.half_width, view.half_width]
    # Seen from aside the ticks of an axis stand close: three of them, with one reading each.
    at = [span[0], 0.0, span[1]]
    few = {"tickvals": at, "ticktext": [number(v, ".2g") for v in at]}
    word = "<br>".join(f"{k}: {name}" for k, name in zip("ab", view.names, strict=True))
    layout = {
        "margin": {"l": 0, "r": 96, "t": 6, "b": 0},
        "scene": {
            "xaxis": {"range": span, "title": {"text": "a [R]"}, **few},
            "yaxis": {"range": span, "title": {"text": "b [R]"}, **few},
            "zaxis": {"title": {"text": SCALES[view.surface.scale]}, "nticks": 4},
            "aspectmode": "manual",
            "aspectratio": {"x": 1, "y": 1, "z": 0.75},
            "camera": {
                "eye": {"x": 1.2, "y": -1.25, "z": 1.45},
                "center": {"x": 0, "y": 0, "z": -0.12},
            },
            "uirevision": "slice",
        },
        "legend": LEGEND,
        "uirevision": "slice",
        "annotations": [
            {
                "text": word,
                "xref": "paper",
                "yref": "paper",
                "x": 0,
                "y": 1,
                "align": "left",
                "showarrow": False,
                "font": {"size": TINY},
            }
        ],
    }
    return layout, [{"scene": {"zaxis": {"range": list(ends)}}} for ends in view.limits]


def cuts(view: SliceView) -> Levels:
    """Two profiles through the centre, along a (b = 0) and along b (a = 0)."""
    surface = view.surface
    middle = len(surface.a) // 2

    def line(name: str, direction: str, values: np.ndarray, colour: str, dash: str) -> Trace:
        return {
            "type": "scatter",
            "mode": "lines",
            "x": surface.a.astype(np.float32),
            "y": values,
            "name": f"{name}: {direction}",
            "line": {"color": colour, "width": 2, "dash": dash},
            "hovertemplate": f"{name} %{{x:.3f}}<br>{SCALES[surface.scale]} %{{y:.5g}}"
            f"<extra>{direction}</extra>",
        }

    levels = [
        [
            line("a", view.names[0], values[middle, :], colours.FIRST, "solid"),
            line("b", view.names[1], values[:, middle], colours.SECOND, "dot"),
        ]
        for values in surface.values
    ]
    layout = {
        "margin": {"l": 50, "r": 8, "t": 34, "b": 36},
        "xaxis": axis("a or b [R]", range=[-view.half_width, view.half_width], nticks=5),
        "yaxis": axis(SCALES[surface.scale], nticks=6),
        "legend": TOP_LEGEND,
        "uirevision": "cuts",
        "hovermode": "x",
    }
    layouts: list[Layout] = []
    for low, high in view.limits:
        room = 0.04 * (high - low)
        own = {"autorange": True} if view.lock == "level" else {"range": [low - room, high + room]}
        layouts.append({"yaxis": own})
    return Levels(layout, levels=levels, layouts=layouts)
