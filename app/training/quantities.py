"""Any scalar of the catalog along training: its quantiles over the problems, step by step."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from app.shared.asks.kept import kept
from app.shared.table import catalog, derived
from app.shared.table.quantities import Quantity
from app.training import questions as series_questions
from ired_interp_core.records import ProblemSet
from store import QuestionInfo, Series, Store

FIRST = (
    "descent.mse",
    "descent.energy_excess",
    "descent.minimum_distance",
    "descent.minimum_ratio",
    *(f"hessian_spectrum.{name}" for name in (
        "index", "above_inverse_sigma", "participation_ratio", "entropy_rank",
        "gauss_newton_norm", "residual_norm", "gauss_newton_residual_cosine",
        "smallest_eigenvalue", "largest_eigenvalue", "trace",
    )),
    "accuracy.mse",
    "accuracy.mse_official",
)  # fmt: skip
"""Listed before the others."""

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def quantities(s: Store, chosen: Sequence[Series], problems: ProblemSet) -> dict[str, Quantity]:
    """Every scalar that the catalog has of the models of some series.

    Args:
        s: the store.
        chosen: series.
        problems: the set.

    Returns:
        id → quantity, those of the view by level first.
    """
    found: dict[str, Quantity] = {}
    for name in series_questions.analyses(s, chosen, problems):
        keys = [
            q.key
            for way in series_questions.alike(s, chosen, problems, name)
            for q in way.of.values()
        ]
        known = derived.quantities(name)
        errors = {f"{name}.{q.error}" for q in known.values() if q.error}
        for id_, quantity in known.items():
            if id_ in errors or not _drawable(s, quantity, name):
                continue
            for one in _labelled(s, quantity, keys):
                found[one.id] = one
    first = {i: found[i] for i in FIRST if i in found}
    return {**first, **found}


def _drawable(s: Store, quantity: Quantity, analysis: str) -> bool:
    """Whether one table of the catalog holds all of it, so that DuckDB can sum it up."""
    tables = {p.table for p in quantity.parts}
    return (
        quantity.stored
        and len(tables) == 1
        and all(p.analysis == analysis and catalog.held(s, p) for p in quantity.parts)
    )


def _labelled(s: Store, quantity: Quantity, keys: Sequence[str]) -> list[Quantity]:
    if not quantity.open_dims:
        return [quantity]
    return [derived.labelled(quantity, row) for row in catalog.labels(s, quantity, keys)]


@dataclass(frozen=True)
class Asked:
    """A question to the catalog.

    Args:
        sql: one SELECT.
        params: bound values.
    """

    sql: str
    params: tuple[Any, ...]


def select(quantity: Quantity, keys: Sequence[str], level: int, place: str) -> Asked:
    """Spell what a quantity is at every step.

    Args:
        quantity: which.
        keys: of the questions, one for each step.
        level: t.
        place: of the curvature.

    Returns:
        SQL: for one number a problem columns question, count, q (quantiles) and mean; else
        question, value and error.
    """
    part = quantity.parts[0]
    where, params = [f"question IN ({', '.join('?' * len(keys))})"], list(keys)
    for dim, value in (("level", level), ("place", place), *part.labels):
        if dim in part.dims:
            where.append(f'"{dim}" = ?')
            params.append(value)
    narrowed = " AND ".join(where)
    number = derived.sql(quantity, [f'"{p.variable}"' for p in quantity.parts])
    if not quantity.by_problem:
        error = f'"{quantity.error}"' if quantity.error else "NULL::DOUBLE"
        sql = (f"SELECT question, {number} AS value, {error} AS error"
               f" FROM {part.table} WHERE {narrowed}")  # fmt: skip
        return Asked(sql, tuple(params))
    # The expression has a name of its own: an alias equal to a column would mean the column.
    sql = (
        f"SELECT question, count(*) AS n, quantile_cont(number_, {list(QUANTILES)}) AS q,"
        f" avg(number_) AS mean FROM (SELECT question, {number} AS number_"
        f" FROM {part.table} WHERE {narrowed}) WHERE isfinite(number_) GROUP BY question"
    )
    return Asked(sql, tuple(params))


@dataclass(frozen=True)
class Track:
    """A quantity along one training, as stored.

    Args:
        series: id.
        steps: of the training.
        quantiles: [step, quantile of QUANTILES]; of a number without problems its value, and its
            value less and plus its standard error in the place of the quartiles.
        counts: problems, or 1.
    """

    series: str
    steps: np.ndarray
    quantiles: np.ndarray
    counts: np.ndarray


@kept(64, copied=True)
def _ask(generation: str, folder: str, asked: Asked, _s: Store) -> pd.DataFrame:
    return _s.sql(asked.sql, asked.params)


def track(
    s: Store,
    quantity: Quantity,
    one: Series,
    steps: Sequence[tuple[int, QuestionInfo]],
    level: int,
    place: str,
) -> Track:
    """Read a quantity along a training.

    Args:
        s: the store.
        quantity: which.
        one: the series.
        steps: its questions, by step.
        level: t.
        place: of the curvature.

    Returns:
        What is drawn; steps without a number are left out.
    """
    if not steps:
        return Track(one.id, np.zeros(0), np.zeros((0, len(QUANTILES))), np.zeros(0, int))
    asked = select(quantity, [q.key for _, q in steps], level, place)
    frame = _ask(s.generation, str(s.root), asked, s).set_index("question")
    kept = [(step, frame.loc[q.key]) for step, q in steps if q.key in frame.index]
    rows, counts = [], []
    for _, row in kept:
        if quantity.by_problem:
            rows.append(np.asarray(row["q"], float))
            counts.append(int(row["n"]))
        else:
            value, error = float(row["value"]), float(row["error"])
            error = error if np.isfinite(error) else 0.0
            rows.append(np.array([value - error, value - error, value, value + error,
                                  value + error]))  # fmt: skip
            counts.append(1)
    there = np.array([np.isfinite(r).all() for r in rows], bool)
    found = np.array(rows).reshape(-1, len(QUANTILES))[there]
    numbers = np.array([step for step, _ in kept], float)[there]
    return Track(one.id, numbers, found, np.array(counts, int)[there])
