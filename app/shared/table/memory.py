"""Columns of the wide table in memory: a filter or an order of them then takes milliseconds.

A column of a million problems is 8 MB, read from the catalog once; filters and orders of it are
kept, too, as bits and positions.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from app.shared.address.fields import Filter
from app.shared.asks.chosen import Scope
from app.shared.asks.kept import kept, sealed
from app.shared.table import derived
from app.shared.table.catalog import base_of
from app.shared.table.quantities import Part, Quantity
from app.shared.table.statements import narrowed
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


@kept(COLUMNS_KEPT)
def _read(
    store: Store, table: str, variable: str, where: str, params: tuple[object, ...]
) -> tuple[np.ndarray, np.ndarray]:
    listed = f', "{variable}" AS value' if variable else ""  # names are those of declarations
    frame = store.sql(f"SELECT problem{listed} FROM {table} WHERE {where}", params)
    problems = frame["problem"].to_numpy(dtype=np.int64)
    values = frame["value"].to_numpy(dtype=float) if variable else np.empty(0)
    if (np.diff(problems) < 0).any():
        order = np.argsort(problems, kind="stable")
        problems, values = problems[order], values[order] if variable else values
    sealed(problems, values)
    return problems, values


def _cell(store: Store, scope: Scope, part: Part) -> tuple[np.ndarray, np.ndarray]:
    """Problems and numbers of a part where a page has chosen level, place and labels."""
    lines, params = narrowed(scope, part)
    return _read(store, part.table, part.variable, " AND ".join(lines), tuple(params))


def base(store: Store, scope: Scope) -> np.ndarray:
    """The problems of the wide table, ascending."""
    part = base_of(scope)
    if not part.analysis:  # then the catalog may not even have the table
        return np.empty(0, dtype=np.int64)
    return _cell(store, scope, part)[0]


def _aligned(problems: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Numbers of the wanted problems; NaN where there is none."""
    if problems is wanted or np.array_equal(problems, wanted):
        return values
    if not len(problems):
        return np.full(len(wanted), np.nan)
    at = np.searchsorted(problems, wanted).clip(max=len(problems) - 1)
    return np.where(problems[at] == wanted, values[at], np.nan)


def values(store: Store, scope: Scope, column: Quantity) -> np.ndarray:
    """A column of the wide table, ascending by problem; NaN where there is no number."""
    wanted = base(store, scope)
    if not column.parts:
        return wanted.astype(float)
    parts = [_aligned(*_cell(store, scope, p), wanted) for p in column.parts]
    return derived.combined(column, parts)


def _identity(store: Store, scope: Scope, column: Quantity) -> tuple[object, ...]:
    """What a column of the wide table depends on: a key for caches."""
    cells = [(p, *map(tuple, narrowed(scope, p))) for p in (*column.parts, base_of(scope))]
    return (store.generation, str(store.root), column.operator, *cells)


@kept(MASKS_KEPT)
def _mask(
    identity: tuple[object, ...], operator: str, number: float, _values: Callable[[], np.ndarray]
) -> np.ndarray:
    holds = COMPARE[operator](_values(), number)
    sealed(holds)
    return holds


def passing(
    store: Store, scope: Scope, known: Mapping[str, Quantity], filters: Sequence[Filter]
) -> np.ndarray | None:
    """Which problems, ascending, pass all filters, and a missing value none; None without one."""
    kept = None
    for f in filters:
        column = known[f.column]
        holds = _mask(
            _identity(store, scope, column),
            f.operator,
            f.number,
            lambda c=column: values(store, scope, c),
        )
        kept = holds if kept is None else kept & holds
    return kept


def sorting(key: np.ndarray, down: bool) -> np.ndarray:
    """Positions in sorted order; NaN comes last either way, equal ones stay in their order."""
    key = -key if down else key
    found = np.argsort(key)  # several times as fast as a stable sort, which only ties need
    sorted_key = key[found]
    same = (sorted_key[1:] == sorted_key[:-1]) | np.isnan(sorted_key[1:])
    return np.argsort(key, kind="stable") if same.any() else found


@kept(ORDERS_KEPT)
def _order(identity: tuple[object, ...], down: bool, _key: Callable[[], np.ndarray]) -> np.ndarray:
    order = sorting(_key(), down).astype(np.int32)  # a billion problems at most
    sealed(order)
    return order


def in_order(store: Store, scope: Scope, column: Quantity, down: bool) -> np.ndarray:
    """Positions of all problems in the order of a column, kept for the next page."""
    return _order(_identity(store, scope, column), down, lambda: values(store, scope, column))
