"""Any number of every problem at every level, from stored scalars or the answers themselves."""

from collections.abc import Iterator

import numpy as np
import xarray as xr

from app.shared.asks import reading, unreadable
from app.shared.asks.chosen import Family
from app.shared.asks.kept import kept, sealed
from app.shared.table import derived
from app.shared.table.quantities import Part, Quantity
from ired_interp_core.errors import Refusal
from ired_interp_core.schema import LEVELS
from store import QuestionInfo, Store

CHUNK = 256
"""Problems read at once: 4 MB of answers, a shard of 64 problems being 1 MB."""


def pieces(
    store: Store,
    question: QuestionInfo,
    variables: tuple[str, ...],
    count: int = CHUNK,
) -> Iterator[tuple[xr.Dataset, np.ndarray]]:
    """Answers of all problems that can be read, ascending, some at a time.

    Args:
        store: opened.
        question: whose answers.
        variables: names.
        count: problems read at once.

    Yields:
        A piece, and where its problems stand among `reading.problems_present`.

    Raises:
        Refusal: nothing at all can be read.
    """
    there, found = reading.problems_present(question), False
    for start in range(0, len(there), count):
        problems = there[start : start + count].tolist()
        try:
            piece = reading.read(store, question, problems, variables)
        except Refusal as error:
            if start + count >= len(there) and not found:  # nothing at all can be read
                raise
            unreadable.notice(error)
        else:
            found = True
            yield piece, np.searchsorted(there, piece["problem"].values)


@kept(96)
def _scalar(store: Store, part: Part, key: str, place: str, _problems: np.ndarray) -> np.ndarray:
    levelled = "level" in part.dims
    where, params = ["question = ?"], [key]
    for dim, value in ((("place", place),) if place else ()) + part.labels:
        where.append(f'"{dim}" = ?')
        params.append(value)
    frame = store.sql(  # names are those of declarations, values are bound
        f'SELECT problem{", level" if levelled else ""}, "{part.variable}" AS value'
        f" FROM {part.table} WHERE {' AND '.join(where)}",
        params,
    )
    values = np.full((len(_problems), LEVELS), np.nan)
    problem = frame["problem"].to_numpy(dtype=np.int64)
    row = np.searchsorted(_problems, problem).clip(max=max(len(_problems) - 1, 0))
    known = _problems[row] == problem if len(_problems) else np.zeros(len(row), bool)
    numbers = frame["value"].to_numpy(dtype=float)[known]
    if levelled:
        values[row[known], frame["level"].to_numpy(dtype=np.int64)[known]] = numbers
    else:
        values[row[known]] = numbers[:, None]
    sealed(values)
    return values


def by_level(
    store: Store, family: Family, quantity: Quantity, place: str
) -> tuple[np.ndarray, np.ndarray]:
    """A quantity of every problem at every level, in the frame in which it is stored.

    Args:
        store: opened.
        family: the questions that belong together.
        quantity: with the dims problem and level, labels chosen.
        place: of the curvature; used where the quantity has one.

    Returns:
        Problems, ascending; values [problem, level t], NaN where there is none; read-only.

    Raises:
        Refusal: the quantity has no levels, or the family no answers to it.
    """
    if "level" not in quantity.dims or not quantity.by_problem or quantity.open_dims:
        raise Refusal("not a number by level", came=quantity.id)
    missing = [p.analysis for p in quantity.parts if p.analysis not in family.asked]
    if missing:
        raise Refusal("no answers to it", came=quantity.id, expected=", ".join(missing))
    question = family.asked[quantity.parts[0].analysis]
    problems = reading.problems_present(question)
    sealed(problems)
    parts = []
    for part in quantity.parts:
        key = family.asked[part.analysis].key
        at = place if "place" in part.dims else ""
        parts.append(_scalar(store, part, key, at, problems))
    values = derived.combined(quantity, parts)
    sealed(values)
    return problems, values
