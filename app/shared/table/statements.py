"""The wide table as one SQL statement: for copies by a reader, and as the twin in tests.

DuckDB joins only the tables that a question needs. Values are bound; names of columns come from the
declarations alone, never from the address.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from app.shared.address.fields import Filter
from app.shared.asks.chosen import Scope
from app.shared.table import derived
from app.shared.table.catalog import base_of
from app.shared.table.quantities import Part, Quantity


def narrowed(scope: Scope, part: Part, alias: str = "") -> tuple[list[str], list[Any]]:
    """What narrows a catalog table to one row for each problem.

    Args:
        scope: questions, level and place.
        part: of the table.
        alias: of the table, with its dot.

    Returns:
        Conditions and their bound values.
    """
    lines, params = [f"{alias}question = ?"], [scope.key(part.analysis)]
    for dim, value in (("level", scope.level), ("place", scope.place), *part.labels):
        if dim in part.dims:
            lines.append(f'{alias}"{dim}" = ?')
            params.append(value)
    return lines, params


class _Query:
    """SQL over the tables that some columns need, with bound values in the order they are met."""

    def __init__(self, scope: Scope) -> None:
        self.scope, self.base = scope, base_of(scope)
        self.joins: dict[Part, str] = {}

    def value(self, column: Quantity) -> str:
        if not column.parts:
            return "base.problem::DOUBLE"
        names = [f'{self._alias(part)}."{part.variable}"' for part in column.parts]
        return derived.sql(column, names)

    def _alias(self, part: Part) -> str:
        table = replace(part, variable="")
        if table == self.base:
            return "base"
        return self.joins.setdefault(table, f"t{len(self.joins)}")

    def source(self, only: Sequence[int] | None = None) -> tuple[str, list[Any]]:
        """Spell FROM and WHERE; each table is narrowed by itself, before it is joined."""
        lines = [f"FROM {self.base.table} AS base"]
        params: list[Any] = []
        few = [] if only is None else [int(i) for i in only]
        marks = ", ".join("?" * len(few)) or "NULL"
        for part, alias in self.joins.items():
            conditions, values = narrowed(self.scope, part, f"{alias}.")
            on = [f"{alias}.problem = base.problem", *conditions]
            params += values
            if only is not None:
                on.append(f"{alias}.problem IN ({marks})")
                params += few
            lines.append(f"LEFT JOIN {part.table} AS {alias} ON {' AND '.join(on)}")
        conditions, values = narrowed(self.scope, self.base, "base.")
        lines.append(f"WHERE {' AND '.join(conditions)}")
        params += values
        if only is not None:
            lines.append(f"AND base.problem IN ({marks})")
            params += few
        return "\n".join(lines), params


_SQL = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "="}


def _where(
    query: _Query, known: Mapping[str, Quantity], filters: Iterable[Filter]
) -> tuple[str, list[Any]]:
    lines, params = [], []
    for f in filters:
        value = query.value(known[f.column])
        lines.append(f"AND {value} {_SQL[f.operator]} ? AND NOT isnan({value})")
        params.append(f.number)
    return "\n".join(lines), params


class Statement(NamedTuple):
    """A page of the wide table, as SQL.

    Args:
        sql: one SELECT.
        params: bound values.
    """

    sql: str
    params: tuple[Any, ...]


def select(
    scope: Scope,
    known: Mapping[str, Quantity],
    wanted: Sequence[str],
    filters: Sequence[Filter] = (),
    sort: str = "",
    down: bool = False,
    limit: int | None = None,
    offset: int = 0,
    only: Sequence[int] | None = None,
) -> Statement:
    """Spell a question to the catalog.

    Args:
        scope: questions, level and place.
        known: from `catalog.columns`.
        wanted: ids of columns that the catalog stores, as those of filters and order.
        filters: all of them must hold.
        sort: id of a column; by problem when empty.
        down: largest first; missing values come last either way.
        limit: rows.
        offset: rows left out before.
        only: these problems alone.

    Returns:
        SQL with bound values: columns problem, then `wanted`.
    """
    query = _Query(scope)
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
    return Statement(sql, (*params, *bound))
