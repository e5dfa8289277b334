"""Files of a panel: its numbers as CSV and netCDF. Pictures and pages are made in the browser."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from app.shared.asks import reading
from app.shared.page.contract import Drawn
from ired_interp_core.spelling import counted
from store import Store

MOST_ROWS = 500
"""Rows of the numbers that a panel shows in the place of its figure."""
MIME = {"CSV": "text/csv", "netCDF": "application/x-netcdf"}
ENDINGS = {"CSV": "csv", "netCDF": "nc"}


def table(numbers: xr.Dataset) -> pd.DataFrame:
    """Labelled arrays as one table: a row for each combination of labels.

    Args:
        numbers: of a panel.

    Returns:
        Variables of the same dims side by side; those of other dims follow below, in rows of
        their own, so that nothing is repeated.
    """
    groups: dict[tuple[str, ...], list[str]] = {}
    for name, variable in numbers.data_vars.items():
        groups.setdefault(tuple(map(str, variable.dims)), []).append(str(name))
    parts = []
    for dims, names in groups.items():
        part = numbers[names]
        if dims:
            parts.append(part.to_dataframe(dim_order=list(dims)).reset_index())
        else:
            parts.append(pd.DataFrame([{n: part[n].item() for n in names}]))
    if not parts:
        return pd.DataFrame()
    # A part without a column leaves gaps in it: whole numbers stay whole beside them.
    whole = {n for part in parts for n in part if part[n].dtype.kind in "iu"}
    mixed = {n for part in parts for n in part if part[n].dtype.kind not in "iu"}
    found = pd.concat(parts, ignore_index=True)
    return found.astype({n: "Int64" for n in whole - mixed if found[n].dtype.kind == "f"})


HELD = "held"
"""Attribute of numbers that are only those of the points in a lasso: how many of how many."""


def held(drawn: Drawn, dim: str, selected: Sequence[Sequence[Any]] | None) -> Drawn:
    """A panel as its files have it: of the points that a lasso holds, where one holds any.

    Args:
        drawn: what the panel shows.
        dim: along which its points lie, "" for a panel whose points cannot be held.
        selected: customdata of the held points; None without a lasso.

    Returns:
        The same with fewer numbers, which say how many they are of how many.
    """
    if not dim or selected is None:
        return drawn
    kept = np.isin(drawn.numbers[dim].values, [custom[0] for custom in selected if custom])
    said = f"{int(kept.sum())} of {counted(kept.size, 'point')}, those in the lasso"
    return replace(drawn, numbers=drawn.numbers.isel({dim: kept}).assign_attrs({HELD: said}))


def stem(panel: str, drawn: Drawn, read: Mapping[str, Any], store: Store) -> str:
    """Name of a panel's files without ending: what they show, as in "descent-completion-p0".

    Args:
        panel: its id.
        drawn: what it shows.
        read: the fields of the address that it reads.
        store: opened.

    Returns:
        Panel, task and variant; the model where the store has several for these problems; problem
        and level where the panel shows that one alone; what a lasso holds.
    """
    asked = [source.question for source in drawn.questions]
    sets = list(dict.fromkeys(q.problems for q in asked if q.problems))
    models = list(dict.fromkeys(q.model for q in asked if q.model))
    words = []
    if len(sets) == 1:
        words += [sets[0].task, *([sets[0].variant] if sets[0].variant != "same" else [])]
    rivals = {subject.model for subject in reading.subjects(store) if subject.problems in sets}
    if len(models) == 1 and len(rivals) > 1:
        words.append(models[0][:8])
    if read.get("problem") is not None and "problem" not in drawn.numbers.dims:
        words.append(f"p{read['problem']}")
    if read.get("level") is not None and "level" not in drawn.numbers.dims:
        words.append(f"t{read['level']}")
    if HELD in drawn.numbers.attrs:
        words.append("lasso")
    said = panel.split("-")  # panels of one subject have its name
    return "-".join([*said, *(word for word in words if word not in said)])


def about(drawn: Drawn, read: Mapping[str, Any], store: Store) -> str:
    """Models and problems that a panel is about, as saved figures name them."""
    asked = [source.question for source in drawn.questions]
    models = dict.fromkeys(reading.model_name(store, q.model) for q in asked if q.model)
    sets = dict.fromkeys(q.problems for q in asked if q.problems)
    said = [f"Model: {name}" for name in models]
    said += [f"Problems: {p.task}, {p.kind}, {p.size}×{p.size}, seed {p.seed}" for p in sets]
    if read.get("problem") is not None and "problem" not in drawn.numbers.dims:
        said.append(f"problem {read['problem']}")
    return " · ".join(said)


def content(drawn: Drawn, label: str) -> bytes | str:
    """A file of a panel by its key of `MIME`."""
    if label == "CSV":
        return table(drawn.numbers).to_csv(index=False)
    return bytes(storable(drawn.numbers).to_netcdf(engine="h5netcdf"))


def storable(numbers: xr.Dataset) -> xr.Dataset:
    """Numbers as netCDF can hold them: texts of fixed length, no booleans among attributes."""
    kept = numbers.copy()
    for name, variable in kept.variables.items():
        if variable.dtype.kind in "OU":
            kept[name] = variable.astype(str)
    kept.attrs = {k: int(v) if isinstance(v, bool) else v for k, v in kept.attrs.items()}
    return kept


def numbers_json(drawn: Drawn) -> str:
    """The numbers as the browser shows them in the place of a figure."""
    whole = table(drawn.numbers)
    head = whole.head(MOST_ROWS)
    rows = [[_cell(value) for value in row] for row in head.itertuples(index=False)]
    return json.dumps({"columns": list(head.columns), "rows": rows, "total": len(whole)})


def _cell(value: object) -> str:
    if isinstance(value, float | np.floating):
        return "" if np.isnan(value) else f"{value:.6g}"
    return "" if value is None else str(value)
