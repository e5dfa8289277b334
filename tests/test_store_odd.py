"""One odd record of a store costs itself and one line; it sizes no array by what it says."""

import hashlib
import json
import os
import shutil
from pathlib import Path

import fake_store
import h5py
import numpy as np
import pytest

import store
from ired_interp_core import registry
from ired_interp_core.errors import Refusal
from ired_interp_core.records import digest
from precompute.__main__ import main
from store import files, layout, reading

ANALYSES = ("problem_properties", "descent", "landscape_slice")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    fake = fake_store.Fake(tmp_path_factory.mktemp("odd") / "whole", count=20)
    for name in ANALYSES:
        fake.ask(name)
    return fake.write_run("odd")


@pytest.fixture
def root(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "store", ignore=shutil.ignore_patterns("catalog"))


def folder_of(root, analysis):
    return next((root / "results" / analysis).iterdir())


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
        path = sorted(folder_of(root, analysis).glob("*.h5"))[shard]
        with h5py.File(path, "r+") as file:
            change(file)
        settle(path)

    return edit


def exchanged(root):
    """Two shards of as many problems, exchanged."""
    one, two = sorted(folder_of(root, "descent").glob("*.h5"))
    two.unlink()
    shutil.copy(one, two)
    settle(two)


def of_another_question(root):
    mine, other = (sorted(folder_of(root, n).glob("*.h5"))[0] for n in ANALYSES[:2])
    shutil.copy(other, mine)
    settle(mine)


def long_name(root):
    shard = sorted(folder_of(root, "descent").glob("*.h5"))[0]
    shutil.copy(shard, shard.with_name("000020-999999999.h5"))


def submission(root):
    path = layout.submission_record(root, "odd-20260101T000000-00000000")
    path.parent.mkdir(parents=True)
    path.write_text('{"run": "odd", "waves": []}')


def put(name, values):
    return lambda file: file[name].write_direct(np.asarray(values(file[name][()])))


ODD = {
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
    "a run of no models": lambda root: sealed(layout.run(root, "odd"), models=None),
    "a run whose question has no count": lambda root: sealed(
        layout.run(root, "odd"), questions=[{"key": "0" * 24, "analysis": "descent"}]
    ),
    "a half submission": submission,
    "levels that there are not": edited(put("level", lambda v: v + 40)),
    "a level twice": edited(put("level", lambda v: v * 0)),
    "problems of another range": edited(put("problem", lambda v: v + 1), "descent"),
    "two shards exchanged": exchanged,
    "the answer of another question": of_another_question,
    "a name of 10⁹ problems": long_name,
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_record_costs_itself_and_one_line(name, root, capsys):
    store.catalog.collect(root)
    with store.open(root) as opened:
        before = {q.key for q in opened.questions()}
    shutil.rmtree(root / "catalog")
    ODD[name](root)
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


@pytest.mark.parametrize("where", ["results/descent", "results/landscape_slice/KEY", "models"])
def test_a_folder_that_is_closed_costs_what_lies_in_it(root, where, monkeypatch, capsys):
    """As one that a colleague made for himself alone; the system's answer is imitated for root."""
    closed = root / where.replace("KEY", folder_of(root, "landscape_slice").name)
    listed, opened_ = os.listdir, os.open

    def refuse(path):
        if Path(path) == closed or closed in Path(path).parents:
            raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "listdir", lambda path=".": (refuse(path), listed(path))[1])
    monkeypatch.setattr(os, "open", lambda path, *a, **k: (refuse(path), opened_(path, *a, **k))[1])
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
    monkeypatch.setattr(layout, "MOST_BLOCK", 3)
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
    root = fake.write_run("odd")
    with store.open(root) as opened:
        assert opened.diverged() == {asked.key: (3, 20)}
    line = f"descent {asked.key[:8]}: 3 of 20 answers diverged (not finite); no mean has them"
    for command in ("status", "verify"):
        main([command, "--store", str(root)])
        assert line in capsys.readouterr().out, command
