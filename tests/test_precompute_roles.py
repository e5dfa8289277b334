"""Roles that need not be filled, that are about another problem set, or about other draws."""

from pathlib import Path

import numpy as np
import pytest
import store_cases as cases
import xarray as xr
from precompute_toys import Bench, in_this_process

import store as stores
from app.shared.asks import commands
from ired_interp_core import registry, tasks
from ired_interp_core.errors import Refusal
from precompute.plan import plan, sweep
from precompute.plan.models import ModelRef
from store import reading, shards

ROOT = Path(__file__).parents[1]


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def entry(*lines: str) -> str:
    return "\n".join(["[[analyses]]", 'name = "toy_pair"', *lines, ""])


def sums(seed: int, variant: str) -> float:
    return float(tasks.problems("inverse", 4, seed, variant=variant).x.mean(axis=1).sum())


def pairs(store) -> list[float]:
    found = []
    for path in store.glob("results/toy_pair/*/*.h5"):
        with xr.open_dataset(path) as answer:
            found.append(float(answer["pair"]))
    return sorted(found)


def test_a_role_is_filled_where_the_sweep_says_so_and_about_the_set_that_it_declares(bench):
    more = [
        entry(), entry("inputs.far = {}"),
        entry('inputs.far = { set = { variant = "same", seed = 5 }, salt = 0 }'),
        entry("inputs.learned = { set = { seed = 1 } }"),
    ]  # fmt: skip
    bench.run(bench.sweep(4, more="".join(more)))
    ours = sums(0, "same")
    others = [0, sums(0, "harder") + 4 * 3, sums(5, "same"), sums(1, "same")]
    np.testing.assert_allclose(pairs(bench.store), sorted(ours + o for o in others), rtol=1e-12)


@pytest.mark.parametrize("other", ["{}", '{ set = { variant = "harder" } }'])
def test_what_was_learned_on_the_same_draws_is_refused_before_anything_runs(bench, other):
    said = bench.run(bench.sweep(4, more=entry(f"inputs.learned = {other}")), code=64)
    assert "learned on these very problems" in said
    assert "set = { seed = 1 }" in said
    assert not bench.shards()


def test_another_set_is_of_the_same_task_and_size(bench):
    said = bench.run(bench.sweep(4, more=entry("inputs.far = { set = { size = 3 } }")), code=64)
    assert "size" in said
    assert "variant, seed" in said


def test_the_lines_that_ask_again_name_the_other_set(bench, monkeypatch):
    more = entry("inputs.far = { salt = 1 }", "inputs.learned = { set = { seed = 1 } }")
    bench.run(bench.sweep(4, more=more))
    with in_this_process(bench, monkeypatch):
        opened = stores.open(bench.store)
        (asked,) = opened.questions("toy_pair")
        assert set(asked.inputs) == {"problems", "base", "far", "learned"}
        lines = commands.command(opened, asked).split("\n")
    start = next(i for i, line in enumerate(lines) if "<<" in line)
    stop = lines.index("END")
    again = bench.folder / "again.toml"
    again.write_text("\n".join(lines[start + 1 : stop]))
    known, bench.store = pairs(bench.store), bench.folder / "again"
    bench.run(again)
    assert pairs(bench.store) == known
    assert [p.name for p in (bench.store / "results" / "toy_pair").iterdir()] == [asked.key]


TRANSFER = """
name = "other-task"
[[models]]
checkpoint = "checkpoints/inverse.safetensors"
[[models]]
checkpoint = "checkpoints/addition.safetensors"
[[problems]]
task = "inverse"
variant = "same"
seed = 1
count = 96
[[analyses]]
name = "failure_transfer"
"""


def model(task: str, letter: str) -> ModelRef:
    path = f"/{task}.safetensors"
    return ModelRef(letter * 24, task, 20, f"checkpoints{path}", path, "ema", "", "", {})


def asked_of(models: str, line: str):
    read = sweep.parse(TRANSFER + line, "here", ROOT)
    refs = [
        model({"i": "inverse", "a": "addition"}[one], c)
        for one, c in zip(models, "1234", strict=False)
    ]
    return {a.question.key: a for a in plan.questions(read, refs, "here")}


def test_an_input_about_another_task_is_asked_of_its_model():
    found = asked_of("ia", 'inputs.other = { set = { task = "addition" }, share = 0.25 }')
    (key,) = (k for k, a in found.items() if a.question.analysis == "failure_transfer")
    inputs = found[key].question.inputs
    own, other = (found[inputs[r]] for r in ("failure", "other"))
    assert (
        (own.model, other.model) == (inputs["model"], inputs["other_model"]) == ("1" * 24, "2" * 24)
    )
    assert (own.problems.task, other.problems.task) == ("inverse", "addition")
    assert other.problems.seed == 1
    assert other.question.parameters["share"] == 0.25
    for role in ("states", "descent", "properties"):
        assert inputs[role] == own.question.inputs[role]
        above = found[inputs[f"other_{role}"]]
        assert inputs[f"other_{role}"] == other.question.inputs[role]
        assert above.problems.task == "addition"
        assert above.count == 96
    assert registry.get("failure_transfer").rows_read("other_states", 0, 1, {"problems": 96}) == (
        0, 96,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("models", "line", "words"),
    [
        ("i", 'set = { task = "addition" }', "not said which model failure_prediction.*none that"),
        ("iaa", 'set = { task = "addition" }', "one model of addition, size 20, in the sweep"),
        ("ia", "share = 0.25", "learned on these very problems"),
        ("ia", 'set = { task = "nothing" }', "task"),
    ],
)
def test_a_model_that_cannot_be_told_is_refused(models, line, words):
    with pytest.raises(Refusal, match=words):
        asked_of(models, f"inputs.other = {{ {line} }}")


def test_one_label_is_read_along_a_dim(tmp_path):
    question = cases.question()
    cases.fill(tmp_path, question)
    spans = shards.present(tmp_path, question.analysis, question.key)

    def read(at=None):
        names = ["eigenvalue_spectrum", "trace"]
        return reading.read(tmp_path, question, spans, [5, 1, 2], names, at=at)

    for at in ({"level": 4}, {"level": 0, "place": "answer"}):
        assert read(at).identical(read().sel(at).drop_vars(list(at)))
    with pytest.raises(Refusal, match="no such label"):
        read({"place": "nowhere"})
    with pytest.raises(Refusal, match="no such label"):
        read({"feature": 0})
