"""Ways in which one record, one shard or the catalog of a store can be odd, for any test.

`RECORDS` are done to a store before `collect`, `SHARDS` to one shard and `CATALOGS` to the catalog
after it. Where a store has not got what one of them is about, it raises `FileNotFoundError`.
"""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import h5py
import numpy as np

from ired_interp_core.records import digest
from store import files, generations, layout

RUN = "odd"
"""The run that asked."""


def folder_of(root, analysis):
    folders = sorted((root / "results" / analysis).iterdir())
    if not folders:
        raise FileNotFoundError(analysis)
    return folders[0]


def shards_of(root, analysis):
    return sorted(folder_of(root, analysis).glob("*.h5"))


def forged(analysis, **change):
    """A copy of a question under another record, at the address that the record has."""

    def forge(root):
        folder = folder_of(root, analysis)
        record = json.loads((folder / "question.json").read_text())
        record |= {k: v(record[k]) if callable(v) else v for k, v in change.items()}
        other = folder.parent / digest(record)
        other.mkdir()
        (other / "question.json").write_text(json.dumps(record))

    return forge


def forged_set(**fields):
    """A question about a problem set that there cannot be."""

    def forge(root):
        fields_ = {"task": "inverse", "variant": "same", "size": 4, "seed": 0} | fields
        key = digest(fields_)
        (root / "problems" / f"{key}.json").write_text(json.dumps(fields_))
        forged("descent", inputs=lambda given: given | {"problems": key})(root)

    return forge


def sealed(path, **change):
    record = files.read_sealed(path)
    path.write_bytes(files.seal(record | change))


def settle(shard):
    data = shard.read_bytes()
    sealed(shard.with_suffix(".json"), bytes=len(data), sha256=hashlib.sha256(data).hexdigest())


def edited(change, analysis="landscape_slice", shard=0):
    """A shard whose arrays were changed, and whose side file agrees."""

    def edit(root):
        path = shards_of(root, analysis)[shard]
        with h5py.File(path, "r+") as file:
            change(file)
        settle(path)

    return edit


def exchanged(root):
    """Two shards of as many problems, exchanged."""
    one, two = shards_of(root, "descent")
    two.unlink()
    shutil.copy(one, two)
    settle(two)


def of_another_question(root):
    mine, other = (shards_of(root, n)[0] for n in ("problem_properties", "descent"))
    shutil.copy(other, mine)
    settle(mine)


def long_name(root):
    shard = shards_of(root, "descent")[0]
    shutil.copy(shard, shard.with_name("000020-999999999.h5"))


def submission(root):
    path = layout.submission_record(root, f"{RUN}-20260101T000000-00000000")
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"run": RUN, "waves": []}))


def put(name, values):
    return lambda file: file[name].write_direct(np.asarray(values(file[name][()])))


def unnamed(root):
    path = layout.run(root, RUN)
    record = files.read_sealed(path)
    del record["name"]
    path.write_bytes(files.seal(record))


RECORDS: dict[str, Callable[[Path], None]] = {
    "a version that is a truth value": forged("descent", version=True),
    "a version beyond its column": forged("descent", version=2**40),
    "nested nulls": forged("descent", inputs={"model": None}),
    "an input that is no digest": forged("descent", inputs=lambda given: given | {"model": "../x"}),
    "no parameters": forged("landscape_slice", parameters={}),
    "an unknown value": forged("landscape_slice", parameters=lambda p: p | {"plane": "warp"}),
    "an undeclared parameter": forged("descent", parameters=lambda p: p | {"x": 1}),
    "a number spelled otherwise": forged("descent", parameters=lambda p: p | {"clip": 2}),
    "an input of another analysis": lambda root: forged(
        "landscape_slice",
        inputs=lambda i: i | {"descent": folder_of(root, "problem_properties").name},
    )(root),
    "an unknown task": forged_set(task="sudoku"),
    "a size beyond any": forged_set(size=10**30),
    "a size that is a truth value": forged_set(size=True),
    "a run of no models": lambda root: sealed(layout.run(root, RUN), models=None),
    "a run whose question has no count": lambda root: sealed(
        layout.run(root, RUN), questions=[{"key": "0" * 24, "analysis": "descent"}]
    ),
    "a run without a name": unnamed,
    "a half submission": submission,
    "levels that there are not": edited(put("level", lambda v: v + 40)),
    "a level twice": edited(put("level", lambda v: v * 0)),
    "problems of another range": edited(put("problem", lambda v: v + 1), "descent"),
    "two shards exchanged": exchanged,
    "the answer of another question": of_another_question,
    "a name of 10⁹ problems": long_name,
}
"""What can be wrong with a record, or with a shard that was never read."""


def settled(change):
    """A shard whose arrays are changed, and whose side file agrees."""

    def edit(path):
        with h5py.File(path, "r+") as file:
            change(file)
        settle(path)

    return edit


def largest(file):
    arrays = [a for a in file.values() if a.ndim > 1 and a.dtype.kind == "f"]
    return max(arrays, key=lambda a: a.size)


def replaced(make):
    """Put another array in the place of the largest, along the same dims."""

    def change(file):
        old = largest(file)
        name, scales = old.name, [dict(d.items()) for d in old.dims]
        values = make(old[()])
        del file[name]
        new = file.create_dataset(name, data=values)
        for dim, scale in zip(new.dims, scales, strict=True):
            for one in scale.values():
                dim.attach_scale(one)

    return change


def backwards(file):
    """The labels of the level in another order; the arrays as they were."""
    if "level" in file:
        file["level"].write_direct(file["level"][()][::-1].copy())
    else:
        del file["problem"]


SHARDS: dict[str, Callable[[Path], None]] = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "gone": Path.unlink,
    "no HDF5": lambda path: (path.write_bytes(b"x" * 5000), settle(path))[1],
    "without its side file": lambda path: path.with_suffix(".json").unlink(),
    "an array less": settled(lambda file: file.pop(largest(file).name)),
    "of half as many numbers": settled(replaced(lambda v: v[..., : v.shape[-1] // 2])),
    "of another type": settled(replaced(lambda v: v.astype("float16"))),
    "of levels in another order": settled(backwards),
}
"""What can be wrong with a shard that the catalog still names."""


def first_shards(root):
    """The first shard of every question that has several."""
    folders = sorted(root.glob("results/*/*"))
    several = [found for folder in folders if len(found := sorted(folder.glob("*.h5"))) > 1]
    return [found[0] for found in several]


def catalog(*statements):
    """A catalog in force that is as `collect` built it but for some statements."""

    def forge(root):
        name = generations.new_name()
        path = layout.generation(root, name)
        shutil.copy(generations.current(root).path, path)
        with duckdb.connect(str(path)) as connection:
            for statement in statements:
                connection.execute(statement)
        record = {"generation": name, "sha256": files.sha256(path)[0]}
        layout.current(root).write_bytes(files.seal(record))

    return forge


def scalars(statement):
    """Something done to every table of scalars by problem and level."""

    def forge(root):
        with duckdb.connect(str(generations.current(root).path), read_only=True) as connection:
            query = (
                "SELECT table_name FROM duckdb_tables() WHERE table_name LIKE '%__problem_level'"
            )
            tables = [name for (name,) in connection.execute(query).fetchall()]
        if not tables:
            raise FileNotFoundError("no numbers by level")
        catalog(*(statement.format(table) for table in tables))(root)

    return forge


_TABLES = ("questions", "runs", "run_records", "models", "series", "shards", "failures", "left_out")

CATALOGS: dict[str, Callable[[Path], None]] = {
    **{f"no table {name}": catalog(f"DROP TABLE {name}") for name in _TABLES},
    "a column less": catalog("ALTER TABLE questions DROP COLUMN title"),
    "a column of another type": catalog("ALTER TABLE questions ALTER seed TYPE DOUBLE"),
    "numbers that are words": catalog("ALTER TABLE shards ALTER start TYPE VARCHAR"),
    "a question of nothing": catalog("UPDATE questions SET size = NULL, task = NULL"),
    "shards of nothing": catalog("UPDATE shards SET stop = NULL"),
    "runs of nothing": catalog("UPDATE runs SET rows_asked = NULL"),
    "a view in place of a table": catalog(
        "ALTER TABLE runs RENAME TO old", "CREATE VIEW runs AS SELECT * FROM old"
    ),
    "a record that is none": catalog("UPDATE run_records SET record = '[1]'"),
    "a record of another form": catalog("""UPDATE run_records SET record = '{"questions": 7}'"""),
    "a card that is none": catalog("UPDATE models SET card = 'x'"),
    "no numbers by level": scalars("DROP TABLE {}"),
    "numbers by level that are words": scalars("ALTER TABLE {} ALTER level TYPE VARCHAR"),
    "numbers of no level": scalars("UPDATE {} SET level = NULL"),
    "numbers of a level below all": scalars("UPDATE {} SET level = -3"),
}
"""What can be wrong with a catalog as a whole: it is refused, and `collect` makes another."""

_OF = "WHERE analysis = 'descent'"

ROWS: dict[str, Callable[[Path], None]] = {
    "parameters that are none": catalog(f"UPDATE questions SET parameters = 'x' {_OF}"),
    "a set that is none": catalog(f"UPDATE questions SET size = 999 {_OF}"),
    "a run that nobody wrote": catalog("UPDATE runs SET run = 'another'"),
    "provenance that is none": catalog("UPDATE shards SET provenance = 'x'"),
    "provenance of another form": catalog('UPDATE shards SET provenance = \'{"dirty": "x"}\''),
    "shards beyond any": catalog(f"UPDATE shards SET stop = 1000000000000 {_OF}"),
}
"""What can be wrong with rows of a catalog: they count for nothing."""
