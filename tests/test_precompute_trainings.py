"""A sweep that says what is to be trained: trained once, asked about, refused if it cannot be."""

import textwrap
from pathlib import Path

import pytest
from precompute_toys import Bench

import store
from ired_interp_core.errors import Refusal
from precompute.plan import series, sweep

SWEEP = """
name = "young"
[[models]]
train = { task = "inverse", size = 4, width = 16, steps = 20, batch = 8, series = 1, EVERY }
name = "tiny"
[[problems]]
task = "inverse"
variant = "same"
seed = 0
size = 4
count = 2
[[analyses]]
name = "problem_properties"
[[analyses]]
name = "descent"
polish_iterations = 0
"""


def _sweep(folder: Path, every: str = "evaluate_every = 0, evaluate_problems = 2") -> Path:
    path = folder / "young.toml"
    path.write_text(SWEEP.replace("EVERY", every))
    return path


def test_run_trains_once_and_asks_about_what_was_kept(tmp_path: Path) -> None:
    bench, path = Bench(tmp_path), _sweep(tmp_path)
    plan = ("plan", path, "--store", bench.store, "--out", tmp_path / "m.json")
    assert "no model of the sweep fits" in bench.call(*plan, code=64).stderr
    assert "young: training tiny" in bench.run(path)
    with store.open(bench.store) as s:
        (trained,) = s.series()
        assert [step for step, _ in trained.models] == [0, 10, 20]
        assert {q.model for q in s.questions("descent")} == {digest for _, digest in trained.models}
    folder = bench.store / "trainings" / "tiny"
    before = {p: p.stat().st_mtime_ns for p in folder.rglob("*")}
    assert "nothing to compute" in bench.run(path)
    assert {p: p.stat().st_mtime_ns for p in folder.rglob("*")} == before
    assert "0 problems" in bench.call("verify", "--store", bench.store).stdout


def test_a_training_that_fails_says_why_and_how_to_see_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    said = bench.run(_sweep(tmp_path, "width = 0").with_name("young.toml"), code=64)
    assert "sweep is not TOML" in said  # the width twice
    said = bench.run(_sweep(tmp_path, 'negatives = "none-such"'), code=65)
    assert "none-such" in said
    assert "the training of the sweep failed" in said


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ('train = "inverse"\nname = "a"', "a table of options"),
        ('train = { task = "inverse", out = "x" }\nname = "a"', "out"),
        ('train = { task = ["inverse"] }\nname = "a"', "text or a number"),
        ('train = { task = "inverse" }', "name"),
        ('train = { task = "inverse" }\nname = "../a"', "unusable name of a training"),
        ('train = { task = "inverse" }\nseries = "x"\nname = "a"', "series"),
    ],
)
def test_what_a_training_may_say(tmp_path: Path, entry: str, expected: str) -> None:
    rest = SWEEP.partition("[[problems]]")[2]
    text = f'name = "x"\n[[models]]\n{entry}\n[[problems]]{rest}'
    with pytest.raises(Refusal, match=expected):
        sweep.parse(text, "here", tmp_path)


def test_the_folder_is_below_the_store(tmp_path: Path) -> None:
    found = sweep.parse(SWEEP.replace("EVERY", "seed = 3"), "here", tmp_path)
    (entry,) = found.series
    assert not entry.path.is_absolute()
    there = entry.at(tmp_path / "s")
    assert there.command() == textwrap.dedent(f"""
        train --task inverse --size 4 --width 16 --steps 20 --batch 8 --series 1 --seed 3
        --out {tmp_path}/s/trainings/tiny
    """).split()  # fmt: skip
    named = series.named(found, tmp_path / "s")
    assert named.models == []
    assert f"precompute {' '.join(there.command())}" in named.notes[0]
