"""Dims and their labels: declared once, checked as results leave `compute`, kept by the catalog."""

import itertools

import fake_store
import numpy as np
import pytest
import xarray as xr

import store
from ired_interp_core import registry, tasks
from ired_interp_core.errors import Refusal
from ired_interp_core.schema import DIMS, LEVELS, PLACES, Dim, Parameter, Schema, Variable
from store import encoding

SPLIT = Dim("halved", "half of the entries", "VARCHAR", "whole", ("upper", "lower"))
DEPTH = Dim("depth", "how deep", "INTEGER", "walked")
SHARE = Dim("level_share", "share of the level", "DOUBLE", labels=(0.25, 0.75))


@pytest.fixture
def toy(monkeypatch):
    """An analysis that declares three dims of its own, as its file would."""
    monkeypatch.setattr(registry, "_ANALYSES", dict(registry.analyses()))

    @registry.analysis(
        name="toy", version=1, title="Toy", sentence="A toy.", rows=16, figure="table",
        inputs={"problems": registry.Role("problems")}, parameters={},
        variables={
            "halves": Variable(("problem", "halved"), "float64", "h", "1", "…", scalar=True),
            "depths": Variable(("problem", "depth"), "float64", "d", "1", "…", scalar=True),
            "shares": Variable(("problem", "level_share"), "float64", "s", "1", "…", scalar=True),
        },
        dims=(SPLIT, DEPTH, SHARE),
    )  # fmt: skip
    def compute(block, parameters):
        raise NotImplementedError

    return registry.get("toy")


def test_a_dim_of_one_file_keeps_its_type_in_the_catalog_and_its_labels_in_the_shard(toy, tmp_path):
    fake = fake_store.Fake(tmp_path / "store", count=3)
    asked = fake.ask("toy", sizes={"depth": 2})
    with store.open(fake.write_run()) as opened:
        types = {
            column: kind
            for name in ("halved", "depth", "level_share")
            for column, kind in opened.sql(f"DESCRIBE toy__problem_{name}").iloc[:, :2].values
        }
        assert types["halved"] == "VARCHAR"
        assert types["depth"] == "INTEGER"
        assert types["level_share"] == "DOUBLE"
        found = opened.sql("SELECT halved, halves FROM toy__problem_halved WHERE problem = 1")
        read = opened.read("toy", problems=[1])
    assert list(read.halved.values) == list(SPLIT.labels)
    assert dict(found.values) == dict(zip(SPLIT.labels, read.halves.values[0], strict=True))
    path = store.layout.shard(tmp_path / "store", "toy", asked.key, 0, 3)
    with xr.open_dataset(path) as shard:
        assert shard.halved.attrs == {"units": "1", "long_name": "halved", "help": SPLIT.help}
        assert list(shard.level_share) == [0.25, 0.75]


@pytest.mark.parametrize(
    ("name", "coordinate", "words"),
    [
        ("halved", ["lower", "upper"], "upper, lower"),
        ("halved", [0, 1], "upper, lower"),
        ("level_share", [0.25, 0.5], "0.25, 0.75"),
        ("depth", ["a", "b"], "distinct integers"),
        ("depth", [1, 1], "distinct integers"),
        ("depth", [-1, 0], "distinct integers"),
        ("depth", [0, 2**40], "distinct integers"),
        ("depth", [0.5, 1.5], "distinct integers"),
    ],
)
def test_labels_other_than_declared_are_refused(toy, name, coordinate, words):
    problems = fake_store.PROBLEMS
    asked = toy.question({"problems": problems.digest}, {})
    with pytest.raises(Refusal, match=words) as refusal:
        fake_store.answer(
            asked, problems, stop=2, sizes={"depth": 2}, coordinates={name: coordinate}
        )
    assert name in refusal.value.where


def test_a_task_has_some_of_the_baselines(monkeypatch):
    known = registry.get("problem_properties").schema.dims["baseline"]
    for task, variant in itertools.product(tasks.TASKS, tasks.VARIANTS):
        names = [b.name for b in tasks.baselines(task, variant, 3)]
        known.check(np.array(names), "here")
        assert set(names) <= set(tasks.TASKS[task].baselines)
        if variant == "harder":
            assert names == list(tasks.TASKS[task].baselines)
    for wrong in (["zero", "guess"], ["zero", "zero"]):
        with pytest.raises(Refusal, match="some of zero"):
            known.check(np.array(wrong), "here")


@pytest.mark.parametrize("name", registry.analyses())
def test_every_text_coordinate_has_declared_labels(name):
    dims = registry.get(name).schema.dims
    assert all(bool(d.labels) >= (d.sql == "VARCHAR") for d in dims.values())
    assert all(d.alike(DIMS.get(n, d)) for n, d in dims.items())  # others are of one analysis


def test_a_word_has_one_meaning(toy):
    def declare(name, *dims, used="halved"):
        return registry.analysis(
            name=name, version=1, title="", sentence="", rows=1, figure="table", inputs={},
            parameters={}, dims=dims,
            variables={"v": Variable((used,), "float64", "v", "1", "…")},
        )(toy.compute)  # fmt: skip

    declare("again", SPLIT.labelled(("left", "right")))  # other labels of the same dim
    with pytest.raises(Refusal, match="declared twice"):
        declare("other", Dim("halved", "of the data", "VARCHAR", "whole", ("train", "test")))
    with pytest.raises(Refusal, match="declared twice"):
        declare("other", Dim("level", "of water", "DOUBLE"), used="level")
    with pytest.raises(Refusal, match="undeclared dim"):
        declare("other")
    with pytest.raises(Refusal, match="of no variable"):
        declare("other", SPLIT, DEPTH)
    with pytest.raises(Refusal, match="without labels"):
        Schema({"v": Variable(("end",), "float64", "v", "1", "…")})


@pytest.mark.parametrize(
    "bad",
    [
        {"name": "two words"}, {"help": ""}, {"sql": "TEXT"}, {"taken": "slowly"},
        {"labels": ("a",)}, {"sql": "VARCHAR", "labels": (1.0,)},
        {"sql": "VARCHAR", "labels": ("a", "a")},
    ],
)  # fmt: skip
def test_unusable_dims_are_refused(bad):
    with pytest.raises(Refusal, match="unusable"):
        Dim(**{"name": "d", "help": "a dim", **bad})


def test_the_layout_of_files_follows_the_dims(toy):
    sizes = {"problem": 100, "halved": 20, "depth": 8, "level": LEVELS, "feature": 10_000, "end": 2}

    def chunk(*dims):
        return encoding.chunks(dims, sizes, 8, {**DIMS, **toy.schema.dims})

    assert chunk("problem", "level", "depth", "halved") == (1, 10, 8, 20)
    assert chunk("problem", "feature", "halved") == (1, 204, 20)
    assert chunk("problem", "end", "feature") == (1, 1, 4096)


def test_every_analysis_has_an_answer_made_from_its_declaration(tmp_path):
    """The fake store knows no analysis: what it makes conforms, and links to what stands upstream.

    Two dictionaries are there, so that what compares two has both.
    """
    fake = fake_store.Fake(tmp_path / "store", count=3)
    fake.ask("dictionary")
    other = fake.ask("dictionary", parameters={"seed": 1})
    for name in registry.analyses():
        fake.ask(name, **({"other": other.key} if name == "dictionary_match" else {}))
    asked = {q["key"] for q in fake.asked}
    for question in fake.questions.values():
        for role, kind in registry.get(question.analysis).roles(question.inputs).items():
            assert kind.kind != "answer" or question.inputs[role] in asked
    with store.open(fake.write_run()) as opened:
        shown = {q.analysis: q for q in opened.questions()}
        assert list(shown) == list(registry.analyses())
        spectrum = opened.read("hessian_spectrum")
    assert tuple(spectrum.place.values) == PLACES


def test_figures_are_checked_words():
    with pytest.raises(Refusal, match="lines, heatmap, matrix, table"):
        registry.analysis(
            name="other", version=1, title="", sentence="", rows=1, inputs={},
            parameters={"p": Parameter(int, 0, "…")}, variables={}, figure="pie",
        )(registry.get("descent").compute)  # fmt: skip
    assert "other" not in registry.analyses()
