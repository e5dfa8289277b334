"""Rows of numbers as a table of the page, and as the labelled arrays that leave it."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from app.shared.drawing.levels import Column, Row, Table
from app.shared.table.orders import way
from ired_interp_core.spelling import aligned, number

ROWS = 50
"""Rows of a page."""


@dataclass(frozen=True)
class Shown:
    """A column as it stands on the page.

    Args:
        name: of the column; legal as the name of a variable.
        text: its head, with unit.
        help: one sentence.
        form: how Python formats its numbers; "" for words.
        unit: of its numbers.
        sorts: a click on its head is a wish to sort by it, where the table can be sorted.
        prose: as `Column` has it.
        mixed: its rows are different quantities, so that their digits need not stand in line.
    """

    name: str
    text: str
    help: str = ""
    form: str = ""
    unit: str = "1"
    sorts: bool = True
    prose: bool = False
    mixed: bool = False


def spelled(value: Any, form: str) -> str:
    """A cell: a number as `form` says, or words; "" where there is nothing."""
    if value is None or (isinstance(value, float | np.floating) and np.isnan(value)):
        return ""
    if not form:
        return str(value)
    return number(int(value) if form == "d" else value, form, nothing="")


def _column(values: Sequence[Any], column: Shown) -> list[str]:
    """The cells of a column, digits of one quantity in line."""
    if column.mixed or not column.form.endswith("g"):
        return [spelled(value, column.form) for value in values]
    numbers = [np.nan if value is None else float(value) for value in values]
    lined = aligned(numbers, int(column.form[1:-1]))
    return [cell if np.isfinite(value) else "" for value, cell in zip(numbers, lined, strict=True)]


def pages(count: int) -> int:
    """Pages of so many rows; at least one."""
    return max(1, -(-count // ROWS))


def page(count: int, leaf: int) -> tuple[slice, str]:
    """Which of so many rows stand on a page, the last one at most, and how a note says it."""
    last = pages(count)
    shown = min(leaf, last)
    note = f" · page {shown} of {last}" if last > 1 else ""
    return slice((shown - 1) * ROWS, shown * ROWS), note


def table(
    rows: pd.DataFrame,
    columns: Sequence[Shown],
    ids: Sequence[str | int],
    chosen: Hashable = None,
    order: str | None = None,
) -> Table:
    """Spell rows for the browser.

    Args:
        rows: their numbers.
        columns: what is shown of them, from the left; the first one heads the rows.
        ids: of the rows, told by a click.
        chosen: id of the row that the page speaks of.
        order: as `orders.ordered` reads it, where a click on a head sorts; else None.

    Returns:
        The table.
    """
    heads = [
        Column(
            c.text, c.help, id=c.name, align="right" if c.form else "left",
            sortable=c.sorts and order is not None, sorted=way(order or "", c.name),
            prose=c.prose,
        )
        for c in columns
    ]  # fmt: skip
    cells = zip(*(_column(rows[c.name].tolist(), c) for c in columns), strict=True)
    lines = [
        Row(label, "", rest, row, row == chosen)
        for row, (label, *rest) in zip(ids, cells, strict=True)
    ]
    return Table(heads, lines)


def numbers(rows: pd.DataFrame, columns: Sequence[Shown], dim: str) -> xr.Dataset:
    """The same rows as labelled arrays along `dim`, one variable for each column."""
    data = {}
    for c in columns:
        values = rows[c.name]
        values = values if values.dtype.kind in "iufb" else values.fillna("").astype(str)
        about = {"long_name": c.text, "units": c.unit, **({"help": c.help} if c.help else {})}
        data[c.name] = (dim, values.to_numpy(), about)
    return xr.Dataset(data)
