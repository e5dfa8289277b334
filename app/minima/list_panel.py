"""All minima of a level as rows, the lowest first, and what a click on one does."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from app.components.said import Picked
from app.minima import planes, tree_panel
from app.minima.alike import alike
from app.minima.answer_panel import KIND_NAMES
from app.minima.found import FIRST, Found, how_many
from app.minima.scene import MINIMA, Scene
from app.shared.address.address import Address
from app.shared.drawing.levels import LEVEL_ORDER, Column, Row, Table
from app.shared.drawing.names import basin_id
from app.shared.page.contract import Drawn, Fields, Outcome
from app.shared.page.lacking import answer
from ired_interp_core.minima.names import KINDS
from ired_interp_core.spelling import aligned, number

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
    """One row a minimum, the lowest of the level first."""
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
    order = {t: sorted(found.there(t), key=lambda b: found.energy(t, b)) for t in LEVEL_ORDER}
    most = max(map(len, order.values()))
    twins = {t: alike(found, t) for t in LEVEL_ORDER}
    rows = [
        _row(found, [*(order[t][rank : rank + 1] for t in LEVEL_ORDER)], fields["minimum"], twins)
        for rank in range(most)
    ]
    whose = "the truth's basin" if found.truth else "the basin of the sampler's answer"
    table = Table([Column("minimum", f"{first}: {whose}"), *heads], rows, dense=True)
    shown = [n for n, v in found.minima.data_vars.items() if "basin" in v.dims and n not in HIDDEN]
    numbers = found.minima[shown].isel(basin=found.ever).sel(level=list(LEVEL_ORDER))
    return Drawn(table, numbers, scene.sources(problem, MINIMA), _notes(found))


def _row(
    found: Found, here: Sequence[Sequence[int]], chosen: int,
    twins: Mapping[int, Mapping[int, Sequence[int]]],
) -> Row:  # fmt: skip
    """The minima of one rank by energy: at each level one, or none."""
    levels = [(t, at[0] if at else None) for t, at in zip(LEVEL_ORDER, here, strict=True)]

    def each(said: Callable[[int, int], str]) -> list[str]:
        return ["" if b is None else said(t, b) for t, b in levels]

    cells = [each(partial(_cell, found, name)) for name in MEASURED]
    cells += [each(partial(_fell, found, k)) for k in range(len(KINDS))]
    cells += [each(partial(_when, found, name)) for name in ("born", "ended")]
    cells.append(each(lambda t, b: flags(found, t, b, twins[t][b])))
    cells.append(each(lambda t, b: planes.named(found, t, b, chosen)))
    return Row(
        each(lambda t, b: found.name(b)), "", cells, [-1 if b is None else b for _, b in levels],
        [b == chosen for _, b in levels], each(lambda t, b: basin_id(b)),
    )  # fmt: skip


def _cell(found: Found, name: str, t: int, basin: int) -> str:
    values = found.above(t) if name == "above" else found[name][t]
    form = FORMS.get(name, "")
    if form.endswith("g"):  # as many decimals as the other minima of the level
        return aligned(values, int(form[1:-1]))[basin]
    value = float(values[basin])
    return number(value, form) if form else str(int(value))


def _fell(found: Found, kind: int, t: int, basin: int) -> str:
    return str(int(found["fell"][t, kind, basin]))


def _when(found: Found, name: str, t: int, basin: int) -> str:
    return str(int(found[name][basin]))


def flags(found: Found, t: int, basin: int, twins: Sequence[int]) -> str:
    """What stands out of a minimum, in words."""
    status = {"to_rounding": "to rounding", "not_converged": "not converged"}
    said = [
        "lower" if basin in found.lower(t) else "",
        "sampler's answer" if found.answer(t) == basin else "",
        "flat" if found["flat"][t, basin] > 0 else "",
        "outside the box" if found.outside(t, basin) else "",
        status.get(found.status(t, basin), ""),
        f"same as {', '.join(map(found.name, twins))} up to PAPᵀ" if twins else "",
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
    if point.shift:
        return tree_panel.paired(address, basin)
    if point.x == PLANE and point.level is not None:
        return planes.through(address, point.level, planes.corners(basin, address["minimum"]))
    return {"minimum": basin}
