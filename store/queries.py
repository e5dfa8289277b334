"""One SELECT on a catalog, within limits of time and rows."""

import contextlib
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ired_interp_core.errors import Refusal

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

TIME_LIMIT = 10.0
"""Seconds a catalog query may take, so that one slow reader does not stop the others."""

MOST_ROWS = 1_000_000
"""Rows a catalog query may return."""


def ask(
    connection: "duckdb.DuckDBPyConnection",
    query: str,
    params: Sequence[Any] | Mapping[str, Any],
    seconds: float,
) -> "pd.DataFrame":
    """Ask a catalog; a `Refusal` for what is not one SELECT, wrong, too slow or too long."""
    import duckdb

    where = "catalog query"
    cursor = connection.cursor()
    timer = threading.Timer(seconds, _interrupt, [cursor])
    timer.daemon = True
    try:
        kinds = [s.type for s in cursor.extract_statements(query)]
        if kinds != [duckdb.StatementType.SELECT]:
            came = ", ".join(k.name for k in kinds) or "nothing"
            raise Refusal("not one SELECT", where=where, came=came, expected="one SELECT")
        timer.start()
        cursor.execute(query, params or None)
        frame = _rows(cursor)
    except duckdb.InterruptException as error:
        raise Refusal(
            "query took too long",
            where=where,
            came=f"more than {seconds:g} s",
            next_step="ask for fewer rows or columns",
        ) from error
    except duckdb.Error as error:
        raise Refusal("query cannot be answered", where=where, came=error) from error
    else:
        return frame
    finally:
        timer.cancel()
        cursor.close()


def _rows(cursor: "duckdb.DuckDBPyConnection") -> "pd.DataFrame":
    """Fetch a result piece by piece, so that one without end is not held whole."""
    import duckdb
    import pandas as pd

    most = -(-MOST_ROWS // duckdb.__standard_vector_size__)
    frames = [cursor.fetch_df_chunk(most)]
    while len(frames[-1]):  # a filter leaves vectors partly filled: rows are counted
        if sum(map(len, frames)) > MOST_ROWS:
            raise Refusal(
                "too many rows",
                where="catalog query",
                expected=f"at most {MOST_ROWS}",
                next_step="add LIMIT",
            )
        frames.append(cursor.fetch_df_chunk(most))
    full = frames[:-1]
    return pd.concat(full, ignore_index=True) if len(full) > 1 else frames[0]


def _interrupt(cursor: "duckdb.DuckDBPyConnection") -> None:
    import duckdb

    with contextlib.suppress(duckdb.Error):  # it finished and closed at this very moment
        cursor.interrupt()
