"""What lies on the surface of a slice: the descent, the four places, the centre."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from app.landscape.figures.landmarks import Landmarks, traces
from app.shared.drawing import colours
from app.shared.drawing.levels import LEVEL_ORDER, Trace
from app.shared.drawing.planes import SCALES, OnPlane, Surface, colour_limits
from ired_interp_core.schedule import Schedule


@dataclass(frozen=True)
class SliceView:
    """Everything a drawing of a slice needs.

    Args:
        surface: the energies.
        names: what the plane's axes are, along a and along b.
        half_width: of the window, in radius.
        path: the descent [level, step].
        places: the named places [level, point].
        place_names: their names.
        schedule: of the model.
        clip: the sampler's box ±c in the data frame.
        frame: "level" or "data": units of the second axis reading.
        lock: colour limits: "level", "levels" or "fixed".
        fixed: ends for "fixed".
        point: coordinates that a reader clicked, or None.
        beside: the surface that stands beside it, whose energies the colours hold too.
        landmarks: minima and saddles; None where they were not computed.
    """

    surface: Surface
    names: tuple[str, str]
    half_width: float
    path: OnPlane
    places: OnPlane
    place_names: tuple[str, ...]
    schedule: Schedule
    clip: float
    frame: str
    lock: str = "level"
    fixed: tuple[float, float] | None = None
    point: tuple[float, float] | None = None
    beside: Surface | None = None
    landmarks: Landmarks | None = None

    @property
    def limits(self) -> list[tuple[float, float]]:
        """Ends of the colour scale, per level."""
        mine = colour_limits(self.surface.values, self.lock, self.fixed)
        if self.beside is None:
            return mine
        other = colour_limits(self.beside.values, self.lock, self.fixed)
        return [(min(a, c), max(b, d)) for (a, b), (c, d) in zip(mine, other, strict=True)]


HOVER = (
    "t = %{customdata[0]}, step %{customdata[1]}<br>E_t %{customdata[2]:.5g}"
    "<br>off the plane %{customdata[3]:.3f} radius"
    "<br>above the surface %{customdata[4]:+.3g}<extra>descent</extra>"
)


def marks(view: SliceView, i: int, style: str) -> list[Trace]:
    """What lies on the surface at one level, the most important last (drawn on top).

    Args:
        view: what is drawn.
        i: position of the level in LEVEL_ORDER.
        style: "2d" or "3d".

    Returns:
        Earlier states, this level's states, saddles, minima, places, centre.
    """
    before = _states(
        view.path, slice(0, i), "earlier levels", 5.5,
        {"color": "rgba(255,255,255,0.35)", "width": 1},
        "rgba(255,255,255,0.6)", {"color": "rgba(20,20,20,0.55)", "width": 0.8},
    )  # fmt: skip
    now = _states(
        view.path, slice(i, i + 1), "this level", 10, {"color": "#ffffff", "width": 2},
        "#ffffff", {"color": "#1a1a1a", "width": 1},
    )  # fmt: skip
    now["z"] = view.surface.scaled(view.path.energy[i], i)
    places = [
        _place(view, i, k, name)
        for k, name in enumerate(view.place_names)
        if np.isfinite(view.places.a[i, k])
    ]
    energy = view.surface.scaled(view.surface.centre_energy[i : i + 1], i)
    centre = {
        "a": np.zeros(1),
        "b": np.zeros(1),
        "z": energy,
        "mode": "markers",
        "name": "centre",
        "marker": {
            "symbol": "cross",
            "size": 9,
            "color": "#ffffff",
            "line": {"width": 1, "color": "#1a1a1a"},
        },
        "hovertemplate": f"centre · {SCALES[view.surface.scale]} %{{text}}<extra></extra>",
        "text": [f"{v:.5g}" for v in energy],
    }
    bottoms = traces(view.landmarks, view.surface, i, style)
    if style == "3d":  # earlier states have energies of other levels: they have no height here
        return [_in_space(t) for t in (now, *bottoms, *places, centre)]
    return [_in_plane(t) for t in (before, now, *bottoms, *places, centre, *_point(view))]


def _point(view: SliceView) -> list[Trace]:
    """The point that a reader clicked: a hollow ring, through which clicks reach the plane."""
    if view.point is None:
        return []
    return [
        {
            "a": np.array(view.point[:1]),
            "b": np.array(view.point[1:]),
            "mode": "markers",
            "name": "point",
            "marker": {
                "symbol": "circle-open",
                "size": 14,
                "color": colours.POINT,
                "line": {"width": 2.5, "color": colours.POINT},
            },
            "hoverinfo": "skip",
        }
    ]


def _states(
    path: OnPlane, levels: slice, name: str, largest: float, line: Trace, colour: str, rim: Trace
) -> Trace:
    """States of some levels; markers shrink with the distance to the plane, to a third at most."""
    level, step = np.meshgrid(LEVEL_ORDER, np.arange(path.a.shape[1]), indexing="ij")
    info = np.stack([level, step, path.energy, path.distance, path.gap], axis=-1)
    size = largest * (1 / 3 + 2 / 3 / (1 + path.distance[levels].ravel()))
    return {
        "a": path.a[levels].ravel(),
        "b": path.b[levels].ravel(),
        "customdata": info[levels].reshape(-1, 5).astype(np.float32),
        "mode": "lines+markers",
        "name": name,
        "line": line,
        "marker": {"color": colour, "size": size.astype(np.float32), "line": rim},
        "meta": "jump",
        "hovertemplate": HOVER,
    }


def _place(view: SliceView, i: int, k: int, name: str) -> Trace:
    p, word = view.places, colours.PLACE_NAMES.get(name, name)
    energy = f"E_t {p.energy[i, k]:.5g}" if np.isfinite(p.energy[i, k]) else ""
    return {
        "a": p.a[i, k : k + 1],
        "b": p.b[i, k : k + 1],
        "z": view.surface.scaled(p.energy[i, k : k + 1], i),
        "mode": "markers",
        "name": word,
        "marker": {
            "symbol": colours.PLACE_SYMBOLS.get(name, "circle"),
            "size": 10,
            "color": colours.PLACES.get(name, "#ffffff"),
            "line": {"color": "#ffffff", "width": 1.2},
        },
        "text": [
            f"{energy}<br>off the plane {p.distance[i, k]:.3f} radius<br>above the surface"
            f" {p.gap[i, k]:+.3g}"
        ],
        "hovertemplate": f"%{{text}}<extra>{word}</extra>",
    }


def _placed(trace: Trace, kind: str, axes: str, **rest: Any) -> Trace:
    """A trace with its positions along a, b and, in space, z."""
    at = {axis: trace[k].astype(np.float32) for axis, k in zip(axes, "abz", strict=False)}
    return {"type": kind, **at, **{k: v for k, v in trace.items() if k not in "abz"}, **rest}


def _in_plane(trace: Trace) -> Trace:
    return _placed(trace, "scatter", "xy")


IN_SPACE = {
    "circle": ("circle", 0.45),
    "diamond": ("diamond", 0.6),
    "star": ("circle", 0.6),
    "square": ("square", 0.5),
    "triangle-down": ("circle-open", 1.2),
    "cross": ("diamond-open", 0.8),
    "bowtie": ("square-open", 0.6),
}
"""Symbol on the map → symbol in space and its size there. In space there are discs, squares and
diamonds (crosses are letters, which many browsers lack); rings show what lies in the same point."""


def _in_space(trace: Trace) -> Trace:
    marker = dict(trace["marker"])
    marker["symbol"], scale = IN_SPACE[marker.get("symbol", "circle")]
    marker["size"] = np.asarray(marker["size"]) * scale
    if marker["symbol"].endswith("-open"):
        white = marker["color"] == "#ffffff"  # which a legend on light ground would not show
        marker["color"] = colours.BASELINE if white else marker["color"]
        marker["line"] = {"color": marker["color"], "width": 3}
    return _placed(trace, "scatter3d", "xyz", marker=marker)
