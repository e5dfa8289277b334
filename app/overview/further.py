"""Models with a descent that have no card: one row each, with the same numbers."""

from collections.abc import Sequence
from functools import partial

import xarray as xr

from app.components.host import Picked
from app.overview import about, words
from app.overview.headline import ratio
from app.overview.scene import Scene, titled
from app.shared.address.address import Address
from app.shared.asks.reading import Subject
from app.shared.drawing.levels import Column, Row, Table
from app.shared.page.contract import COLUMNS, Drawn, Fields, Panel
from app.shared.table import verdict
from ired_interp_core.spelling import number

HEADS = {
    "set": "problems",
    "model": "model",
    "verdict": "verdict",
    "ratio": "× best predictor",
    "mse": "MSE [y²]",
    "count": "problems answered",
}
ROW, MOST = 28, 320
"""Pixels of a row, and of the panel at most; beyond it the table scrolls."""


def panels(scene: Scene, others: Sequence[Subject]) -> list[Panel]:
    """The table; none where every model has a card."""
    height = min(MOST, 8 * -(-ROW * (len(others) + 1) // 8))
    panel = Panel("further", "Further models", (), (), partial(draw, tuple(others)), words.FURTHER,
                  on_pick=partial(picked, tuple(others)), span=COLUMNS, height=height,
                  kind="table")  # fmt: skip
    return [panel] if others else []


def draw(others: Sequence[Subject], scene: Scene, fields: Fields) -> Drawn:
    """The verdict on each, beside the best trivial predictor."""
    columns: dict[str, list[str]] = {name: [] for name in HEADS}
    for subject in others:
        standing = scene.standing(subject)
        cells = (titled(subject), scene.whose(subject), about.chip(standing).text,
                 verdict.ranged(ratio(standing)), number(standing.answer.value),
                 standing.counted)  # fmt: skip
        for name, cell in zip(HEADS, cells, strict=True):
            columns[name].append(cell)
    rows = [Row(one[0], "", one[1:], place)
            for place, one in enumerate(zip(*columns.values(), strict=True))]  # fmt: skip
    heads = [Column(text, align="right" if name in ("ratio", "mse") else "left")
             for name, text in HEADS.items()]  # fmt: skip
    numbers = xr.Dataset(
        {n: ("row", c, {"long_name": HEADS[n], "units": ""}) for n, c in columns.items()}
    )
    return Drawn(Table(heads, rows), numbers)


def picked(others: Sequence[Subject], address: Address, row: Picked) -> Address | None:
    """A row leads to the problems of its model."""
    if row.head or not row.custom or not isinstance(place := row.custom[0], int):
        return None
    if not 0 <= place < len(others):
        return None
    return address.carry("problems", model=others[place].model, set=others[place].set)
