"""The tables that ship: out of a store into one netCDF, and back, or one clear line."""

import errno
import json
import os
import random
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import store_cases as cases
import xarray as xr

import store
from ired_interp_core import registry
from ired_interp_core.errors import Refusal
from ired_interp_core.records import ProblemSet, Question
from precompute import __main__ as command_line
from precompute.exports import tables as tables_export
from precompute.ground import exits
from store import tables

KNOWN = {
    "inverse": ("zero", "scaled_identity", "polynomial_1"),
    "completion": ("zero", "copy_observed"),
}
MODELS = {"inverse": "1" * 24, "completion": "2" * 24}
SETTINGS: tuple[dict[str, Any], ...] = ({"jump": False, "inner_steps": 2}, {}, {"clip": 5.0})
SIZES = {"level": 10, "quantile": 7, "direction": 9, "displacement": 12}
PROVENANCE = {
    "commit": "c" * 40, "dirty": False, "device": "cpu", "seconds": 12.5, "dtype": "float32",
    "versions": {"torch": "2.7", "numpy": "2.3"}, "host": "node1",
}  # fmt: skip


def asked(task: str, variant: str, **setting: Any) -> Question:
    """A question about a model."""
    roles = {"model": MODELS[task], "problems": ProblemSet(task, variant, 20, 1).digest}
    return registry.get("accuracy").question(roles, {"problems": 500, **setting})


def answer(question: Question, task: str) -> xr.Dataset:
    """A conforming answer with the baselines of its task."""
    names = KNOWN[task]
    made = cases.answer(question, sizes={**SIZES, "baseline": len(names), "measured": 500})
    made = made.drop_vars("problem", errors="ignore")
    return made.assign_coords(baseline=list(names))


def fill(root: Path) -> dict[str, xr.Dataset]:
    """Publish twelve answers, and eight that compare some of them with the official; by key."""
    published = {}
    for task, digest in MODELS.items():
        card = {"task": task, "size": 20, "title": f"model of {task}"}
        store.publish_model(root, digest, f"weights {task}".encode(), card)
        for variant in ("harder", "same"):
            store.publish_problem_set(root, ProblemSet(task, variant, 20, 1))
            for setting in SETTINGS:
                question = asked(task, variant, **setting)
                published[question.key] = made = answer(question, task)
                facts = PROVENANCE | ({"device_name": "A card"} if setting else {})
                store.shards.publish(root, question, 0, made, facts)
            whole = asked(task, variant)
            for setting in filter(None, SETTINGS):
                compared = against(asked(task, variant, **setting), whole)
                published[compared.key] = made = cases.answer(compared, sizes={})
                store.shards.publish(root, compared, 0, made, PROVENANCE)
    return published


def against(one: Question, other: Question) -> Question:
    """The question that compares two answers."""
    roles = {"one": one.key, "other": other.key}
    return registry.get("accuracy_paired").question(roles, {"problems": 500})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, xr.Dataset]]:
    folder = tmp_path_factory.mktemp("tables") / "store"
    return folder, fill(folder)


@pytest.fixture(scope="module")
def root(made: Any) -> Path:
    return made[0]


@pytest.fixture(scope="module")
def published(made: Any) -> dict[str, xr.Dataset]:
    return made[1]


@pytest.fixture(scope="module")
def shipped(root: Path) -> Path:
    path = root.parent / "accuracy.nc"
    assert command_line.main(["export-tables", "--store", str(root), "--out", str(path)]) == 0
    return path


def test_every_answer_is_a_row_with_its_question_and_its_origin(
    root: Path, published: dict[str, xr.Dataset], shipped: Path
) -> None:
    found = store.read_tables(shipped)
    with store.open(root) as s:
        sums = dict(s.sql("SELECT question, sha256 FROM shards").itertuples(index=False))
    assert found.sizes == {"setting": 12, "baseline": 4, **SIZES}
    assert {*found["key"].values, *found["paired_key"].values} == {*published, ""}
    for row in range(12):
        one = found.isel(setting=row)
        task, variant = str(one["task"].item()), str(one["variant"].item())
        names = ("clip", "inner_steps", "jump")
        setting = {n: one[n].item() for n in names}
        question = asked(task, variant, **setting)
        assert question.key == one["key"].item()
        assert question.inputs["model"] == one["model"].item()
        assert one["jump"].dtype == bool
        assert (one["problems"], one["seed"], one["problem_seed"], one["size"]) == (500, 0, 1, 20)
        was = published[question.key]
        whole = asked(task, variant)
        compared = "" if question == whole else against(question, whole).key
        assert (one["paired_key"], one["paired_with"]) == (
            (compared, whole.key) if compared else ("", "")
        )
        for name in registry.get("accuracy_paired").schema.variables:
            kept = float(published[compared][name]) if compared else np.nan
            np.testing.assert_equal(float(one[tables.paired_name(name)]), kept)
        for name, declared in registry.get("accuracy").schema.variables.items():
            if "measured" in declared.dims:  # errors of single problems stay in the store
                assert name not in one
                continue
            padded = "baseline" in declared.dims
            values = one[name].sel(baseline=was["baseline"]) if padded else one[name]
            np.testing.assert_array_equal(values, was[name], name)
            assert one[name].attrs["units"] == declared.unit
        other = [n for n in found["baseline"].values if n not in KNOWN[task]]
        assert np.isnan(one["r2"].sel(baseline=other)).all()
        assert (one["commit"], one["dirty"], one["seconds"]) == ("c" * 40, 0, 12.5)
        official = setting == {"clip": 2.0, "inner_steps": 5, "jump": True}
        assert one["device"] == ("cpu" if official else "A card")
        assert one["sha256"] == sums[question.key]
    for dim in ("displacement", "quantile"):
        np.testing.assert_array_equal(found[dim], was[dim])


def test_the_order_does_not_depend_on_the_store(shipped: Path) -> None:
    found = store.read_tables(shipped)
    assert list(found["task"].values) == ["inverse"] * 6 + ["completion"] * 6
    assert list(found["variant"].values[:6]) == ["same"] * 3 + ["harder"] * 3
    official = found.isel(setting=slice(0, None, 3))
    assert (official["jump"] & (official["clip"] == 2) & (official["inner_steps"] == 5)).all()


def test_the_head_says_where_the_file_comes_from(shipped: Path) -> None:
    head = store.read_tables(shipped).attrs
    assert head["commit"] == "c" * 40
    assert head["device"] == "A card, cpu"
    assert json.loads(head["versions"]) == PROVENANCE["versions"]
    assert json.loads(head["models"])[MODELS["inverse"]]["title"] == "model of inverse"
    assert head["created"].endswith("Z")
    assert "export-tables" in head["command"]
    assert "node1" not in shipped.read_bytes().decode("latin-1")


def test_xarray_reads_the_same_numbers(shipped: Path) -> None:
    ours = store.read_tables(shipped)
    with xr.open_dataset(shipped, engine="h5netcdf") as theirs:
        for name in [*ours.data_vars, *ours.coords]:
            mine, other = ours[name].values, theirs[name].values
            if mine.dtype.kind == "O":
                other = np.array([o.decode() if isinstance(o, bytes) else o for o in other])
            np.testing.assert_array_equal(mine, other, str(name))


def test_a_repeat_replaces_the_file_and_nothing_else(root: Path, shipped: Path) -> None:
    before = store.read_tables(shipped)
    assert tables_export.export(root, shipped) == 0
    xr.testing.assert_equal(store.read_tables(shipped), before)
    assert sorted(p.name for p in shipped.parent.iterdir()) == ["accuracy.nc", "store"]
    assert shipped.stat().st_size < 450_000


def test_what_cannot_be_read_back_replaces_nothing(
    shipped: Path, tmp_path: Path, capfd: Any
) -> None:
    out = tmp_path / "accuracy.nc"
    out.write_bytes(shipped.read_bytes())
    question = asked("inverse", "same")
    store.publish_problem_set(tmp_path / "store", ProblemSet("inverse", "same", 20, 1))
    facts = PROVENANCE | {"device_name": "a name of more bytes than a text may have: " + "N" * 40}
    store.shards.publish(tmp_path / "store", question, 0, answer(question, "inverse"), facts)
    words = ["export-tables", "--store", str(tmp_path / "store"), "--out", str(out)]
    assert command_line.main(words) == exits.BAD_DATA
    assert "other shape than declared" in capfd.readouterr().err
    assert out.read_bytes() == shipped.read_bytes()
    with pytest.raises(Refusal, match=r"tables cannot be read .*file is too large"):
        tables.decode(bytes(tables.MOST_BYTES + 1), str(out))


@pytest.mark.parametrize("there", ["a note", ""])
def test_another_file_is_left_alone(root: Path, tmp_path: Path, there: str, capfd: Any) -> None:
    other = tmp_path / "notes.nc"
    other.write_text(there)
    words = ["export-tables", "--store", str(root), "--out", str(other)]
    assert command_line.main(words) == exits.USAGE
    assert "something else" in capfd.readouterr().err
    assert other.read_text() == there


def test_a_store_without_answers_says_what_makes_them(tmp_path: Path, capfd: Any) -> None:
    cases.fill(tmp_path / "store", cases.question("problem_properties"))
    words = ["export-tables", "--store", str(tmp_path / "store"), "--out", str(tmp_path / "x.nc")]
    assert command_line.main(words) == exits.USAGE
    line = capfd.readouterr().err.strip()
    assert "no finished answer" in line
    assert "precompute run" in line
    assert len(line.splitlines()) == 1
    assert command_line.main([*words[:-1], str(tmp_path / "no" / "x.nc")]) == exits.USAGE


def edit(shipped: Path, path: Path, change: Any) -> Path:
    """A copy with a change."""
    path.write_bytes(shipped.read_bytes())
    with h5py.File(path, "r+") as file:
        change(file)
    return path


def version(file: h5py.File) -> None:
    file.attrs["analysis_version"] = np.int64(1)


def form(file: h5py.File) -> None:
    file.attrs["form"] = np.int64(7)


def value(file: h5py.File) -> None:
    file["mse"][3] = 0.001


def key(file: h5py.File) -> None:
    file["key"][0] = file["key"][1]


def words(file: h5py.File) -> None:
    file.attrs["device"] = "a better one"


def lacking(file: h5py.File) -> None:
    del file["r2"]


def linked(file: h5py.File) -> None:
    del file["r2"]
    file["r2"] = h5py.ExternalLink("/etc/hostname", "/x")


def added(file: h5py.File) -> None:
    file["more"] = 1.0


def huge(file: h5py.File) -> None:
    del file["mse"]
    file.create_dataset("mse", (900_000, 1000), "f8", chunks=(1000, 1000))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (version, r"version .*came: \(2, 'accuracy', 1\) .*expected: \(2, 'accuracy', 2\)"),
        (form, r"version .*came: \(7"),
        (value, "differs from its own digest"),
        (key, "differs from its own digest"),
        (words, "differs from its own digest"),
        (lacking, "array is missing .*r2"),
        (linked, "link instead of an array .*r2"),
        (added, "undeclared object .*more"),
        (huge, "array is too large|array lies|shape"),
    ],
)
def test_a_changed_file_is_one_clear_line(
    shipped: Path, tmp_path: Path, change: Any, said: str
) -> None:
    path = edit(shipped, tmp_path / "broken.nc", change)
    with pytest.raises(Refusal, match=said) as caught:
        store.read_tables(path)
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith(f"tables cannot be read · in: {path}")
    assert line.count("next:") == 1
    assert "export-tables --store DIR" in line


def test_tables_of_another_version_may_be_replaced(
    root: Path, shipped: Path, tmp_path: Path
) -> None:
    path = edit(shipped, tmp_path / "old.nc", version)
    assert tables_export.export(root, path) == 0
    assert store.read_tables(path).sizes["setting"] == 12


@pytest.mark.parametrize("content", [b"", b"\x89HDF\r\n\x1a\n", b"CDF\x01 something else"])
def test_what_is_no_such_file_is_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "accuracy.nc"
    for where in (path, tmp_path):
        with pytest.raises(Refusal, match="tables cannot be read"):
            store.read_tables(where)
    path.write_bytes(content)
    with pytest.raises(Refusal, match=r"tables cannot be read .*next: python"):
        store.read_tables(path)
    xr.Dataset({"x": ("y", [1.0])}).to_netcdf(path, engine="h5netcdf")
    with pytest.raises(Refusal, match="another form or version"):
        store.read_tables(path)


def test_damage_anywhere_gives_the_numbers_or_one_line(shipped: Path, tmp_path: Path) -> None:
    data, right = shipped.read_bytes(), store.read_tables(shipped)
    chance, path, refused = random.Random(5), tmp_path / "accuracy.nc", 0
    for turn in range(60):
        at = chance.randrange(len(data))
        broken = bytearray(data)
        broken[at] ^= 1 << chance.randrange(8)
        path.write_bytes(data[:at] if turn % 5 == 0 else bytes(broken))
        try:
            found = store.read_tables(path)
        except Refusal:
            refused += 1
        else:
            assert turn % 5
            xr.testing.assert_equal(found, right)
    assert refused >= 14


def test_the_catalog_has_the_numbers_of_a_set_by_level_and_baseline(
    root: Path, published: dict[str, xr.Dataset]
) -> None:
    store.catalog.collect(root)
    with store.open(root) as s:
        for key, was in published.items():
            if "mse" not in was:
                one = s.sql("SELECT * FROM accuracy_paired WHERE question = ?", [key]).iloc[0]
                assert one["official_ratio"] == float(was.official_ratio)
                continue
            one = s.sql("SELECT * FROM accuracy WHERE question = ?", [key]).iloc[0]
            assert one["mse"] == float(was.mse)
            assert one["truth_correlation"] == float(was.truth_correlation)
            assert "problem_mse" not in one
            level = s.sql(
                "SELECT mse_level FROM accuracy__level WHERE question = ? ORDER BY level", [key]
            )
            np.testing.assert_array_equal(level["mse_level"], was.mse_level)
            baseline = s.sql("SELECT * FROM accuracy__baseline WHERE question = ?", [key])
            assert list(baseline["baseline"]) == list(was["baseline"].values)
            np.testing.assert_array_equal(baseline["r2"], was.r2)
            assert "energy_displaced" not in one


def test_the_names_cannot_collide() -> None:
    declared = registry.get("accuracy").schema.variables
    compared = {tables.paired_name(n) for n in registry.get("accuracy_paired").schema.variables}
    assert not compared & set(declared)
    own = set(tables.variables()) - set(declared) - compared
    facts = {"commit", "dirty", "device", "seconds", "sha256"}
    assert own == facts | {"paired_with", "paired_key"}
    assert not set(tables.coordinates()) & set(tables.variables())


def test_a_store_that_one_may_only_read_is_exported(
    root: Path, shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    store.catalog.collect(root)
    opened = os.open

    def read_only(path: Any, flags: int, *words: Any, **named: Any) -> int:
        if flags & os.O_CREAT and str(path).startswith(str(root)):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
        return opened(path, flags, *words, **named)

    monkeypatch.setattr(os, "open", read_only)
    words = ["export-tables", "--store", str(root), "--out", str(tmp_path / "own.nc")]
    assert command_line.main(words) == exits.DONE
    assert "file system is read-only" in capfd.readouterr().out
    mine, theirs = store.read_tables(tmp_path / "own.nc"), store.read_tables(shipped)
    xr.testing.assert_equal(mine, theirs)
