"""A sweep file is read, checked and never guessed."""

from dataclasses import replace
from pathlib import Path

import pytest

from ired_interp_core import registry, tasks
from ired_interp_core.records import ProblemSet
from precompute.ground.exits import Usage
from precompute.plan import plan, sweep
from precompute.plan.models import ModelRef

GOOD = """
name = "good"
[[models]]
checkpoint = "weights.safetensors"
[[problems]]
task = "inverse"
variant = "same"
seed = 0
count = 32
[[analyses]]
name = "hessian_spectrum"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "weights.safetensors").write_bytes(b"not looked into by the parser")
    return tmp_path


def read(folder: Path, text: str) -> sweep.Sweep:
    (folder / "sweep.toml").write_text(text)
    return sweep.read(folder / "sweep.toml")


def model(task: str = "inverse", size: int = 20, digest: str = "a" * 24) -> ModelRef:
    return ModelRef(digest, task, size, "weights", "/weights", "ema", "", "", {})


def test_a_good_sweep_spells_out_every_default(folder: Path) -> None:
    found = read(folder, GOOD)
    assert found.name == "good"
    assert found.models[0].path == folder / "weights.safetensors"
    assert found.problems[0].problems == ProblemSet("inverse", "same", 20, 0)
    (ask,) = found.analyses
    assert ask.parameters == {"dtype": "float32", "vectors": 0, "seed": 0}
    assert ask.upstream["descent"].parameters["clip"] == 2.0


def test_a_seed_of_zero_need_not_be_said(folder: Path) -> None:
    said, unsaid = read(folder, GOOD), read(folder, GOOD.replace("seed = 0", ""))
    assert (unsaid.problems, unsaid.analyses) == (said.problems, said.analyses)


def test_an_upstream_question_is_chosen_by_its_parameters(folder: Path) -> None:
    chosen = read(folder, GOOD + "inputs.descent = { clip = 5 }")
    assert chosen.analyses[0].upstream["descent"].parameters["clip"] == 5.0
    usual, other = (plan.questions(s, [model()], "here") for s in (read(folder, GOOD), chosen))
    assert [a.question.analysis for a in other] == ["descent", "hessian_spectrum"]
    assert not {a.question.key for a in usual} & {a.question.key for a in other}
    assert other[1].question.inputs["descent"] == other[0].question.key


def test_a_model_meets_only_problems_of_its_own_task_and_size(folder: Path) -> None:
    more = """
[[problems]]
task = "completion"
variant = "same"
seed = 0
count = 8
[[problems]]
task = "inverse"
variant = "harder"
seed = 1
count = 8
size = 10
[[analyses]]
name = "problem_properties"
"""
    found = read(folder, GOOD + more)
    asked = plan.questions(found, [model()], "here")
    by_analysis = {n: [a for a in asked if a.question.analysis == n] for n in
                   ("problem_properties", "descent", "hessian_spectrum")}  # fmt: skip
    assert [len(v) for v in by_analysis.values()] == [3, 1, 1]
    assert by_analysis["descent"][0].problems == ProblemSet("inverse", "same", 20, 0)
    assert all(a.model == "" for a in by_analysis["problem_properties"])
    with pytest.raises(Usage, match=r"no model of the sweep fits.*addition.*inverse, size 20"):
        plan.questions(read(folder, GOOD), [model("addition")], "here")


def test_a_set_may_be_for_some_analyses_only(folder: Path) -> None:
    harder = (
        GOOD.partition("[[analyses]]")[0].partition("[[problems]]")[2].replace("same", "harder")
    )
    sets = GOOD + 'only = ["descent"]\n[[analyses]]\nname = "problem_properties"\n'
    text = sets.replace("[[analyses]]", f"[[problems]]{harder}only = ONLY\n[[analyses]]", 1)
    text = text.replace('only = ["descent"]\n', "")
    for only, expected in (
        ('["hessian_spectrum"]', {"hessian_spectrum", "descent"}),
        ('["problem_properties"]', {"problem_properties"}),
        ("[]", {"hessian_spectrum", "descent", "problem_properties"}),
    ):
        asked = plan.questions(read(folder, text.replace("ONLY", only)), [model()], "here")
        found = {a.question.analysis for a in asked if a.problems.variant == "harder"}
        assert found == expected
        assert len({a.question.analysis for a in asked if a.problems.variant == "same"}) == 3


def test_an_entry_may_be_for_the_sets_with_some_fields(folder: Path) -> None:
    other = '[[problems]]\ntask = "inverse"\nvariant = "harder"\nseed = 1\ncount = 8\n'
    text = GOOD.replace("[[analyses]]", other + "[[analyses]]")
    chosen = 'set = { variant = "harder" }'
    both, one = (plan.questions(read(folder, t), [model()], "here") for t in (text, text + chosen))
    assert {a.problems.seed for a in both} == {0, 1}
    assert {(a.problems.seed, a.count) for a in one} == {(1, 8)}
    nothing = read(folder, text + "set = { seed = 7 }")
    with pytest.raises(Usage, match="a set of any task seed 7"):
        plan.questions(nothing, [model()], "here")


def test_a_checkpoint_may_be_for_some_analyses_only(folder: Path) -> None:
    entries = GOOD.replace(
        "[[problems]]",
        """only = ONLY
[[models]]
checkpoint = "other.safetensors"
[[problems]]""",
        1,
    )
    (folder / "other.safetensors").write_bytes(b"")
    first = read(folder, GOOD).models[0].checkpoint
    both = [replace(model(), checkpoint=first), replace(model(), checkpoint="other.safetensors")]
    both[1] = replace(both[1], digest="b" * 24)
    for only, expected in (
        ('["hessian_spectrum"]', {"hessian_spectrum", "descent"}),
        ('["problem_properties"]', set()),
        ("[]", {"hessian_spectrum", "descent"}),
    ):
        asked = plan.questions(read(folder, entries.replace("ONLY", only)), both, "here")
        asked = [(a.model, a.question.analysis) for a in asked]
        assert {name for m, name in asked if m == both[0].digest} == expected
        assert len([name for m, name in asked if m == both[1].digest]) == 2
    plenty = read(folder, GOOD + "count = 4\n[[analyses]]\nname = 'descent'\n")
    counts = {(a.question.analysis, a.count) for a in plan.questions(plenty, both[:1], "here")}
    assert counts == {("hessian_spectrum", 4), ("descent", 32)}
    few = read(folder, entries.replace("only = ONLY", "count = 8"))
    counts = {(a.model, a.count) for a in plan.questions(few, both, "here")}
    assert counts == {(both[0].digest, 8), (both[1].digest, 32)}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (
            'only = ["descent"]\n[[analyses]]\n',
            r"no problem set .*for hessian_spectrum .*only desc",
        ),
        ('[[analyses]]\ntask = "addition"\n', "hessian_spectrum .*inverse same, seed 0 .*addition"),
    ],
)
def test_an_analysis_that_no_set_is_for_is_named(folder: Path, entry: str, said: str) -> None:
    text = GOOD.replace("[[analyses]]\n", entry)
    with pytest.raises(Usage, match=said):
        plan.questions(read(folder, text), [model()], "here")


def test_a_question_asked_twice_is_one_question_with_the_larger_count(folder: Path) -> None:
    again = GOOD.partition("[[problems]]")[2].partition("[[analyses]]")[0].replace("32", "48")
    asked = plan.questions(read(folder, GOOD + "[[problems]]" + again), [model()], "here")
    assert [(a.question.analysis, a.count) for a in asked] == [
        ("descent", 48), ("hessian_spectrum", 48)
    ]  # fmt: skip


REFUSED = {
    "a set for an unknown analysis": (
        GOOD.replace("count = 32", 'count = 32\nonly = ["spectrum"]'), "unknown analysis",
    ),
    "a set for no list of analyses": (
        GOOD.replace("count = 32", 'count = 32\nonly = "descent"'), "a list of analyses",
    ),
    "not TOML": ("name = ", "not TOML"),
    "deep nesting": ("a = " + "[" * 5000, "not TOML"),
    "unknown key": ("colour = 1\n" + GOOD, "unknown key.*colour.*name, models, problems, analyses"),
    "no name": (GOOD.replace('name = "good"', ""), "key is missing.*name"),
    "name is a path": (GOOD.replace("good", "../good"), "run name"),
    "name is a number": (GOOD.replace('"good"', "7"), "wrong type.*int.*text"),
    "no problems": (GOOD.replace("[[problems]]", "[[models]]"), "unknown key|asks nothing"),
    "problems is no table": ('name = "a"\nproblems = 3', r"\[\[problems\]\] tables"),
    "unknown key of a model": (
        GOOD.replace("checkpoint", 'color = "red"\ncheckpoint'), "unknown key.*color.*checkpoint",
    ),
    "missing checkpoint": (GOOD.replace("weights.safe", "other.safe"), "no such checkpoint.*other"),
    "unknown weights": (
        GOOD.replace("[[problems]]", 'weights = "raw"\n[[problems]]'), "'raw'.*ema, model",
    ),
    "unknown task": (GOOD.replace("inverse", "inversion"), "inversion.*inverse"),
    "unknown variant": (GOOD.replace('"same"', '"hard"'), "hard.*harder"),
    "unknown key of problems": (
        GOOD.replace("count", "number = 3\ncount"), "number.*task, variant, seed, count, size",
    ),
    "no count": (GOOD.replace("count = 32", ""), "missing.*count"),
    "count 0": (GOOD.replace("32", "0"), "out of range.*1 …"),
    "count negative": (GOOD.replace("32", "-5"), "out of range"),
    "count absurd": (GOOD.replace("32", "99999999999999999999"), "out of range"),
    "count of 400 digits": (GOOD.replace("32", "9" * 400), "out of range"),
    "count of 5000 digits": (GOOD.replace("32", "9" * 5000), "not TOML"),
    "clip of 400 digits": (
        GOOD + "inputs.descent = { clip = " + "9" * 400 + " }", "out of range",
    ),
    "count text": (GOOD.replace("32", '"32"'), "wrong type.*str.*whole number"),
    "count fraction": (GOOD.replace("32", "3.5"), "wrong type.*float"),
    "count NaN": (GOOD.replace("32", "nan"), "wrong type.*float"),
    "count true": (GOOD.replace("32", "true"), "wrong type.*bool"),
    "seed negative": (GOOD.replace("seed = 0", "seed = -1"), "out of range"),
    "size absurd": (GOOD.replace("32", "32\nsize = 100000"), "out of range"),
    "unknown analysis": (GOOD.replace("hessian_spectrum", "hessian"), "hessian.*hessian_spectrum"),
    "unknown parameter": (GOOD + "vector = 2", "unknown key.*vector.*vectors.*inputs.descent"),
    "wrong type": (GOOD + 'vectors = "two"', "wrong type.*'two'"),
    "list": (GOOD + "vectors = [1, [\"two\"]]", "wrong type.*two"),
    "empty list": (GOOD + "vectors = []", "0 combinations"),
    "list of tables": (GOOD + "vectors = [{ a = 1 }]", "one int, or a list"),
    "too many": (GOOD + f"vectors = {list(range(40))}\nseed = {list(range(40))}", "1600"),
    "out of range": (GOOD + "vectors = -1", "out of range"),
    "unknown input": (GOOD + "inputs.other = { clip = 1.0 }", "unknown input.*other.*descent"),
    "input is no table": (GOOD + "inputs.descent = 5", "wrong type"),
    "unknown parameter of an input": (
        GOOD + "inputs.descent = { clap = 1.0 }", "inputs.descent descent.*clap.*clip",
    ),
    "a model is needed": (
        GOOD.replace('[[models]]\ncheckpoint = "weights.safetensors"', ""), "needs a model",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), REFUSED.values(), ids=REFUSED)
def test_unusable_sweeps_are_refused_in_one_line(folder: Path, text: str, said: str) -> None:
    with pytest.raises(Usage, match=said) as caught:
        read(folder, text)
    assert "\n" not in str(caught.value)


def test_files_that_are_no_sweep(folder: Path) -> None:
    for path, content in (("bytes", b"\xff\xfe\x00"), ("long", b"#" * 2_000_000), ("nul", b"\0")):
        (folder / path).write_bytes(content)
        with pytest.raises(Usage):
            sweep.read(folder / path)
    for path in (folder, folder / "nothing.toml"):
        with pytest.raises(Usage, match="no such sweep file"):
            sweep.read(path)


def test_problems_made_to_order_are_listed_by_their_parameters(folder: Path) -> None:
    made = GOOD.replace('task = "inverse"\nvariant = "same"\n', "{}\n")
    text = made.format('task = "completion"\nrank = [1, 10]\nnoise = [0, 0.1]')
    found = [e.problems.variant for e in read(folder, text).problems]
    assert found == ["rank1_noise0", "rank1", "noise0", "same"]
    assert all(e.count == 32 for e in read(folder, text).problems)
    again = made.format('task = "inverse"\nvariant = ["condition10", "harder"]\nonly = ["descent"]')
    entries = read(folder, again.replace("hessian_spectrum", "descent")).problems
    assert [(e.problems.variant, e.only) for e in entries] == [
        ("condition10", ("descent",)), ("harder", ("descent",)),
    ]  # fmt: skip
    asked = plan.questions(read(folder, again.replace("hessian_spectrum", "descent")), [model()],
                           "here")  # fmt: skip
    assert len({a.question.key for a in asked}) == 2


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('task = "inverse"\nrank = 5', "unknown key"),
        ('task = "inverse"\ncondition = 0.5', "below 1"),
        ('task = "inverse"\ncondition = "ten"', "float"),
        ('task = "completion"\nrank = 21', "rank above the matrix side"),
        ('task = "completion"\nvariant = "harder"\nrank = 2', "only one of"),
        ('task = "completion"\nvariant = "rank99999"', "1 … 256"),
        ('task = "completion"\nvariant = "rank"', "unknown variant"),
        ('task = "completion"\nrank = []', "0 combinations"),
    ],
)
def test_orders_that_nobody_can_fill_are_refused_with_their_place(
    folder: Path, lines: str, words: str
) -> None:
    text = GOOD.replace('task = "inverse"\nvariant = "same"\n', lines + "\n")
    with pytest.raises(Usage, match=words) as caught:
        read(folder, text)
    assert "problems" in str(caught.value)


def test_the_demo_asks_every_analysis_of_all_bundled_models() -> None:
    demo = sweep.read(Path(sweep.__file__).parents[1] / "sweeps" / "demo.toml")
    bundled = [model(task, digest=c * 24) for task, c in zip(tasks.TASKS, "abc", strict=True)]
    trained = model("inverse", digest="d" * 24, size=8)
    asked = plan.questions(demo, [*bundled, trained], "demo")
    every_task = {
        "problem_properties", "descent", "hessian_spectrum", "landscape_slice", "accuracy",
        "gradient_flow", "geometry", "symmetry", "attribution", "minima", "paths",
        "minima_profiles",
    }  # fmt: skip
    learned = {"activations", "dictionary", "atom_slice", "eigenspace"} | {
        f"dictionary_{what}" for what in ("metrics", "features", "causal", "map", "codes", "match")
    }
    large = [a for a in asked if a.problems.size == 20]
    probed = {"problem_properties", "descent", "layer_states", "probes", "failure_prediction"}
    of_layers = [a for a in large if a.problems.seed == 1]
    assert {a.question.analysis for a in of_layers} == probed
    assert {a.problems.variant for a in of_layers} == {"same", "harder"}
    large = [a for a in large if a not in of_layers]
    found = {
        task: {a.question.analysis for a in large if a.problems.task == task}
        for task in tasks.TASKS
    }
    assert found == {
        "completion": every_task, "addition": every_task, "inverse": every_task | learned,
    }  # fmt: skip
    # At a point, along a direction, from a start or with a strength that a reader chooses.
    chosen = {
        "point", "directed_slice", "other_slice", "steered_descent", "descent_from", "many_starts",
        "eigenvector", "probe_slice", "probe_steered", "minima_slice",
    }  # fmt: skip
    elsewhere = {"accuracy_paired", "failure_transfer"} | chosen | probed
    assert set().union(*found.values()) | elsewhere == set(registry.analyses())
    assert {a.question.analysis for a in asked if a.problems.size == 8} == {
        "problem_properties", "descent", "hessian_spectrum", "landscape_slice",
    }  # fmt: skip
    harder = [a for a in asked if a.problems.variant == "harder" and a not in of_layers]
    assert {a.question.analysis for a in harder} == {"accuracy"}
    assert len(harder) == len(tasks.TASKS)
    blocks = [a for a in large if registry.get(a.question.analysis).scope == "block"]
    few = {a.question.parameters.get("plane") or a.question.analysis
           for a in blocks if a.count < 16}  # fmt: skip
    assert few == {
        "three_points", "trajectory", "gradient_error", "symmetry", "random", "stiff_soft",
        "eigenspace", "geometry", "attribution", "minima", "paths",
        "minima_profiles",
    }  # fmt: skip
    opened = [a.count for a in blocks if a.question.parameters.get("plane") == "stiff_soft"
              and a.question.parameters["place"] == "answer"]  # fmt: skip
    assert opened == [16] * len(tasks.TASKS)  # what Landscape opens with is there for every problem
