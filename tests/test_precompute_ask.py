"""One question from the command line and from Python: one address, the same numbers."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import live_toys
import numpy as np
import pytest
import xarray as xr
from cases import CHECKPOINTS, ROOT
from precompute_toys import Bench

import precompute
import store
from ired_interp_core import own, records, registry, tasks
from ired_interp_core.contents import Change, Content
from ired_interp_core.errors import Refusal
from ired_interp_core.messages import Ask
from ired_interp_core.records import ProblemSet
from precompute.ground.exits import Usage
from precompute.plan import plan, sweep
from precompute.plan.models import ModelRef, identify
from precompute.plan.sweep_models import ModelEntry
from precompute.serve import ask as asks
from precompute.serve import asking
from precompute.serve.ask import Answer
from precompute.work import speed
from store import LiveAnswers, contents, layout, shards

SUBJECT = ["--task", "inverse", "--size", "4"]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with live_toys.known(live_toys.bench(tmp_path_factory.mktemp("ask"))) as here:
        yield here


def test_command_line_and_python_give_the_same_numbers_under_one_address(bench: Bench) -> None:
    words = ["ask", "live_sum", "--store", bench.store, *SUBJECT, "--problem", 11]
    said = bench.call(*words)
    told = json.loads(said.stdout)  # nothing of what the analysis prints is in it
    assert "this is printed" in said.stderr
    assert said.stderr.splitlines()[-1] == f"key {told['key']}"
    live = LiveAnswers(bench.store)
    stored = live.read("live_sum", told["key"], 11)
    values = told["variables"]["twice"]
    assert (values["dims"], values["dtype"], values["units"]) == (["problem"], "float64", "y")
    np.testing.assert_array_equal(values["values"], stored.twice)
    assert told["coordinates"]["problem"]["values"] == [11]
    assert not told["stored"]
    found = precompute.ask(bench.store, "live_sum", task="inverse", size=4, problem=11)
    xr.testing.assert_identical(found, stored)
    out = bench.folder / "answer.nc"
    bench.call(*words, "--format", "netcdf", "--out", out)
    with xr.open_dataset(out) as opened:
        xr.testing.assert_equal(opened.load(), stored)
    assert shards.missing(bench.store, "live_sum", told["key"], [(11, 12)])
    report = store.verify(bench.store)
    assert report.counts["live answers"] == 2
    assert not report.problems


def test_python_computes_what_is_missing_in_a_process_of_its_own(bench: Bench) -> None:
    named = {"task": "inverse", "size": 4, "problem": 12}
    found = precompute.ask(bench.store, "live_base", **named, salt=3)
    plain = precompute.ask(bench.store, "live_base", **named)
    np.testing.assert_allclose(found.mean_x, plain.mean_x + 3)
    with pytest.raises(Refusal, match="fails here"):
        precompute.ask(bench.store, "live_base", **named, fail=True)
    with pytest.raises(Refusal, match=r"too long.*about 16 min.*expected.*at most 1 min 0 s"):
        precompute.ask(bench.store, "live_base", **named, costs=1000.0 / measured(bench))


def test_a_file_and_an_array_of_ones_own_are_one_question(bench: Bench) -> None:
    p = tasks.problems("inverse", 2, 9, 4)
    path = bench.folder / "own.csv"
    path.write_text("\n".join(";".join(map(repr, row)) for row in p.x[1].reshape(4, 4).tolist()))
    said = bench.call("ask", "live_base", "--store", bench.store, "--task", "inverse", "--x", path)
    told = json.loads(said.stdout)
    assert told["variables"]["mean_x"]["values"] == [p.x[1].mean()]
    live = LiveAnswers(bench.store)
    for x in (path, p.x[1].reshape(4, 4), {"x": p.x[1:], "y": p.y[1:]}):
        found = precompute.ask(bench.store, "live_base", task="inverse", x=x)
        assert records.digest(json.loads(found.attrs["question"])) == told["key"]
    (digest,) = contents.digests(live.folder)
    many = precompute.ask(bench.store, "live_sum", task="inverse", x=p.x, problem=1)
    assert float(many.twice[0]) == 2 * p.x[1].mean()
    edited = own.edit(Content("inverse", 4, p.x[1:], p.y[1:], 5), [Change(0, 0, 9.0)])
    contents.publish(live, edited)
    kept = precompute.ask(bench.store, "live_base", task="inverse", x=edited.digest)
    assert kept.problem.item() == 5
    assert store.verify(bench.store).counts["own problem sets"] == 3
    assert digest in contents.digests(live.folder)


@pytest.mark.parametrize(
    ("text", "words", "said", "code"),
    [
        ("1 2\n3", [], "row 2 has 1 numbers, 2 expected", 65),
        ("1 1\n1 1", [], "κ would be", 65), ("1 2\n3 4", ["--size", "4"], "wrong shape", 65),
        ("1 2\n3 4", ["--variant", "harder"], "no variant and no seed", 64),
        ("1 2\n3 4", ["--problem", "1"], "no such problem", 65), (None, [], "no such file", 64),
        ("1 " * 500_001, [], "file is too large", 65),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_one_line(
    bench: Bench, tmp_path: Path, capfd: pytest.CaptureFixture[str], text: str | None,
    words: list[str], said: str, code: int,
) -> None:  # fmt: skip
    from precompute.__main__ import main

    if text is not None:
        (tmp_path / "x.txt").write_text(text)
    subject = ["--task", "inverse", "--x", str(tmp_path / "x.txt")]
    assert main(["ask", "live_base", "--store", str(bench.store), *subject, *words]) == code
    assert said in capfd.readouterr().err.splitlines()[-1]


def measured(bench: Bench) -> float:
    return speed.known(layout.live(bench.store)) or 1.0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["toy_base"], "not asked live"),
        (["nothing"], "unknown analysis"),
        (["live_base", "sleep=long"], "wrong type"),
        (["live_base", "slept=1"], "unknown parameter"),
        (["live_base", "sleep"], "NAME=VALUE"),
        (["live_base", "salt=1", "--set", "salt=2"], "each name once"),
        (["live_base", "--format", "xml"], "json, netcdf, key"),
        (["live_base", "--problem", "-1"], "unusable range"),
        (["live_base", "--variant", "odd"], "unknown variant"),
        (["live_base", "--input", "base=ab"], "unknown input"),
        (["live_sum", "--input", "base=zz"], "no such question"),
        (["descent"], "question needs a model"),
        (["descent", "--model", "ab12"], "no such model"),
    ],
)
def test_what_cannot_be_asked_is_one_line_and_exit_64(
    bench: Bench, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    from precompute.__main__ import main

    assert main(["ask", *words, "--store", str(bench.store), *SUBJECT]) == 64
    err = capsys.readouterr().err
    assert said in err
    assert len(err.splitlines()) == 1


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ModelRef]:
    """A store that knows the bundled model, and nothing else."""
    from precompute.plan import models

    root = tmp_path_factory.mktemp("model")
    path = CHECKPOINTS / "inverse.safetensors"
    found = identify(ModelEntry(str(path), path), root)
    models.publish(root, found)
    return root, found


def test_a_live_question_is_the_very_question_of_a_sweep(model: tuple[Path, ModelRef]) -> None:
    root, known = model
    text = f"""
        name = "same"
        [[models]]
        checkpoint = "{CHECKPOINTS}/inverse.safetensors"
        [[problems]]
        task = "inverse"
        variant = "harder"
        seed = 3
        count = 2
        [[analyses]]
        name = "eigenspace"
        k = 4
        [[analyses]]
        name = "landscape_slice"
        plane = "random"
        half_width = 2
        [[analyses]]
        name = "activations"
    """
    planned = plan.questions(sweep.parse(text, "here", ROOT), [known], "here")
    swept = {a.question.analysis: a.question.key for a in planned}
    problems = ProblemSet("inverse", "harder", 20, 3)
    for name, given in {
        "eigenspace": {"k": 4}, "landscape_slice": {"plane": "random", "half_width": 2},
        "activations": {}, "descent": {},
    }.items():  # fmt: skip
        ask = Ask("s", "r", name, problems, 1, known.digest[:6], given)
        wanted = asking.wanted(LiveAnswers(root), ask)
        assert wanted.question.key == swept[name]
        units = wanted.missing()
        order = ["descent", name] if name != "descent" else [name]
        assert [u.asked.question.analysis for u in units] == order
        assert {(u.start, u.stop) for u in units} == {(1, 2)}
        seconds, memory = asking.price(wanted, units, 2.0)
        assert seconds > 2 * asking.price(wanted, units, 0.5)[0]
        assert 0 < memory < 2**31


def test_a_point_is_asked_on_whichever_slice_its_key_belongs_to(
    model: tuple[Path, ModelRef],
) -> None:
    root, known = model
    live, problems = LiveAnswers(root), ProblemSet("inverse", "same", 20, 0)
    given = {"u": "gradient", "v": "random", "v_index": 12}
    directed = asking.wanted(
        live, Ask("s", "r", "directed_slice", problems, 1, known.digest, given)
    )
    for one in directed.asked.values():
        store.publish_question(live.folder, one.question)
    for read in (directed.question.key, directed.question.key[:12]):
        about = ("s", "r", "point", problems, 1, known.digest, {"a": 0.5}, {"slice": read})
        wanted = asking.wanted(live, Ask(*about))
        assert wanted.question.inputs["slice"] == directed.question.key
        assert wanted.question.inputs["descent"] == directed.question.inputs["descent"]
        units = wanted.missing()
        names = [u.asked.question.analysis for u in units]
        assert names == ["descent", "landscape_slice", "directed_slice", "point"]
        reads = {analysis: key for analysis, key, *_ in units[-1].reads()}
        assert reads["directed_slice"] == directed.question.key
        assert "landscape_slice" not in reads
    other = asking.wanted(live, Ask("s", "r", "hessian_spectrum", problems, 1, known.digest))
    store.publish_question(live.folder, other.question)
    about = ("s", "r", "point", problems, 1, known.digest, {}, {"slice": other.question.key})
    with pytest.raises(Usage, match="landscape_slice or directed_slice or atom_slice"):
        asking.wanted(live, Ask(*about))


def test_another_problems_answer_is_read_and_computed_too(model: tuple[Path, ModelRef]) -> None:
    root, known = model
    problems = ProblemSet("inverse", "same", 20, 4)
    for other, rows in ((5, {2, 5}), (2, {2})):
        given = {"other": other, "v": "gradient"}
        about = Ask("s", "r", "other_slice", problems, 2, known.digest, given)
        wanted = asking.wanted(LiveAnswers(root), about)
        units = wanted.missing()
        walked = {u.start for u in units if u.asked.question.analysis == "descent"}
        assert walked == rows
        assert len(units) == len({u.span for u in units}) == len(rows) + 2
        assert units[-1].span == (wanted.question.key, 2, 3)
        reads = [at for at in units[-1].reads() if at[0] == "descent"]
        assert sorted(at[2:] for at in reads) == sorted([(2, 3), (other, other + 1)])


def test_a_question_about_another_task_or_without_its_dictionary_is_refused(
    model: tuple[Path, ModelRef],
) -> None:
    root, known = model
    live, inverse = LiveAnswers(root), ProblemSet("inverse", "same", 20, 0)
    for ask, said in (
        (Ask("s", "r", "descent", ProblemSet("addition", "same", 20, 0), 0, known.digest),
         "model answers other problems"),
        (Ask("s", "r", "dictionary_codes", inverse, 0, known.digest), "--input dictionary=KEY"),
    ):  # fmt: skip
        with pytest.raises(Refusal, match=said):
            asking.wanted(live, ask)


def test_json_has_no_number_that_json_does_not_know() -> None:
    dataset = xr.Dataset({"a": (("problem",), np.array([np.nan, np.inf, -np.inf, 0.1], "f4"))})
    wanted = asking.Wanted(LiveAnswers("x"), {}, registry.get("problem_properties").question(
        {"problems": "0" * 24}, {}), 0)  # fmt: skip
    told = json.loads(asks.as_json(Answer(wanted, dataset, True, 0.0)))
    assert told["variables"]["a"]["values"] == [None, "inf", "-inf", float(np.float32(0.1))]


def test_speed_is_measured_once_and_anew_on_another_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = iter([0.3, 0.2, 0.4, *[0.5] * 3, *[1.0] * 3])
    monkeypatch.setattr(speed, "_measure", lambda: next(taken))
    assert speed.known(tmp_path) is None
    first = speed.calibrate(tmp_path)
    assert first == speed.known(tmp_path) == speed.calibrate(tmp_path)
    assert first == pytest.approx(0.2 / speed._expected())
    monkeypatch.setattr(speed, "_processor", lambda: "another")
    assert speed.known(tmp_path) is None
    assert speed.calibrate(tmp_path) == pytest.approx(2.5 * first)
    assert len(os.listdir(tmp_path / "speed")) == 1  # of one name, measured anew
    (tmp_path / "file").write_text("")
    assert speed.calibrate(tmp_path / "file") == pytest.approx(5 * first)  # kept nowhere
