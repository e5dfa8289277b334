"""Models with a descent that have no card: one row each, with the same numbers."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd
import xarray as xr

from app.components.said import Picked
from app.overview import about, words
from app.overview.headline import ratio
from app.overview.scene import Scene, titled
from app.shared.address.address import Address
from app.shared.asks.reading import Subject
from app.shared.drawing.levels import Column, Row, Table
from app.shared.page.contract import COLUMNS, Drawn, Fields, Panel
from app.shared.table import orders, verdict
from ired_interp_core.spelling import aligned

HEADS = {
    "set": "problems",
    "model": "model",
    "verdict": "verdict",
    "ratio": "× best predictor",
    "mse": "MSE [y²]",
    "count": "problems answered",
}
UNITS = {"mse": "y²"}
BESIDE = {"ratio_low": "low of it, 95 %", "ratio_high": "high of it", "diverged": "diverged"}
"""Of the numbers, not of the table: there they stand in the cells of others."""
ROW, MOST = 28, 320
"""Pixels of a row, and of the panel at most; beyond it the table scrolls."""


def panels(scene: Scene, others: Sequence[Subject]) -> list[Panel]:
    """The table; none where every model has a card."""
    height = min(MOST, 8 * -(-ROW * (len(others) + 1) // 8))
    several = tuple(others)
    panel = Panel("further", "Further models", (), ("order",), partial(draw, several),
                  words.FURTHER, on_pick=partial(picked, several), span=COLUMNS, height=height,
                  kind="table")  # fmt: skip
    return [panel] if others else []


def rows(others: Sequence[Subject], scene: Scene) -> pd.DataFrame:
    """The numbers of each; the index is its place among the others."""
    found = []
    for subject in others:
        standing = scene.standing(subject)
        over = ratio(standing)
        found.append(
            {
                "set": titled(subject),
                "model": scene.whose(subject),
                "verdict": about.chip(standing).text,
                "ratio": over.value,
                "ratio_low": over.low,
                "ratio_high": over.high,
                "mse": standing.answer.value,
                "count": standing.count,
                "diverged": standing.diverged,
            }
        )
    return pd.DataFrame(found)


def draw(others: Sequence[Subject], scene: Scene, fields: Fields) -> Drawn:
    """The verdict on each, beside the best trivial predictor."""
    found, order = orders.ordered(rows(others, scene), fields["order"]), fields["order"]
    lines = []
    errors = aligned(found["mse"], 3)
    for place, error in zip(found.index, errors, strict=True):
        standing = scene.standing(others[place])
        cells = [
            *found.loc[place, ["model", "verdict"]],
            verdict.ranged(ratio(standing)),
            error,
            standing.counted,
        ]
        lines.append(Row(found.loc[place, "set"], "", cells, int(place)))
    heads = [
        Column(text, id=name, align="right" if name in ("ratio", "mse") else "left",
               sortable=True, sorted=orders.way(order, name))
        for name, text in HEADS.items()
    ]  # fmt: skip
    data = {
        name: ("row", found[name].to_numpy(), {"long_name": text, "units": UNITS.get(name, "1")})
        for name, text in (HEADS | BESIDE).items()
    }
    sources = [source for one in others for source in about.sources(scene, one)]
    return Drawn(Table(heads, lines), xr.Dataset(data), sources)


def picked(
    others: Sequence[Subject], address: Address, row: Picked
) -> Address | Mapping[str, Any] | None:
    """A row leads to the problems of its model, a head sorts."""
    if row.head:
        return {"order": orders.resorted(address["order"], str(row.x))}
    if not row.custom or not isinstance(place := row.custom[0], int):
        return None
    if not 0 <= place < len(others):
        return None
    return address.carry("problems", model=others[place].model, set=others[place].set)
