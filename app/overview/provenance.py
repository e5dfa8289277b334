"""How the answers of a store came about, by analysis."""

import pandas as pd

from app.shared.asks.kept import kept
from store import Store


@kept(16, copied=True)
def provenance(store: Store) -> pd.DataFrame:
    """How the answers came about: shards, size, seconds, devices, … of each analysis."""
    return store.sql(
        "SELECT analysis, count(*) AS shards, sum(bytes) / 1e6 AS megabytes, sum(seconds) AS "
        "seconds, string_agg(DISTINCT device, ', ') AS devices, string_agg(DISTINCT host, ', ') AS "
        "hosts, string_agg(DISTINCT provenance->>'commit', ', ') AS commits, "
        "bool_or(coalesce(TRY_CAST(provenance->>'dirty' AS BOOLEAN), false))"
        " AS uncommitted_changes, "
        "string_agg(DISTINCT provenance->'versions'->>'torch', ', ') AS torch "
        "FROM (SELECT * REPLACE (CASE WHEN json_valid(provenance) THEN provenance ELSE '{}' END"
        " AS provenance) FROM shards) GROUP BY analysis ORDER BY analysis"
    )
