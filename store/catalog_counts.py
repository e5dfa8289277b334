"""The catalog's counts: what a page shows of all problems without reading any of their arrays.

A variable that is declared `pooled` gets the table <analysis>__<variable>, a row for each question
and each label of the dims between `problem` and its last one, as `ired_interp_core.counts` counts.
New shards are added to the counts of the generation in force; where one of those is gone or has
changed, the shards of its question are counted anew.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from ired_interp_core.counts import Counts, counted
from ired_interp_core.registry import Analysis
from ired_interp_core.schema import Variable

if TYPE_CHECKING:
    import duckdb

Cells = dict[tuple[Any, ...], Counts]
"""Counts by the labels of the dims that stand in the table."""

_COUNTED = {"low": "DOUBLE", "high": "DOUBLE", "exponent": "INTEGER", "first": "BIGINT",
            "counts": "BIGINT[]"}  # fmt: skip


def count_tables(analysis: Analysis) -> dict[str, str]:
    """Variables that are counted, by table."""
    known = analysis.schema.variables
    return {f"{analysis.name}__{name}": name for name, v in known.items() if v.pooled}


def cell_dims(variable: Variable) -> tuple[str, ...]:
    """Dims whose labels stand in a table of counts."""
    return variable.dims[1:-1]


def columns(analysis: Analysis, table: str) -> dict[str, str]:
    """SQL type of each column of a table of counts."""
    schema = analysis.schema
    own = cell_dims(schema.variables[count_tables(analysis)[table]])
    return {"question": "VARCHAR"} | {d: schema.dims[d].sql for d in own} | _COUNTED


class Counting:
    """The counts of a generation that is being built.

    Args:
        connection: to it.
        analyses: that have questions in it.
    """

    def __init__(
        self, connection: "duckdb.DuckDBPyConnection", analyses: Mapping[str, Analysis]
    ) -> None:
        self._connection = connection
        self._tables = {
            (name, variable): (table, analysis)
            for name, analysis in analyses.items()
            for table, variable in count_tables(analysis).items()
        }
        self._cells: dict[tuple[str, str], dict[str, Cells]] = defaultdict(dict)
        for table, analysis in self._tables.values():
            listed = ", ".join(f'"{c}" {sql}' for c, sql in columns(analysis, table).items())
            connection.execute(f"CREATE TABLE {table}({listed})")

    def begin(self, analysis: str, keys: list[str]) -> None:
        """Take over what the generation in force has counted of some questions."""
        for (name, variable), (table, declared) in self._tables.items():
            if name == analysis and keys:
                order = list(columns(declared, table))
                listed = ", ".join(f'"{c}"' for c in order)
                rows = self._connection.execute(
                    f"SELECT {listed} FROM before.{table} WHERE question IN (SELECT unnest(?))",
                    [keys],
                ).fetchall()
                for key, cells in by_question(rows).items():
                    self._cells[name, variable][key] = cells

    def add(
        self,
        analysis: str,
        key: str,
        arrays: Mapping[str, np.ndarray],
        coords: Mapping[str, np.ndarray],
    ) -> None:
        """Count the arrays of some problems of one shard."""
        for (name, variable), (_, declared) in self._tables.items():
            if name == analysis and variable in arrays:
                dims = cell_dims(declared.schema.variables[variable])
                cells = self._cells[name, variable].setdefault(key, {})
                labels = [coords[d].tolist() for d in dims]
                for cell, at in zip(product(*labels), _positions(labels), strict=True):
                    one = counted(np.moveaxis(arrays[variable], 0, -2)[at])
                    if one is not None:
                        cells[cell] = cells[cell] + one if cell in cells else one

    def write(self) -> None:
        """Fill the tables."""
        import pyarrow as pa

        for place, (table, declared) in self._tables.items():
            rows = [
                (key, *cell, c.low, c.high, c.exponent, c.first, c.counts)
                for key, cells in self._cells[place].items()
                for cell, c in cells.items()
            ]
            if rows:
                names = list(columns(declared, table))
                made = [pa.array(list(column)) for column in zip(*rows, strict=True)]
                self._connection.register("counted", pa.table(made, names=names))
                self._connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM counted")
                self._connection.unregister("counted")


def _positions(labels: list[list[Any]]) -> Iterator[tuple[int, ...]]:
    return product(*(range(len(along)) for along in labels))


def by_question(rows: list[tuple[Any, ...]]) -> dict[str, Cells]:
    """Rows of a table of counts, columns as `columns` orders them, by question and cell."""
    found: dict[str, Cells] = defaultdict(dict)
    for key, *rest in rows:
        *cell, low, high, exponent, first, counts = rest
        found[key][tuple(cell)] = Counts(low, high, exponent, first, np.asarray(counts, np.int64))
    return dict(found)
