"""The tables of a catalog generation, but for the scalars."""

import json
from typing import TYPE_CHECKING, Any

from store import catalog_form, catalog_scalars, generations, layout, series, titles
from store.catalog_scalars import insert_rows
from store.layout import Root
from store.survey import Survey

if TYPE_CHECKING:
    import duckdb


def fill(
    connection: "duckdb.DuckDBPyConnection",
    root: Root,
    contents: Survey,
    before: generations.Generation | None,
) -> None:
    """Make the tables of a generation and fill them.

    Args:
        connection: to the generation being built.
        root: of the store.
        contents: what holds in it.
        before: the generation in force, if one holds.
    """
    for table, columns in catalog_form.TABLES.items():
        connection.execute(catalog_form.create(table, columns))
    connection.execute("BEGIN")
    insert_rows(connection, "questions", _question_rows(contents))
    insert_rows(
        connection,
        "runs",
        [
            (run, q["key"], q["analysis"], q["count"])
            for run, record in contents.runs.items()
            for q in record["questions"]
        ],
    )
    insert_rows(connection, "run_records", [(r, json.dumps(c)) for r, c in contents.runs.items()])
    insert_rows(
        connection, "models", [(d, json.dumps(c["card"])) for d, c in contents.models.items()]
    )
    insert_rows(
        connection,
        "series",
        [(name, json.dumps(series.record_of(one))) for name, one in contents.series.items()],
    )
    words = ("question", "analysis", "start", "stop", "error", "message", "traceback", "failed_at")
    insert_rows(connection, "failures", [tuple(f[w] for w in words) for f in contents.failures])
    faults = list(contents.faults)
    taken = catalog_scalars.insert_scalars(connection, root, contents, before, faults)
    insert_rows(connection, "shards", _shard_rows(root, contents, taken))
    insert_rows(connection, "left_out", [(f.path, f.what, f.mend) for f in faults])
    connection.execute("COMMIT")


def _question_rows(contents: Survey) -> list[tuple[Any, ...]]:
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
            titles.title(asked, contents.questions, contents.others),
        )
        for key, asked in contents.questions.items()
    ]


def _shard_rows(
    root: Root, contents: Survey, taken: list[tuple[str, int, int]]
) -> list[tuple[Any, ...]]:
    rows = []
    for key, start, stop in taken:
        analysis = contents.questions[key].question.analysis
        kept = contents.shards[key, start, stop]
        facts = json.loads(kept.provenance)
        seconds = facts.get("seconds")
        rows.append(
            (
                key,
                analysis,
                start,
                stop,
                str(layout.shard(root, analysis, key, start, stop).relative_to(root)),
                kept.bytes,
                kept.sha256,
                float(seconds) if isinstance(seconds, int | float) else None,
                str(facts.get("host", "")),
                str(facts.get("device", "")),
                kept.provenance,
                kept.state,
            )
        )
    return rows
