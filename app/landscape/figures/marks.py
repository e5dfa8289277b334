"""What lies on the surface of a slice: the descent, the four places, the centre."""

from dataclasses import dataclass

import numpy as np

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

    @property
    def limits(self) -> list[tuple[float, float]]:
        """Ends of the colour scale, per level."""
        return colour_limits(self.surface.values, self.lock, self.fixed)


def _sizes(distance: np.ndarray, largest: float) -> np.ndarray:
    """Marker size falls with the distance to the plane (in radius), never below a third.

    Returns:
        Sizes in pixels.
    """
    return (largest * (1 / 3 + 2 / 3 / (1 + distance))).astype(np.float32)


def marks(view: SliceView, i: int, style: str) -> list[Trace]:
    """What lies on the surface at one level: earlier states, this level's states, places, centre.

    Args:
        view: what is drawn.
        i: position of the level in LEVEL_ORDER.
        style: "2d" or "3d".

    Returns:
        Traces, the most important last (drawn on top).
    """
    path, order = view.path, LEVEL_ORDER
    steps = path.a.shape[1]
    level_of = np.repeat(np.array(order), steps).reshape(len(order), steps)
    step_of = np.tile(np.arange(steps), (len(order), 1))
    info = np.stack([level_of, step_of, path.energy, path.distance, path.gap], axis=-1)
    hover = (
        "t = %{customdata[0]}, step %{customdata[1]}<br>E_t %{customdata[2]:.5g}"
        "<br>off the plane %{customdata[3]:.3f} radius"
        "<br>above the surface %{customdata[4]:+.3g}<extra>descent</extra>"
    )
    before = {
        "a": path.a[:i].ravel(),
        "b": path.b[:i].ravel(),
        "customdata": info[:i].reshape(-1, 5).astype(np.float32),
        "mode": "lines+markers",
        "name": "earlier levels",
        "line": {"color": "rgba(255,255,255,0.35)", "width": 1},
        "marker": {
            "color": "rgba(255,255,255,0.6)",
            "size": _sizes(path.distance[:i].ravel(), 5.5),
            "line": {"color": "rgba(20,20,20,0.55)", "width": 0.8},
        },
        "meta": "jump",
        "hovertemplate": hover,
    }
    now = {
        "a": path.a[i],
        "b": path.b[i],
        "z": view.surface.scaled(path.energy[i], i),
        "customdata": info[i].astype(np.float32),
        "mode": "lines+markers",
        "name": "this level",
        "line": {"color": "#ffffff", "width": 2},
        "marker": {
            "color": "#ffffff",
            "size": _sizes(path.distance[i], 10),
            "line": {"color": "#1a1a1a", "width": 1},
        },
        "meta": "jump",
        "hovertemplate": hover,
    }
    traces = [_place(view, i, k, name) for k, name in enumerate(view.place_names)]
    traces = [t for t in traces if t is not None]
    centre = {
        "a": np.zeros(1),
        "b": np.zeros(1),
        "z": view.surface.scaled(view.surface.centre_energy[i : i + 1], i),
        "mode": "markers",
        "name": "centre",
        "marker": {
            "symbol": "cross",
            "size": 9,
            "color": "#ffffff",
            "line": {"width": 1, "color": "#1a1a1a"},
        },
        "hovertemplate": f"centre · {SCALES[view.surface.scale]} %{{text}}<extra></extra>",
        "text": [f"{v:.5g}" for v in view.surface.scaled(view.surface.centre_energy[i : i + 1], i)],
    }
    if style == "3d":  # earlier states have energies of other levels: they have no height here
        return [_in_space(t) for t in (now, *traces, centre)]
    return [_in_plane(t) for t in (before, now, *traces, centre)]


def _place(view: SliceView, i: int, k: int, name: str) -> Trace | None:
    p = view.places
    if not np.isfinite(p.a[i, k]):
        return None
    colour = colours.PLACES.get(name, "#ffffff")
    text = f"E_t {p.energy[i, k]:.5g}" if np.isfinite(p.energy[i, k]) else ""
    return {
        "a": p.a[i, k : k + 1],
        "b": p.b[i, k : k + 1],
        "z": view.surface.scaled(p.energy[i, k : k + 1], i),
        "mode": "markers",
        "name": colours.PLACE_NAMES.get(name, name),
        "marker": {
            "symbol": colours.PLACE_SYMBOLS.get(name, "circle"),
            "size": 10,
            "color": colour,
            "line": {"color": "#ffffff", "width": 1.2},
        },
        "text": [
            f"{text}<br>off the plane {p.distance[i, k]:.3f} radius<br>above the surface"
            f" {p.gap[i, k]:+.3g}"
        ],
        "hovertemplate": f"%{{text}}<extra>{colours.PLACE_NAMES.get(name, name)}</extra>",
    }


def _in_plane(trace: Trace) -> Trace:
    rest = {k: v for k, v in trace.items() if k not in ("a", "b", "z")}
    xy = {"x": trace["a"].astype(np.float32), "y": trace["b"].astype(np.float32)}
    return {"type": "scatter", **xy, **rest}


SYMBOLS_3D = {"star": "circle", "triangle-down": "diamond-open"}
"""scatter3d knows only a few symbols."""


def _in_space(trace: Trace) -> Trace:
    rest = {k: v for k, v in trace.items() if k not in ("a", "b", "z")}
    marker = dict(rest["marker"])
    symbol = marker.get("symbol", "circle")
    marker["symbol"] = SYMBOLS_3D.get(symbol, symbol)
    marker["size"] = np.asarray(marker["size"]) * 0.6
    xyz = {axis: trace[k].astype(np.float32) for axis, k in (("x", "a"), ("y", "b"), ("z", "z"))}
    return {"type": "scatter3d", **xyz, **rest, "marker": marker}
