"""The form of a catalog: its tables, and what must hold of their rows before one is believed.

A catalog is a copy that may come from anywhere, or from an older version of this tool. One of
another form is refused as a whole: `collect` makes a new one.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ired_interp_core import registry
from ired_interp_core.registry import Analysis
from ired_interp_core.schema import Dim, Variable
from store import catalog_counts

if TYPE_CHECKING:
    import duckdb

Columns = Mapping[str, str]
"""Column → its type."""


def _words(*names: str) -> Columns:
    return dict.fromkeys(names, "VARCHAR")


TABLES: Mapping[str, Columns] = {
    "questions": {
        **_words("question", "analysis"), "version": "INTEGER",
        **_words("parameters", "inputs", "model", "problems", "task", "variant"),
        "size": "INTEGER", "seed": "BIGINT", "title": "VARCHAR",
    },
    "runs": {**_words("run", "question", "analysis"), "rows_asked": "BIGINT"},
    "run_records": _words("run", "record"),
    "models": _words("model", "card"),
    "series": _words("series", "record"),
    "shards": {
        **_words("question", "analysis"), "start": "BIGINT", "stop": "BIGINT", "path": "VARCHAR",
        "bytes": "BIGINT", "sha256": "VARCHAR", "seconds": "DOUBLE",
        **_words("host", "device", "provenance", "state"),
    },
    "failures": {
        **_words("question", "analysis"), "start": "BIGINT", "stop": "BIGINT",
        **_words("error", "message", "traceback", "failed_at"),
    },
    "left_out": _words("path", "what", "mend"),
    "_build": {
        "status": "VARCHAR", "schema_version": "INTEGER",
        **_words("generation", "built_at", "fingerprint"),
        "questions": "BIGINT", "shards": "BIGINT", "left_out": "BIGINT",
    },
}  # fmt: skip
"""The tables beside those of scalars."""

_MAY_BE_NULL = frozenset({"seconds"})

_SQL_TYPES = {"float32": "FLOAT", "float64": "DOUBLE", "int8": "TINYINT", "int16": "SMALLINT",
              "int32": "INTEGER", "int64": "BIGINT", "text": "VARCHAR"}  # fmt: skip


def scalar_tables(analysis: Analysis) -> dict[str, dict[str, Variable]]:
    """Scalars by table: <analysis>__<dims joined by _>, <analysis> alone where there are none."""
    tables: dict[str, dict[str, Variable]] = {}
    for name, variable in analysis.schema.scalars().items():
        table = "__".join(filter(None, (analysis.name, "_".join(variable.dims))))
        tables.setdefault(table, {})[name] = variable
    return tables


def columns(scalars: Mapping[str, Variable], declared: Mapping[str, Dim]) -> Columns:
    """The columns of a table of scalars."""
    dims = next(iter(scalars.values())).dims
    numbers = {name: _SQL_TYPES[v.dtype] for name, v in scalars.items()}
    return {"question": "VARCHAR", **{d: declared[d].sql for d in dims}, **numbers}


def create(table: str, of: Columns) -> str:
    """Spell the statement that makes a table; quoted, since `end` is a word of SQL."""
    listed = ", ".join(f'"{name}" {kind}' for name, kind in of.items())
    return f"CREATE TABLE {table}({listed})"


def wrong(connection: "duckdb.DuckDBPyConnection") -> str:
    """What is not as `collect` builds it, in a few words; "" for nothing.

    Args:
        connection: to a generation that says it is complete.

    Returns:
        The first table that is missing, or of other columns, or has a row that cannot be.
    """
    cursor = connection.cursor()
    found: dict[str, dict[str, str]] = {}
    query = (
        "SELECT c.table_name, c.column_name, c.data_type FROM duckdb_columns() c"
        " JOIN duckdb_tables() USING (table_oid, database_oid) ORDER BY column_index"
    )
    for table, name, kind in cursor.execute(query).fetchall():
        found.setdefault(table, {})[name] = kind
    for table, of in TABLES.items():
        if word := _differs(table, of, found):
            return word
    for table, of in TABLES.items():
        odd = [f'"{name}" IS NULL' for name in of.keys() - _MAY_BE_NULL]
        if _any(cursor, table, odd):
            return f"table {table} has a row without all of its entries"
    asked = cursor.execute("SELECT DISTINCT analysis, version FROM questions").fetchall()
    known = registry.analyses()
    for name in sorted(n for n, version in asked if n in known and known[n].version == version):
        declared = known[name].schema.dims
        for table, scalars in scalar_tables(known[name]).items():
            if word := _differs(table, columns(scalars, declared), found):
                return word
            dims = next(iter(scalars.values())).dims
            if _any(cursor, table, ["question IS NULL", *(_impossible(declared[d]) for d in dims)]):
                return f"table {table} has a row of no place along its dims"
        for table in catalog_counts.count_tables(known[name]):
            if word := _differs(table, catalog_counts.columns(known[name], table), found):
                return word
    return ""


def _differs(table: str, expected: Columns, found: Mapping[str, Columns]) -> str:
    if table not in found:
        return f"no table {table}"
    for name, kind in expected.items():
        came = found[table].get(name, "none")
        if came != kind:
            return f"column {name} of table {table} is {came}, not {kind}"
    return ""


def _impossible(dim: Dim) -> str:
    """The condition of a label that no row can have."""
    null = f'"{dim.name}" IS NULL'
    if dim.bounds is None:
        return null
    return f'{null} OR "{dim.name}" < {dim.bounds[0]} OR "{dim.name}" > {dim.bounds[1]}'


def _any(cursor: "duckdb.DuckDBPyConnection", table: str, odd: list[str]) -> bool:
    query = f"SELECT 1 FROM {table} WHERE {' OR '.join(odd)} LIMIT 1"
    return cursor.execute(query).fetchone() is not None
