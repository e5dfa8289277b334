"""Where starts of each kind end, and what that says of basins that nobody has seen."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from app.components.said import Picked
from app.minima import asked
from app.minima.address import ALL_KINDS
from app.minima.answer_panel import KIND_NAMES, at_most
from app.minima.figures import shares
from app.minima.figures.shares import LOST, Kind, Part
from app.minima.found import FIRST, Found
from app.minima.scene import MINIMA, Scene
from app.shared.address.address import Address
from app.shared.drawing.levels import LEVEL_ORDER
from app.shared.page.contract import Drawn, Fields, Outcome
from app.shared.page.lacking import answer
from ired_interp_core.intervals import proportion
from ired_interp_core.minima.names import DRAWN, KINDS
from ired_interp_core.spelling import counted, number

HEAD = "n · unseen, at most"
NUMBERS = (
    "fell", "starts", "fell_elsewhere", "unfinished", "at_saddle", "diverged", "bound",
    "good_turing",
)  # fmt: skip
ENDED = {
    "fell_elsewhere": "in basins left out",
    "unfinished": "not converged",
    "at_saddle": "at rest at a saddle",
    "diverged": "diverged",
}


def draw(scene: Scene, fields: Fields) -> Outcome:
    """One bar for each kind of start, and one for all drawn kinds together."""
    problem, look = fields["problem"], fields.look
    found = scene.found(problem)
    if found is None:
        return answer(scene, scene.asked[MINIMA], problem)
    levels = [
        [*(_kind(found, t, k) for k in range(len(KINDS))), _all(found, t)] for t in LEVEL_ORDER
    ]
    figure = shares.figure(levels, HEAD, look.ink.text, look.ink.muted)
    return Drawn(figure, numbers(found), scene.sources(problem, MINIMA),
                 [_note(found, t) for t in LEVEL_ORDER],
                 asks=asked.more_starts(scene, problem))  # fmt: skip


def numbers(found: Found) -> xr.Dataset:
    """What is drawn: counts by basin with the share of the first one and its interval."""
    shown = found.minima[list(NUMBERS)].isel(basin=found.ever)
    share = shown["fell"].sel(basin=FIRST) if FIRST in found.ever else 0 * shown["starts"]
    low, high = proportion(share.values, shown["starts"].values)
    with np.errstate(invalid="ignore", divide="ignore"):
        part = np.where(shown["starts"] > 0, share / shown["starts"], np.nan)
    name = f"share of starts that end in {found.name(FIRST)}"
    dims = shown["starts"].dims
    return shown.assign(
        share=(dims, part, {"long_name": name, "units": "1"}),
        share_low=(dims, low, {"long_name": f"{name}, lower end (95 %)", "units": "1"}),
        share_high=(dims, high, {"long_name": f"{name}, upper end (95 %)", "units": "1"}),
    ).sel(level=list(LEVEL_ORDER))


def _kind(found: Found, t: int, k: int) -> Kind:
    name = KINDS[k]
    of = found.starts(t, [k])
    side = "" if of else "none"
    if of:
        bound = float(found["bound"][t, k])
        side = f"{of} · {at_most(bound)}" if np.isfinite(bound) else f"{of} · not drawn"
    return Kind(name, KIND_NAMES[name], _parts(found, t, [k], KIND_NAMES[name]),
                _ends(found, t, [k]), side)  # fmt: skip


def _all(found: Found, t: int) -> Kind:
    """All drawn kinds together; nothing bounds what a mixture of kinds has not seen."""
    drawn = found.kinds(t, drawn=True)
    unseen = found.unseen(t)
    estimate = f" · G.–T. {number(100 * unseen, '.3g')} %" if np.isfinite(unseen) else ""
    of = found.starts(t, drawn)
    return Kind(ALL_KINDS, "all drawn", _parts(found, t, drawn, "drawn"), _ends(found, t, drawn),
                f"{of}{estimate}" if of else "none")  # fmt: skip


def _parts(found: Found, t: int, kinds: list[int], name: str) -> list[Part]:
    of = found.starts(t, kinds)
    if not of:
        return []
    fell = found.fell(t, kinds)
    order = sorted(found.there(t), key=lambda b: (b != FIRST, found.energy(t, b)))
    parts = []
    for basin in order:
        count = int(fell[basin])
        low, high = (float(v) for v in proportion(np.array(count), np.array(of)))
        told = (f"{name} → {found.spoken(basin)}: {count} of {of}<br>{number(100 * count / of)} %"
                f" [{number(100 * low)}, {number(100 * high)}]")  # fmt: skip
        if found.outside(t, basin):
            told += "<br>outside the box"
        text = found.name(basin) if basin == FIRST else f"{basin}: {count}"
        text = f"{text}: {count}" if basin == FIRST else text
        parts.append(Part(basin, text, count / of, f"{told}<br>click: choose",
                          found.outside(t, basin)))  # fmt: skip
    lost = {n: c for n, c in found.lost(t, kinds).items() if c}
    if lost:
        count = sum(lost.values())
        told = "<br>".join(f"{name}: {c} of {of} {ENDED[n]}" for n, c in lost.items())
        parts.append(Part(LOST, str(count), count / of, told))
    return parts


def _ends(found: Found, t: int, kinds: list[int]) -> tuple[float, float, float]:
    of, count = found.starts(t, kinds), int(found.fell(t, kinds)[FIRST])
    if not of or FIRST not in found.there(t):
        return float("nan"), float("nan"), float("nan")
    low, high = proportion(np.array(count), np.array(of))
    return count / of, float(low), float(high)


def _note(found: Found, t: int) -> str:
    """Where the drawn starts end, and whether L-BFGS would have ended there, too."""
    drawn = found.kinds(t, drawn=True)
    of = found.starts(t, drawn)
    if not of:
        return "no starts were drawn"
    fell = found.fell(t, drawn)
    if found.there(t) and fell.max() == of:
        said = f"every drawn start ends in {found.spoken(int(fell.argmax()))}"
    else:
        said = f"{int(fell[FIRST])} of {counted(of, 'drawn start')} end in {found.name(FIRST)}"
    compared, alike = int(found["compared"][t]), int(found["compared_alike"][t])
    return f"{said} · L-BFGS: {alike} of {compared}" if compared else said


def picked(address: Address, point: Picked) -> Mapping[str, Any] | None:
    """A segment was clicked: its basin is chosen, and its kind sizes the marks of the lineage."""
    told = point.custom[:2]
    if len(told) < 2 or told[1] not in (ALL_KINDS, *DRAWN, *KINDS):
        return None
    basin = told[0]
    chosen = {"minimum": int(basin)} if isinstance(basin, int | float) and basin >= 0 else {}
    return {"kind": str(told[1]), **chosen}
