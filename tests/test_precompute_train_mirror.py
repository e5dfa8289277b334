"""`python -m precompute train --mirror …`: what is written where, once, and in nobody's way.

The packages are not among the project's; writers that remember stand in for them.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from ired_interp_core import checkpoints
from precompute.__main__ import main
from precompute.ground.exits import DONE, SOME_LEFT, USAGE
from precompute.train import mirror as train_mirror
from precompute.train import train
from precompute.train.log import Log

WORDS = ("--task", "addition", "--size", "2", "--width", "8", "--batch", "8", "--log-every", "4",
         "--evaluate-problems", "2", "--evaluate-every", "10", "--series", "0",
         "--device", "cpu", "--steps", "20")  # fmt: skip
Points = list[tuple[int, str, float]]


class Shown:
    """What a reader of a mirror would see, and where it lies."""

    def __init__(self) -> None:
        self.points: Points = []
        self.folders: list[str] = []
        self.opened: list[dict[str, Any]] = []
        self.closed = 0
        self.fails_at: int | None = None

    def add(self, step: int, name: str, value: float) -> None:
        if self.fails_at is not None and step >= self.fails_at:
            raise OSError("No space left\non device")
        self.points.append((step, name, value))


def tensorboard(shown: Shown) -> ModuleType:
    """torch.utils.tensorboard, of which readers drop the points from `purge_step` on."""

    class SummaryWriter:
        def __init__(self, log_dir: str, purge_step: int, flush_secs: int) -> None:
            shown.points = [p for p in shown.points if p[0] < purge_step]
            shown.folders.append(log_dir)
            shown.opened.append({"flush_secs": flush_secs})

        def add_scalar(self, name: str, value: float, step: int) -> None:
            shown.add(step, name, value)

        def close(self) -> None:
            shown.closed += 1

    module = ModuleType("torch.utils.tensorboard")
    module.SummaryWriter = SummaryWriter
    return module


def wandb(shown: Shown) -> ModuleType:
    """The package wandb: a run's folder holds what it was given."""

    def init(**words: Any) -> SimpleNamespace:
        folder = Path(words["dir"]) / "wandb" / f"offline-run-{len(shown.opened)}-{words['id']}"
        folder.mkdir(parents=True)
        shown.points = []  # of this folder alone: the earlier ones must be gone
        shown.folders.append(str(folder))
        shown.opened.append(words)

        def log(values: dict[str, float], step: int) -> None:
            for name, value in values.items():
                shown.add(step, name, value)

        def finish() -> None:
            shown.closed += 1

        return SimpleNamespace(log=log, finish=finish)

    module = ModuleType("wandb")
    module.init, module.Settings = init, lambda **words: words
    return module


STANDINS: dict[str, tuple[str, Callable[[Shown], ModuleType]]] = {
    "tensorboard": ("torch.utils.tensorboard", tensorboard),
    "wandb": ("wandb", wandb),
}


@pytest.fixture(params=STANDINS)
def mirror(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Shown]:
    shown, (module, make) = Shown(), STANDINS[request.param]
    monkeypatch.setitem(sys.modules, module, make(shown))
    return request.param, shown


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Digest of the weights of the same training without a mirror."""
    out = tmp_path_factory.mktemp("plain") / "out"
    assert main(["train", "--out", str(out), *WORDS]) == DONE
    return checkpoints.read_digest(out / "addition.safetensors")


def logged(out: Path) -> Points:
    """What a mirror must show, from log.jsonl: written out, not by `points`."""
    found: Points = []
    for entry in Log(out / "log.jsonl").read():
        step = entry.pop("step")
        for variant, errors in entry.pop("evaluation", {}).items():
            found += [(step, f"mse_{variant}/{k}", v) for k, v in errors.items()]
        found += [(step, f"training/{k}", v) for k, v in entry.items()]
    return sorted(found)


def begun(out: Path, monkeypatch: pytest.MonkeyPatch, steps: int, *more: str) -> None:
    """A training that is told to leave before its step `steps`."""
    real, made = train.Run.advance, 0

    def advance(self: train.Run) -> None:
        nonlocal made
        made += 1
        if made == steps:
            os.kill(os.getpid(), signal.SIGUSR1)
        real(self)

    with monkeypatch.context() as patched:
        patched.setattr(train.Run, "advance", advance)
        assert main(["train", "--out", str(out), *WORDS, *more]) == SOME_LEFT


def test_a_mirror_shows_the_log_and_leaves_the_weights_alone(
    mirror: tuple[str, Shown], plain: str, tmp_path: Path
) -> None:
    name, shown = mirror
    out = tmp_path / "out"
    assert main(["train", "--out", str(out), *WORDS, "--mirror", name]) == DONE
    assert sorted(shown.points) == logged(out)
    said = {point[1] for point in shown.points}
    assert {"training/loss", "training/mse", "training/contrastive", "training/gradient_norm",
            "training/rate", "mse_same/answer", "mse_harder/exact"} <= said  # fmt: skip
    assert {p[0] for p in shown.points if p[1] == "mse_same/answer"} == {10, 20}
    assert shown.closed == 1
    assert shown.folders[0].startswith(str(out))
    assert checkpoints.read_digest(out / "addition.safetensors") == plain
    if name == "wandb":
        assert shown.opened[0]["mode"] == "offline"
        assert shown.opened[0]["config"]["task"] == "addition"


def test_a_training_that_goes_on_shows_each_point_once(
    mirror: tuple[str, Shown], plain: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, shown = mirror
    out = tmp_path / "out"
    begun(out, monkeypatch, 14, "--mirror", name)
    before = sorted(shown.points)
    assert before == logged(out)
    assert max(p[0] for p in before) == 12
    shown.points.append((999, "training/loss", 1.0))  # of steps that a kill took back
    assert main(["train", "--out", str(out), *WORDS, "--mirror", name]) == DONE
    assert sorted(shown.points) == logged(out)
    assert len(set(shown.points)) == len(shown.points)
    assert shown.closed == 2
    assert checkpoints.read_digest(out / "addition.safetensors") == plain
    if name == "wandb":
        assert [str(p) for p in (out / "wandb").iterdir()] == shown.folders[-1:]
        assert shown.opened[0]["id"] == shown.opened[1]["id"]


def test_a_mirror_that_comes_later_has_the_beginning_too(
    mirror: tuple[str, Shown], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, shown = mirror
    out = tmp_path / "out"
    begun(out, monkeypatch, 14)
    assert not shown.opened
    assert main(["train", "--out", str(out), *WORDS, "--mirror", name]) == DONE
    assert sorted(shown.points) == logged(out)
    assert min(p[0] for p in shown.points) == 4


def test_a_mirror_that_fails_is_given_up_and_said_once(
    mirror: tuple[str, Shown], plain: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    name, shown = mirror
    shown.fails_at = 9
    out = tmp_path / "out"
    assert main(["train", "--out", str(out), *WORDS, "--mirror", name]) == DONE
    assert capsys.readouterr().err == (
        f"mirror {name} failed, the training goes on without"
        " · OSError: No space left on device\n"
    )  # fmt: skip
    assert {p[0] for p in shown.points} == {4, 8}
    assert max(p[0] for p in logged(out)) == 20
    assert checkpoints.read_digest(out / "addition.safetensors") == plain


def test_a_mirror_that_cannot_be_opened_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "wandb", wandb(Shown()))
    out = tmp_path / "out"
    out.mkdir()
    begun(out, monkeypatch, 2)
    (out / "wandb").write_text("no folder")
    assert main(["train", "--out", str(out), *WORDS, "--mirror", "wandb"]) == DONE
    assert capsys.readouterr().err.count("mirror wandb failed") == 1


@pytest.mark.parametrize(("name", "package"), [("wandb", "wandb"), ("tensorboard", "tensorboard")])
def test_without_the_package_nothing_starts(
    name: str,
    package: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    monkeypatch.delitem(sys.modules, "torch.utils.tensorboard", raising=False)
    monkeypatch.setitem(sys.modules, package, None)  # as if it were not installed
    out = tmp_path / "out"
    assert main(["train", "--out", str(out), *WORDS, "--mirror", name]) == USAGE
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert f"in: --mirror · came: {name}" in error
    assert f"expected: the package {package} · next: pip install {package}" in error
    assert not out.exists()


def test_an_unknown_mirror_is_answered_with_the_known_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    assert main(["train", "--out", str(tmp_path / "x"), *WORDS, "--mirror", "neptune"]) == USAGE
    assert "expected: none, tensorboard, wandb" in capsys.readouterr().err


def test_a_folder_called_wandb_is_not_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "wandb").mkdir()  # as it makes one where it runs
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "wandb", raising=False)
    with pytest.raises(train.Usage, match="mirror's package cannot be imported"):
        train_mirror.mirror_for("wandb")
    sys.modules.pop("wandb", None)
