"""One odd record of a store costs itself and one line; it sizes no array by what it says."""

import os
import shutil
from pathlib import Path

import fake_store
import numpy as np
import odd_records
import pytest
import xarray as xr
from odd_records import folder_of

import store
from app.overview import provenance
from ired_interp_core import registry
from ired_interp_core.errors import Refusal
from precompute.__main__ import main
from store import files, layout, naming, reading

ANALYSES = ("problem_properties", "descent", "landscape_slice")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    fake = fake_store.Fake(tmp_path_factory.mktemp("odd") / "whole", count=20)
    for name in ANALYSES:
        fake.ask(name)
    return fake.write_run(odd_records.RUN)


@pytest.fixture
def root(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "store", ignore=shutil.ignore_patterns("catalog"))


@pytest.mark.parametrize("name", odd_records.RECORDS)
def test_an_odd_record_costs_itself_and_one_line(name, root, capsys):
    store.catalog.collect(root)
    with store.open(root) as opened:
        before = {q.key for q in opened.questions()}
    shutil.rmtree(root / "catalog")
    odd_records.RECORDS[name](root)
    assert main(["collect", "--store", str(root)]) == 0
    with store.open(root) as opened:
        (fault,) = opened.left_out()
        assert {q.key for q in opened.questions()} == before
    assert "\n" not in str(fault)
    report = store.verify(root)
    assert [f.path for f in report.problems] == [fault.path]
    capsys.readouterr()
    assert main(["status", "--store", str(root)]) == 0
    said = capsys.readouterr().out
    assert f"left out: {fault}" in said


@pytest.mark.parametrize("shown", [False, True], ids=["closed", "names alone"])
@pytest.mark.parametrize(
    "where", ["results/descent", "results/landscape_slice/KEY", "models", "slurm/odd", "notes"]
)
def test_a_folder_that_is_closed_costs_what_lies_in_it(root, where, shown, monkeypatch, capsys):
    """As one that a colleague made for himself alone; the system's answer is imitated for root."""
    closed = root / where.replace("KEY", folder_of(root, "landscape_slice").name)
    closed.mkdir(parents=True, exist_ok=True)
    listed, opened_, stat = os.listdir, os.open, os.stat

    def refuse(path, within=False):
        if isinstance(path, int) or (within and str(path) == str(closed)):
            return
        if Path(path) == closed or closed in Path(path).parents:
            raise PermissionError(13, "Permission denied", str(path))

    def lists(path="."):
        refuse(path, within=shown)
        return listed(path)

    def stats(path, *a, **k):
        refuse(path, within=True)
        return stat(path, *a, **k)

    monkeypatch.setattr(os, "listdir", lists)
    monkeypatch.setattr(os, "open", lambda path, *a, **k: (refuse(path), opened_(path, *a, **k))[1])
    monkeypatch.setattr(os, "stat", stats)
    assert main(["collect", "--store", str(root)]) == 0
    with store.open(root) as opened:
        (fault,) = opened.left_out()
        assert fault.path == str(closed)
        assert fault.mend.startswith("chmod -R a+rX ")
        assert "problem_properties" in {q.analysis for q in opened.questions()}
    assert str(closed) in {f.path for f in store.verify(root).problems}
    assert main(["status", "--store", str(root)]) == 0
    assert str(closed) in capsys.readouterr().out


def test_weights_of_another_model_are_noticed(root):
    """The digest under which weights lie is computed again; what the store cannot, it is given."""
    (model,) = (root / "models").iterdir()
    report = store.verify(root, lambda path: "f" * 24)
    assert f"weights of another model, {'f' * 24}" in report.problems[0].what
    assert report.problems[0].mend.startswith(f"rm -r {model}")
    assert store.verify(root, lambda path: model.name).problems[1:] == []


def test_what_no_reader_takes_is_not_written(root, monkeypatch):
    monkeypatch.setattr(files.json_bytes, "__defaults__", (2000,))
    with pytest.raises(Refusal, match="record is too long"):
        store.publish_model(root, "a" * 24, b"weights", {"x": "y" * 3000})
    assert not (root / "models" / ("a" * 24)).exists()


def test_a_block_beyond_any_is_no_shard(root, monkeypatch):
    """As a reader would refuse it, a writer does."""
    asked = registry.get("problem_properties").question(
        {"problems": fake_store.PROBLEMS.digest}, {}
    )
    monkeypatch.setattr(naming, "MOST_BLOCK", 3)
    answer = fake_store.answer(asked, fake_store.PROBLEMS, 40, 44)
    with pytest.raises(Refusal, match="too many problems"):
        store.shards.publish(root, asked, 40, answer, {})


def test_a_catalog_that_names_a_billion_problems_reads_none_of_them(root, monkeypatch):
    store.catalog.collect(root)
    with store.open(root) as opened:
        monkeypatch.setattr(reading, "MOST_PROBLEMS", 19)
        with pytest.raises(Refusal, match="read is too large"):
            opened.read("descent")
        assert opened.read("descent", problems=[3]).sizes["problem"] == 1


def test_answers_that_diverged_are_counted(tmp_path, capsys):
    fake = fake_store.Fake(tmp_path / "store", count=20)
    mse = np.full(20, 0.5)
    mse[[3, 7, 18]] = np.nan, np.inf, -np.inf
    asked = fake.ask("descent", {"mse_final": mse})
    root = fake.write_run(odd_records.RUN)
    with store.open(root) as opened:
        assert opened.diverged() == {asked.key: (3, 20)}
    line = f"descent {asked.key[:8]}: 3 of 20 answers diverged (not finite); no mean has them"
    for command in ("status", "verify"):
        main([command, "--store", str(root)])
        assert line in capsys.readouterr().out, command


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    """A descent in three shards, beside what it reads."""
    fake = fake_store.Fake(tmp_path_factory.mktemp("odd") / "three", count=40)
    fake.ask("descent")
    return fake.write_run(odd_records.RUN)


@pytest.mark.parametrize("name", odd_records.SHARDS)
def test_a_bad_shard_costs_its_own_problems_and_is_named(name, three, tmp_path):
    root = shutil.copytree(three, tmp_path / "store")
    with store.open(root) as opened:
        whole = opened.read("descent")
        shard = odd_records.shards_of(root, "descent")[0]
        odd_records.SHARDS[name](shard)
        with pytest.raises(Refusal):
            opened.read("descent")
        left_out = []
        read = opened.read("descent", left_out=left_out)
        xr.testing.assert_identical(read, whole.isel(problem=slice(16, None)))
        assert [fault.path for fault in left_out] == [str(shard)]
        assert "precompute run" in left_out[0].mend
        if "order" not in name:  # which is odd beside the others alone
            with pytest.raises(Refusal, match=r"next: .*precompute run"):
                opened.read("descent", problems=[3], left_out=[])


def refused(root):
    """The next step that opening a store advises; "" where nothing is wrong with its catalog."""
    try:
        with store.open(root) as opened:
            opened.runs(), opened.models(), opened.series()
    except Refusal as refusal:
        return refusal.next_step
    return ""


def test_a_catalog_of_another_form_is_refused(three, tmp_path):
    root = shutil.copytree(three, tmp_path / "store")
    current = layout.current(root).read_bytes()
    for name, forge in odd_records.CATALOGS.items():
        layout.current(root).write_bytes(current)
        forge(root)
        assert "precompute collect" in refused(root), name


@pytest.mark.parametrize(
    "name", ["no table runs", "a record of another form", "a card that is none"]
)
def test_collect_builds_a_catalog_that_holds(name, three, tmp_path):
    root = shutil.copytree(three, tmp_path / "store")
    odd_records.CATALOGS[name](root)
    store.catalog.collect(root)
    with store.open(root) as opened:
        assert opened.runs()[0]["name"] == odd_records.RUN
        assert opened.models()
        assert opened.questions("descent")[0].rows == 40


def test_an_odd_row_of_a_catalog_counts_for_nothing(three, tmp_path):
    root = shutil.copytree(three, tmp_path / "store")
    current = layout.current(root).read_bytes()
    for name, forge in odd_records.ROWS.items():
        layout.current(root).write_bytes(current)
        forge(root)
        with store.open(root) as opened:
            for question in opened.questions():
                assert question.rows in {0, 40}, name
            assert all("precompute collect" in fault.mend for fault in opened.left_out()), name
            assert len(provenance.provenance(opened)), name
