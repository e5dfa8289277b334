"""The chosen minimum: where it lies, how it is curved, and what tells it from the others."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from app.components.said import Picked
from app.minima import image_card, planes, saddle_card
from app.minima.address import SADDLE, image_of
from app.minima.figures import card
from app.minima.figures.card import Card
from app.minima.found import FIRST, Found
from app.minima.path_panel import usual
from app.minima.scene import DESCENT, MINIMA, PATHS, PROPERTIES, Scene
from app.shared.address.address import Address
from app.shared.asks import reading
from app.shared.drawing.levels import LEVEL_ORDER
from app.shared.page.contract import Drawn, Fields, Outcome
from app.shared.page.lacking import answer
from ired_interp_core.minima.names import KINDS
from ired_interp_core.schema import LEVELS
from ired_interp_core.spelling import counted, number

STATUS = {
    "converged": "converged",
    "to_rounding": "to rounding",
    "not_converged": "not converged",
    "absent": "",
}
SCALARS = (
    "energy", "above_truth", "status", "gradient_norm", "index", "flat", "smallest_eigenvalue",
    "largest_eigenvalue", "mse", "distance_answer", "outside",
)  # fmt: skip


@dataclass(frozen=True)
class Beside:
    """What the chosen minimum is compared with.

    Args:
        name: as a reader calls it.
        analysis: whose answer it is.
        matrix: [level, row, col].
        predicted: MSE of the best predictor.
        entries: numbers of an answer that is no matrix; 0 where it is one.
    """

    name: str
    analysis: str
    matrix: np.ndarray
    predicted: float
    entries: int = 0


def draw(scene: Scene, fields: Fields) -> Outcome:
    """The chosen minimum at every level."""
    problem, basin, look = fields["problem"], fields["minimum"], fields.look
    found = scene.found(problem)
    if found is None:
        return answer(scene, scene.asked[MINIMA], problem)
    facts = reading.card(scene.store, scene.subject.model)
    beside = replace(_beside(scene, found, problem), entries=int(facts.get("entries", 0)))
    inverse_sigma = 1 / scene.schedule.sigma
    if basin == SADDLE:
        return _saddle(scene, found, fields, beside, inverse_sigma)
    if basin < SADDLE:
        return _image(scene, found, fields, beside, inverse_sigma)
    cards = [
        _card(found, t, basin, beside, float(inverse_sigma[t])) for t in LEVEL_ORDER
    ]  # fmt: skip
    figure = card.figure(cards, look.ink.text, look.ink.muted)
    notes = [_note(found, t, basin) for t in LEVEL_ORDER]
    sources = scene.sources(problem, MINIMA, beside.analysis)
    return Drawn(figure, numbers(found, basin, beside), sources, notes)


def _saddle(
    scene: Scene, found: Found, fields: Fields, beside: Beside, inverse_sigma: np.ndarray
) -> Drawn:
    """The saddle of the chosen path at every level, in the place of a minimum."""
    pairs = {t: fields["pair"] or usual(found, t) for t in LEVEL_ORDER}
    saddles = {t: saddle_card.saddle(found, t, pairs[t]) for t in LEVEL_ORDER}
    cards, notes = [], []
    for t in LEVEL_ORDER:
        there = saddles[t]
        if there is None:
            cards.append(Card("saddle", beside.name, (), (1.0,) * 3, np.zeros(0), 1.0, (),
                              f"no saddle of this path at t = {t}"))  # fmt: skip
            notes.append("saddle · none at this level")
            continue
        point, spectrum = saddle_card.point(found, t, there), saddle_card.spectrum(found, t, there)
        lines = saddle_card.lines(found, t, there, float(inverse_sigma[t]))
        shown = _compared("saddle", point, beside, t, spectrum, float(inverse_sigma[t]), lines)
        downhill = saddle_card.direction(found, t, there)
        cards.append(replace(
            shown, third="unstable direction", matrices=(*shown.matrices[:2], downhill),
            ends=(*shown.ends[:2], float(np.abs(downhill).max())),
        ))  # fmt: skip
        notes.append(saddle_card.note(found, there))
    figure = card.figure(cards, fields.look.ink.text, fields.look.ink.muted)
    sources = scene.sources(fields["problem"], PATHS, MINIMA, beside.analysis)
    shown = saddle_card.numbers(found, saddles, beside.matrix, beside.name)
    return Drawn(figure, shown, sources, notes, caption="The saddle of the chosen path in the data"
                 " frame, the direction in which it falls to both sides, and all eigenvalues"
                 " (level frame).")  # fmt: skip


def _image(
    scene: Scene, found: Found, fields: Fields, beside: Beside, inverse_sigma: np.ndarray
) -> Drawn:
    """An image of the chosen path at every level, in the place of a minimum."""
    which = image_of(fields["minimum"])
    pairs = {t: fields["pair"] or usual(found, t) for t in LEVEL_ORDER}
    cards, notes = [], []
    for t in LEVEL_ORDER:
        pair, here = pairs[t], image_card.point(found, t, pairs[t], which)
        if here is None or pair is None:
            cards.append(Card("image", beside.name, (), (1.0,) * 3, np.zeros(0), 1.0, (),
                              f"no image {which} of this path at t = {t}"))  # fmt: skip
            notes.append(f"image {which} · none at this level")
            continue
        sigma = float(inverse_sigma[t])
        low = image_card.spectrum(found, t, pair, which)
        lines = image_card.lines(found, t, pair, which, sigma)
        cards.append(_compared(f"image {which}", here, beside, t, low, sigma, lines))
        notes.append(image_card.note(found, pair, which))
    figure = card.figure(cards, fields.look.ink.text, fields.look.ink.muted)
    sources = scene.sources(fields["problem"], PATHS, MINIMA, beside.analysis)
    shown = image_card.numbers(found, pairs, which, beside.matrix, beside.name)
    return Drawn(figure, shown, sources, notes, caption="An image of the chosen path in the data"
                 " frame, its error, and its two lowest eigenvalues (level frame).")  # fmt: skip


def _beside(scene: Scene, found: Found, problem: int) -> Beside:
    """The truth; where none is known, the sampler's answer of the level."""
    if found.truth:
        there = scene.read(PROPERTIES, problem)
        _, predicted = scene.predictor(problem)
        if there is not None:
            y = np.asarray(there["y_true"].values, dtype=np.float64)
            return Beside("truth y*", PROPERTIES, np.broadcast_to(y, (LEVELS, *y.shape)), predicted)
    descent = scene.read(DESCENT, problem)
    if descent is not None:
        return Beside("answer ŷₜ", DESCENT, descent.sortby("level")["answer"].values, float("nan"))
    n = found.minima.sizes["row"]
    return Beside("nothing", DESCENT, np.full((LEVELS, n, n), np.nan), float("nan"))


def _card(found: Found, t: int, basin: int, beside: Beside, inverse_sigma: float) -> Card:
    name = found.spoken(basin)
    if basin not in found.there(t):
        said = f"{name[0].upper()}{name[1:]} does not exist at t = {t}"
        return Card(name, beside.name, (), (1.0,) * 3, np.zeros(0), inverse_sigma, (), said)
    lines = _lines(found, t, basin, beside.predicted, inverse_sigma)
    spectrum = found["eigenvalue_spectrum"][t, basin]
    return _compared(name, found["point"][t, basin], beside, t, spectrum, inverse_sigma, lines)


def _compared(
    name: str, point: np.ndarray, beside: Beside, t: int, spectrum: np.ndarray,
    inverse_sigma: float, lines: Sequence[str],
) -> Card:  # fmt: skip
    """A point beside what it is compared with, and the ends of the colours."""
    other = beside.matrix[t]
    parts = (point, other, point - other)
    entry = float(np.nanmax(np.abs(other))) if np.isfinite(other).any() else 0.0
    entry = entry or float(np.abs(point).max()) or 1.0
    away = float(np.nanmax(np.abs(parts[2]))) if np.isfinite(parts[2]).any() else 1.0
    ends = entry, entry, away or 1.0
    return Card(name, beside.name, parts, ends, spectrum.astype(np.float64), inverse_sigma, lines,
                entries=beside.entries)  # fmt: skip


def _lines(found: Found, t: int, basin: int, predicted: float, inverse_sigma: float) -> list[str]:
    """Ten numbers, each beside what it is to be compared with."""
    at = {n: found[n][t, basin] for n in SCALARS}
    above = float(found.above(t)[basin])
    relative = "" if basin == FIRST or not np.isfinite(above) else (
        f" ({number(above, '+.4g')} from {found.name(FIRST)})")  # fmt: skip
    every = list(range(len(KINDS)))
    fell, of = int(found.fell(t, every)[basin]), found.starts(t, every)
    tau = f"flat {int(at['flat'])}"
    mse = [f"MSE {number(float(at['mse']))}"] if found.truth else []
    mse += [f"best predictor {number(predicted)}"] if np.isfinite(predicted) else []
    lines = [
        f"E {number(float(at['energy']), '.5g')}{relative}",
        f"‖∇E‖ {number(float(at['gradient_norm']), '.1e')}, {STATUS[found.status(t, basin)]}",
        f"index {int(at['index'])} · {tau} of {found.minima.sizes['eigenvalue']}",
        f"λ {number(float(at['smallest_eigenvalue']))} … {number(float(at['largest_eigenvalue']))}"
        f" (1/σ {number(inverse_sigma)})",
        *mse,
        f"to ŷₜ {number(float(at['distance_answer']), '.2g')} rms",
        _box(int(at["outside"])),
        f"{fell} of {counted(of, 'start')}",
    ]  # fmt: skip
    return lines


def _box(outside: int) -> str:
    return f"{counted(outside, 'entry', 'entries')} outside the box" if outside else "in the box"


def _note(found: Found, t: int, basin: int) -> str:
    said = [found.spoken(basin)]
    if basin not in found.there(t):
        return f"{said[0]} · not at this level"
    said += ["lower than " + found.name(FIRST)] if basin in found.lower(t) else []
    said += ["the sampler's answer"] if found.answer(t) == basin else []
    flat = int(found["flat"][t, basin])
    if flat:
        said.append(f"{counted(flat, 'direction')} with |λ| ≤ τ: position not determined along"
                    f" {'it' if flat == 1 else 'them'}")  # fmt: skip
    return " · ".join(said)


def numbers(found: Found, basin: int, beside: Beside) -> xr.Dataset:
    """The chosen minimum, what it is compared with, all eigenvalues and its numbers."""
    at = found.minima.sel(basin=basin) if basin < found.basins else found.minima.isel(basin=-1)
    names = ["point", "eigenvalue_spectrum", *SCALARS]
    shown = at[names].drop_vars("basin", errors="ignore")
    if basin >= found.basins:
        shown = shown.where(False)
    told = {"long_name": f"{beside.name}, data frame", "units": "y"}
    dims = ("level", "row", "col")
    shown = shown.assign(
        beside=(dims, beside.matrix, told),
        difference=(dims, at["point"].values - beside.matrix,
                    {"long_name": f"minimum less {beside.name}", "units": "y"}),
    )  # fmt: skip
    return shown.sel(level=list(LEVEL_ORDER)).assign_attrs(basin=basin)


def picked(address: Address, point: Picked) -> Address | None:
    """A matrix or the spectrum was clicked: Landscape, on a plane through what is shown."""
    if point.level is None:
        return None
    if address["minimum"] <= SADDLE:
        return planes.on_path(address, point.level)
    return planes.through(address, point.level, planes.corners(address["minimum"], FIRST))
