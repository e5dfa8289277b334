"""Any scalar of the catalog along training: its quantiles over the problems, step by step."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from app.shared.asks.kept import kept
from app.shared.table import catalog, derived
from app.shared.table.quantities import Quantity
from app.shared.table.statements import Statement
from app.training import questions
from app.training.figures.tracks import Track
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


def quantities(store: Store, chosen: Sequence[Series], problems: ProblemSet) -> dict[str, Quantity]:
    """Every scalar that the catalog has of the models of some series; `FIRST` lead."""
    found: dict[str, Quantity] = {}
    for name in questions.analyses(store, chosen, problems):
        ways = questions.alike(store, chosen, problems, name)
        keys = [question.key for way in ways for question in way.by_model.values()]
        known = derived.quantities(name)
        errors = {f"{name}.{q.error}" for q in known.values() if q.error}
        for id_, quantity in known.items():
            if id_ not in errors and _drawable(quantity, name):
                found |= {one.id: one for one in _labelled(store, quantity, keys)}
    first = {i: found[i] for i in FIRST if i in found}
    return {**first, **found}


def _drawable(quantity: Quantity, analysis: str) -> bool:
    """Whether one table of the catalog holds all of it, so that DuckDB can sum it up."""
    tables = {p.table for p in quantity.parts}
    return len(tables) == 1 and all(p.analysis == analysis for p in quantity.parts)


def _labelled(store: Store, quantity: Quantity, keys: Sequence[str]) -> list[Quantity]:
    if not quantity.open_dims:
        return [quantity]
    return [derived.labelled(quantity, row) for row in catalog.labels(store, quantity, keys)]


def select(quantity: Quantity, keys: Sequence[str], level: int, place: str) -> Statement:
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
        return Statement(sql, tuple(params))
    # The expression has a name of its own: an alias equal to a column would mean the column.
    sql = (
        f"SELECT question, count(*) AS n, quantile_cont(number_, {list(QUANTILES)}) AS q,"
        f" avg(number_) AS mean FROM (SELECT question, {number} AS number_"
        f" FROM {part.table} WHERE {narrowed}) WHERE isfinite(number_) GROUP BY question"
    )
    return Statement(sql, tuple(params))


@kept(64, copied=True)
def _rows(store: Store, asked: Statement) -> pd.DataFrame:
    return store.sql(*asked).set_index("question")


def track(
    store: Store,
    quantity: Quantity,
    steps: Sequence[tuple[int, QuestionInfo]],
    level: int,
    place: str,
    scale: float = 1.0,
) -> Track:
    """Read a quantity along a training.

    Args:
        store: opened.
        quantity: which.
        steps: the questions of a series, by step.
        level: t.
        place: of the curvature.
        scale: factor of the numbers.

    Returns:
        `QUANTILES` at every step that has a number; of a quantity without problems its value, and
        its value less and plus its standard error in the place of the quartiles.
    """
    if not steps:
        return Track(np.zeros(0), np.zeros((0, len(QUANTILES))), np.zeros(0, int))
    asked = select(quantity, [q.key for _, q in steps], level, place)
    frame = _rows(store, asked)
    answered = [(step, frame.loc[q.key]) for step, q in steps if q.key in frame.index]
    rows, counts = [], []
    for _, row in answered:
        if quantity.by_problem:
            rows.append(np.asarray(row["q"], float))
            counts.append(int(row["n"]))
        else:
            error = float(row["error"])
            error = error if np.isfinite(error) else 0.0
            rows.append(float(row["value"]) + error * np.array([-1, -1, 0, 1, 1]))
            counts.append(1)
    quantiles = scale * np.array(rows).reshape(-1, len(QUANTILES))
    there = np.isfinite(quantiles).all(axis=1)
    at = np.array([step for step, _ in answered], float)
    return Track(at[there], quantiles[there], np.array(counts, int)[there])
