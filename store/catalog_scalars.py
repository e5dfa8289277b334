"""The catalog's scalars: one table for each analysis and tuple of dims, filled by Arrow."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ired_interp_core import registry
from ired_interp_core.errors import Refusal
from ired_interp_core.registry import Analysis
from ired_interp_core.schema import Variable
from store import generations, layout, reading, records
from store.layout import Root
from store.sides import Range
from store.survey import Asked, Fault, Survey

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

log = logging.getLogger(__name__)

BATCH_ROWS = 200_000
"""Rows handed to DuckDB at once."""

_SQL_TYPES = {"float32": "FLOAT", "float64": "DOUBLE", "int8": "TINYINT", "int16": "SMALLINT",
              "int32": "INTEGER", "int64": "BIGINT", "text": "VARCHAR"}  # fmt: skip
_DIM_TYPES = {"problem": "BIGINT", "level": "SMALLINT"}


def scalar_tables(analysis: Analysis) -> dict[str, dict[str, Variable]]:
    """Tables that keep an analysis' scalars: one for each distinct tuple of dims.

    Args:
        analysis: the declaration.

    Returns:
        <analysis>__<dims joined by _> → its scalars.
    """
    tables: dict[str, dict[str, Variable]] = {}
    for name, variable in analysis.schema.scalars().items():
        table = f"{analysis.name}__{'_'.join(variable.dims)}"
        tables.setdefault(table, {})[name] = variable
    return tables


def insert_rows(
    connection: "duckdb.DuckDBPyConnection", table: str, rows: list[tuple[Any, ...]]
) -> None:
    """Insert plain rows, all at once.

    Args:
        connection: to the generation being built.
        table: its columns in the rows' order.
        rows: values.
    """
    import pyarrow as pa

    if not rows:
        return
    columns = [str(c[0]) for c in connection.execute(f"SELECT * FROM {table} LIMIT 0").description]
    arrays = [pa.array(column) for column in zip(*rows, strict=True)]
    insert(connection, table, pa.table(arrays, names=columns))


def insert(connection: "duckdb.DuckDBPyConnection", table: str, rows: "pa.Table") -> None:
    """Insert an Arrow table.

    Args:
        connection: to the generation being built.
        table: to insert into.
        rows: columns by name.
    """
    connection.register("batch", rows)
    connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM batch")
    connection.unregister("batch")


def quoted(path: Path) -> str:
    """Spell a path inside an SQL string, where no parameter can stand.

    Args:
        path: of a file.

    Returns:
        The text between the quotes.
    """
    return str(path).replace("'", "''")


def insert_scalars(
    connection: "duckdb.DuckDBPyConnection",
    root: Root,
    found: Survey,
    before: generations.Generation | None,
    faults: list[Fault],
) -> list[tuple[str, int, int]]:
    """Fill the tables of scalars.

    Args:
        connection: to the generation being built.
        root: of the store.
        found: what holds in it.
        before: the generation in force, if one holds.
        faults: gets the shards that verify but cannot be read.

    Returns:
        The shards whose scalars are in: a shard that verifies but cannot be read is left out.
    """
    names = sorted({a.question.analysis for a in found.questions.values()})
    for name in names:
        for table, scalars in scalar_tables(registry.get(name)).items():
            connection.execute(f"CREATE TABLE {table}({', '.join(_columns(scalars))})")
    known = _copy_known(connection, found, before)
    taken = []
    batches: dict[str, list[pa.Table]] = {}
    for key, asked in found.questions.items():
        for span, rows in _answering(found.ranges(key)):
            if (key, *span) not in known and len(rows):
                try:
                    tables = _scalars(root, asked, span, rows)
                except Refusal as refusal:
                    path = layout.shard(root, asked.question.analysis, key, *span)
                    mend = records.command(root, "run", "SWEEP.toml")
                    faults.append(Fault(str(path), str(refusal), mend))
                    log.warning("left out of the catalog: %s", faults[-1])
                    continue
                for table, values in tables:
                    batches.setdefault(table, []).append(values)
                    if sum(map(len, batches[table])) >= BATCH_ROWS:
                        _flush(connection, table, batches)
            taken.append((key, *span))
    for table in list(batches):
        _flush(connection, table, batches)
    return taken


def _columns(scalars: dict[str, Variable]) -> list[str]:
    dims = next(iter(scalars.values())).dims
    return [
        "question VARCHAR",
        *(f"{d} {_DIM_TYPES.get(d, 'VARCHAR')}" for d in dims),
        *(f'"{name}" {_SQL_TYPES[v.dtype]}' for name, v in scalars.items()),
    ]


def _answering(ranges: list[Range]) -> Iterator[tuple[Range, np.ndarray]]:
    """Which problems each shard answers for, where shards overlap: the first one does.

    Yields:
        Range of the shard and its problems.
    """
    at = 0
    for start, stop in sorted(ranges):
        yield (start, stop), np.arange(max(at, start), max(at, stop))
        at = max(at, stop)


def _scalars(
    root: Root, asked: Asked, span: Range, problems: np.ndarray
) -> list[tuple[str, "pa.Table"]]:
    """Scalars of some problems of one shard.

    Returns:
        Table and its rows.
    """
    analysis = registry.get(asked.question.analysis)
    tables = scalar_tables(analysis)
    wanted = [name for scalars in tables.values() for name in scalars]
    if not wanted:
        return []
    arrays, coords = reading.arrays(root, asked.question, span, problems, wanted)
    return [(t, _rows(asked.question.key, s, arrays, coords)) for t, s in tables.items()]


def _rows(
    key: str,
    scalars: dict[str, Variable],
    arrays: dict[str, np.ndarray],
    coords: dict[str, np.ndarray],
) -> "pa.Table":
    import pyarrow as pa

    dims = next(iter(scalars.values())).dims
    shape = tuple(len(coords[d]) for d in dims)
    count = int(np.prod(shape))
    columns: dict[str, pa.Array] = {
        "question": pa.DictionaryArray.from_arrays(np.zeros(count, np.int32), [key])
    }
    for axis, dim in enumerate(dims):
        along = [1] * len(dims)
        along[axis] = -1
        values = np.broadcast_to(np.arange(shape[axis]).reshape(along), shape).reshape(-1)
        if dim in _DIM_TYPES:
            columns[dim] = pa.array(coords[dim][values])
        else:
            labels = [str(label) for label in coords[dim]]
            columns[dim] = pa.DictionaryArray.from_arrays(values.astype(np.int32), labels)
    for name in scalars:
        # NaN becomes NULL: aggregates and sorting then leave out what does not exist.
        columns[name] = pa.array(arrays[name].reshape(-1), from_pandas=True)
    return pa.table(columns)


def _flush(
    connection: "duckdb.DuckDBPyConnection", table: str, batches: dict[str, list["pa.Table"]]
) -> None:
    import pyarrow as pa

    insert(connection, table, pa.concat_tables(batches.pop(table)).unify_dictionaries())


def _copy_known(
    connection: "duckdb.DuckDBPyConnection",
    found: Survey,
    before: generations.Generation | None,
) -> set[tuple[str, int, int]]:
    """Copy the scalars of shards that the generation in force has already, bytes unchanged.

    Returns:
        The shards whose scalars were copied.
    """
    if before is None:
        return set()
    connection.execute(f"ATTACH '{quoted(before.path)}' AS before (READ_ONLY)")
    old = connection.execute("SELECT question, start, stop, sha256 FROM before.shards").fetchall()
    same = {
        (k, a, b) for k, a, b, sha in old if found.sides.get((k, a, b), {}).get("sha256") == sha
    }
    known: set[tuple[str, int, int]] = set()
    for name in sorted({found.questions[k].question.analysis for k, _, _ in same}):
        tables = scalar_tables(registry.get(name))
        if any(not _same_columns(connection, table) for table in tables):
            continue
        spans = [
            (key, *span, rows[0], rows[-1])
            for key, asked in found.questions.items()
            if asked.question.analysis == name
            for span, rows in _answering(found.ranges(key))
            if (key, *span) in same and len(rows)
        ]
        known |= {(key, start, stop) for key, start, stop, _, _ in spans}
        _copy(connection, list(tables), spans)
    return known


def _same_columns(connection: "duckdb.DuckDBPyConnection", table: str) -> bool:
    query = (
        "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = ?"
        " AND table_name = ? ORDER BY column_index"
    )
    old, new = (connection.execute(query, [d, table]).fetchall() for d in ("before", "made"))
    return bool(old == new)


def _copy(
    connection: "duckdb.DuckDBPyConnection", tables: list[str], spans: list[tuple[Any, ...]]
) -> None:
    import pyarrow as pa

    columns = [
        pa.array(c) for c in zip(*[(s[0], int(s[3]), int(s[4])) for s in spans], strict=True)
    ]
    connection.register("spans", pa.table(columns, names=["question", "low", "high"]))
    for table in tables:
        connection.execute(
            f"INSERT INTO made.{table} SELECT old.* FROM before.{table} old JOIN spans"
            " ON old.question = spans.question AND old.problem BETWEEN spans.low AND spans.high"
        )
    connection.unregister("spans")
