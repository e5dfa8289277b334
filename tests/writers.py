"""Every writer of the project, and how to tell that what stands is whole, right and not lost.

A writer writes its number 0, 1, 2, …; `there` reads through the doors a user has. It says True for
a number that stands whole and right, False for one that is not there (or refused as broken), and
raises AssertionError for one that can be read and is wrong.
"""

import functools
import os
from pathlib import Path

import fault
import h5py
import numpy as np
import store_cases as cases
import xarray as xr
from small_writers import ASKED, ROWS, SMALL_WRITERS, Writer, absent, broken_too

import store
from store import encoding, layout, shards

SIZES = dict(cases.SIZES, row=2, col=2)


# --- shards ---


@functools.cache
def answer(i: int) -> xr.Dataset:
    return cases.answer(ASKED, ROWS * i, ROWS, SIZES)


def shard_path(root: Path, i: int) -> Path:
    return layout.shard(root, ASKED.analysis, ASKED.key, ROWS * i, ROWS * (i + 1))


def publish(root: Path, i: int) -> None:
    shards.publish(root, ASKED, ROWS * i, answer(i), cases.PROVENANCE)


def shard_there(root: Path, i: int, broken: bool = False) -> bool:
    span = (ASKED.analysis, ASKED.key, ROWS * i, ROWS * (i + 1))
    path = shard_path(root, i)
    if absent(lambda: store.read_shards(root, *span), path, broken):
        return False
    read = store.read_shards(root, *span).drop_attrs(deep=False)
    xr.testing.assert_identical(read, answer(i))
    with h5py.File(path) as opened:  # as anyone would, without our reader
        np.testing.assert_array_equal(opened["y_true"], answer(i)["y_true"])
    assert shards.trouble(root, *span) == ""
    return True


def keep_images() -> None:
    """Encode each answer once: kills and failures are then met by files, not by arithmetic."""
    encode, images = encoding.encode, {}

    def encoded(analysis, question, dataset):
        which = (question.key, int(dataset["problem"][0]))
        if which not in images:
            images[which] = encode(analysis, question, dataset)
        return images[which]

    encoding.encode = encoded


def rotten_shard(root: Path, i: int) -> None:
    publish(root, i)
    path = shard_path(root, i)
    path.write_bytes(path.read_bytes()[:-9] + b"corrupted")


def orphan_side(root: Path, i: int) -> None:
    publish(root, i)
    shard_path(root, i).unlink()


def half_published(root: Path, i: int) -> None:
    """A publisher killed after the side file was linked and before the shard was."""
    side, link = shard_path(root, i).with_suffix(".json"), os.link

    def dies_before_the_shard(source: Path, target: Path) -> None:
        if side.exists():
            fault.kill()
        link(source, target)

    child = os.fork()
    if child == 0:
        os.link = dies_before_the_shard  # type: ignore[assignment]
        publish(root, i)
        os._exit(1)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])


# --- the catalog ---


def fill(root: Path, i: int) -> None:
    store.publish_problem_set(root, cases.PROBLEMS)
    for number in range(i + 1):
        publish(root, number)


def catalog_there(root: Path, i: int) -> bool:
    """Whether the catalog in force has shard i; of every shard it must have the right numbers."""
    if absent(lambda: store.open(root).close(), layout.current(root)):
        return False
    with store.open(root) as opened:
        if not opened.questions():
            return False
        rows = opened.sql("SELECT * FROM problem_properties__problem ORDER BY problem")
        there = sorted({p // ROWS for p in rows["problem"].tolist()})
        truth = xr.concat([answer(j) for j in there], "problem")
        names = set(rows.columns) & set(truth.data_vars)
        assert len(names) > 2
        for name in names | {"problem"}:
            np.testing.assert_array_equal(rows[name], truth[name])
        read = opened.read(ASKED.analysis).drop_attrs(deep=False)
        xr.testing.assert_identical(read, truth)
    return i in there


def catalog_kept(root: Path, i: int) -> bool:
    """A shard that the disk did not give back is left out by name until the next `collect`."""
    if catalog_there(root, i):
        return True
    with store.open(root) as opened:
        assert all(fault.mend for fault in opened.left_out())
        return any(str(shard_path(root, i).parent) in str(f) for f in opened.left_out())


WRITERS = (
    Writer("shard", publish, shard_there),
    Writer("shard over a rotten one", publish, broken_too(shard_there), rotten_shard),
    Writer("shard over a lone side file", publish, shard_there, orphan_side),
    Writer("shard half published", publish, shard_there, half_published),
    Writer(
        "sweep of temporaries", lambda root, _: shards.sweep_temporaries(root), shard_there,
        half_published,
    ),
    Writer("catalog and CURRENT", lambda root, _: store.catalog.collect(root), catalog_there, fill,
           heavy=True, kept=catalog_kept),
    *SMALL_WRITERS,
)  # fmt: skip
