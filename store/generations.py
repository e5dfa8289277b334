"""Generations of the catalog: each a new DuckDB file; CURRENT names the one in force.

A process that has a file open does not see another put in its place, so each generation has its own
name, and that name is part of every cache key.
"""

import contextlib
import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ired_interp_core.errors import Refusal
from store import catalog_form, files, layout, locks, naming, shell
from store.layout import Root

if TYPE_CHECKING:
    import duckdb

SCHEMA_VERSION = 3
"""Version of the catalog's tables; another one is refused, and `collect` makes a new generation."""

STORAGE_VERSION = "v1.2.0"
"""Form of the DuckDB file that every DuckDB from 1.2 on opens."""

KEEP = 3
"""Generations kept beside the one in force, for readers that opened them."""

MEMORY = "1GB"
THREADS = 2

# Path → identity of a generation whose sha256 was compared.
_verified: dict[str, files.Identity] = {}


@dataclass(frozen=True)
class Generation:
    """The generation in force.

    Args:
        name: its id.
        path: of its file.
        sha256: of its file.
    """

    name: str
    path: Path
    sha256: str


def new_name() -> str:
    """Id of a generation: UTC time, so that ids sort, and eight random hex digits."""
    return f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{secrets.token_hex(4)}"


class BrokenCatalog(Refusal):
    """A catalog that is missing or cannot be used; says which command makes one.

    Args:
        root: of the store.
        what: is wrong.
        came: what was found.
        expected: what would have been right.
    """

    def __init__(self, root: Root, what: str, came: object, expected: str = "") -> None:
        super().__init__(
            what,
            where=str(layout.catalog(root)),
            came=came,
            expected=expected,
            next_step=shell.command(root, "collect"),
        )


def current(root: Root) -> Generation:
    """The generation in force, its file compared with its sha256 (once per process).

    Args:
        root: of the store.

    Returns:
        The generation.

    Raises:
        Refusal: no store.
        BrokenCatalog: no catalog yet, or one that does not verify.
    """
    if not Path(root).is_dir():
        raise Refusal(
            "no store there",
            where=str(root),
            came="no folder",
            expected="a folder made by a run",
            next_step=shell.again(root),
        )
    path = layout.guard(root, layout.current(root))
    with files.one_line(path, "cannot read the catalog"):
        try:
            record = files.read_sealed(path)
        except FileNotFoundError as error:
            raise BrokenCatalog(root, "store has no catalog yet", "no file CURRENT") from error
        except Refusal as refusal:
            raise BrokenCatalog(root, "CURRENT is broken", refusal) from refusal
        try:
            name = naming.check_generation(record.get("generation"))
        except Refusal as refusal:
            raise BrokenCatalog(root, "CURRENT is broken", refusal) from refusal
        file = layout.guard(root, layout.generation(root, name))
        try:
            state = files.identity(os.lstat(file))
            if _verified.get(str(file)) != state:
                sha256, state = files.sha256(file)
                if sha256 != record.get("sha256"):
                    raise BrokenCatalog(root, "catalog differs from its sha256", file.name)
                _verified[str(file)] = state
        except FileNotFoundError as error:
            raise BrokenCatalog(root, "catalog generation is missing", file.name) from error
    return Generation(name, file, str(record["sha256"]))


def forget() -> None:
    """Forget which generations were verified, so that they are read and hashed again."""
    _verified.clear()


@contextlib.contextmanager
def openable(generation: Generation) -> Iterator[Path]:
    """The file of a generation as DuckDB, which locks what it opens, can open it.

    Args:
        generation: in force.

    Yields:
        Its path; where its file system has no locks that of a copy, which may be opened as long as
        the context lasts, and read for as long as it is open.
    """
    if locks.lockable(generation.path):
        yield generation.path
        return
    with tempfile.TemporaryDirectory(prefix="ired-interp-catalog-") as folder:
        copy = Path(folder) / generation.path.name
        files.publish_copy(generation.path, copy)
        yield copy


def connect(root: Root, generation: Generation) -> "duckdb.DuckDBPyConnection":
    """Open a generation for reading, with no way out to other files.

    Args:
        root: of the store.
        generation: to open.

    Returns:
        A connection; take a cursor for each query.

    Raises:
        BrokenCatalog: no catalog of this version and form, half built, or held by another process.
    """
    import duckdb

    try:
        with openable(generation) as path:
            connection = duckdb.connect(
                str(path),
                read_only=True,
                config={
                    "memory_limit": MEMORY,
                    "threads": THREADS,
                    "max_temp_directory_size": "0KB",
                    "enable_external_access": "false",
                    "autoinstall_known_extensions": "false",
                    "autoload_known_extensions": "false",
                    "lock_configuration": "true",
                },
            )
    except (duckdb.Error, OSError) as error:
        raise BrokenCatalog(root, "catalog cannot be opened", error, "a DuckDB file") from error
    try:
        build = build_record(connection)
    except duckdb.Error as error:
        connection.close()
        raise BrokenCatalog(root, "catalog is half built", error, "its last row, _build") from error
    if build.get("status") != "complete" or build.get("schema_version") != SCHEMA_VERSION:
        connection.close()
        raise BrokenCatalog(
            root,
            "catalog is half built or of another version",
            f"{build.get('status')}, version {build.get('schema_version')}",
            f"complete, version {SCHEMA_VERSION}",
        )
    try:
        wrong = catalog_form.wrong(connection)
    except duckdb.Error as error:
        wrong = str(error)
    if wrong:
        connection.close()
        raise BrokenCatalog(root, "catalog is of another form", wrong)
    return connection


def build_record(connection: "duckdb.DuckDBPyConnection") -> dict[str, Any]:
    """Status, version, fingerprint and counts, the last row a build writes; {} if not just one."""
    cursor = connection.cursor()
    cursor.execute("SELECT * FROM _build")
    names = [column[0] for column in cursor.description or ()]
    rows = cursor.fetchall()
    return dict(zip(names, rows[0], strict=True)) if len(rows) == 1 else {}


def flip(root: Root, name: str) -> None:
    """Put a finished generation, its file published, into force and drop old ones."""
    path = layout.generation(root, name)
    sha256, _ = files.sha256(path)
    files.replace(layout.current(root), files.seal({"generation": name, "sha256": sha256}))
    older = sorted(generations(root), reverse=True)
    for old in [g for g in older if g != name][KEEP:]:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(layout.generation(root, old))


def generations(root: Root) -> list[str]:
    """Ids of all generations that have a file, oldest first."""
    stems = [p.stem for p in layout.catalog(root).glob("*.duckdb")]
    return sorted(s for s in stems if naming.is_generation(s))
