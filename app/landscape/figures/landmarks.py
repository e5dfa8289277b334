"""Minima and saddles on a slice: numbered as they are everywhere, each level's own."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from app.shared.drawing import colours
from app.shared.drawing.levels import LEVEL_ORDER, Trace
from app.shared.drawing.names import basin_name
from app.shared.drawing.planes import OnPlane, Surface, outside
from ired_interp_core.spelling import counted, number

LARGEST = 16.0
"""Size of a mark in the plane; off it marks shrink, to a third at most, as states do."""

BASIN, OUTSIDE, SADDLE = "triangle-down", "triangle-down-open", "bowtie"


@dataclass(frozen=True)
class Landmarks:
    """The minima of all levels and the saddles between them, seen from a plane.

    Args:
        basins: the minima [level in LEVEL_ORDER, basin]; NaN where a level has none.
        above: E less that of the truth's basin.
        entries: outside the box ±c, of each minimum.
        saddles: the verified saddles [level in LEVEL_ORDER, saddle]; none where not computed.
        ends: basins that a saddle joins; −1 where it is none that is kept.
        first: name of basin 0: T, or S where no truth is known.
    """

    basins: OnPlane
    above: Float[np.ndarray, "L B"]
    entries: Int[np.ndarray, "L B"]
    saddles: OnPlane
    ends: Int[np.ndarray, "L S 2"]
    first: str = "T"

    def name(self, basin: int) -> str:
        """What a basin is called."""
        return basin_name(basin, self.first)

    @property
    def there(self) -> Bool[np.ndarray, "L B"]:
        """Which basins a level has."""
        return np.isfinite(self.basins.a)


def hidden(landmarks: Landmarks | None, half_width: float) -> list[list[str]]:
    """Minima that a window does not show, in words such as "minimum T", per level."""
    if landmarks is None:
        return [[]] * len(LEVEL_ORDER)
    away = outside(landmarks.basins, half_width)
    return [[f"minimum {landmarks.name(k)}" for k in np.flatnonzero(row)] for row in away]


def traces(landmarks: Landmarks | None, surface: Surface, i: int, style: str) -> list[Trace]:
    """Saddles, and minima over them, at one level.

    Args:
        landmarks: None where they were not computed.
        surface: that they lie over.
        i: position of the level in LEVEL_ORDER.
        style: "2d" or "3d".

    Returns:
        Two traces, of which the level may have nothing to show.
    """
    if landmarks is None:
        return []
    level, flat = LEVEL_ORDER[i], style == "2d"
    minima, saddles = landmarks.basins, landmarks.saddles
    there = np.flatnonzero(landmarks.there[i])
    between = np.flatnonzero(np.isfinite(saddles.a[i]))
    beyond = landmarks.entries[i, there] > 0
    hues = [colours.PLACES["truth"] if k == 0 else colours.OTHER for k in there]
    passes = {
        **_at(saddles, i, between, surface),
        "mode": "markers",
        "name": "saddles",
        "marker": {
            "symbol": SADDLE,
            "size": _sizes(saddles.distance[i, between]),
            "color": colours.NEGATIVE,
            "line": {"color": "#ffffff", "width": 1},
        },
        "text": [_saddle(landmarks, i, k, level) for k in between],
        "hovertemplate": "%{text}<extra></extra>",
        "showlegend": bool(len(between)),
    }
    bottoms = {
        **_at(minima, i, there, surface),
        "mode": "markers+text",
        "name": "minima",
        "marker": {
            "symbol": [OUTSIDE if out else BASIN for out in beyond] if flat else BASIN,
            "size": _sizes(minima.distance[i, there]),
            "color": hues,
            "line": {"color": hues if flat else "#ffffff", "width": 2 if flat else 1},
        },
        "text": [landmarks.name(k) for k in there],
        "textposition": "middle right",
        "textfont": {"size": 12, **({"color": "#ffffff", "shadow": HALO} if flat else {})},
        "customdata": [[_minimum(landmarks, i, k, level)] for k in there],
        "hovertemplate": "%{customdata[0]}<extra></extra>",
        "showlegend": bool(len(there)),
    }
    return [passes, bottoms]


HALO = "0 0 2px #000, 0 0 3px #000, 0 0 4px #000"
"""Dark edge of white letters, which stand on every colour of the map."""


def _at(points: OnPlane, i: int, which: np.ndarray, surface: Surface) -> Trace:
    z = surface.scaled(points.energy[i, which], i)
    return {"a": points.a[i, which], "b": points.b[i, which], "z": z}


def _sizes(distance: np.ndarray) -> np.ndarray:
    return (LARGEST * (1 / 3 + 2 / 3 / (1 + distance))).astype(np.float32)


def _off(points: OnPlane, i: int, k: int) -> str:
    gap = points.gap[i, k]
    over = number(gap, "+.3g") if np.isfinite(gap) else "–, beyond the window"
    return f"off the plane {points.distance[i, k]:.3f} radius<br>above the surface {over}"


def _minimum(landmarks: Landmarks, i: int, k: int, level: int) -> str:
    energy, above = landmarks.basins.energy[i, k], landmarks.above[i, k]
    said = f"t {level} · minimum {landmarks.name(k)} · E {number(energy, '.5g')}"
    if k and np.isfinite(above):
        side = "above" if above >= 0 else "below"
        said += f", {number(abs(above), '.4g')} {side} {landmarks.first}"
    if out := int(landmarks.entries[i, k]):
        said += f"<br>outside the box in {counted(out, 'entry', 'entries')}"
    return f"{said}<br>{_off(landmarks.basins, i, k)}"


def _saddle(landmarks: Landmarks, i: int, k: int, level: int) -> str:
    one, other = (landmarks.name(int(end)) for end in landmarks.ends[i, k])
    energy = number(landmarks.saddles.energy[i, k], ".5g")
    said = f"t {level} · saddle between {one} and {other} · E {energy}"
    return f"{said}<br>{_off(landmarks.saddles, i, k)}"
