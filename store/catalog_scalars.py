"""The catalog's scalars: one table for each analysis and tuple of dims, filled by Arrow."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ired_interp_core import registry
from ired_interp_core.errors import Refusal
from ired_interp_core.schema import Variable
from store import catalog_form, generations, layout, reading, shell, sides
from store.catalog_counts import Counting, count_tables
from store.catalog_form import scalar_tables
from store.catalog_rows import BATCH_BYTES, Batch
from store.faults import Fault
from store.layout import Root
from store.sides import Range
from store.survey import Asked, Survey

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

log = logging.getLogger(__name__)


def insert_rows(
    connection: "duckdb.DuckDBPyConnection", table: str, rows: list[tuple[Any, ...]]
) -> None:
    """Insert plain rows in the order of the table's columns, all at once."""
    import pyarrow as pa

    if not rows:
        return
    columns = [str(c[0]) for c in connection.execute(f"SELECT * FROM {table} LIMIT 0").description]
    arrays = [pa.array(column) for column in zip(*rows, strict=True)]
    insert(connection, table, pa.table(arrays, names=columns))


def insert(connection: "duckdb.DuckDBPyConnection", table: str, rows: "pa.Table") -> None:
    """Insert an Arrow table, by the names of its columns."""
    connection.register("batch", rows)
    connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM batch")
    connection.unregister("batch")


def quoted(path: Path) -> str:
    """Spell a path inside an SQL string, where no parameter can stand."""
    return str(path).replace("'", "''")


def insert_scalars(
    connection: "duckdb.DuckDBPyConnection",
    root: Root,
    contents: Survey,
    before: generations.Generation | None,
    faults: list[Fault],
) -> list[tuple[str, int, int]]:
    """Fill the tables of scalars.

    Args:
        connection: to the generation being built.
        root: of the store.
        contents: what holds in it.
        before: the generation in force, if one holds.
        faults: gets the shards that verify but cannot be read.

    Returns:
        The shards whose scalars are in: a shard that verifies but cannot be read is left out.
    """
    batches: dict[str, dict[str, Batch]] = {}
    names = sorted({a.question.analysis for a in contents.questions.values()})
    analyses = {name: registry.get(name) for name in names}
    counting = Counting(connection, analyses)
    for name, analysis in analyses.items():
        dims, tables = analysis.schema.dims, scalar_tables(analysis)
        for table, scalars in tables.items():
            connection.execute(catalog_form.create(table, catalog_form.columns(scalars, dims)))
        batches[name] = {table: Batch(scalars, dims) for table, scalars in tables.items()}
    known = _copy_known(connection, contents, before, counting)
    taken = []
    for key, asked in contents.questions.items():
        for span, rows in _answering(contents.ranges(key)):
            if (key, *span) not in known and len(rows):
                try:
                    waiting = batches[asked.question.analysis]
                    _take(connection, root, asked, span, rows, waiting, counting)
                except Refusal as refusal:
                    path = layout.shard(root, asked.question.analysis, key, *span)
                    faults.append(Fault.of(path, refusal, shell.anew(root, path)))
                    log.warning("left out of the catalog: %s", faults[-1])
                    continue
            taken.append((key, *span))
    for waiting in batches.values():
        for table, batch in waiting.items():
            if batch.pieces:
                insert(connection, table, batch.take())
    counting.write()
    return taken


def _answering(ranges: list[Range]) -> Iterator[tuple[Range, np.ndarray]]:
    """Which problems each shard answers for, where shards overlap: the first one does."""
    at = 0
    for start, stop in sorted(ranges):
        yield (start, stop), np.arange(max(at, start), max(at, stop))
        at = max(at, stop)


def _spans(ranges: list[Range]) -> list[tuple[Range, Range]]:
    """Shards and the problems that each answers for, those that answer for some."""
    return [
        (span, (int(rows[0]), int(rows[-1]) + 1)) for span, rows in _answering(ranges) if len(rows)
    ]


def _take(
    connection: "duckdb.DuckDBPyConnection",
    root: Root,
    asked: Asked,
    span: Range,
    problems: np.ndarray,
    waiting: dict[str, Batch],
    counting: Counting,
) -> None:
    """Take scalars and counts of some problems of one shard."""
    name = asked.question.analysis
    pooled = count_tables(registry.get(name)).values()
    wanted = [*(n for batch in waiting.values() for n in batch.scalars), *pooled]
    arrays, coords = reading.arrays(root, asked.question, span, problems, wanted)
    for table, batch in waiting.items():
        dims = next(iter(batch.scalars.values())).dims
        batch.add(asked.question.key, arrays, {d: coords[d] for d in dims})
        if batch.bytes >= BATCH_BYTES:
            insert(connection, table, batch.take())
    counting.add(name, asked.question.key, arrays, coords)


def _copy_known(
    connection: "duckdb.DuckDBPyConnection",
    contents: Survey,
    before: generations.Generation | None,
    counting: Counting,
) -> set[tuple[str, int, int]]:
    """Copy the scalars of shards that the generation in force has already; return those shards."""
    if before is None:
        return set()
    with generations.openable(before) as path:
        connection.execute(f"ATTACH '{quoted(path)}' AS before (READ_ONLY)")
    old = connection.execute("SELECT question, start, stop, sha256 FROM before.shards").fetchall()
    sums = {place: shard.sha256 for place, shard in contents.shards.items()}
    same = {(k, a, b) for k, a, b, sha in old if sums.get((k, a, b)) == sha}
    known: set[tuple[str, int, int]] = set()
    for name in sorted({contents.questions[k].question.analysis for k, _, _ in same}):
        analysis = registry.get(name)
        tables = scalar_tables(analysis)
        if any(not _same_columns(connection, t) for t in (*tables, *count_tables(analysis))):
            continue
        spans: list[tuple[str, int, int]] = []
        counted: list[str] = []
        for key, asked in contents.questions.items():
            if asked.question.analysis != name:
                continue
            mine = [m for m in _spans(contents.ranges(key)) if (key, *m[0]) in same]
            if count_tables(analysis):
                # A part cannot be taken out of counts again: all of them hold, or none.
                if mine != _spans([(a, b) for k, a, b, _ in old if k == key]):
                    continue
                counted.append(key)
            known |= {(key, *span) for span, _ in mine}
            # Neighbours as one: DuckDB compares every row with every span of its question.
            spans += [(key, *span) for span in sides.merged(rows for _, rows in mine)]
        _copy(connection, tables, spans)
        counting.begin(name, counted)
    return known


def _same_columns(connection: "duckdb.DuckDBPyConnection", table: str) -> bool:
    query = (
        "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = ?"
        " AND table_name = ? ORDER BY column_index"
    )
    old, new = (connection.execute(query, [d, table]).fetchall() for d in ("before", "made"))
    return bool(old == new)


def _copy(
    connection: "duckdb.DuckDBPyConnection",
    tables: dict[str, dict[str, Variable]],
    spans: list[tuple[str, int, int]],
) -> None:
    import pyarrow as pa

    if not spans:
        return
    columns = [pa.array(column) for column in zip(*spans, strict=True)]
    connection.register("spans", pa.table(columns, names=["question", "low", "high"]))
    for table, scalars in tables.items():
        rows = " AND old.problem >= spans.low AND old.problem < spans.high"
        connection.execute(
            f"INSERT INTO made.{table} SELECT old.* FROM before.{table} old JOIN spans"
            " ON old.question = spans.question"
            + (rows if "problem" in next(iter(scalars.values())).dims else "")
        )
    connection.unregister("spans")
