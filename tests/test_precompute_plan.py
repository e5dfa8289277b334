"""Units: what is missing, in which order, and what waits for what."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from ired_interp_core import registry
from ired_interp_core.errors import Refusal
from ired_interp_core.records import ProblemSet
from precompute.plan import plan
from precompute.plan.manifest import read_manifest, write_manifest
from precompute.plan.models import ModelRef
from precompute.plan.plan import Asked, Unit
from store import temporaries

PROBLEMS = ProblemSet("inverse", "same", 20, 0)
MODEL = ModelRef("a" * 24, "inverse", 20, "weights", "/weights", "ema", "", "", {"task": "inverse"})


def asked(name: str, count: int, upstream: Asked | None = None, **parameters: object) -> Asked:
    inputs = {"model": MODEL.digest, "problems": PROBLEMS.digest}
    if upstream:
        inputs["descent"] = upstream.question.key
    question = registry.get(name).question(inputs, parameters)
    return Asked(question, PROBLEMS, MODEL.digest, count, 1 if upstream else 0)


@pytest.fixture
def units(tmp_path: Path) -> list[Unit]:
    descent = asked("descent", 100)
    planes = [asked("landscape_slice", 100, descent, plane=p) for p in ("stiff", "soft")]
    return plan.missing_units(tmp_path, [descent, *planes])


def test_first_rows_of_everything_come_before_last_rows_of_anything(units: list[Unit]) -> None:
    order = [(u.asked.question.analysis, u.start, u.stop) for u in units]
    assert order[:3] == [
        ("descent", 0, 64), ("landscape_slice", 0, 16), ("landscape_slice", 0, 16)
    ]  # fmt: skip
    assert order.index(("descent", 64, 100)) < order.index(("landscape_slice", 64, 80))
    slices = [start for name, start, _ in order if name == "landscape_slice"]
    assert slices == sorted(slices)
    for name in ("descent", "landscape_slice"):
        rows = [r for n, a, b in order if n == name for r in range(a, b)]
        assert sorted(set(rows)) == list(range(100))


def upstream_units(units: list[Unit]) -> list[set[int]]:
    """For each unit the indices of those whose rows it reads."""
    return [
        {
            i
            for _, key, start, stop in plan.rows_read(unit).values()
            for i, other in enumerate(units)
            if other.asked.question.key == key and other.start < stop and start < other.stop
        }
        for unit in units
    ]


def test_a_manifest_reads_back_as_it_was_written(tmp_path: Path, units: list[Unit]) -> None:
    path, root = tmp_path / "a folder" / "-plan.json", tmp_path / "store"
    write_manifest(path, root, "toy", [MODEL], units)
    manifest = read_manifest(path)
    assert list(manifest.units) == units
    assert manifest.root == root
    assert manifest.models == {MODEL.digest: MODEL}
    assert [p.name for p in path.parent.iterdir()] == ["-plan.json"]


def test_what_a_killed_planner_left_is_swept(tmp_path: Path, units: list[Unit]) -> None:
    path, dead = tmp_path / "plan.json", subprocess.Popen(["true"])
    dead.wait()
    left = temporaries.name_for(path)
    left = left.with_name(left.name.replace(f"~{os.getpid()}~", f"~{dead.pid}~"))
    others = temporaries.name_for(tmp_path / "other.json")
    for aside in (left, others):
        aside.write_text("half")
    write_manifest(path, tmp_path, "toy", [MODEL], units)
    assert sorted(tmp_path.iterdir()) == sorted([others, path])


def test_files_that_are_no_manifest(tmp_path: Path, units: list[Unit]) -> None:
    path = tmp_path / "plan.json"
    write_manifest(path, tmp_path, "toy", [MODEL], units)
    whole = json.loads(path.read_text())
    key = next(iter(whole["questions"]))
    altered = json.loads(path.read_text())
    altered["questions"][key]["question"]["parameters"]["seed"] = 8
    cases = {
        "": "not a manifest",
        path.read_text()[:500]: "not a manifest",
        "[]": "not a manifest",
        json.dumps({**whole, "format": "other"}): "another format",
        json.dumps({**whole, "units": [{"question": "f" * 24, "rows": [0, 1]}]}): "not a manifest",
        json.dumps({**whole, "units": [{"question": key, "rows": [0]}]}): "not a manifest",
        json.dumps({**whole, "units": [{"question": key, "rows": [9, 3]}]}): "range",
        json.dumps(altered): "altered",
        json.dumps({**whole, "store": "/somewhere/else"}): "altered",
    }
    for text, said in cases.items():
        path.write_text(text)
        with pytest.raises(Refusal, match=said):
            read_manifest(path)
    with pytest.raises(Refusal, match="cannot read"):
        read_manifest(tmp_path / "nothing.json")
