"""Pages and points of the wide table: which problems by columns in memory, the rest for them alone.

`statements.select` asks the same in one SQL statement, for copies, and as the twin in tests.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from app.shared.address.fields import Filter
from app.shared.asks.chosen import Scope
from app.shared.table import derived, memory
from app.shared.table.quantities import PLACED, Part, Quantity
from app.shared.table.statements import narrowed
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


def total(
    store: Store, scope: Scope, known: Mapping[str, Quantity], filters: Sequence[Filter] = ()
) -> int:
    """How many problems pass the filters."""
    kept = memory.passing(store, scope, known, filters)
    return len(memory.base(store, scope)) if kept is None else int(np.count_nonzero(kept))


def ordered(
    store: Store,
    scope: Scope,
    known: Mapping[str, Quantity],
    rows: Rows,
    limit: int,
    offset: int = 0,
    only: Sequence[int] | None = None,
) -> list[int]:
    """The problems of a page.

    Args:
        store: opened.
        scope: questions, level and place.
        known: from `catalog.columns`.
        rows: which, and in which order.
        limit: rows.
        offset: rows left out before.
        only: these problems alone.

    Returns:
        Problems in order.
    """
    problems, kept = (
        memory.base(store, scope),
        memory.passing(store, scope, known, rows.filters),
    )
    if only is not None:
        among = np.isin(problems, np.asarray(only, dtype=np.int64))
        kept = among if kept is None else kept & among
    if rows.sort and rows.sort != "problem":
        at = memory.in_order(store, scope, known[rows.sort], rows.down)
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
    store: Store,
    scope: Scope,
    known: Mapping[str, Quantity],
    shown: Sequence[str],
    problems: Sequence[int],
) -> pd.DataFrame:
    """Columns of some problems, each catalog table asked once.

    Args:
        store: opened.
        scope: questions, level and place.
        known: from `catalog.columns`.
        shown: ids of columns.
        problems: in the order wanted.

    Returns:
        Columns problem, then `shown`.
    """
    wanted = [int(p) for p in problems]
    index = np.array(wanted, dtype=np.int64)
    found = _parts(store, scope, [p for i in shown for p in known[i].parts], index)
    made = {}
    for i in shown:
        if not known[i].parts:
            made[i] = index.astype(float)
        else:
            made[i] = derived.combined(known[i], [found[p] for p in known[i].parts])
    return pd.DataFrame({"problem": index} | made)


def _parts(
    store: Store, scope: Scope, parts: Sequence[Part], index: np.ndarray
) -> dict[Part, np.ndarray]:
    """Numbers of some problems; NaN where there is none."""
    tables: dict[Part, list[Part]] = {}
    for part in dict.fromkeys(parts):
        tables.setdefault(replace(part, variable="", labels=()), []).append(part)
    by_problem = np.argsort(index)
    found: dict[Part, np.ndarray] = {}
    for table, listed in tables.items():
        lines, params = narrowed(scope, table)
        dims = [d for d in table.dims if d not in PLACED]
        names = dict.fromkeys(p.variable for p in listed)
        asked = ", ".join(f'"{n}"' for n in ("problem", *dims, *names))
        frame = store.sql(
            f"SELECT {asked} FROM {table.table} WHERE {' AND '.join(lines)}"
            " AND problem IN (SELECT unnest(?::BIGINT[]))",
            [*params, index.tolist()],
        )
        place = by_problem[np.searchsorted(index, frame["problem"].to_numpy(), sorter=by_problem)]
        labels = {d: frame[d].to_numpy(dtype=object).astype(str) for d in dims}
        numbers = {name: frame[name].to_numpy(dtype=float) for name in names}
        for part in listed:
            rows = np.ones(len(frame), dtype=bool)
            for dim, label in part.labels:
                rows &= labels[dim] == label
            column = found[part] = np.full(len(index), np.nan)
            column[place[rows]] = numbers[part.variable][rows]
    return found


def points(
    store: Store,
    scope: Scope,
    known: Mapping[str, Quantity],
    ids: Sequence[str],
    rows: Rows,
    most: int,
) -> pd.DataFrame:
    """Columns of all problems that pass the filters, for a figure or a file.

    Args:
        store: opened.
        scope: questions, level and place.
        known: from `catalog.columns`.
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
    problems = ordered(store, scope, known, rows, most)
    there = memory.base(store, scope)
    whole = len(problems) == len(there) and not rows.sort and not rows.down
    at = slice(None) if whole else np.searchsorted(there, problems)
    return pd.DataFrame(
        {"problem": there[at]} | {i: memory.values(store, scope, known[i])[at] for i in ids}
    )
