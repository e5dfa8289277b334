"""All problems of a subject as one wide table: any scalar sorts, filters, or becomes an axis.

Columns follow from the analyses' declarations; DuckDB joins only the tables that a question needs.
Values are bound; names of columns come from the declarations alone, never from the address.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import streamlit as st

from app.shared.address.fields import Filter
from app.shared.asks import reading
from app.shared.asks.reading import Subject
from app.shared.drawing.names import baseline_name
from ired_interp_core import registry
from store import QuestionInfo, Store

TABLES = {
    ("problem_properties", ("problem",)),
    ("problem_properties", ("problem", "baseline")),
    ("descent", ("problem",)),
    ("descent", ("problem", "level")),
    ("descent", ("problem", "baseline")),
    ("hessian_spectrum", ("problem", "level", "place")),
}
"""Catalog tables that make up the wide table."""

MOST_POINTS = 100_000
"""Points of a scatter; WebGL in a browser draws no more with comfort."""

JUDGED = 20_000
"""Problems that enter means beside baselines, the first ones: errors are below a percent."""

Part = tuple[str, str, str]
"""Catalog table, baseline ("" where it has none), and column."""


@dataclass(frozen=True)
class Column:
    """One column of the wide table.

    Args:
        id: as the address spells it: analysis.variable or analysis.variable.baseline.
        label: short name.
        unit: of its numbers.
        help: one sentence.
        parts: what it is made of: one catalog column, the difference of two, or, where there is
            none, the problem's own index.
        group: heading it stands under in menus.
        per: "level", "level and place" or "".
    """

    id: str
    label: str
    unit: str
    help: str
    parts: tuple[Part, ...]
    group: str = ""
    per: str = ""

    @property
    def axis(self) -> str:
        """Label with unit."""
        return self.label if self.unit == "1" else f"{self.label} [{self.unit}]"


@dataclass(frozen=True)
class Scope:
    """Which numbers of which questions the wide table shows; hashable, so part of cache keys.

    Args:
        keys: analysis → question key, as pairs.
        level: t.
        place: of the curvature.
        best: name of the best trivial predictor, "" if there is none.
    """

    keys: tuple[tuple[str, str], ...]
    level: int
    place: str
    best: str = ""

    def key(self, analysis: str) -> str:
        """Question of an analysis.

        Args:
            analysis: name.

        Returns:
            Its key, "" if the subject has none.
        """
        return dict(self.keys).get(analysis, "")


def scope(
    s: Store, subject: Subject, level: int, place: str, prefix: str = ""
) -> tuple[Scope, list[QuestionInfo]]:
    """Choose the questions of a subject that the table shows.

    Args:
        s: the store.
        subject: model and problems.
        level: t.
        place: of the curvature.
        prefix: of the descent's key, where there are several.

    Returns:
        The scope and its questions.
    """
    chosen: dict[str, QuestionInfo] = {}
    for analysis in ("problem_properties", "descent", "hessian_spectrum"):
        fitting = [q for q in reading.questions(s, subject, analysis) if q.rows]
        if analysis == "descent" and prefix:
            fitting = [q for q in fitting if q.key.startswith(prefix)] or fitting
        if analysis == "hessian_spectrum" and "descent" in chosen:
            fitting = [q for q in fitting if q.inputs.get("descent") == chosen["descent"].key]
        if fitting:
            chosen[analysis] = fitting[0]
    keys = tuple((a, q.key) for a, q in chosen.items())
    bare = Scope(keys, level, place)
    return replace(bare, best=best_baseline(s, bare)), list(chosen.values())


@st.cache_data(max_entries=64, show_spinner=False)
def _baselines(generation: str, key: str, descent: str, _s: Store) -> list[str]:
    among = "AND problem IN (SELECT problem FROM descent__problem WHERE question = ?) "
    frame = _s.sql(
        "SELECT baseline FROM problem_properties__problem_baseline WHERE question = ? AND "
        f"problem < {JUDGED} {among if descent else ''}"
        "GROUP BY baseline ORDER BY avg(baseline_mse) DESC",
        [key, descent] if descent else [key],
    )
    return frame["baseline"].tolist()


def baselines(s: Store, of: Scope) -> list[str]:
    """Trivial predictors, judged on those of the first `JUDGED` problems that have an answer.

    Args:
        s: the store.
        of: whose.

    Returns:
        Names, worst first.
    """
    if not (key := of.key("problem_properties")):  # then the catalog may not even have the table
        return []
    return _baselines(s.generation, key, of.key("descent"), s)


def best_baseline(s: Store, of: Scope) -> str:
    """The trivial predictor with the smallest mean error on these problems.

    Args:
        s: the store.
        of: whose.

    Returns:
        Its name, "" if there is none.
    """
    names = baselines(s, of)
    return names[-1] if names else ""


def columns(s: Store, of: Scope) -> dict[str, Column]:
    """Every scalar of the subject, with a few that are made of two.

    Args:
        s: the store.
        of: questions, level and place.

    Returns:
        id → column, in reading order.
    """
    found: dict[str, Column] = {}
    names = baselines(s, of)
    for analysis, _ in of.keys:
        declared = registry.get(analysis)
        for name, v in declared.schema.scalars().items():
            if (analysis, v.dims) not in TABLES:
                continue
            table = f"{analysis}__{'_'.join(v.dims)}"
            per = " and ".join(d for d in v.dims if d in {"level", "place"})
            each = names if "baseline" in v.dims else [""]
            for baseline in each:
                id = f"{analysis}.{name}.{baseline}" if baseline else f"{analysis}.{name}"
                label = f"{v.label}: {baseline_name(baseline)}" if baseline else v.label
                found[id] = Column(
                    id,
                    label,
                    v.unit,
                    v.help,
                    ((table, baseline, name),),
                    declared.title,
                    per,
                )
    return {"problem": problem_column(), **_derived(of, found), **found}


def _derived(of: Scope, found: dict[str, Column]) -> dict[str, Column]:
    made = []
    best = found.get(f"problem_properties.baseline_mse.{of.best}")
    final = found.get("descent.mse_final")
    if best:
        made.append(
            Column(
                "problem_properties.best_baseline",
                f"MSE, {baseline_name(of.best)}",
                best.unit,
                "error of the trivial predictor with the smallest mean error on these problems",
                best.parts,
                group="Beside the baselines",
            )
        )
    if best and final:
        made.append(
            Column(
                "descent.excess",
                "MSE − baseline",
                final.unit,
                "error of the final answer minus that of the best trivial predictor: above 0 the"
                " model does worse on this problem",
                (*final.parts, *best.parts),
                "Beside the baselines",
            )
        )
    answer, truth = found.get("descent.energy_answer"), found.get("descent.energy_truth")
    if answer and truth:
        made.append(
            Column(
                "descent.energy_excess",
                "E_t(ŷ_t) − E_t(y*)",
                "E",
                "below 0 the model prefers its wrong answer to the truth",
                (*answer.parts, *truth.parts),
                "Beside the baselines",
                "level",
            )
        )
    return {c.id: c for c in made}


def problem_column() -> Column:
    """The problem's own index.

    Returns:
        A column that is always there.
    """
    return Column("problem", "problem", "1", "index of the problem in its set", ())


def base_of(of: Scope) -> str:
    """The catalog table that has one row for each problem of the wide table.

    Args:
        of: whose.

    Returns:
        Its name.
    """
    return "descent__problem" if of.key("descent") else "problem_properties__problem"


_FORMS = ("base.problem::DOUBLE", "{0}", "({0} - {1})")
"""SQL over a column's parts, by their number."""


class _Query:
    """SQL over the tables that some columns need, with bound values in the order they are met."""

    def __init__(self, of: Scope) -> None:
        self.of, self.base = of, base_of(of)
        self.joins: dict[tuple[str, str], str] = {}
        self.params: list[Any] = []

    def value(self, column: Column) -> str:
        names = [
            f'{self._alias(table, baseline)}."{name}"' for table, baseline, name in column.parts
        ]
        return _FORMS[len(names)].format(*names)

    def _alias(self, table: str, baseline: str) -> str:
        if table == self.base:
            return "base"
        if (table, baseline) not in self.joins:
            self.joins[table, baseline] = f"t{len(self.joins)}"
        return self.joins[table, baseline]

    def source(self, only: Sequence[int] | None = None) -> tuple[str, list[Any]]:
        """Spell FROM and WHERE; each table is narrowed by itself, before it is joined.

        Args:
            only: these problems alone.

        Returns:
            SQL and its bound values.
        """
        lines = [f"FROM {self.base} AS base"]
        params: list[Any] = []
        few = [] if only is None else [int(i) for i in only]
        marks = ", ".join("?" * len(few)) or "NULL"
        for (table, baseline), alias in self.joins.items():
            analysis, _, dims = table.partition("__")
            on = [f"{alias}.problem = base.problem", f"{alias}.question = ?"]
            params.append(self.of.key(analysis))
            for dim, value in (("level", self.of.level), ("place", self.of.place)):
                if dim in dims.split("_"):
                    on.append(f"{alias}.{dim} = ?")
                    params.append(value)
            if baseline:
                on.append(f"{alias}.baseline = ?")
                params.append(baseline)
            if only is not None:
                on.append(f"{alias}.problem IN ({marks})")
                params += few
            lines.append(f"LEFT JOIN {table} AS {alias} ON {' AND '.join(on)}")
        lines.append("WHERE base.question = ?")
        params.append(self.of.key(self.base.partition("__")[0]))
        if only is not None:
            lines.append(f"AND base.problem IN ({marks})")
            params += few
        return "\n".join(lines), params


_SQL = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "="}


def _where(
    query: _Query, known: dict[str, Column], filters: Iterable[Filter]
) -> tuple[str, list[Any]]:
    lines, params = [], []
    for f in filters:
        value = query.value(known[f.column])
        lines.append(f"AND {value} {_SQL[f.operator]} ? AND NOT isnan({value})")
        params.append(f.number)
    return "\n".join(lines), params


@dataclass(frozen=True)
class Asked:
    """A page of the wide table, as SQL.

    Args:
        sql: one SELECT.
        params: bound values.
    """

    sql: str
    params: tuple[Any, ...]


def select(
    of: Scope,
    known: dict[str, Column],
    wanted: Sequence[str],
    filters: Sequence[Filter] = (),
    sort: str = "",
    down: bool = False,
    limit: int | None = None,
    offset: int = 0,
    only: Sequence[int] | None = None,
) -> Asked:
    """Spell a question to the catalog.

    Args:
        of: questions, level and place.
        known: from `columns`.
        wanted: ids of columns.
        filters: all of them must hold.
        sort: id of a column; by problem when empty.
        down: largest first; missing values come last either way.
        limit: rows.
        offset: rows left out before.
        only: these problems alone.

    Returns:
        SQL with bound values: columns problem, then `wanted`.
    """
    query = _Query(of)
    values = [f'{query.value(known[w])} AS "{w}"' for w in wanted]
    where, bound = _where(query, known, filters)
    order = "base.problem"
    if sort and sort != "problem":
        by = query.value(known[sort])
        order = f"isnan({by}), {by} {'DESC' if down else 'ASC'} NULLS LAST, base.problem"
    elif down:
        order = "base.problem DESC"
    source, params = query.source(only)
    sql = f"SELECT base.problem AS problem{''.join(', ' + v for v in values)}\n{source}\n{where}"
    sql += f"\nORDER BY {order}"
    if limit is not None:
        sql += "\nLIMIT ? OFFSET ?"
        bound = [*bound, limit, offset]
    return Asked(sql, (*params, *bound))


def count(of: Scope, known: dict[str, Column], filters: Sequence[Filter] = ()) -> Asked:
    """Spell how many problems pass the filters.

    Args:
        of: questions, level and place.
        known: from `columns`.
        filters: all of them must hold.

    Returns:
        SQL with bound values: one number n.
    """
    query = _Query(of)
    where, bound = _where(query, known, filters)
    source, params = query.source()
    return Asked(f"SELECT count(*) AS n\n{source}\n{where}", (*params, *bound))


@st.cache_data(max_entries=64, show_spinner=False)
def _ask(generation: str, asked: Asked, _s: Store) -> pd.DataFrame:
    return _s.sql(asked.sql, asked.params)


def ask(s: Store, asked: Asked) -> pd.DataFrame:
    """Put a question to the catalog, once.

    Args:
        s: the store.
        asked: from `select` or `count`.

    Returns:
        The rows.
    """
    return _ask(s.generation, asked, s)


def usable(
    known: dict[str, Column], filters: Sequence[Filter]
) -> tuple[tuple[Filter, ...], list[str]]:
    """Drop filters whose column this subject does not have.

    Args:
        known: from `columns`.
        filters: from the address.

    Returns:
        The usable ones, and a line for each that was left out.
    """
    kept = tuple(f for f in filters if f.column in known)
    lost = [f"filter={f}: no such column for this model and set; left out" for f in filters
            if f.column not in known]  # fmt: skip
    return kept, lost
