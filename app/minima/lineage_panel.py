"""Minima from level to level: where each is born and ends, and how far from the truth it lies."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from app.components.said import Picked
from app.minima.address import ALL_KINDS
from app.minima.answer_panel import KIND_NAMES
from app.minima.branches import shown
from app.minima.figures import lineage
from app.minima.figures.lineage import Link, Node, Seen
from app.minima.found import FIRST, Found
from app.minima.scene import DESCENT, MINIMA, PROPERTIES, Scene
from app.shared.address.address import Address
from app.shared.drawing.levels import LEVEL_ORDER
from app.shared.page.contract import Drawn, Fields, Outcome
from app.shared.page.lacking import answer
from ired_interp_core.minima.names import KINDS
from ired_interp_core.schema import LEVELS
from ired_interp_core.spelling import counted, number

MOST = 12
"""Minima of a level that are drawn; of more, those that matter most."""
TINIEST = 1e-12
"""Below this an error is rounding: it stands there on the logarithmic axis."""


def draw(scene: Scene, fields: Fields) -> Outcome:
    """All minima of a problem by level, and the sampler's answers among them."""
    problem, look = fields["problem"], fields.look
    found = scene.found(problem)
    if found is None:
        return answer(scene, scene.asked[MINIMA], problem)
    kinds = list(range(len(KINDS))) if fields["kind"] == ALL_KINDS else [
        KINDS.index(fields["kind"])]  # fmt: skip
    descent = scene.read(DESCENT, problem)
    last = None if descent is None else descent["answer"].sel(level=0).values
    away = distances(found, last)
    drawn = {t: shown(found, t, MOST) for t in range(LEVELS)}
    nodes = [
        _node(found, t, basin, float(away[t, basin]), kinds, fields["kind"])
        for t, basins in drawn.items()
        for basin in basins
        if np.isfinite(away[t, basin])
    ]
    more = {t: len(found.there(t)) - len(drawn[t]) + int(found["left_out"][t]) for t in drawn}
    name, predicted = scene.predictor(problem) if found.truth else ("", float("nan"))
    predicted = predicted if predicted > TINIEST else float("nan")  # the exact sum
    to = "MSE to y*" if found.truth else "mean squared distance to ŷ₀"
    seen = Seen(
        "T, the truth's basin" if found.truth else "S, the answer's basin",
        fields["minimum"], _answers(found, descent, last), "sampler's answer ŷₜ", predicted,
        more, f"{to} [y²], data frame",
    )  # fmt: skip
    figure = lineage.figure(nodes, links(found), seen, look.ink.text, look.ink.muted,
                            look.ink.accent)  # fmt: skip
    sources = scene.sources(problem, MINIMA, DESCENT, *([PROPERTIES] if name else []))
    return Drawn(figure, numbers(found, away, kinds, seen), sources, note(found))


def distances(found: Found, last: np.ndarray | None) -> np.ndarray:
    """What the axis shows [level, basin]: the MSE, or without a truth the way to ŷ₀, squared."""
    if found.truth:
        return np.where(np.isfinite(found["mse"]), np.maximum(found["mse"], TINIEST), np.nan)
    if last is None:
        return np.full_like(found["mse"], np.nan)
    away = ((found["point"] - last) ** 2).mean((-2, -1))
    return np.where(np.isfinite(away), np.maximum(away, TINIEST), np.nan)


def _answers(found: Found, descent: xr.Dataset | None, last: np.ndarray | None) -> dict[int, float]:
    if descent is None or last is None:
        return {}
    walked = descent.sortby("level")
    away = walked["mse"].values if found.truth else (
        (walked["answer"].values - last) ** 2).mean((-2, -1))  # fmt: skip
    return {t: max(float(away[t]), TINIEST) for t in range(LEVELS) if away[t] > 0}


def _node(found: Found, t: int, basin: int, value: float, kinds: list[int], kind: str) -> Node:
    count, of = int(found.fell(t, kinds)[basin]), found.starts(t, kinds)
    born, ended = int(found["born"][basin]), int(found["ended"][basin])
    above = float(found.above(t)[basin])
    outside = int(found["outside"][t, basin])
    what = "starts" if kind == ALL_KINDS else f"{KIND_NAMES[kind]} starts"
    away = "MSE" if found.truth else "distance² to ŷ₀"
    told = [
        f"t {t} · {found.spoken(basin)}",
        f"E {number(found.energy(t, basin), '.5g')}"
        + (f", {number(above, '+.4g')} from {found.name(FIRST)}" if basin and above == above
           else ""),
        f"{away} {number(value)}",
        f"{count} of {of} {what}" if of else "no such starts",
        _box(found, t, outside),
        f"born at t = {born}, ends at t = {ended}",
        "click: choose",
    ]  # fmt: skip
    signs = ("+" if t == born and t < LEVELS - 1 else "") + ("×" if t == ended and t > 0 else "")
    return Node(t, basin, value, count / of if of else 0.0, "<br>".join(told), bool(outside), signs)


def _box(found: Found, t: int, outside: int) -> str:
    where = f"{counted(outside, 'entry', 'entries')} outside the box" if outside else "in the box"
    narrow = f" ±{number(float(found.box[t]), '.2g')} (level frame): degenerate"
    return where + (narrow if found.degenerate(t) else "")


def links(found: Found) -> list[Link]:
    """Who falls into whom from level to level; both ways where the other falls back."""
    below, above = found["basin_below"], found["basin_above"]
    drawn: dict[tuple[tuple[int, int], tuple[int, int]], bool] = {}
    for t in range(LEVELS - 1, 0, -1):
        for b in found.there(t):
            to = int(below[t, b])
            if to in found.there(t - 1):
                drawn[(t, b), (t - 1, to)] = int(above[t - 1, to]) == b
        for b in found.there(t - 1):
            to = int(above[t - 1, b])
            if to in found.there(t):
                drawn.setdefault(((t, to), (t - 1, b)), False)
    return [Link(start, end, both) for (start, end), both in drawn.items()]


def numbers(found: Found, away: np.ndarray, kinds: list[int], seen: Seen) -> xr.Dataset:
    """What is drawn, levels in walking order."""
    names = ["energy", "mse", "outside", "basin_below", "basin_above", "born", "ended"]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.stack([
            found.fell(t, kinds) / np.float64(found.starts(t, kinds)) for t in range(LEVELS)
        ])  # fmt: skip
    share = np.where(np.isfinite(found["energy"]), share, np.nan)
    answers = np.array([seen.answers.get(t, np.nan) for t in range(LEVELS)])
    of = ", ".join(KIND_NAMES[KINDS[k]] for k in kinds)
    drawn = found.minima[names].assign(
        drawn=(("level", "basin"), away, {"long_name": seen.label.split(" [")[0], "units": "y²"}),
        share=(("level", "basin"), share, {"long_name": f"share of starts ({of})", "units": "1"}),
        answer=("level", answers, {"long_name": f"{seen.answer}, on the same axis",
                                   "units": "y²"}),
    )  # fmt: skip
    if np.isfinite(seen.predictor):
        told = {"long_name": "MSE of the best trivial predictor", "units": "y²"}
        drawn = drawn.assign(best_predictor=((), seen.predictor, told))
    return drawn.isel(basin=found.ever).sel(level=list(LEVEL_ORDER))


def note(found: Found) -> str:
    """When other minima are born and vanish; that there are none."""
    others = [b for b in found.ever if b != FIRST]
    first = found.name(FIRST)
    if not others:
        every = all(FIRST in found.there(t) for t in range(LEVELS))
        one = [link for link in links(found) if link.both]
        if every and len(one) == LEVELS - 1:
            return f"{first} is followed from t = 9 to 0 without a branch"
        return f"{first} is the only minimum found, and not followed through all levels"
    said = []
    for basin in others[:2]:
        levels = [t for t in LEVEL_ORDER if basin in found.there(t)]
        said.append(f"minimum {basin} exists at t = {', '.join(map(str, levels))}")
    return "; ".join(said) + ("" if len(others) <= 2 else f"; {len(others) - 2} more")


def picked(address: Address, point: Picked) -> Mapping[str, Any] | None:
    """A mark was clicked: its basin is chosen, at its level."""
    told = [v for v in point.custom[:2] if isinstance(v, int | float)]
    if len(told) < 2 or not (0 <= told[0] < LEVELS and told[1] >= 0):
        return None
    return {"minimum": int(told[1])}
