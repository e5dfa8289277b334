"""Any scalar of the catalog along training: its quantiles over the problems, step by step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app.annealing.behind import LABELS
from app.training import questions as series_questions
from ired_interp_core import registry
from ired_interp_core.records import ProblemSet
from ired_interp_core.schema import Variable
from store import QuestionInfo, Series, Store

FIRST = (*(n for n in LABELS if n != "descent.drift"), "accuracy.mse", "accuracy.mse_official")
"""Listed before the others; drift stands in no table of the catalog."""

MADE = {
    "descent.energy_excess": ("descent", ("problem", "level"),
                              '("energy_answer" - "energy_truth")', "E"),
    "descent.minimum_ratio": ("descent", ("problem", "level"),
                              '("minimum_mse" / nullif("mse", 0))', "1"),
}  # fmt: skip
"""Quantities that are made of two columns."""

PLACED = ("problem", "level", "place")
MOST_WORDS = 64
"""Values of a further dim, such as a concept or a baseline, that are listed."""

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Quantity:
    """What can be drawn against training step.

    Args:
        id: as the address spells it: analysis.variable, then the values of further dims.
        label: short name.
        unit: of the stored numbers.
        help: one sentence.
        group: title of its analysis.
        analysis: name.
        table: of the catalog.
        value: SQL of the number.
        error: column with its standard error; empty if none is declared.
        dims: of the table.
        fixed: values of further dims.
    """

    id: str
    label: str
    unit: str
    help: str
    group: str
    analysis: str
    table: str
    value: str
    error: str
    dims: tuple[str, ...]
    fixed: tuple[tuple[str, str], ...] = ()

    @property
    def many(self) -> bool:
        """Whether there is one number for each problem."""
        return "problem" in self.dims


def _table(analysis: str, dims: Sequence[str]) -> str:
    return "__".join(filter(None, (analysis, "_".join(dims))))


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
        declared = registry.get(name)
        scalars = declared.schema.scalars()
        for variable, v in scalars.items():
            if variable.endswith("_error") and variable.removesuffix("_error") in scalars:
                continue
            for one in _expanded(s, name, declared.title, variable, v, scalars):
                found[one.id] = one
        for id_, (analysis, dims, value, unit) in MADE.items():
            if analysis == name:
                found[id_] = Quantity(
                    id_, LABELS[id_], unit, LABELS[id_], declared.title, name,
                    _table(name, dims), value, "", dims,
                )  # fmt: skip
    first = {i: found[i] for i in FIRST if i in found}
    return {**first, **found}


def _expanded(
    s: Store, name: str, title: str, variable: str, v: Variable, scalars: Mapping[str, Variable]
) -> list[Quantity]:
    """A variable, or one for each value of its further dims."""
    table = _table(name, v.dims)
    beside = scalars.get(f"{variable}_error")
    error = f"{variable}_error" if beside is not None and beside.dims == v.dims else ""
    id_ = f"{name}.{variable}"
    label = LABELS.get(id_, v.label)
    further = tuple(d for d in v.dims if d not in PLACED)
    if not further:
        return [Quantity(id_, label, v.unit, v.help, title, name, table, f'"{variable}"', error,
                         v.dims)]  # fmt: skip
    return [
        Quantity(
            ".".join((id_, *words)), f"{label} · {', '.join(words).replace('_', ' ')}", v.unit,
            v.help, title, name, table, f'"{variable}"', error, v.dims,
            tuple(zip(further, words, strict=True)),
        )
        for words in _words(s.generation, str(s.root), table, further, s)
        if all(w.replace("_", "").isalnum() and w.isascii() and w == w.lower() for w in words)
    ]  # fmt: skip


@st.cache_data(max_entries=64, show_spinner=False)
def _words(
    generation: str, folder: str, table: str, dims: tuple[str, ...], _s: Store
) -> list[tuple[str, ...]]:
    listed = ", ".join(f'"{d}"' for d in dims)  # dims are those of declarations
    frame = _s.sql(f"SELECT DISTINCT {listed} FROM {table} ORDER BY ALL LIMIT {MOST_WORDS}")
    return [tuple(map(str, row)) for row in frame.itertuples(index=False)]


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
    where, params = [f"question IN ({', '.join('?' * len(keys))})"], list(keys)
    for dim, value in (("level", level), ("place", place), *quantity.fixed):
        if dim in quantity.dims:
            where.append(f'"{dim}" = ?')
            params.append(value)
    narrowed = " AND ".join(where)
    if not quantity.many:
        error = f'"{quantity.error}"' if quantity.error else "NULL::DOUBLE"
        sql = (f"SELECT question, {quantity.value}::DOUBLE AS value, {error} AS error"
               f" FROM {quantity.table} WHERE {narrowed}")  # fmt: skip
        return Asked(sql, tuple(params))
    # The expression has a name of its own: an alias equal to a column would mean the column.
    sql = (
        f"SELECT question, count(*) AS n, quantile_cont(number_, {list(QUANTILES)}) AS q,"
        f" avg(number_) AS mean FROM (SELECT question, ({quantity.value})::DOUBLE AS number_"
        f" FROM {quantity.table} WHERE {narrowed}) WHERE isfinite(number_) GROUP BY question"
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


@st.cache_data(max_entries=64, show_spinner=False)
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
        if quantity.many:
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


@st.cache_data(max_entries=32, show_spinner=False)
def _baselines(
    generation: str, folder: str, properties: str, descent: str, _s: Store
) -> dict[str, float]:
    frame = _s.sql(
        "SELECT baseline, median(baseline_mse) AS mse FROM problem_properties__problem_baseline "
        "WHERE question = ? AND problem IN "
        "(SELECT problem FROM descent__problem WHERE question = ?) "
        "GROUP BY baseline ORDER BY mse DESC",
        [properties, descent],
    )
    return dict(zip(frame["baseline"], frame["mse"].astype(float), strict=True))


def baselines(s: Store, properties: str, descent: str) -> dict[str, float]:
    """Median error of every trivial predictor on the problems that a descent has answered.

    Args:
        s: the store.
        properties: key of problem_properties.
        descent: key of a descent.

    Returns:
        Name → MSE, data frame, worst first.
    """
    return _baselines(s.generation, str(s.root), properties, descent, s)


@st.cache_data(max_entries=32, show_spinner=False)
def _measured(generation: str, folder: str, key: str, _s: Store) -> dict[str, float]:
    frame = _s.sql(
        "SELECT baseline, baseline_mse AS mse FROM accuracy__baseline WHERE question = ? AND "
        "isfinite(baseline_mse) ORDER BY mse DESC",
        [key],
    )
    return dict(zip(frame["baseline"], frame["mse"].astype(float), strict=True))


def measured_baselines(s: Store, accuracy: str) -> dict[str, float]:
    """Mean error of every trivial predictor, as `accuracy` has measured it.

    Args:
        s: the store.
        accuracy: key of its question.

    Returns:
        Name → MSE, worst first.
    """
    return _measured(s.generation, str(s.root), accuracy, s)
