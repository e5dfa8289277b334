"""`python -m precompute train`: whole, killed, told to leave, refused."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from cases import small

from ired_interp_core import checkpoints
from ired_interp_core.errors import Refusal
from precompute.__main__ import main
from precompute.ground import provenance
from precompute.ground.exits import BAD_DATA, DONE, SOME_LEFT, USAGE
from precompute.train import train
from precompute.train.log import Log
from precompute.train.run import series_steps

ROOT = Path(__file__).parents[1]
WORDS = ("--task", "addition", "--size", "2", "--width", "16", "--batch", "16", "--log-every", "7",
         "--evaluate-problems", "4", "--evaluate-every", "20", "--series", "1",
         "--save-minutes", "0", "--device", "cpu")  # fmt: skip
STEPS = 60


def words(out: Path, steps: int = STEPS) -> list[str]:
    return ["train", "--out", str(out), *WORDS, "--steps", str(steps)]


def entries(out: Path) -> list[dict]:
    """The log without what a clock says."""
    found = Log(out / "log.jsonl").read()
    return [{k: v for k, v in e.items() if k != "seconds"} for e in found]


def weights(out: Path) -> tuple[str, bytes]:
    """Digest of the averaged weights, and bytes of the official file: nothing of a clock in it."""
    own = out / "addition.safetensors"
    return checkpoints.read_digest(own), (out / "addition.pt").read_bytes()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("train") / "undisturbed"
    assert main(words(out)) == DONE
    return out


def start(out: Path, steps: int) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "precompute", *words(out, steps)], cwd=ROOT,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def wait_until(true: Callable[[], bool], process: subprocess.Popen, seconds: float = 300) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < until
        time.sleep(0.01)


def checkpoints_of(out: Path) -> list[Path]:
    return sorted(out.glob("unfinished/training/*/*.ckpt"))


def newest_step(out: Path) -> int:
    return max((e["step"] for e in Log(out / "log.jsonl").read()), default=0)


def test_a_whole_training_leaves_weights_log_and_series(undisturbed: Path) -> None:
    model = checkpoints.load(undisturbed / "addition.safetensors")
    assert (model.task, model.size, model.width) == ("addition", 2, 16)
    card = model.card
    assert card["title"] == f"addition, n = 2, width 16, {STEPS} steps"
    assert card["steps"] == STEPS
    assert card["training"]["negatives"] == "official"
    assert card["training"]["device"] == "CPU, 1 thread"
    assert card["training"]["seconds"] > 0
    assert "of the problems of the paper's training" in card["remark"]
    assert "exact" in card["remark"]  # an untrained model is no better
    assert card["mse"]["harder"]["answer"] > card["mse"]["harder"]["exact"] == 0
    official = checkpoints.load(undisturbed / "addition.pt", task="addition")
    assert official.digest == model.digest
    log = Log(undisturbed / "log.jsonl").read()
    assert [e["step"] for e in log if "loss" in e] == [7, 14, 21, 28, 35, 42, 49, 56, 60]
    assert [e["step"] for e in log if "evaluation" in e] == [0, 10, 20, 40, 60]
    series = sorted(p.name for p in (undisturbed / "series").iterdir())
    assert series == [f"step-{s:09d}.safetensors" for s in (0, 10, 60)]
    young = checkpoints.load(undisturbed / "series" / series[1])
    assert young.card["steps"] == 10
    last = checkpoints.read_digest(undisturbed / "series" / series[2])
    assert last == model.digest != young.digest
    assert 1 <= len(checkpoints_of(undisturbed)) <= 2


def test_the_same_command_again_does_nothing(undisturbed: Path, capsys) -> None:
    before = (undisturbed / "addition.safetensors").stat().st_mtime_ns
    assert main(words(undisturbed)) == DONE
    assert "60 steps made, none left" in capsys.readouterr().out
    assert (undisturbed / "addition.safetensors").stat().st_mtime_ns == before


def test_killed_and_started_again_it_ends_in_the_same_bytes(
    undisturbed: Path, tmp_path: Path
) -> None:
    out = tmp_path / "killed"
    process = start(out, STEPS)
    wait_until(lambda: newest_step(out) >= 21 and bool(checkpoints_of(out)), process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (out / "addition.safetensors").exists()
    with open(out / "log.jsonl", "a") as file:
        file.write('{"step": 2')  # what a process killed while writing may leave
    newest = checkpoints_of(out)[-1]
    content = newest.read_bytes()
    newest.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))  # and the one before is taken
    assert main(words(out)) == DONE
    assert weights(out) == weights(undisturbed)
    assert entries(out) == entries(undisturbed)
    for path in (undisturbed / "series").iterdir():
        assert checkpoints.read_digest(out / "series" / path.name) == checkpoints.read_digest(path)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
def test_told_to_leave_it_saves_exits_75_and_goes_on(
    number: int, undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, made = tmp_path / "told", 0
    real = train.Run.advance

    def advance(self: train.Run) -> None:
        nonlocal made
        made += 1
        if made == 23:
            os.kill(os.getpid(), number)
        real(self)

    monkeypatch.setattr(train.Run, "advance", advance)
    quiet = [*words(out), "--save-minutes", "100"]
    assert main(quiet) == SOME_LEFT
    reached = checkpoints.read_card(out / "addition.safetensors")
    assert reached["steps"] == 23
    assert main(quiet) == DONE
    assert made == STEPS
    assert weights(out) == weights(undisturbed)
    assert entries(out) == entries(undisturbed)


def test_more_steps_continue_and_fewer_are_refused(undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "longer"
    assert main(words(out, 30)) == DONE
    assert main(words(out, STEPS)) == DONE
    assert weights(out) == weights(undisturbed)
    assert main(words(out, 30)) == USAGE


def test_two_at_once_are_one(tmp_path: Path, capsys) -> None:
    out = tmp_path / "twice"
    process = start(out, 10**6)
    wait_until(lambda: newest_step(out) > 0, process)
    assert main(words(out, 10**6)) == SOME_LEFT
    assert "another process trains in this folder" in capsys.readouterr().err
    process.send_signal(signal.SIGUSR1)
    process.wait()
    assert process.returncode == SOME_LEFT


def test_from_a_checkpoint(tmp_path: Path) -> None:
    model = small(2, "addition", seed=3)
    path = tmp_path / "start.safetensors"
    checkpoints.save(model, path)
    out = tmp_path / "from"
    assert main([*words(out, 10), "--from", str(path)]) == DONE
    begun = checkpoints.load(out / "series" / "step-000000000.safetensors")
    assert begun.digest == model.digest
    ended = checkpoints.load(out / "addition.safetensors")
    assert ended.digest != model.digest
    assert ended.card["training"]["started_from"] == model.digest
    away = (ended.weights["fc2.weight"] - model.weights["fc2.weight"]).abs().max()
    assert 0 < float(away) < 0.01
    assert main(words(out, 10)) == USAGE  # from random weights: another training


def test_a_training_that_diverges_fails_loudly(tmp_path: Path, capsys) -> None:
    tensors = {k: 1e18 * v.numpy() for k, v in small(2, "addition").weights.items()}
    model = checkpoints.from_tensors(tensors, {"task": "addition"})
    path = tmp_path / "broken.safetensors"
    checkpoints.save(model, path)
    arguments = ["--from", str(path), "--series", "0", "--evaluate-every", "0"]
    assert main([*words(tmp_path / "nan", 50), *arguments]) == BAD_DATA
    said = capsys.readouterr().err
    assert re.search(r"loss or gradient not finite .* 7 of 7 updates could not be made", said)
    assert not (tmp_path / "nan" / "addition.safetensors").exists()
    assert main([*words(tmp_path / "evaluated", 50), "--from", str(path)]) == BAD_DATA
    assert "answers not finite" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--task", "lowrank"], "unknown task"),
        (["--size", "10,20"], "another size needs another network"),
        (["--steps", "0"], "steps out of range"),
        (["--rate", "nan"], "rate out of range"),
        (["--negatives", "evil"], "one of official, none, random, hard, adversarial"),
        (["--device", "cuda:77"], "no such device"),
        (["--from", "missing.pt"], "cannot be opened"),
        (["--batch", "x"], "--batch"),
        (["--unknown"], "--task"),
    ],
)
def test_bad_arguments_are_refused_in_one_line(
    tmp_path: Path, arguments: list[str], said: str, capsys
) -> None:
    out = tmp_path / "refused"
    assert main([*words(out), *arguments]) == USAGE
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not out.exists()


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path, capsys) -> None:
    (tmp_path / "thesis.tex").write_text("precious")
    assert main(words(tmp_path)) == USAGE
    assert "folder holds something else" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_folder_of_another_training_is_left_alone(undisturbed: Path, capsys) -> None:
    before = (undisturbed / "recipe.json").read_bytes()
    assert main([*words(undisturbed), "--seed", "1"]) == USAGE
    assert "seed 0, not 1" in capsys.readouterr().err
    assert (undisturbed / "recipe.json").read_bytes() == before


def test_the_log_is_cut_to_where_a_training_goes_on(tmp_path: Path) -> None:
    log = Log(tmp_path / "log.jsonl")
    for step in (0, 5, 10):
        log.add({"step": step, "loss": 1.0})
    with open(log.path, "a") as file:
        file.write('{"step": 15, "lo')
    log.cut(5)
    assert [e["step"] for e in log.read()] == [0, 5]
    assert log.path.read_text().endswith("}\n")
    with pytest.raises(ValueError, match="JSON"):
        log.add({"step": 1, "loss": float("nan")})


@pytest.mark.parametrize(
    ("steps", "per_decade", "expected"),
    [
        (1000, 1, {0, 10, 100, 1000}),
        (500, 2, {0, 10, 32, 100, 316, 500}),
        (5, 4, {0, 5}),
        (100, 0, set()),
    ],
)
def test_series_are_log_spaced(steps: int, per_decade: int, expected: set[int]) -> None:
    assert series_steps(steps, per_decade) == expected


def test_a_number_of_threads_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(torch, "set_num_threads", asked.append)
    assert main([*words(tmp_path / "threads", 2), "--threads", "3"]) == DONE
    assert asked[-1] == 3
    card = checkpoints.read_card(tmp_path / "threads" / "addition.safetensors")
    assert card["training"]["device"] == "CPU, 3 threads"


def test_the_card_names_the_code_that_ran(tmp_path: Path, monkeypatch) -> None:
    """Hours after the start, the checkout may be at another commit."""
    started = train.Run.__post_init__

    def then_moved(self: train.Run) -> None:
        started(self)
        later = {"commit": "of later", "dirty": True, "versions": {}}
        monkeypatch.setattr("precompute.ground.provenance.of_code", lambda: later)

    monkeypatch.setattr(train.Run, "__post_init__", then_moved)
    before = provenance.of_code()["commit"]
    assert main(words(tmp_path / "moved", 2)) == DONE
    card = checkpoints.read_card(tmp_path / "moved" / "addition.safetensors")
    assert card["training"]["commit"] == before != "of later"


def test_a_recipe_that_is_no_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "recipe.json").write_text("<html>")
    assert main(words(tmp_path)) == BAD_DATA
    (tmp_path / "recipe.json").write_text(json.dumps({"task": "inverse"}))
    assert main(words(tmp_path)) == USAGE


def test_memory_that_is_full_is_said(tmp_path: Path, monkeypatch, capsys) -> None:
    def full(_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("ired_interp_core.training.trainer.Training.advance", full)
    assert main(words(tmp_path / "full")) == USAGE
    assert "give a smaller --batch" in capsys.readouterr().err


def test_without_a_compiler_nothing_is_compiled(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert main([*words(tmp_path / "out"), "--compile"]) == USAGE
    assert "cannot compile · in: --compile" in capsys.readouterr().err


def test_only_the_official_network_is_trained(tmp_path: Path) -> None:
    model = small(2, "inverse")
    path = tmp_path / "other.safetensors"
    checkpoints.save(model, path)
    with pytest.raises(Refusal, match="checkpoint is not of this task"):
        train.recipe_of(path, {"task": "addition"})
    with pytest.raises(Refusal, match="another width · in: --from · came: 8 · expected: 16"):
        train.recipe_of(path, {"task": "inverse", "width": 8})
