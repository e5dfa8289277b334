"""The links of a card: which problem to look at first, each with its reason."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from app.components.said import Picked
from app.overview.about import sources
from app.overview.scene import Scene
from app.shared.address.address import Address
from app.shared.asks import steps
from app.shared.asks.reading import Subject
from app.shared.drawing.levels import Column, Row, Table
from app.shared.page import frame
from app.shared.page.contract import Drawn, Fields
from app.shared.table import catalog
from app.shared.table import rows as table_rows
from app.shared.table.rows import Rows
from ired_interp_core.spelling import number
from ired_interp_core.tasks import TASKS

EXCESS = "descent.energy_excess"
OPEN = "lowest energy below truth"
"""Why of `EXCESS` where x leaves y open: there an ideal energy is lower at its answer too."""

FIRST = (
    ("descent.excess", True, "worst beside its predictor", "+.4f"),
    ("hessian_spectrum.smallest_eigenvalue", False, "softest direction, λ", ".3g"),
    ("descent.minimum_distance", True, "farthest from a minimum,", ".3g"),
    (EXCESS, False, "prefers its error most, ΔE", ".3g"),
    ("hessian_spectrum.above_inverse_sigma", True, "most eigenvalues above 1/σ:", ".0f"),
    ("descent.mse_final", True, "largest error, MSE", ".4f"),
)
"""What to look at first: column, largest first, why, how its number is spelled."""

MOST = 3
"""Problems that a card names, none of them twice."""

STEPS, PROBLEMS = "steps", "problems"
"""Rows that lead elsewhere than to a problem."""


def draw(subject: Subject, scene: Scene, fields: Fields) -> Drawn:
    """Problems at the ends of some numbers, and the ways to more."""
    found = firsts(scene, subject)
    rows = [Row(f"problem {n}", "", [why], n) for n, why, _ in found]
    if other := steps.more(scene.store, subject):
        rows.append(Row("training", "", [other], STEPS))
    rows.append(Row("all problems", "", [scene.standing(subject).counted], PROBLEMS))
    rest = [np.nan] * (len(rows) - len(found))
    numbers = xr.Dataset(
        {
            "problem": ("row", [*(float(n) for n, *_ in found), *rest],
                        {"long_name": "index of the problem", "units": "1"}),
            "why": ("row", [str(row.cells[0]) for row in rows], {"long_name": "why", "units": ""}),
            "value": ("row", [*(value for *_, value in found), *rest],
                      {"long_name": "number of that problem", "units": "that of the number named"}),
        }
    )  # fmt: skip
    heads = [Column("where"), Column("why", align="left")]
    return Drawn(Table(heads, rows), numbers, sources(scene, subject, read_by(scene, subject)))


def firsts(scene: Scene, subject: Subject) -> list[tuple[int, str, float]]:
    """Problems at the ends of the numbers of `FIRST`: index, why with the number, number."""
    store, scope = scene.store, scene.family(subject).scope(0, "answer")
    known = catalog.columns(store, scope)
    found: dict[int, tuple[int, str, float]] = {}
    for column, down, why, form in FIRST:
        if column not in known:
            continue
        top = table_rows.points(store, scope, known, [column], Rows((), column, down), 1)
        if top.empty or pd.isna(top[column].iloc[0]):
            continue
        value, problem = float(top[column].iloc[0]), int(top["problem"].iloc[0])
        if column == EXCESS and not TASKS[subject.problems.task].determined:
            why = OPEN
        if not (column.endswith("above_inverse_sigma") and value == 0):
            found.setdefault(problem, (problem, f"{why} {number(value, form)}", value))
        if len(found) == MOST:
            break
    return list(found.values())


def read_by(scene: Scene, subject: Subject) -> Mapping[str, Iterable[str]]:
    """Analysis → variables that the numbers of `FIRST` are taken from, once each."""
    known = catalog.columns(scene.store, scene.family(subject).scope())
    variables: dict[str, dict[str, None]] = {}
    for part in (part for column, *_ in FIRST if column in known for part in known[column].parts):
        variables.setdefault(part.analysis, {})[part.variable] = None
    return variables


def picked(scene: Scene, subject: Subject, address: Address, row: Picked) -> Address | None:
    """Where a row of the table leads."""
    if row.head or not row.custom:
        return None
    about: dict[str, Any] = {"model": subject.model, "set": subject.set}
    where = row.custom[0]
    if where == STEPS:
        return address.carry("annealing", **about, sheet="training")
    if where == PROBLEMS:
        return address.carry("problems", **about)
    if not isinstance(where, int):
        return None
    view = "landscape" if frame.with_something(scene.store)["landscape"] else "problems"
    return address.carry(view, **about, problem=where, level=0)
