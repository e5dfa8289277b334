"""Trainings as models of a sweep: read, checked, published step by step, and asked about."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cases
import pytest
import small_writers
import torch

import store
from ired_interp_core import checkpoints
from ired_interp_core.errors import Refusal
from ired_interp_core.records import digest
from ired_interp_core.training.recipe import Recipe
from precompute.__main__ import main
from precompute.cluster import profiles, resubmit, submission, submit
from precompute.ground import provenance
from precompute.ground.exits import DONE, Usage
from precompute.plan import plan, series, series_log, sweep
from precompute.plan.manifest import read_manifest
from precompute.plan.series_log import Thinned, read_log
from precompute.work import prepare, run
from precompute.work import unit as work
from store import layout

STEPS = [0, 10, 30]
SWEEP = """
name = "steps"
[[models]]
series = "official"
[[models]]
series = "none"
name = "no negatives"
steps = [30, 0]
[[problems]]
task = "inverse"
variant = "same"
seed = 0
size = 2
count = 2
[[analyses]]
name = "descent"
inner_steps = 1
polish_iterations = 0
"""
ONE = SWEEP.replace(SWEEP[SWEEP.index('[[models]]\nseries = "none"') : SWEEP.index("[[prob")], "")


def train(out: Path, *words: str, steps: int = 30) -> None:
    how = ("--task", "inverse", "--size", "2", "--width", "8", "--batch", "8", "--log-every", "5",
           "--evaluate-problems", "2", "--evaluate-every", "0", "--series", "1", "--device", "cpu",
           "--save-minutes", "100")  # fmt: skip
    assert main(["train", "--out", str(out), *how, "--steps", str(steps), *words]) == DONE


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two trainings of one seed."""
    folder = tmp_path_factory.mktemp("trained")
    train(folder / "official")
    train(folder / "none", "--negatives", "none")
    return folder


@pytest.fixture
def folder(trained: Path, tmp_path: Path) -> Path:
    """The same two, for a test to break."""
    shutil.copytree(trained, tmp_path / "work")
    return tmp_path / "work"


def written(folder: Path, text: str = SWEEP) -> Path:
    (folder / "sweep.toml").write_text(text)
    return folder / "sweep.toml"


def named(folder: Path, text: str = ONE) -> series.Named:
    return series.named(sweep.read(written(folder, text)), folder / "store")


def file_of(folder: Path, step: int) -> Path:
    return folder / "official" / "series" / f"step-{step:09d}.safetensors"


def computed(path: Path, root: Path) -> None:
    prepared = prepare.prepare(path, root)
    worker = work.Worker(root, {m.digest: m for m in prepared.models}, provenance.of_code())
    assert {worker.execute(unit).status for unit in prepared.units} <= {"done"}
    store.catalog.collect(root)


def test_every_kept_step_is_a_model_and_the_shared_first_one_is_one(folder: Path) -> None:
    found = named(folder, SWEEP)
    official, none = found.series
    assert (official.name, none.name) == ("official", "no negatives")
    assert [step for step, _ in official.models] == STEPS
    assert [step for step, _ in none.models] == [0, 30]
    assert official.models[0] == none.models[0]  # the untrained weights of one seed
    assert len(found.models) == 4
    for step, address in official.models:
        assert checkpoints.read_digest(file_of(folder, step)) == address
    recipe = Recipe.from_dict(json.loads((folder / "official" / "recipe.json").read_text()))
    assert official.id == digest(recipe.identity)
    assert dict(official.recipe) == recipe.as_dict()
    whole = [json.loads(x) for x in (folder / "official" / "log.jsonl").read_text().splitlines()]
    assert list(official.log) == whole
    assert sum("evaluation" in entry for entry in official.log) == len(STEPS)
    assert found.notes == []


def test_a_run_publishes_its_series_and_everything_after_it_works(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, path = folder / "store", written(folder)
    computed(path, root)
    assert run.run(path, root, 1, 60.0) == DONE
    assert "nothing to compute: 8 answers asked, none missing" in capsys.readouterr().out
    with store.open(root) as opened:
        none, official = opened.series()
        assert (none.name, official.name) == ("no negatives", "official")
        (record,) = opened.runs()
        assert record["series"] == [
            {"id": official.id, "name": "official", "steps": STEPS},
            {"id": none.id, "name": "no negatives", "steps": [0, 30]},
        ]
        cards = opened.models()
        steps = [cards[address]["training"]["steps"] for _, address in official.models]
        assert steps == STEPS
        asked = {q.model for q in opened.questions("descent")}
        assert asked == set(cards) == {a for s in (official, none) for _, a in s.models}
        assert opened.left_out() == []
    assert main(["status", "--store", str(root)]) == DONE
    assert "steps: 8 of 8 answers, 0 failed units" in capsys.readouterr().out
    assert main(["verify", "--store", str(root)]) == DONE
    assert "2 series" in capsys.readouterr().out


def test_a_training_that_went_on_adds_steps_and_log(folder: Path) -> None:
    root, path = folder / "store", written(folder, ONE)
    log = (folder / "official" / "log.jsonl").read_text().splitlines(keepends=True)
    late = file_of(folder, 30).rename(folder / "late")
    cut = [line for line in log if json.loads(line)["step"] <= 12]
    (folder / "official" / "log.jsonl").write_text("".join(cut))
    prepare.prepare(path, root)
    store.catalog.collect(root)
    with store.open(root) as opened:
        (before,) = opened.series()
    assert [step for step, _ in before.models] == [0, 10]
    late.rename(file_of(folder, 30))
    (folder / "official" / "log.jsonl").write_text("".join(log))
    assert len(prepare.prepare(path, root).units) == 3
    store.catalog.collect(root)
    with store.open(root) as opened:
        (after,) = opened.series()
    assert after.models[:2] == before.models
    assert [step for step, _ in after.models] == STEPS
    assert after.log[: len(cut)] == before.log
    assert len(after.log) == len(log)


def test_steps_of_several_sweeps_are_joined(folder: Path) -> None:
    root = folder / "store"
    for steps in ("[0, 30]", "[10]"):
        text = ONE.replace('"official"', f'"official"\nsteps = {steps}')
        prepare.prepare(written(folder, text.replace('"steps"', f'"steps{len(steps)}"')), root)
    store.catalog.collect(root)
    with store.open(root) as opened:
        assert [step for step, _ in opened.series()[0].models] == STEPS
    assert store.verify(root).ok


def test_a_manifest_of_series_is_worked_off_anywhere_and_resubmitted(folder: Path) -> None:
    root, path = folder / "store", written(folder)
    assert run.plan_only(path, root, folder / "plan.json") == DONE
    shutil.rmtree(folder / "official")  # the store has the weights
    shutil.rmtree(folder / "none")
    manifest = read_manifest(folder / "plan.json")
    assert len(manifest.models) == len(manifest.units) == 4
    worker = work.Worker(root, manifest.models, provenance.of_code())
    assert worker.execute(manifest.units[0]).status == "done"
    submitted = replace(
        small_writers.contents(0), run="steps", models=list(manifest.models.values()),
        units=manifest.units,
    )  # fmt: skip
    units, models = resubmit._missing("steps", root, [submission.write(root, submitted)])
    assert len(units) == 3
    assert [m.digest for m in models] == list(manifest.models)
    assert [worker.execute(unit).status for unit in units] == ["done"] * 3


def test_a_dry_run_plans_the_same_and_writes_nothing(folder: Path) -> None:
    root, path, profile = folder / "store", written(folder), profiles.read("one-machine")
    planned = submit._plan(path, root, profile, publish=False)
    assert not root.exists()
    again = submit._plan(path, root, profile, publish=True)
    assert (planned.units, planned.models) == (again.units, again.models)
    assert sorted(p.name for p in root.glob("series/*.json")) == sorted(
        f"{one.id}.json" for one in named(folder, SWEEP).series
    )


def test_a_series_without_a_problem_set_is_named_once(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = SWEEP.replace("size = 2", "size = 20").replace(
        "[[problems]]", f'[[models]]\ncheckpoint = "{provenance.REPOSITORY}/checkpoints/'
        'inverse.safetensors"\n[[problems]]',
    )  # fmt: skip
    prepared = prepare.prepare(written(folder, text), folder / "store")
    assert [m.size for m in prepared.models] == [20]
    assert not layout.all_series(folder / "store").exists()
    said = capsys.readouterr().out.splitlines()
    assert said == [
        f"note: series {name} (inverse, size 2) meets no problem set"
        for name in ("official", "no negatives")
    ]


def recipe_of(folder: Path, **change: object) -> None:
    path = folder / "official" / "recipe.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))


def cut_short(folder: Path) -> None:
    file_of(folder, 10).write_bytes(file_of(folder, 10).read_bytes()[:-100])


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "no recipe": (lambda f: (f / "official" / "recipe.json").unlink(), "of no training.*train"),
    "recipe of garbage": (lambda f: (f / "official" / "recipe.json").write_bytes(b"\xff{"), "JSON"),
    "recipe of another type": (lambda f: recipe_of(f, batch="8"), "no recipe.*batch '8'"),
    "recipe with a fraction": (lambda f: recipe_of(f, size=2.0), r"no recipe.*size 2\.0"),
    "recipe beyond any float": (lambda f: recipe_of(f, rate=10**400), "no recipe.*rate 1000"),
    "recipe out of range": (lambda f: recipe_of(f, width=0), "width out of range"),
    "recipe of nothing": (lambda f: recipe_of(f, task="nothing"), "nothing"),
    "no series": (lambda f: shutil.rmtree(f / "official" / "series"), "kept no models"),
    "empty series": (
        lambda f: [p.unlink() for p in (f / "official" / "series").iterdir()], "--series 1",
    ),
    "cut file": (cut_short, "step-000000010"),
    "no safetensors": (lambda f: file_of(f, 10).write_bytes(b"no weights"), "not safetensors"),
    "empty file": (lambda f: file_of(f, 10).write_bytes(b""), "step-000000010"),
    "another training": (
        lambda f: shutil.copy(str(file_of(f, 30)).replace("official", "none"), file_of(f, 30)),
        "not of this training.*negatives 'none', not 'official'",
    ),
    "another step": (
        lambda f: shutil.copy(file_of(f, 30), file_of(f, 10)),
        "not of this training.*steps 30, not 10",
    ),
    "no card of a training": (
        lambda f: shutil.copy(
            provenance.REPOSITORY / "checkpoints" / "completion.safetensors", file_of(f, 10)
        ),
        "not of this training",
    ),
    "another recipe": (lambda f: recipe_of(f, seed=5), "not of this training.*seed 0, not 5"),
    "log is a folder": (
        lambda f: ((f / "official" / "log.jsonl").unlink(), (f / "official" / "log.jsonl").mkdir()),
        "not a regular file",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("harm", "said"), BROKEN.values(), ids=BROKEN)
def test_a_broken_training_is_refused_in_one_line(
    folder: Path, harm: Callable[[Path], object], said: str
) -> None:
    harm(folder)
    with pytest.raises(Refusal, match=said) as caught:
        named(folder)
    assert "\n" not in str(caught.value)


def test_a_step_that_was_not_kept_is_answered_with_the_kept_ones(folder: Path) -> None:
    with pytest.raises(Usage, match=r"step was not kept.*came: 11, 20.*expected: 0, 10, 30"):
        named(folder, ONE.replace('"official"', '"official"\nsteps = [0, 20, 11]'))


def test_of_a_broken_log_the_readable_part_is_kept(folder: Path) -> None:
    path = folder / "official" / "log.jsonl"
    whole = [json.loads(line) for line in path.read_text().splitlines()]
    bad = [b"[1]", b'{"loss": 1}', b'{"step": "5"}', b'{"step": 5, "loss": NaN}', b"\xff\xfe",
           b'{"step": 5, "loss": 1e999}', b'{"step": true}', b'{"step": -1}', b"[" * 90_000,
           b'{"step": 5, "text": "' + b"x" * 300_000 + b'"}', b""]  # fmt: skip
    path.write_bytes(b"\n".join(bad) + b"\n" + path.read_bytes() + b'{"step": 31, "lo')
    found = named(folder)
    assert list(found.series[0].log) == whole
    path.unlink()
    found = named(folder)
    assert found.series[0].log == ()
    assert found.notes == ["series official: no log.jsonl, so no curves of its training"]


@pytest.mark.parametrize("most", [2, 3, 7, 100])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 13, 64, 100, 101, 333])
def test_a_thinned_log_is_every_so_manyth_entry_and_the_last(most: int, count: int) -> None:
    thin = Thinned(most)
    for i in range(count):
        thin.add(i, {"step": i})
    kept = [place for place, _ in thin.all()]
    assert len(kept) <= most
    # The plain rule: the smallest power of two whose multiples leave room for the last.
    stride = next(2**k for k in range(20) if len(range(0, count, 2**k)) <= most - (count >= most))
    assert kept == sorted({*range(0, count, stride), *([count - 1] if count else [])})


def test_a_very_long_log_is_thinned_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(series_log, "MOST_LOG", 20)
    monkeypatch.setattr(series_log, "MOST_EVALUATIONS", 4)
    lines = [{"step": i, "loss": 1.0} for i in range(100)]
    lines[50:50] = [{"step": 49, "evaluation": {}}]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    kept, notes = read_log(tmp_path / "log.jsonl")
    assert [e["step"] for e in kept] == sorted([*range(0, 100, 8), 49, 99])
    assert notes == ["every 8th entry of log.jsonl is kept"]


TWICE = '[[models]]\nseries = "official"\n[[models]]\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ONE.replace("official", "nowhere"), "no such training.*nowhere.*precompute train"),
        (ONE.replace("official", "sweep.toml"), "no such training"),
        (ONE.replace("official", r"a\u0000"), "not a path"),
        (ONE.replace('"official"', "3"), "wrong type.*text"),
        (ONE.replace('"official"', '"official"\nweights = "ema"'), "weights.*series, name, steps"),
        (ONE.replace('"official"', '"official"\nsteps = []'), "list of steps"),
        (ONE.replace('"official"', '"official"\nsteps = [-1]'), "list of steps"),
        (ONE.replace('"official"', '"official"\nsteps = [true]'), "list of steps"),
        (ONE.replace('"official"', '"official"\nsteps = 10'), "list of steps"),
        (ONE.replace('"official"', '"official"\nname = ""'), "wrong type.*text"),
        (ONE.replace('"official"', r'"official"' '\nname = "a\\tb"'), "printable"),
        (ONE.replace('"official"', f'"official"\nname = "{"a" * 81}"'), "at most 80"),
        (ONE.replace("[[models]]\n", TWICE), "one training.*official, official"),
        (SWEEP.replace('"no negatives"', '"official"'), "have one name.*official"),
    ],
)  # fmt: skip
def test_unusable_entries_are_refused_in_one_line(folder: Path, text: str, said: str) -> None:
    with pytest.raises(Usage, match=said) as caught:
        named(folder, text)
    assert "\n" not in str(caught.value)


def test_planning_trainings_loads_no_torch(folder: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom precompute.work import prepare\n"
        f"print(len(prepare.prepare(Path({str(written(folder))!r}), Path('store')).units))\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=folder,
        env={"PYTHONPATH": str(provenance.REPOSITORY), "PATH": ""},
    )  # fmt: skip
    assert done.stdout.split() == ["4", "False"], done.stderr


def test_the_shipped_sweep_asks_the_same_of_both_trainings(folder: Path) -> None:
    text = (Path(sweep.__file__).parents[1] / "sweeps" / "series.toml").read_text()
    with pytest.raises(Usage, match=r"no such training.*trainings/official"):
        sweep.parse(text, "series.toml", folder)
    folder.rename(folder.parent / "trainings")
    found = sweep.parse(text, "series.toml", folder.parent)
    assert [(e.name, e.steps) for e in found.series] == [("official", ()), ("none", ())]
    both = series.named(found, folder.parent / "store")
    at_twenty = [m for m in both.models if m.size == 20]
    assert at_twenty == []  # the toys are smaller than the sweep's problems
    with pytest.raises(Usage, match="no model of the sweep fits"):
        plan.questions(found, both.models, "series.toml")


def of_the_official_trainer(folder: Path) -> None:
    """Three files as its `save` writes them; the first is of random weights, as any training's."""
    folder.mkdir()
    for number, (name, step) in enumerate((("random", 0), ("mid", 700), ("last", 1400)), 1):
        scale = {"random": 0.0, "mid": 0.5, "last": 1.0}[name]
        weights = {k: v.clone() for k, v in cases.bundled("completion").weights.items()}
        weights["fc4.weight"] *= scale
        state = {f"ema_model.model.ebm.{k}": v for k, v in weights.items()}
        whole = {"step": step, "model": {"x": weights["fc1.bias"]}, "ema": state}
        torch.save(whole, folder / f"model-{number}.pt")


def test_the_official_trainers_folder_is_a_series(tmp_path: Path) -> None:
    of_the_official_trainer(tmp_path / "runs")
    text = SWEEP.partition("[[models]]")[0] + (
        '[[models]]\nseries = "runs"\ntask = "completion"\n[[problems]]\ntask = "completion"\n'
        'variant = "same"\nseed = 0\ncount = 2\n[[analyses]]\nname = "descent"\n'
    )
    found = named(tmp_path, text)
    (one,) = found.series
    assert [step for step, _ in one.models] == [0, 700, 1400]
    assert (one.name, one.task, one.recipe["width"]) == ("runs", "completion", 512)
    assert one.models[2][1] == cases.bundled("completion").digest
    assert "official trainer" in found.notes[0]
    store.publish_series(tmp_path / "store", one)
    with pytest.raises(Usage, match=r"step was not kept.*0, 700, 1400"):
        named(tmp_path, text.replace('"runs"\n', '"runs"\nsteps = [5]\n'))
    shutil.copy(tmp_path / "runs" / "model-3.pt", tmp_path / "runs" / "model-4.pt")
    with pytest.raises(Refusal, match=r"step of its own.*model-4.pt"):
        named(tmp_path, text)
