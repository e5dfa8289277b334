"""`collect`: build a new generation of the catalog from what holds in the store.

Workers never touch the catalog. A generation is built in a local temporary folder (no database is
ever written on a network file system), its `_build` row last; it is checkpointed, closed, copied
beside its name, synced, compared, linked to its own new name, and then CURRENT is flipped to it.
Scalars of shards that the generation in force already has are copied from it, and a shard whose
files are as they were when that generation compared their bytes (inode, size, times of change) is
not read again: `verify` reads everything, and so does whoever opens the shard.
"""

import contextlib
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ired_interp_core import registry
from ired_interp_core.errors import Refusal
from ired_interp_core.records import digest
from store import (
    catalog_tables,
    files,
    folders,
    generations,
    layout,
    locks,
    series,
    survey,
    temporaries,
)
from store.catalog_counts import columns, count_tables
from store.catalog_form import scalar_tables
from store.catalog_scalars import quoted
from store.layout import Root
from store.opened import open_store
from store.survey import Place, Shard, Survey

if TYPE_CHECKING:
    import duckdb

log = logging.getLogger(__name__)

MEMORY = "512MB"
"""What DuckDB may hold while it builds; the rest it writes to the folder it builds in."""


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
        folders.make_folder(folder)
        with locks.locked(folder):
            before = _before(root)
            contents = survey.survey(root, before.shards if before else {})
            fingerprint = _fingerprint(contents)
            same = before and before.shards.keys() <= contents.shards.keys()
            if before and same and before.fingerprint == fingerprint:
                return before.generation.name
            for fault in contents.faults:
                log.warning("left out of the catalog: %s", fault)
            return _build(root, contents, fingerprint, before.generation if before else None)


@dataclass(frozen=True)
class _Before:
    """What is taken over from the generation in force, whose own bytes were compared.

    Args:
        generation: in force.
        fingerprint: of everything that went into it.
        shards: that it has, as they were when their bytes were compared.
    """

    generation: generations.Generation
    fingerprint: str
    shards: dict[Place, Shard]


def _before(root: Root) -> _Before | None:
    """What can be taken over of the generation in force; None where there is none that holds."""
    try:
        with open_store(root) as opened:
            opened.runs(), opened.models(), opened.series()
            if opened.odd_questions():
                return None
        generation = generations.current(root)
        connection = generations.connect(root, generation)
    except Refusal:
        return None
    try:
        fingerprint = str(generations.build_record(connection)["fingerprint"])
        query = "SELECT question, start, stop, sha256, bytes, provenance, state FROM shards"
        rows = connection.cursor().execute(query).fetchall()
        return _Before(generation, fingerprint, {row[:3]: Shard(*row[3:]) for row in rows})
    finally:
        connection.close()


def _fingerprint(contents: Survey) -> str:
    """Digest of everything that goes into a generation, so that nothing new makes nothing new."""
    names = sorted({a.question.analysis for a in contents.questions.values()})
    analyses = [registry.get(name) for name in names]
    return digest(
        {
            "questions": {k: [a.model, a.problems.digest] for k, a in contents.questions.items()},
            "shards": [[*place, shard.sha256] for place, shard in sorted(contents.shards.items())],
            "runs": contents.runs,
            "models": contents.models,
            "series": {name: series.record_of(one) for name, one in contents.series.items()},
            "failures": contents.failures,
            "faults": [str(f) for f in contents.faults],
            "columns": {t: list(v) for a in analyses for t, v in scalar_tables(a).items()}
            | {t: list(columns(a, t)) for a in analyses for t in count_tables(a)},
            "version": generations.SCHEMA_VERSION,
        }
    )


def _build(
    root: Root, contents: Survey, fingerprint: str, before: generations.Generation | None
) -> str:
    import duckdb

    name = generations.new_name()
    final = layout.generation(root, name)
    with _workshop() as folder:
        made = folder / "made.duckdb"
        connection = duckdb.connect(
            config={"threads": 1, "memory_limit": MEMORY, "temp_directory": str(folder)}
        )
        try:
            version = generations.STORAGE_VERSION
            connection.execute(f"ATTACH '{quoted(made)}' AS made (STORAGE_VERSION '{version}')")
            connection.execute("USE made")
            catalog_tables.fill(connection, root, contents, before)
            _finish(connection, name, fingerprint)
            connection.execute("USE memory")
            connection.execute("DETACH made")
        except duckdb.Error as error:
            raise Refusal(
                "cannot build the catalog",
                where=str(made),
                came=error,
                next_step="look at space and permissions, then repeat the command",
            ) from error
        finally:
            connection.close()
        wal = made.with_name(made.name + ".wal")
        if os.path.lexists(wal):
            raise Refusal("catalog was not closed cleanly", where=str(made), came=wal.name)
        files.publish_copy(made, final)
    generations.flip(root, name)
    return name


@contextlib.contextmanager
def _workshop() -> Iterator[Path]:
    """A local folder to build in; those that killed builds left behind are removed."""
    parent = Path(tempfile.gettempdir())
    for path in parent.glob(".ired-interp-catalog~*.tmp"):
        if temporaries.abandoned(path, time.time()):
            shutil.rmtree(path, ignore_errors=True)
    folder = temporaries.name_for(parent / "ired-interp-catalog")
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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
