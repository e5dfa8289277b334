"""Pages and points of the wide table: which problems by columns in memory, the rest for them alone.

`tables.select` asks the same in one SQL statement, for copies, and as the twin in tests.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from app.shared.address.fields import Filter
from app.shared.table import memory as table_columns
from app.shared.table.catalog import Column, Part, Scope
from ired_interp_core.errors import Refusal
from store import Store

PIECE = 2**16
"""Positions looked at together: the first page of a filtered order needs but a few."""


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
    kept = table_columns.passing(s, of, known, filters)
    return len(table_columns.base(s, of)) if kept is None else int(np.count_nonzero(kept))


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
    problems, kept = (
        table_columns.base(s, of),
        table_columns.passing(s, of, known, rows.filters),
    )
    if only is not None:
        among = np.isin(problems, np.asarray(only, dtype=np.int64))
        kept = among if kept is None else kept & among
    if rows.sort and rows.sort != "problem":
        at = table_columns.in_order(s, of, known[rows.sort], rows.down)
    else:
        at = np.arange(len(problems))[:: -1 if rows.down else 1]
    at = at if kept is None else _first(at, kept, offset + limit)
    return problems[at[offset : offset + limit]].tolist()


def _first(at: np.ndarray, kept: np.ndarray, most: int) -> np.ndarray:
    """The first of some positions that are kept, `most` or somewhat more."""
    found, count = [at[:0]], 0
    for start in range(0, len(at), PIECE):
        piece = at[start : start + PIECE]
        found.append(piece[kept[piece]])
        count += len(found[-1])
        if count >= most:
            break
    return np.concatenate(found)


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
    index = np.array(wanted, dtype=np.int64)
    by_problem = np.argsort(index)
    found: dict[Part, np.ndarray] = {}
    for table, listed in names.items():
        where, params = table_columns.cell(of, (table, "", ""))
        by = ", baseline" if table.endswith("_baseline") else ""
        columns = ", ".join(f'"{n}"' for n in listed)
        frame = s.sql(
            f"SELECT problem{by}, {columns} FROM {table} WHERE {where}"
            " AND problem IN (SELECT unnest(?::BIGINT[]))",
            [*params, wanted],
        )
        place = by_problem[np.searchsorted(index, frame["problem"].to_numpy(), sorter=by_problem)]
        baselines = frame["baseline"].to_numpy(dtype=object) if by else None
        numbers = {name: frame[name].to_numpy(dtype=float) for name in listed}
        for baseline in dict.fromkeys(b for t, b, _ in parts if t == table):
            rows = slice(None) if baselines is None else np.flatnonzero(baselines == baseline)
            for name in listed:
                column = found[table, baseline, name] = np.full(len(index), np.nan)
                column[place[rows]] = numbers[name][rows]
    made = {i: table_columns.combined([found[p] for p in known[i].parts], index) for i in shown}
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
    there = table_columns.base(s, of)
    whole = len(problems) == len(there) and not rows.sort and not rows.down
    at = slice(None) if whole else np.searchsorted(there, problems)
    return pd.DataFrame(
        {"problem": there[at]} | {i: table_columns.values(s, of, known[i])[at] for i in ids}
    )
