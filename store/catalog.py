"""`collect`: build a new generation of the catalog from what holds in the store.

Workers never touch the catalog. A generation is built beside under a temporary name, its `_build` row
is written last, it is checkpointed, closed, synced, hashed, linked to its own new name, and then
CURRENT is flipped to it. Scalars of shards that the generation in force already has are copied from it.
"""

import json
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ired_interp_core import registry
from ired_interp_core.errors import Refusal
from ired_interp_core.records import digest
from ired_interp_core.registry import Analysis
from ired_interp_core.schema import Variable
from store import files, generations, layout, reading, records, survey
from store.layout import Root
from store.shards import Range
from store.survey import Asked, Fault, Survey

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

log = logging.getLogger(__name__)

BATCH_ROWS = 200_000
"""Rows handed to DuckDB at once."""

_TABLES = """
CREATE TABLE questions(question VARCHAR, analysis VARCHAR, version INTEGER, parameters VARCHAR,
    inputs VARCHAR, model VARCHAR, problems VARCHAR, task VARCHAR, variant VARCHAR, size INTEGER,
    seed BIGINT, title VARCHAR);
CREATE TABLE runs(run VARCHAR, question VARCHAR, analysis VARCHAR, rows_asked BIGINT);
CREATE TABLE run_records(run VARCHAR, record VARCHAR);
CREATE TABLE models(model VARCHAR, card VARCHAR);
CREATE TABLE shards(question VARCHAR, analysis VARCHAR, start BIGINT, stop BIGINT, path VARCHAR,
    bytes BIGINT, sha256 VARCHAR, seconds DOUBLE, host VARCHAR, device VARCHAR, provenance VARCHAR);
CREATE TABLE failures(question VARCHAR, analysis VARCHAR, start BIGINT, stop BIGINT, error VARCHAR,
    message VARCHAR, traceback VARCHAR, failed_at VARCHAR);
CREATE TABLE left_out(path VARCHAR, what VARCHAR, mend VARCHAR);
CREATE TABLE _build(status VARCHAR, schema_version INTEGER, generation VARCHAR, built_at VARCHAR,
    fingerprint VARCHAR, questions BIGINT, shards BIGINT, left_out BIGINT);
"""

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


def collect(root: Root) -> str:
    """Build and put into force a new generation; two at once are safe.

    Args:
        root: of the store.

    Returns:
        Id of the generation in force; the present one if nothing changed since.
    """
    folder = layout.guard(root, layout.catalog(root))
    if not Path(root).is_dir():
        survey.survey(root)  # refuses, saying what makes a store
    with files.one_line(folder, "cannot build the catalog"):
        files.make_folder(folder)
        with files.locked(folder):
            found = survey.survey(root)
            fingerprint = _fingerprint(found)
            before = _before(root)
            if before and before[1] == fingerprint:
                return before[0].name
            for fault in found.faults:
                log.warning("left out of the catalog: %s", fault)
            return _build(root, found, fingerprint, before[0] if before else None)


def _before(root: Root) -> tuple[generations.Generation, str] | None:
    """The generation in force with its fingerprint; None where there is none that holds."""
    try:
        generation = generations.current(root)
        connection = generations.connect(root, generation)
    except Refusal:
        return None
    try:
        return generation, str(generations.build_record(connection)["fingerprint"])
    finally:
        connection.close()


def _fingerprint(found: Survey) -> str:
    """Digest of everything that goes into a generation, so that nothing new makes nothing new."""
    names = sorted({a.question.analysis for a in found.questions.values()})
    return digest(
        {
            "questions": {k: [a.model, a.problems.digest] for k, a in found.questions.items()},
            "shards": [[*place, side["sha256"]] for place, side in sorted(found.sides.items())],
            "runs": found.runs,
            "models": found.models,
            "failures": found.failures,
            "faults": [str(f) for f in found.faults],
            "columns": {
                t: list(v) for n in names for t, v in scalar_tables(registry.get(n)).items()
            },
            "version": generations.SCHEMA_VERSION,
        }
    )


def _build(
    root: Root, found: Survey, fingerprint: str, before: generations.Generation | None
) -> str:
    import duckdb

    name = generations.new_name()
    final = layout.generation(root, name)
    aside = files.temporary(final)
    wal = aside.with_name(aside.name + ".wal")
    connection = duckdb.connect(config={"threads": 1, "temp_directory": ""})
    try:
        connection.execute(
            f"ATTACH '{_quoted(aside)}' AS made (STORAGE_VERSION '{generations.STORAGE_VERSION}')"
        )
        connection.execute("USE made")
        connection.execute(_TABLES)
        _fill(connection, root, found, before)
        _finish(connection, name, fingerprint)
        connection.execute("USE memory")
        connection.execute("DETACH made")
        connection.close()
        if os.path.lexists(wal):
            raise Refusal("catalog was not closed cleanly", where=str(aside), came=wal.name)
        files.sync(aside)
        files.place(aside, final)
        files.sync_folder(final.parent)
    except duckdb.Error as error:
        raise Refusal(
            "cannot build the catalog",
            where=str(final),
            came=error,
            next_step="look at space and permissions, then repeat the command",
        ) from error
    finally:
        connection.close()
        files.drop(aside)
        files.drop(wal)
    generations.flip(root, name)
    return name


def _finish(connection: "duckdb.DuckDBPyConnection", name: str, fingerprint: str) -> None:
    counts = [
        connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
        for table in ("questions", "shards", "left_out")
    ]
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    connection.execute(
        "INSERT INTO _build VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        ["complete", generations.SCHEMA_VERSION, name, at, fingerprint, *counts],
    )
    connection.execute("CHECKPOINT made")


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


# --- rows ------------------------------------------------------------------------------------------


def _fill(
    connection: "duckdb.DuckDBPyConnection",
    root: Root,
    found: Survey,
    before: generations.Generation | None,
) -> None:
    connection.execute("BEGIN")
    _insert_rows(connection, "questions", _question_rows(found))
    _insert_rows(
        connection,
        "runs",
        [
            (run, q["key"], q["analysis"], q["count"])
            for run, record in found.runs.items()
            for q in record["questions"]
        ],
    )
    _insert_rows(connection, "run_records", [(r, json.dumps(c)) for r, c in found.runs.items()])
    _insert_rows(
        connection, "models", [(d, json.dumps(c["card"])) for d, c in found.models.items()]
    )
    words = ("question", "analysis", "start", "stop", "error", "message", "traceback", "failed_at")
    _insert_rows(connection, "failures", [tuple(f[w] for w in words) for f in found.failures])
    faults = list(found.faults)
    taken = _insert_scalars(connection, root, found, before, faults)
    _insert_rows(connection, "shards", _shard_rows(root, found, taken))
    _insert_rows(connection, "left_out", [(f.path, f.what, f.mend) for f in faults])
    connection.execute("COMMIT")


def _insert_rows(
    connection: "duckdb.DuckDBPyConnection", table: str, rows: list[tuple[Any, ...]]
) -> None:
    import pyarrow as pa

    if not rows:
        return
    columns = [str(c[0]) for c in connection.execute(f"SELECT * FROM {table} LIMIT 0").description]
    arrays = [pa.array(column) for column in zip(*rows, strict=True)]
    _insert(connection, table, pa.table(arrays, names=columns))


def _insert(connection: "duckdb.DuckDBPyConnection", table: str, rows: "pa.Table") -> None:
    connection.register("batch", rows)
    connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM batch")
    connection.unregister("batch")


def _question_rows(found: Survey) -> list[tuple[Any, ...]]:
    return [
        (
            key,
            asked.question.analysis,
            asked.question.version,
            json.dumps(dict(asked.question.parameters), sort_keys=True),
            json.dumps(dict(asked.question.inputs), sort_keys=True),
            asked.model,
            asked.problems.digest,
            asked.problems.task,
            asked.problems.variant,
            asked.problems.size,
            asked.problems.seed,
            survey.title(asked, found.questions),
        )
        for key, asked in found.questions.items()
    ]


def _shard_rows(
    root: Root, found: Survey, taken: list[tuple[str, int, int]]
) -> list[tuple[Any, ...]]:
    rows = []
    for key, start, stop in taken:
        analysis = found.questions[key].question.analysis
        side = found.sides[key, start, stop]
        facts = side["provenance"]
        seconds = facts.get("seconds")
        rows.append(
            (
                key,
                analysis,
                start,
                stop,
                str(layout.shard(root, analysis, key, start, stop).relative_to(root)),
                side["bytes"],
                side["sha256"],
                float(seconds) if isinstance(seconds, int | float) else None,
                str(facts.get("host", "")),
                str(facts.get("device", "")),
                json.dumps(facts, sort_keys=True),
            )
        )
    return rows


# --- scalars ---------------------------------------------------------------------------------------


def _insert_scalars(
    connection: "duckdb.DuckDBPyConnection",
    root: Root,
    found: Survey,
    before: generations.Generation | None,
    faults: list[Fault],
) -> list[tuple[str, int, int]]:
    """Fill the tables of scalars.

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
    """Which problems each shard answers for, where shards overlap: the first one does."""
    at = 0
    for start, stop in sorted(ranges):
        yield (start, stop), np.arange(max(at, start), max(at, stop))
        at = max(at, stop)


def _scalars(
    root: Root, asked: Asked, span: Range, problems: np.ndarray
) -> Iterator[tuple[str, "pa.Table"]]:
    """Scalars of some problems of one shard, as rows of their tables."""
    analysis = registry.get(asked.question.analysis)
    tables = scalar_tables(analysis)
    wanted = [name for scalars in tables.values() for name in scalars]
    if not wanted:
        return iter(())
    arrays, coords = reading.arrays(root, asked.question, span, problems, wanted)
    return iter(
        [
            (table, _rows(asked.question.key, scalars, arrays, coords))
            for table, scalars in tables.items()
        ]
    )


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

    _insert(connection, table, pa.concat_tables(batches.pop(table)).unify_dictionaries())


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
    connection.execute(f"ATTACH '{_quoted(before.path)}' AS before (READ_ONLY)")
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
