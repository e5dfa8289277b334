"""The path between two minima: images, saddle, barriers, straight line, lowest curvatures."""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import xarray as xr

from app.components.said import Picked
from app.minima import asked, tree_panel
from app.minima.address import IMAGE, NO_PAIR, SADDLE, WORD, Pair, image_at
from app.minima.figures import path
from app.minima.figures.path import Way
from app.minima.found import FIRST, Found
from app.minima.joined import Joined
from app.minima.scene import MINIMA, PATHS, Scene
from app.shared.address.address import Address
from app.shared.drawing.levels import LEVEL_ORDER
from app.shared.page.contract import Drawn, Fields, Outcome
from app.shared.page.lacking import answer
from ired_interp_core.spelling import counted, number

ALONG = ("path_length", "path_energy", "path_straight", "path_curvature")
MOST_PAIRS = 60
"""Pairs in the menu; the others are reached by a click on a saddle of the tree."""


def draw(scene: Scene, fields: Fields) -> Outcome:
    """The path of the chosen pair at every level, or of the first basin and the lowest other."""
    problem, look = fields["problem"], fields.look
    found = scene.found(problem)
    if found is None:
        return answer(scene, scene.asked[MINIMA], problem)
    if found.joined is None:
        return asked.no_paths(scene, found, problem)
    pairs = {t: fields["pair"] or usual(found, t) for t in LEVEL_ORDER}
    above = fields["energy"] == "above"
    ways = [_way(found, found.joined, t, pairs[t], above) for t in LEVEL_ORDER]
    label = f"E − E({found.name(FIRST)}) [E]" if above else "Eₜ [E]"
    figure = path.figure(ways, label, look.ink.text, look.ink.muted)
    notes = [_note(found, found.joined, t, pairs[t]) for t in LEVEL_ORDER]
    sources = scene.sources(problem, PATHS, MINIMA)
    return Drawn(figure, numbers(found, found.joined, pairs), sources, notes,
                 asks=asked.connect(scene, problem))  # fmt: skip


def usual(found: Found, t: int) -> Pair | None:
    """The first basin and the lowest other with a path to it; None where there are no two."""
    there = sorted(found.there(t), key=lambda b: (b != FIRST, found.energy(t, b)))
    pairs = [(there[0], other) for other in there[1:]]
    drawn = [pair for pair in pairs if found.joined is None or found.joined.drawn(t, *pair)]
    return next(iter(drawn or pairs), None)


def options(scene: Scene, address: Address) -> Mapping[Pair | tuple[()], str]:
    """Pairs that some level has, and the usual one."""
    found = scene.found(address["problem"])
    if found is None:
        return {NO_PAIR: "–"}
    listed = {
        pair
        for t in LEVEL_ORDER
        for pair in combinations(found.there(t), 2)
        if found.joined is None or found.joined.drawn(t, *pair)
    }
    known: dict[Pair | tuple[()], str] = {NO_PAIR: f"{found.name(FIRST)} – lowest"}
    for pair in sorted(listed)[:MOST_PAIRS]:
        known[pair] = " – ".join(map(found.name, pair))
    chosen = address["pair"]
    return known if chosen in known else {**known, chosen: " – ".join(map(found.name, chosen))}


def several(scene: Scene, address: Address) -> bool:
    """Whether there is a pair to choose."""
    return len(options(scene, address)) > 2


def _words(found: Found, joined: Joined, t: int, pair: Pair | None) -> str:
    """Why there is no path; "" where there is one."""
    there = found.there(t)
    if len(there) < 2:
        return "no minimum at this level" if not there else "one minimum: no path"
    assert pair is not None  # two minima have a usual pair
    gone = [found.spoken(b) for b in pair if b not in there]
    if gone:
        return f"{' and '.join(gone)} {'does' if len(gone) == 1 else 'do'} not exist at t = {t}"
    if not joined.drawn(t, *pair):
        return {
            "open": "tried, and no path found; Connect tries again",
            "verified": "joined by way of others",
        }.get(joined.status(t, *pair), "not tried within the budget; Connect goes on")
    return ""


def _way(found: Found, joined: Joined, t: int, pair: Pair | None, above: bool) -> Way:
    ends = pair or (FIRST, FIRST)
    names, none = (found.name(ends[0]), found.name(ends[1])), np.zeros(0)
    words = _words(found, joined, t, pair)
    if words:
        return Way(names, ends, none, none, none, none.reshape(0, 2), words=words)
    base = found.energy(t, FIRST) if above and FIRST in found.there(t) else 0.0
    length, energy, straight, curvature = (joined[name][t][ends] for name in ALONG)
    saddle = found.energy(t, ends[0]) + joined.barrier(t, *ends) - base
    return Way(names, ends, length, energy - base, straight - base, curvature, saddle)


def _note(found: Found, joined: Joined, t: int, pair: Pair | None) -> str:
    words = _words(found, joined, t, pair)
    if words or pair is None:
        return words
    name = "–".join(map(found.name, pair))
    residual, highest = (float(joined[n][t][pair]) for n in ("path_residual", "path_highest"))
    images = counted(int(np.isfinite(joined["path_energy"][t][pair]).sum()), "image")
    said = [name, f"residual {number(100 * residual, '.2g')} %, {images}"]
    saddle = found.energy(t, pair[0]) + joined.barrier(t, *pair)
    if np.isfinite(saddle):
        away = highest - saddle
        side = "above" if away > 0 else "below"
        said.append(f"highest image {number(abs(away), '.2g')} {side} the saddle")
    else:
        said.append("no saddle found: the highest image is no barrier")
    return " · ".join(said)


def picked(address: Address, point: Picked) -> Mapping[str, Any] | None:
    """The saddle or an image was clicked, which the card then shows; or a minimum, as in a tree."""
    what, *told = point.custom or ("",)
    if what not in (WORD, IMAGE):
        return tree_panel.picked(address, point)
    whole = [int(v) for v in told if isinstance(v, int | float) and v >= 0]
    if len(whole) != len(told) or len(whole) != (2 if what == WORD else 3) or whole[0] == whole[1]:
        return None
    return {"pair": tuple(whole[:2]), "minimum": SADDLE if what == WORD else image_at(whole[2])}


def numbers(found: Found, joined: Joined, pairs: Mapping[int, Pair | None]) -> xr.Dataset:
    """What is drawn: of each level its own pair."""
    images = joined.paths.sizes["image"]
    data: dict[str, Any] = {
        name: np.full((len(LEVEL_ORDER), images), np.nan)
        for name in (*ALONG[:3], "curvature_1", "curvature_2")
    }
    data |= {
        name: np.full(len(LEVEL_ORDER), np.nan)
        for name in ("barrier", "barrier_back", "saddle_energy", "path_highest", "path_residual")
    }
    ends = np.full((2, len(LEVEL_ORDER)), -1)
    for k, t in enumerate(LEVEL_ORDER):
        pair = pairs[t]
        if pair is None or _words(found, joined, t, pair):
            continue
        ends[:, k] = pair
        for name in ALONG[:3]:
            data[name][k] = joined[name][t][pair]
        data["curvature_1"][k], data["curvature_2"][k] = joined["path_curvature"][t][pair].T
        for name in ("path_highest", "path_residual"):
            data[name][k] = joined[name][t][pair]
        data["barrier"][k] = joined.barrier(t, *pair)
        data["barrier_back"][k] = joined.barrier(t, *pair[::-1])
        data["saddle_energy"][k] = found.energy(t, pair[0]) + data["barrier"][k]
    said = {
        "path_length": ("length of the path, level frame", "y"),
        "path_energy": ("E_t along the path", "E"),
        "path_straight": ("E_t along the straight line", "E"),
        "curvature_1": ("λ₁ along the path, level frame", "E/ỹ²"),
        "curvature_2": ("λ₂ along the path, level frame", "E/ỹ²"),
        "barrier": ("barrier from the first to the second", "E"),
        "barrier_back": ("barrier from the second to the first", "E"),
        "saddle_energy": ("E_t of the highest saddle of the way", "E"),
        "path_highest": ("E_t of the highest image", "E"),
        "path_residual": ("residual of the string", "1"),
    }
    variables = {
        name: (("level", "image")[: values.ndim], values,
               {"long_name": said[name][0], "units": said[name][1]})
        for name, values in data.items()
    }  # fmt: skip
    return xr.Dataset(
        {"first": ("level", ends[0]), "second": ("level", ends[1]), **variables},
        {"level": list(LEVEL_ORDER)},
    )
