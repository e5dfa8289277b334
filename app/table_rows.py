"""Pages and points of the wide table: filters and order by columns in memory, values by problem.

A column of a million problems is 8 MB, read from the catalog once; filtering it and finding a page
of it then takes some milliseconds, and no join. What a page shows beside is read for its problems
alone. `tables.select` asks the same in one SQL statement, for copies, and as the twin in tests.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from app.links import Filter
from app.tables import Column, Part, Scope, base_of
from ired_interp_core.errors import Refusal
from store import Store

COLUMNS_KEPT = 32
"""Columns in memory, over all sessions: 256 MB where every one has a million problems."""

_COMPARE = {
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "eq": np.equal,
}


@dataclass(frozen=True)
class Rows:
    """Which rows of the wide table are meant, and in which order.

    Args:
        filters: all of them must hold.
        sort: id of a column; by problem when empty.
        down: largest first; missing values come last either way, equal ones by problem.
    """

    filters: tuple[Filter, ...] = ()
    sort: str = ""
    down: bool = False


def _cell(of: Scope, part: Part) -> tuple[str, list[object]]:
    """What narrows a catalog table to one row for each problem.

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


def _problems(s: Store, of: Scope) -> np.ndarray:
    table = base_of(of)
    where, params = _cell(of, (table, "", ""))
    return _read(s.generation, table, "", where, tuple(params), s)[0]


def _part(s: Store, of: Scope, part: Part) -> np.ndarray:
    """A column of the catalog, one number for each problem of the wide table.

    Returns:
        Ascending by problem; NaN where there is none.
    """
    table, _, name = part
    where, params = _cell(of, part)
    problems, values = _read(s.generation, table, name, where, tuple(params), s)
    wanted = _problems(s, of)
    if problems is wanted or np.array_equal(problems, wanted):
        return values
    if not len(problems):
        return np.full(len(wanted), np.nan)
    at = np.searchsorted(problems, wanted).clip(max=len(problems) - 1)
    return np.where(problems[at] == wanted, values[at], np.nan)


def _combined(parts: Sequence[np.ndarray], problems: np.ndarray) -> np.ndarray:
    """What a column is made of its parts: itself, a difference, or the problem's own index."""  # noqa: DOC201
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
    return _combined([_part(s, of, p) for p in column.parts], _problems(s, of))


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
        holds = _COMPARE[f.operator](values(s, of, known[f.column]), f.number)
        kept = holds if kept is None else kept & holds
    return kept


def total(s: Store, of: Scope, known: dict[str, Column], filters: Sequence[Filter] = ()) -> int:
    """How many problems pass the filters.

    Args:
        s: the store.
        of: questions, level and place.
        known: from `tables.columns`.
        filters: all of them must hold.

    Returns:
        Their number.
    """
    kept = passing(s, of, known, filters)
    return len(_problems(s, of)) if kept is None else int(np.count_nonzero(kept))


def window(key: np.ndarray, down: bool, offset: int, limit: int) -> np.ndarray:
    """Positions `offset` … `offset + limit` of the sorted order, without sorting everything.

    Args:
        key: numbers; NaN comes last, equal ones stay in their order.
        down: largest first.
        offset: positions left out.
        limit: positions wanted.

    Returns:
        Indices into `key`.
    """
    missing = np.flatnonzero(np.isnan(key))
    there = np.flatnonzero(~np.isnan(key)) if len(missing) else np.arange(len(key))
    ascending = -key[there] if down else key[there]
    first, last = min(offset, len(there)), min(offset + limit, len(there))
    found = there[:0]
    if last > first:
        bounds = np.partition(ascending, [first, last - 1])
        low, high = bounds[first], bounds[last - 1]
        near = np.flatnonzero((ascending >= low) & (ascending <= high))
        near = near[np.argsort(ascending[near], kind="stable")]
        before = int(np.count_nonzero(ascending < low))
        found = there[near[first - before : last - before]]
    rest = max(offset - len(there), 0)
    return np.concatenate([found, missing[rest : rest + limit - len(found)]])


def ordered(
    s: Store,
    of: Scope,
    known: dict[str, Column],
    rows: Rows,
    limit: int,
    offset: int = 0,
    only: Sequence[int] | None = None,
) -> list[int]:
    """The problems of a page.

    Args:
        s: the store.
        of: questions, level and place.
        known: from `tables.columns`.
        rows: which, and in which order.
        limit: rows.
        offset: rows left out before.
        only: these problems alone.

    Returns:
        Problems in order.
    """
    problems, kept = _problems(s, of), passing(s, of, known, rows.filters)
    if only is not None:
        among = np.isin(problems, np.asarray(only, dtype=np.int64))
        kept = among if kept is None else kept & among
    at = np.arange(len(problems)) if kept is None else np.flatnonzero(kept)
    if rows.sort and rows.sort != "problem":
        whole = values(s, of, known[rows.sort])
        return problems[
            at[window(whole if kept is None else whole[at], rows.down, offset, limit)]
        ].tolist()
    return problems[at[::-1] if rows.down else at][offset : offset + limit].tolist()


def page(
    s: Store, of: Scope, known: dict[str, Column], shown: Sequence[str], problems: Sequence[int]
) -> pd.DataFrame:
    """Columns of some problems, each catalog table asked once.

    Args:
        s: the store.
        of: questions, level and place.
        known: from `tables.columns`.
        shown: ids of columns.
        problems: in the order wanted.

    Returns:
        Columns problem, then `shown`.
    """
    parts = [p for i in shown for p in known[i].parts]
    names: dict[str, list[str]] = {}
    for table, _, name in parts:
        names.setdefault(table, [])
        names[table] += [name] if name not in names[table] else []
    wanted = [int(p) for p in problems]
    frames = {}
    for table, listed in names.items():
        where, params = _cell(of, (table, "", ""))
        by = ", baseline" if table.endswith("_baseline") else ""
        columns = ", ".join(f'"{n}"' for n in listed)
        frames[table] = s.sql(
            f"SELECT problem{by}, {columns} FROM {table} WHERE {where}"
            " AND problem IN (SELECT unnest(?::BIGINT[]))",
            [*params, wanted],
        )
    found: dict[Part, np.ndarray] = {}
    at = {problem: i for i, problem in enumerate(wanted)}
    for table, baseline in dict.fromkeys((t, b) for t, b, _ in parts):
        frame = frames[table]
        rows = frame[(frame["baseline"] == baseline).to_numpy()] if baseline else frame
        places = [at[p] for p in rows["problem"].tolist()]
        for name in names[table]:
            found[table, baseline, name] = np.full(len(wanted), np.nan)
            found[table, baseline, name][places] = rows[name].to_numpy(dtype=float)
    index = np.array(wanted, dtype=np.int64)
    made = {i: _combined([found[p] for p in known[i].parts], index) for i in shown}
    return pd.DataFrame({"problem": index} | made)


def points(
    s: Store, of: Scope, known: dict[str, Column], ids: Sequence[str], rows: Rows, most: int
) -> pd.DataFrame:
    """Columns of all problems that pass the filters, for a figure or a file.

    Args:
        s: the store.
        of: questions, level and place.
        known: from `tables.columns`.
        ids: of columns.
        rows: which, and in which order.
        most: rows at most.

    Returns:
        Columns problem, then `ids`.

    Raises:
        Refusal: a column that the subject does not have.
    """
    for i in ids:
        if i not in known:
            raise Refusal("no such column", came=i, expected=", ".join(known))
    problems = ordered(s, of, known, rows, most)
    there = _problems(s, of)
    whole = len(problems) == len(there) and not rows.sort and not rows.down
    at = slice(None) if whole else np.searchsorted(there, problems)
    return pd.DataFrame({"problem": there[at]} | {i: values(s, of, known[i])[at] for i in ids})
