"""What a catalog counts is what the arrays hold, however the store came to have them."""

import shutil

import fake_store
import numpy as np
import pytest

import store
from ired_interp_core.counts import counted
from ired_interp_core.schema import LEVELS, PLACES
from store import catalog, layout

NAME = "eigenvalue_spectrum"


def agrees(root):
    opened = store.open(root)
    question = opened.questions("hessian_spectrum")[0]
    found = opened.counts(question, NAME)
    every = opened.read("hessian_spectrum", variables=[NAME])[NAME]
    assert set(found) == {(t, p) for t in range(LEVELS) for p in PLACES}
    for (level, place), counts in found.items():
        exact = counted(every.sel(level=level, place=place).values)
        assert (counts.low, counts.high) == (exact.low, exact.high)
        assert (counts.exponent, counts.first) == (exact.exponent, exact.first)
        np.testing.assert_array_equal(counts.counts, exact.counts)
    return int(every.sizes["problem"])


def asked(root, count):
    fake = fake_store.Fake(root, count=count)
    fake.ask("hessian_spectrum")
    return fake


@pytest.fixture
def reads(monkeypatch):
    """Shards that a collect reads."""
    real, seen = store.reading.arrays, []

    def counted_read(root, question, span, problems, variables):
        seen.append(span)
        return real(root, question, span, problems, variables)

    monkeypatch.setattr("store.catalog_scalars.reading.arrays", counted_read)
    return seen


def test_a_store_that_grows_is_counted_by_its_new_shards(tmp_path, reads):
    root = asked(tmp_path / "store", 48).write_run()
    assert agrees(root) == 48
    question = store.open(root).questions("hessian_spectrum")[0]
    folder = layout.shard(root, "hessian_spectrum", question.key, 32, 48)
    aside = tmp_path / "aside"
    aside.mkdir()
    files = list(folder.parent.glob(f"{folder.stem}*"))
    for path in files:
        shutil.move(path, aside / path.name)
    reads.clear()
    catalog.collect(root)
    assert agrees(root) == 32
    assert sorted(reads) == [(0, 16), (16, 32)], "a part cannot be taken out of counts"
    for path in files:
        shutil.move(aside / path.name, path)
    reads.clear()
    catalog.collect(root)
    assert agrees(root) == 48
    assert reads == [(32, 48)]


def test_a_catalog_of_before_gets_its_counts(tmp_path, monkeypatch):
    with monkeypatch.context() as before:
        before.setattr("store.catalog_scalars.count_tables", lambda _: {})
        before.setattr("store.catalog_counts.count_tables", lambda _: {})
        before.setattr("store.catalog.count_tables", lambda _: {})
        root = asked(tmp_path / "store", 20).write_run()
    catalog.collect(root)
    assert agrees(root) == 20
