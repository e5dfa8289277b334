"""The table of the view Problems: any scalar of every problem, paged, sorted and filtered."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from app.components.said import Picked
from app.problems.scene import ROWS, Scene, pages
from app.shared.address.address import Address
from app.shared.asks import commands
from app.shared.drawing.levels import Column, Row, Table
from app.shared.page.contract import Drawn, Fields, Missing, Outcome, Source
from app.shared.table import rows as table_rows
from app.shared.table import statements
from app.shared.table import words as column_words
from app.shared.table.quantities import Quantity
from app.shared.table.rows import Rows
from ired_interp_core.spelling import aligned, counted

LEADING = (
    "descent.mse_final",
    "problem_properties.best_baseline",
    "descent.excess",
    "descent.mse_official",
    "descent.energy_excess",
    "hessian_spectrum.smallest_eigenvalue",
    "hessian_spectrum.index",
    "hessian_spectrum.above_inverse_sigma",
    "problem_properties.log10_condition",
)
"""Columns that stand first; the sorted one and those of filters come before the later ones."""

READS = (
    "level", "place", "sort", "order", "page", "labels", "filter", "problem", "@scatter",
)  # fmt: skip


def shown(known: Mapping[str, Quantity], values: Mapping[str, Any]) -> list[str]:
    """Ids of the columns of the table, in reading order.

    Args:
        known: all of the subject.
        values: sort, filter and labels.

    Returns:
        One for each label of a further dim only where they are asked for or used.
    """
    used = [values["sort"], *(f.column for f in values["filter"])]
    beside: list[str] = []
    for name in ("descent.mse", "descent.minimum_mse"):
        if name in used:
            beside += [name, "problem_properties.best_baseline"]
    every = values["labels"] == "all"
    plain = [i for i, q in known.items() if every or not q.labels]
    wanted = [*LEADING[:3], *used, *beside, *LEADING[3:], *plain]
    return [i for i in dict.fromkeys(wanted) if i in known and i != "problem"]


def few(values: Mapping[str, Any]) -> list[int] | None:
    """Problems that are selected in the scatter; None without a selection."""
    selected = values["@scatter"]
    return None if selected is None else sorted({int(custom[0]) for custom in selected})


def draw(scene: Scene, fields: Fields) -> Outcome:
    """One page of the table."""
    store, scope, known = scene.store, scene.scope(fields), scene.columns
    only, down = few(fields), fields["order"] == "down"
    wanted = Rows(fields["filter"], fields["sort"], down)
    ids = shown(known, fields)
    offset = (fields["page"] - 1) * ROWS if only is None else 0
    problems = table_rows.ordered(store, scope, known, wanted, ROWS, offset, only)
    total = scene.total(fields)
    if not problems:
        return Missing("No problem passes these filters.")
    frame = table_rows.page(store, scope, known, ids, problems)
    return Drawn(
        Table(_heads(known, ids, fields), _rows(frame, ids, fields["problem"])),
        numbers(frame, known, fields),
        [Source(scene.family.asked[name]) for name in analyses(known, ids)],
        _note(total, offset, len(problems), only),
        caption=f"One problem per row. {column_words.measured(fields)} Click a row"
        " for similar problems, a head to sort.",
        python=python(scene, fields, ids, offset, only),
    )


def _note(total: int, offset: int, many: int, only: Sequence[int] | None) -> str:
    if only is not None:
        return f"{counted(len(only), 'problem')} selected in the scatter plot"
    said = counted(total, "problem")
    last = pages(total)
    return said if last == 1 else f"{said} · rows {offset + 1:,} … {offset + many:,}"


def _heads(known: Mapping[str, Quantity], ids: Sequence[str], fields: Fields) -> list[Column]:
    order = fields["order"]

    def head(id_: str) -> Column:
        quantity = known[id_]
        help_ = f"{column_words.axis(quantity, fields)}: {quantity.help}. Unit: {quantity.unit}."
        sorted_ = order if fields["sort"] == id_ else ""
        return Column(quantity.axis, help_, id=id_, sortable=True, sorted=sorted_)

    first = Column("problem", known["problem"].help, id="problem", sortable=True,
                   sorted=order if fields["sort"] == "problem" else "")  # fmt: skip
    return [first, *map(head, ids)]


def _rows(frame: pd.DataFrame, ids: Sequence[str], chosen: int | None) -> list[Row]:
    cells = [aligned(frame[i]) for i in ids]
    return [
        Row(str(problem), "", list(row), id=int(problem), chosen=int(problem) == chosen)
        for problem, *row in zip(frame["problem"], *cells, strict=True)
    ]


def numbers(
    frame: pd.DataFrame, known: Mapping[str, Quantity], values: Mapping[str, Any]
) -> xr.Dataset:
    """Columns problem, then ids, as labelled arrays; their names have underscores for dots."""
    data = {
        i.replace(".", "_"): (
            "problem",
            frame[i].to_numpy(dtype=float),
            {"long_name": known[i].label, "units": known[i].unit, "help": known[i].help},
        )
        for i in frame.columns
        if i != "problem"
    }
    facts = {"level": values["level"], "place": values["place"]}
    return xr.Dataset(data, {"problem": frame["problem"].to_numpy(dtype=np.int64)}, facts)


def analyses(known: Mapping[str, Quantity], ids: Sequence[str]) -> list[str]:
    """Analyses that some columns are made of."""
    return list(dict.fromkeys(p.analysis for i in ids for p in known[i].parts))


def python(
    scene: Scene,
    fields: Fields,
    ids: Sequence[str],
    offset: int,
    only: Sequence[int] | None,
) -> str:
    """Lines that ask the catalog for the page."""
    known, scope = scene.columns, scene.scope(fields)
    statement = statements.select(
        scope, known, ids, fields["filter"], fields["sort"], fields["order"] == "down",
        ROWS, offset, only,
    )  # fmt: skip
    return commands.python_sql(scene.store, *statement)


def picked(address: Address, pick: Picked) -> Mapping[str, Any] | None:
    """A click on a head sorts, one on a row chooses its problem."""
    if pick.head:
        column = str(pick.x)
        turned = {"down": "up", "up": "down"}[address["order"]]
        order = turned if address["sort"] == column else "down"
        return {"sort": column, "order": order, "page": 1}
    return toggled(address, pick)


def toggled(address: Address, pick: Picked) -> Mapping[str, Any] | None:
    """A click on a problem chooses it, one on the chosen problem none."""
    if not pick.custom:
        return None
    problem = int(pick.custom[0] or 0)
    return {"problem": None if problem == address["problem"] else problem}
