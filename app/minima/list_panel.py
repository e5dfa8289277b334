"""All minima of a problem as rows, the truth's first, and what a click on one does."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from app.components.said import Picked
from app.minima import planes
from app.minima.answer_panel import KIND_NAMES
from app.minima.found import FIRST, Found, how_many
from app.minima.scene import MINIMA, Scene
from app.shared.address.address import Address
from app.shared.drawing.levels import LEVEL_ORDER, Column, Row, Table
from app.shared.page.contract import Drawn, Fields, Outcome
from app.shared.page.lacking import answer
from ired_interp_core.minima.names import KINDS
from ired_interp_core.spelling import number

MEASURED = {
    "energy": Column("E", "E_t at the minimum, on this level's landscape"),
    "above": Column("E − E(T)", "energy less that of T; below 0: lower than T"),
    "index": Column("index", "directions with λ < −τ: 0 at a minimum"),
    "flat": Column("flat", "directions with |λ| ≤ τ, along which the position is not determined"),
    "gradient_norm": Column("‖∇E‖", "at the minimum, level frame [E/ỹ]"),
    "smallest_eigenvalue": Column("min λ", "smallest eigenvalue, level frame [E/ỹ²]"),
    "mse": Column("MSE", "mean squared error to y*, data frame [y²]"),
    "distance_answer": Column("to ŷ", "root mean square over entries to the sampler's ŷ_t,"
                              " data frame [y]"),
    "outside": Column("outside", "entries outside the box ±c"),
}  # fmt: skip
FORMS = {"energy": ".2f", "above": "+.2f", "gradient_norm": ".1e", "smallest_eigenvalue": ".3g",
         "mse": ".3g", "distance_answer": ".3g"}  # fmt: skip
PLANE = "plane"
HIDDEN = ("eigenvalue_spectrum", "point")


def draw(scene: Scene, fields: Fields) -> Outcome:
    """One row a basin, T first, then in the order of their numbers."""
    problem = fields["problem"]
    found = scene.found(problem)
    if found is None:
        return answer(scene, scene.asked[MINIMA], problem)
    first = found.name(FIRST)
    heads = [
        *(Column(c.text.replace("T", first), c.help.replace("T;", f"{first};"))
          for c in MEASURED.values()),
        *(Column(KIND_NAMES[k], "starts of this kind that ended there") for k in KINDS),
        Column("born", "highest level at which the basin was found"),
        Column("ends", "lowest level at which the basin was found"),
        Column("", "what stands out", align="left"),
        Column("plane through", "click: this plane in Landscape, through the first basin, this"
               " minimum and the chosen one", id=PLANE, align="left"),
    ]  # fmt: skip
    rows = [_row(found, basin, fields["minimum"]) for basin in found.ever]
    table = Table([Column("minimum", "T: the truth's basin"), *heads], rows, dense=True)
    shown = [n for n, v in found.minima.data_vars.items() if "basin" in v.dims and n not in HIDDEN]
    numbers = found.minima[shown].isel(basin=found.ever).sel(level=list(LEVEL_ORDER))
    return Drawn(table, numbers, scene.sources(problem, MINIMA), _notes(found))


def _row(found: Found, basin: int, chosen: int) -> Row:
    cells: list[Any] = [[_cell(found, name, t, basin) for t in LEVEL_ORDER] for name in MEASURED]
    cells += [[_fell(found, k, t, basin) for t in LEVEL_ORDER] for k in range(len(KINDS))]
    cells += [str(int(found[name][basin])) for name in ("born", "ended")]
    cells.append([flags(found, t, basin) for t in LEVEL_ORDER])
    cells.append([planes.named(found, t, basin, chosen) for t in LEVEL_ORDER])
    help_ = "the truth's basin" if found.truth else "the basin of the sampler's answer"
    return Row(found.name(basin), help_ if basin == FIRST else f"minimum {basin}", cells,
               id=basin, chosen=basin == chosen)  # fmt: skip


def _cell(found: Found, name: str, t: int, basin: int) -> str:
    if basin not in found.there(t):
        return "–"
    values = found.above(t) if name == "above" else found[name][t]
    value = float(values[basin])
    return number(value, FORMS[name]) if name in FORMS else str(int(value))


def _fell(found: Found, kind: int, t: int, basin: int) -> str:
    return str(int(found["fell"][t, kind, basin])) if basin in found.there(t) else "–"


def flags(found: Found, t: int, basin: int) -> str:
    """What stands out of a minimum, in words."""
    if basin not in found.there(t):
        return "not at this level"
    status = {"to_rounding": "to rounding", "not_converged": "not converged"}
    said = [
        "lower" if basin in found.lower(t) else "",
        "sampler's answer" if found.answer(t) == basin else "",
        "flat" if found["flat"][t, basin] > 0 else "",
        "outside the box" if found.outside(t, basin) else "",
        status.get(found.status(t, basin), ""),
    ]
    return ", ".join(filter(None, said))


def _notes(found: Found) -> list[str]:
    """How many minima there are, also at other tolerances, and how many are left out."""
    notes = []
    for t in LEVEL_ORDER:
        fine, stated, coarse = (int(n) for n in found["minima_tolerance"][t])
        same = fine == stated == coarse
        said = [how_many(len(found.there(t)))]
        said.append("as many at tolerances ÷10 and ×10" if same else
                    f"{fine} at tolerances ÷10, {coarse} at ×10")  # fmt: skip
        if left := int(found["left_out"][t]):
            said.append(f"{left} more left out")
        notes.append(" · ".join(said))
    return notes


def picked(address: Address, point: Picked) -> Mapping[str, Any] | Address | None:
    """A row was clicked: the card shows this minimum; its last cell: a plane through it."""
    told = point.custom[:1]
    if point.head or not told or not isinstance(told[0], int | float) or isinstance(told[0], bool):
        return None
    if not (np.isfinite(told[0]) and told[0] >= 0):
        return None
    basin = int(told[0])
    if point.x == PLANE and point.level is not None:
        return planes.through(address, point.level, planes.corners(basin, address["minimum"]))
    return {"minimum": basin}
