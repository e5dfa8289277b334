"""What is declared later keeps old keys: a parameter of an analysis, a field of a problem set."""

import json
from dataclasses import dataclass, replace

import fake_store
import pytest

import store
from ired_interp_core import records, registry
from ired_interp_core.errors import Refusal
from ired_interp_core.records import ProblemSet, later
from ired_interp_core.schema import Parameter

SMOOTHING = Parameter(float, 0.5, "a parameter of later days", minimum=0.0, older=0.0)
INPUTS = {"model": "m", "problems": "p"}


def grown() -> registry.Analysis:
    """`descent` of the same version, with a parameter more."""
    descent = registry.get("descent")
    return replace(descent, parameters={**descent.parameters, "smoothing": SMOOTHING})


def test_a_later_parameter_is_left_out_of_the_question_at_its_older_value():
    old = registry.get("descent").question(INPUTS, {"clip": 5.0})
    asked = grown().question(INPUTS, {"clip": 5.0, "smoothing": 0})
    assert asked.parameters["smoothing"] == 0.0, "compute and readers see it"
    assert "smoothing" not in asked.as_dict()["parameters"]
    assert asked.key == old.key


def test_at_another_value_it_is_another_question():
    old = registry.get("descent").question(INPUTS, {})
    default = grown().question(INPUTS, {})
    assert default.as_dict()["parameters"]["smoothing"] == 0.5
    assert len({old.key, default.key, grown().question(INPUTS, {"smoothing": 1.0}).key}) == 3


def test_the_older_value_is_one_that_the_parameter_can_have():
    assert Parameter(float, 1.0, "…", older=2).older == 2.0
    with pytest.raises(Refusal, match="out of range"):
        replace(SMOOTHING, older=-1.0)


def test_old_answers_are_read_as_answers_at_the_older_value(tmp_path, monkeypatch):
    """A store of before the parameter; asked again, nothing of it is computed anew."""
    root = fake_store.make(tmp_path / "store", count=4, analyses=("descent",))
    monkeypatch.setitem(registry._ANALYSES, "descent", grown())
    with store.open(root) as opened:
        (before,) = opened.questions("descent")
        assert before.parameters["smoothing"] == 0.0
        assert before.question.key == before.key
        whole = opened.read("descent")
    assert registry.question_of(whole).parameters["smoothing"] == 0.0
    again = grown().question(before.inputs, {"smoothing": 0.0})
    assert store.shards.missing(root, "descent", again.key, [(0, 4)]) == []
    fake = fake_store.Fake(root, count=4)
    new = fake.ask("descent", parameters={"smoothing": 0.25})
    with store.open(fake.write_run("later")) as opened:
        shown = {q.key: q for q in opened.questions("descent")}
    assert [shown[k].parameters["smoothing"] for k in (before.key, new.key)] == [0.0, 0.25]
    assert shown[new.key].title == "smoothing 0.25"
    stored = json.loads(store.layout.question(root, "descent", new.key).read_text())
    assert stored["parameters"]["smoothing"] == 0.25
    assert registry.read_question(stored) == new


def test_a_question_that_spells_the_older_value_belongs_to_no_address(tmp_path, monkeypatch):
    monkeypatch.setitem(registry._ANALYSES, "descent", grown())
    asked = grown().question(INPUTS, {"smoothing": 0.0})
    spelled = {**asked.as_dict(), "parameters": dict(asked.parameters)}
    path = store.layout.question(tmp_path, "descent", records.digest(spelled))
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(spelled))
    with pytest.raises(Refusal, match="does not belong"):
        store.records.read_question(tmp_path, "descent", records.digest(spelled))


@dataclass(frozen=True)
class Grown(ProblemSet):
    """A problem set with a field more."""

    noise: float = later(0.0)


SAME = ("inverse", "same", 4, 0)


def test_a_later_field_is_left_out_of_the_record_at_its_older_value():
    old = ProblemSet(*SAME)
    assert Grown(*SAME).as_dict() == old.as_dict()
    assert Grown(*SAME).digest == Grown(*SAME, noise=0.0).digest == old.digest
    noisy = Grown(*SAME, noise=0.1)
    assert noisy.as_dict() == {**old.as_dict(), "noise": 0.1}
    assert noisy.digest != old.digest


@pytest.mark.parametrize(
    ("fields", "digest"),
    [
        (("inverse", "same", 20, 0), "6e1f94b2798d98a662483181"),
        (("addition", "harder", 20, 3), "8ab82ea2dd4c17f460f890e9"),
        (("completion", "same", 4, 7), "a1b9637472e078864859c094"),
    ],
)
def test_seeded_sets_have_the_digests_that_they_had_before_there_were_others(fields, digest):
    assert ProblemSet(*fields).digest == digest


def test_sets_are_read_back_with_and_without_it():
    for one in (Grown(*SAME), Grown(*SAME, noise=0.1)):
        assert Grown.from_dict(json.loads(json.dumps(one.as_dict()))) == one
    for bad in ({"noise": 1}, {"colour": "red"}, {"size": "4"}):
        with pytest.raises(Refusal, match="no problem set"):
            Grown.from_dict({**ProblemSet(*SAME).as_dict(), **bad})
    with pytest.raises(Refusal, match="no problem set"):
        Grown.from_dict({"task": "inverse", "variant": "same", "size": 4})


def test_a_store_knows_a_set_by_all_of_its_fields(tmp_path, monkeypatch):
    noisy = Grown(*SAME, noise=0.1)
    fake = fake_store.Fake(tmp_path / "store", noisy, count=2)
    fake.ask("problem_properties")
    for module in (store.records, store.catalog_reader):
        monkeypatch.setattr(module, "ProblemSet", Grown)
    with store.open(fake.write_run()) as opened:
        (shown,) = opened.questions()
    assert shown.problems == noisy
