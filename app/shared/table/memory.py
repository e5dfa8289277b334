"""Columns of the wide table in memory: a filter or an order of them then takes milliseconds.

A column of a million problems is 8 MB, read from the catalog once; filters and orders of it are
kept, too, as bits and positions.
"""

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from app.shared.address.fields import Filter
from app.shared.table.catalog import Column, Part, Scope, base_of
from store import Store

COLUMNS_KEPT = 32
"""Columns in memory, over all sessions: 256 MB where every one has a million problems."""

ORDERS_KEPT = 16
"""Orders of columns in memory: 64 MB where every one has a million problems."""

MASKS_KEPT = 64
"""Filters of columns in memory, as many MB where every one has a million problems."""

COMPARE = {
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "eq": np.equal,
}
"""Operators as `fields.OPERATORS` spells them; none of them holds of NaN."""


def cell(of: Scope, part: Part) -> tuple[str, list[object]]:
    """What narrows a catalog table to one row for each problem.

    Args:
        of: questions, level and place.
        part: a column of the catalog.

    Returns:
        SQL after WHERE and its bound values.
    """
    table, baseline, _ = part
    analysis, _, dims = table.partition("__")
    lines, params = ["question = ?"], [of.key(analysis)]
    for dim, value in (("level", of.level), ("place", of.place)):
        if dim in dims.split("_"):
            lines.append(f"{dim} = ?")
            params.append(value)
    if baseline:
        lines.append("baseline = ?")
        params.append(baseline)
    return " AND ".join(lines), params


@st.cache_resource(max_entries=COLUMNS_KEPT, show_spinner=False)
def _read(
    generation: str, table: str, name: str, where: str, params: tuple[object, ...], _s: Store
) -> tuple[np.ndarray, np.ndarray]:
    listed = f', "{name}" AS value' if name else ""  # names are those of declarations
    frame = _s.sql(f"SELECT problem{listed} FROM {table} WHERE {where}", params)
    problems = frame["problem"].to_numpy(dtype=np.int64)
    values = frame["value"].to_numpy(dtype=float) if name else np.empty(0)
    if (np.diff(problems) < 0).any():
        order = np.argsort(problems, kind="stable")
        problems, values = problems[order], values[order] if name else values
    problems.flags.writeable = values.flags.writeable = False
    return problems, values


def base(s: Store, of: Scope) -> np.ndarray:
    """The problems of the wide table.

    Args:
        s: the store.
        of: questions, level and place.

    Returns:
        Their indices, ascending.
    """
    table = base_of(of)
    if not of.key(table.partition("__")[0]):  # then the catalog may not even have the table
        return np.empty(0, dtype=np.int64)
    where, params = cell(of, (table, "", ""))
    return _read(s.generation, table, "", where, tuple(params), s)[0]


def _part(s: Store, of: Scope, part: Part) -> np.ndarray:
    """A column of the catalog, one number for each problem of the wide table.

    Returns:
        Ascending by problem; NaN where there is none.
    """
    table, _, name = part
    where, params = cell(of, part)
    problems, values = _read(s.generation, table, name, where, tuple(params), s)
    wanted = base(s, of)
    if problems is wanted or np.array_equal(problems, wanted):
        return values
    if not len(problems):
        return np.full(len(wanted), np.nan)
    at = np.searchsorted(problems, wanted).clip(max=len(problems) - 1)
    return np.where(problems[at] == wanted, values[at], np.nan)


def combined(parts: Sequence[np.ndarray], problems: np.ndarray) -> np.ndarray:
    """What a column is made of its parts: itself, a difference, or the problem's own index.

    Args:
        parts: numbers of each problem.
        problems: their indices.

    Returns:
        One number for each problem.
    """
    if not parts:
        return problems.astype(float)
    return parts[0] if len(parts) == 1 else parts[0] - parts[1]


def values(s: Store, of: Scope, column: Column) -> np.ndarray:
    """A column of the wide table.

    Args:
        s: the store.
        of: questions, level and place.
        column: from `tables.columns`.

    Returns:
        One number for each problem, ascending by problem; NaN where there is none.
    """
    return combined([_part(s, of, p) for p in column.parts], base(s, of))


def _identity(s: Store, of: Scope, column: Column) -> tuple[object, ...]:
    """What a column of the wide table depends on: a key for caches."""
    cells = [(part, *cell(of, part)) for part in [*column.parts, (base_of(of), "", "")]]
    return (s.generation, *((*part, where, *params) for part, where, params in cells))


@st.cache_resource(max_entries=MASKS_KEPT, show_spinner=False)
def _mask(
    identity: tuple[object, ...], operator: str, number: float, _values: Callable[[], np.ndarray]
) -> np.ndarray:
    holds = COMPARE[operator](_values(), number)
    holds.flags.writeable = False
    return holds


def passing(
    s: Store, of: Scope, known: dict[str, Column], filters: Sequence[Filter]
) -> np.ndarray | None:
    """Which rows pass all filters; a missing value passes none.

    Args:
        s: the store.
        of: questions, level and place.
        known: from `tables.columns`.
        filters: all of them must hold.

    Returns:
        True or False for each problem, ascending; None where there is no filter.
    """
    kept = None
    for f in filters:
        column = known[f.column]
        holds = _mask(
            _identity(s, of, column), f.operator, f.number, lambda c=column: values(s, of, c)
        )
        kept = holds if kept is None else kept & holds
    return kept


def sorting(key: np.ndarray, down: bool) -> np.ndarray:
    """Positions in sorted order; NaN comes last either way, equal ones stay in their order.

    Args:
        key: numbers.
        down: largest first.

    Returns:
        Indices into `key`.
    """
    key = -key if down else key
    found = np.argsort(key)  # several times as fast as a stable sort, which only ties need
    sorted_key = key[found]
    same = (sorted_key[1:] == sorted_key[:-1]) | np.isnan(sorted_key[1:])
    return np.argsort(key, kind="stable") if same.any() else found


@st.cache_resource(max_entries=ORDERS_KEPT, show_spinner=False)
def _order(identity: tuple[object, ...], down: bool, _key: Callable[[], np.ndarray]) -> np.ndarray:
    order = sorting(_key(), down).astype(np.int32)  # a billion problems at most
    order.flags.writeable = False
    return order


def in_order(s: Store, of: Scope, column: Column, down: bool) -> np.ndarray:
    """Positions of all problems in the order of a column, kept for the next page.

    Args:
        s: the store.
        of: questions, level and place.
        column: from `tables.columns`.
        down: largest first.

    Returns:
        Indices into the problems, ascending.
    """
    return _order(_identity(s, of, column), down, lambda: values(s, of, column))
