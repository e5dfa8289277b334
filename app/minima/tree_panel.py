"""How the minima of a level hang together, and what a click on a minimum or a saddle does."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from app.components.said import Picked
from app.minima import asked
from app.minima.branches import Branches, Joint, branches
from app.minima.figures import tree
from app.minima.figures.ladder import Curve, Grown
from app.minima.figures.leaves import Knot, Leaf
from app.minima.found import FIRST, Found
from app.minima.scene import MINIMA, PATHS, PROFILES, Scene
from app.shared.address.address import Address
from app.shared.drawing.levels import LEVEL_ORDER
from app.shared.page.contract import Drawn, Fields, Outcome
from app.shared.page.lacking import answer
from ired_interp_core.minima.names import KINDS
from ired_interp_core.spelling import counted, number

BETWEEN = ("saddle_energy", "saddle_first", "saddle_second", "saddle_gradient_norm", "barrier",
           "pair_status", "verified", "open_pairs", "not_tried")  # fmt: skip

LINES = ("line_energy", "line_curvature")


def draw(scene: Scene, fields: Fields) -> Outcome:
    """A tree from three minima on; of two a ladder, of one the energy along two directions."""
    problem, look = fields["problem"], fields.look
    found = scene.found(problem)
    if found is None:
        return answer(scene, scene.asked[MINIMA], problem)
    above = fields["energy"] == "above"
    levels = [_grown(found, t, fields["minimum"], above) for t in LEVEL_ORDER]
    label = f"E − E({found.name(FIRST)}) [E]" if above else "Eₜ [E]"
    figure = tree.figure(levels, label, look.ink.text, look.ink.muted, look.ink.accent)
    return Drawn(figure, numbers(found), scene.sources(problem, MINIMA, PATHS, PROFILES),
                 [note(found, t) for t in LEVEL_ORDER], caption(found),
                 asks=asked.lines(scene, problem))  # fmt: skip


def caption(found: Found) -> str:
    """How to read it where no level has three minima; else the panel's own words do."""
    most = max(len(found.there(t)) for t in LEVEL_ORDER)
    if most > 2:
        return ""
    if most == 2:
        return (
            "Energies of two minima and of the saddle between them; arrows: barriers. Tinted:"
            " lower than the truth's basin. One minimum: E along two directions."
        )
    if found.lines is None:
        return (
            "The energy that the minimum's curvature predicts along its softest and stiffest"
            " direction, level frame."
        )
    return (
        "One minimum: energy along its softest and stiffest direction, level frame. Dashed: the"
        " parabola that its curvature predicts."
    )


def numbers(found: Found) -> xr.Dataset:
    """Minima, the saddles and barriers between them, and the energy along two directions."""
    shown = found.minima[["energy", "above_truth", "outside", "flat"]].isel(basin=found.ever)
    if found.joined is not None:
        between = found.joined.paths[[n for n in BETWEEN if n in found.joined.paths]]
        shown = shown.merge(between.isel(basin=found.ever, other_basin=found.ever)
                            if found.ever else between, combine_attrs="drop",
                            compat="override")  # fmt: skip
    if found.lines is not None and found.ever:
        shown = shown.merge(found.lines[list(LINES)].isel(basin=found.ever), combine_attrs="drop",
                            compat="override")  # fmt: skip
    return shown.sel(level=list(LEVEL_ORDER))


def _curves(found: Found, t: int, basin: int, base: float) -> list[Curve]:
    """E along the softest and the stiffest direction as far as it is known, and both λ."""
    spectrum = found["eigenvalue_spectrum"][t, basin]
    curves = []
    for name, end, at in (("softest", "bottom", 0), ("stiffest", "top", -1)):
        line = None if found.lines is None else found.lines["line_energy"].sel(end=end)
        energy = np.zeros(0) if line is None else line.values[t, basin] - base
        known = line is not None and np.isfinite(energy).all()
        curves.append(Curve(name, float(spectrum[at]), *(
            (line["offset"].values, energy) if line is not None and known else ())))  # fmt: skip
    return curves


def _grown(found: Found, t: int, chosen: int, above: bool) -> Grown:
    there = found.there(t)
    if not there:
        return Grown((), words=f"no start converged at t = {t}")
    base = found.energy(t, FIRST) if above and FIRST in there else 0.0
    made = branches(found, t)
    leaves = [
        Leaf(b, found.name(b), x, found.energy(t, b) - base, _told(found, t, b), b == chosen,
             found.outside(t, b), bool(found["flat"][t, b] > 0))
        for b, x in made.leaves.items()
    ]  # fmt: skip
    line = found.energy(t, FIRST) - base if FIRST in there else float("nan")
    curves = _curves(found, t, there[0], base) if len(leaves) == 1 else ()
    return Grown(
        leaves,
        [_knot(joint, base, found) for joint in made.joints],
        [(x, energy - base) for x, energy in made.roots],
        _apart(found, t),
        _more(found, t, made, base),
        line,
        curves,
        int(found.minima.sizes["eigenvalue"]),
    )


def _told(found: Found, t: int, basin: int) -> str:
    every = list(range(len(KINDS)))
    fell, of = int(found.fell(t, every)[basin]), found.starts(t, every)
    above = float(found.above(t)[basin])
    said = [f"t {t} · {found.spoken(basin)}", f"E {number(found.energy(t, basin), '.6g')}"]
    if basin != FIRST and np.isfinite(above):
        said.append(f"{number(above, '+.4g')} from {found.name(FIRST)}")
    said += [f"{fell} of {counted(of, 'start')}", "click: choose · with shift: the path to it"]
    return "<br>".join(said)


def _knot(joint: Joint, base: float, found: Found) -> Knot:
    one, other = (found.spoken(b) for b in joint.pair)
    said = [f"saddle {number(joint.energy, '.6g')}"]
    if joint.saddle is not None:
        said.append(f"λ {number(joint.saddle.curvature)} · ‖∇E‖"
                    f" {number(joint.saddle.gradient, '.1e')}")  # fmt: skip
    said += [f"joins {one} and {other}", "click: its path"]
    sides = [(x, energy - base) for x, energy in joint.sides]
    return Knot(joint.x, sides, joint.energy - base, joint.pair, "<br>".join(said))


def _apart(found: Found, t: int) -> str:
    """Why minima stand apart."""
    if found.joined is None:
        return "not connected: paths have not been computed"
    _, left, untried = found.joined.counts(t)
    said = [f"{counted(left, 'pair')} without a path" if left else "",
            f"{counted(untried, 'pair')} not tried" if untried else ""]  # fmt: skip
    return ", ".join(filter(None, said)) or "no path found"


def _more(found: Found, t: int, made: Branches, base: float) -> str:
    """Minima that are not drawn, with the range of their energies where that is known."""
    count = len(made.hidden) + int(found["left_out"][t])
    if not count:
        return ""
    energies = [found.energy(t, b) - base for b in made.hidden]
    where = (f", E {number(min(energies), '.4g')} … {number(max(energies), '.4g')}"
             if energies else "")  # fmt: skip
    return f"+ {count} not drawn{where}"


def note(found: Found, t: int) -> str:
    """How many pairs are connected; of a single minimum, what is drawn instead of a tree."""
    there = found.there(t)
    if not there:
        return f"no minimum at t = {t}"
    if len(there) == 1:
        return f"one minimum, {found.spoken(there[0])}: no tree"
    if found.joined is None:
        return "paths have not been computed"
    connected, left, untried = found.joined.counts(t)
    saddles = len(found.joined.saddles(t))
    said = [f"{connected} of {counted(connected + left + untried, 'pair')} connected",
            counted(saddles, "saddle")]  # fmt: skip
    said += [f"{left} open"] if left else []
    said += [f"{untried} not tried"] if untried else []
    return " · ".join(said)


def picked(address: Address, point: Picked) -> Mapping[str, Any] | None:
    """A minimum was clicked, which the card then shows; or a saddle, whose path is then drawn."""
    told = [v for v in point.custom if not isinstance(v, bool)]
    if len(told) == 3 and told[0] == "pair":
        i, j = (int(v) if isinstance(v, int | float) and v >= 0 else -1 for v in told[1:])
        return {"pair": (i, j)} if i >= 0 and j >= 0 and i != j else None
    if len(told) == 1 and isinstance(told[0], int | float) and told[0] >= 0:
        basin = int(told[0])
        return paired(address, basin) if point.shift else {"minimum": basin}
    return None


def paired(address: Address, basin: int) -> Mapping[str, Any] | None:
    """A second minimum was clicked with the shift key: the pair of it and the chosen one."""
    chosen = address["minimum"]  # a saddle or an image, which are below 0, has no path to a minimum
    return {"pair": (chosen, basin)} if chosen >= 0 and chosen != basin else None
