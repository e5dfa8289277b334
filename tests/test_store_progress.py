"""How far submissions are, by the folders alone."""

import time

import fake_store
import pytest

from app.overview.cluster import table
from ired_interp_core.errors import Refusal
from store import files, layout, progress, records, shards, submissions

NAME = "one-20260102T030405-0123abcd"
NOW = 1_800_000_000.0
RECORD = {
    "run": "one", "sweep": "", "profile": {}, "commit": "", "units": 6, "elements": 6,
    "stages": [0], "state": "submitted", "waves": [], "reduce": None, "collect": None,
}  # fmt: skip


def at(age):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(NOW - age))


@pytest.fixture
def root(tmp_path):
    """Eight problems are there of twenty-four asked, in elements of one unit each."""
    root = fake_store.make(tmp_path / "store", count=8, analyses=("problem_properties", "descent"))
    questions = {}
    for path in (root / "results").glob("*/*/question.json"):
        questions[path.parent.name] = {"question": {"analysis": path.parent.parent.name}}
    units = [{"question": k, "rows": [a, a + 8]} for a in (0, 8, 16) for k in sorted(questions)]
    folder = layout.submission(root, NAME)
    (folder / "elements").mkdir(parents=True)
    files.replace(
        folder / "manifest.json", files.json_bytes({"questions": questions, "units": units})
    )
    elements = {"elements": [[i] for i in range(len(units))], "seconds": [1.0] * len(units)}
    files.replace(layout.element_list(root, NAME), files.json_bytes(elements))
    submissions.write(root, NAME, RECORD)
    return root


def look(root):
    return progress.progress(root, NAME, progress.work(root, NAME), NOW)


def test_units_are_counted_by_what_lies_in_the_folders(root):
    found = look(root)
    assert {a: dict(c) for a, c in found.analyses.items()} == {
        "problem_properties": {"done": 1, "missing": 2},
        "descent": {"done": 1, "missing": 2},
    }
    assert found.elements == {"waiting": 6}
    assert not found.active
    assert found.heard == 0
    assert not found.over
    assert not found.complete
    assert found.logs == []
    assert table(found)["share"].tolist() == pytest.approx([100 / 3] * 2)


def test_running_until_it_falls_silent(root):
    units = progress.work(root, NAME).units
    submissions.write_state(root, NAME, 2, {"state": "running", "at": at(10)})
    submissions.write_state(root, NAME, 3, {"state": "running", "at": at(1000)})
    submissions.write_state(root, NAME, 0, {"state": "done", "at": at(500)})
    found = look(root)
    assert found.elements == {"running": 1, "silent": 1, "done": 1, "waiting": 3}
    assert found.active
    assert found.heard == NOW - 10
    assert found.analyses[units[2][0]] == {"done": 1, "running": 1, "missing": 1}
    assert found.analyses[units[3][0]] == {"done": 1, "missing": 2}


def test_failures_and_the_stop_are_seen(root):
    analysis, key, start, stop = progress.work(root, NAME).units[4]
    question = records.read_question(root, analysis, key)
    shards.record_failure(root, question, start, stop, "ValueError", "no", "")
    submissions.stop(root, NAME, "3 of 4 units failed")
    for i in range(6):
        state = {"state": "done", "array_job": "17", "task": str(i)}
        submissions.write_state(root, NAME, i, state)
    found = look(root)
    assert found.analyses[analysis] == {"done": 1, "failed": 1, "missing": 1}
    assert found.stopped == "3 of 4 units failed"
    assert found.over
    assert [log.name for log in found.logs] == ["17_4.out"]


def test_a_part_of_a_unit_is_not_the_unit(root):
    path = layout.submission(root, NAME) / "manifest.json"
    record = files.read_json(path)
    record["units"][0]["rows"] = [0, 9]
    files.replace(path, files.json_bytes(record))
    first = progress.work(root, NAME).units[0]
    assert look(root).analyses[first[0]]["done"] == 0


@pytest.mark.parametrize(
    "record", [{}, {"questions": {}, "units": [{}]}, {"questions": [], "units": []}]
)
def test_a_broken_plan_is_refused(root, record):
    path = layout.submission(root, NAME) / "manifest.json"
    files.replace(path, files.json_bytes(record))
    with pytest.raises(Refusal, match="no list of units"):
        progress.work(root, NAME)
    path.unlink()
    with pytest.raises(Refusal, match="no list of units"):
        progress.work(root, NAME)
