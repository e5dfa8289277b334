"""Scalars on their way from shards to DuckDB, laid so that one level at one place lies together.

A reader asks for one level of many problems far more often than for all levels of one: so the rows
of a batch are ordered by level and place first. DuckDB then unpacks only the columns of the vectors
that a question needs, a tenth of a table of ten levels.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ired_interp_core.schema import Dim, Variable

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_BYTES = 64 * 2**20
"""Scalars that wait before DuckDB gets them: what a collect holds at once, whatever a store has."""

Arrays = Mapping[str, np.ndarray]


@dataclass
class Batch:
    """Scalars of one table that wait.

    Args:
        scalars: of the table.
        declared: dims of the analysis.
        pieces: by question: arrays by variable and coordinates by dim, of one shard each.
        bytes: of all arrays.
    """

    scalars: Mapping[str, Variable]
    declared: Mapping[str, Dim]
    pieces: dict[str, list[tuple[Arrays, Arrays]]] = field(default_factory=dict)
    bytes: int = 0

    def add(self, key: str, arrays: Arrays, coords: Arrays) -> None:
        """Take the scalars of some problems of one shard.

        Args:
            key: of the question.
            arrays: by variable, those of other tables too.
            coords: by dim.
        """
        own = {name: arrays[name] for name in self.scalars}
        self.pieces.setdefault(key, []).append((own, coords))
        self.bytes += sum(a.nbytes for a in own.values())

    def take(self) -> "pa.Table":
        """Give everything that waits, one question after the other, and be empty."""
        import pyarrow as pa

        tables = [
            _rows(key, self.scalars, self.declared, alike)
            for key, pieces in self.pieces.items()
            for alike in _alike(pieces)
        ]
        self.pieces, self.bytes = {}, 0
        return pa.concat_tables(tables).unify_dictionaries()


def _alike(pieces: list[tuple[Arrays, Arrays]]) -> Iterator[list[tuple[Arrays, Arrays]]]:
    """Neighbours that agree in every coordinate but the problem; as a rule that is all of them."""
    joined: list[tuple[Arrays, Arrays]] = []
    for piece in pieces:
        if joined and not _agree(joined[0][1], piece[1]):
            yield joined
            joined = []
        joined.append(piece)
    yield joined


def _agree(one: Arrays, two: Arrays) -> bool:
    return all(np.array_equal(one[d], two[d]) for d in one if d != "problem")


def _rows(
    key: str,
    scalars: Mapping[str, Variable],
    declared: Mapping[str, Dim],
    pieces: list[tuple[Arrays, Arrays]],
) -> "pa.Table":
    import pyarrow as pa

    dims = next(iter(scalars.values())).dims
    order = sorted(dims, key=lambda d: (declared[d].taken != "walked", dims.index(d)))
    coords = dict(pieces[0][1])
    if "problem" in dims:
        coords["problem"] = np.concatenate([c["problem"] for _, c in pieces])
    shape = tuple(len(coords[d]) for d in order)
    columns: dict[str, pa.Array] = {
        "question": pa.DictionaryArray.from_arrays(np.zeros(math.prod(shape), np.int32), [key])
    }
    for axis, dim in enumerate(order):
        along = [1] * len(order)
        along[axis] = -1
        at = np.broadcast_to(np.arange(shape[axis], dtype=np.int32).reshape(along), shape)
        if declared[dim].sql != "VARCHAR":
            columns[dim] = pa.array(coords[dim][at.reshape(-1)])
        else:
            labels = [str(label) for label in coords[dim]]
            columns[dim] = pa.DictionaryArray.from_arrays(at.reshape(-1), labels)
    axes = [dims.index(d) for d in order]
    for name in scalars:
        whole = pieces[0][0][name]  # the one result of a set
        if "problem" in dims:
            whole = np.concatenate([a[name] for a, _ in pieces], axis=dims.index("problem"))
        # NaN becomes NULL: aggregates and sorting then leave out what does not exist.
        columns[name] = pa.array(whole.transpose(axes).reshape(-1), from_pandas=True)
    return pa.table(columns)
