"""`--out` never replaces what is something else, and a full or read-only place is named rightly."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from cases import small
from file_systems import make_device, without

from ired_interp_core import checkpoints
from precompute import __main__ as command_line
from precompute.ground import exits, storage
from precompute.plan.manifest import read_manifest

SWEEP = """
name = "small"
[[models]]
checkpoint = "model.safetensors"
[[problems]]
task = "inverse"
variant = "same"
seed = 0
count = 2
size = 3
[[analyses]]
name = "problem_properties"
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    checkpoints.save(small(), "model.safetensors")
    Path("sweep.toml").write_text(SWEEP)
    return tmp_path


COMMANDS: dict[str, list[str]] = {
    "plan": ["plan", "sweep.toml", "--store", "store", "--out"],
    "import-checkpoint": ["import-checkpoint", "model.safetensors", "--confirm", "--out"],
    "export-tables": ["export-tables", "--store", "store", "--out"],
    "ask": ["ask", "descent", "--store", "store", "--task", "inverse", "--out"],
}


def text(path: Path) -> None:
    path.write_text("precious")


def json(path: Path) -> None:
    path.write_text('{"format": "another"}')


def link(path: Path) -> None:
    path.symlink_to("elsewhere")


OTHERS: list[Callable[[Path], Any]] = [text, json, link, make_device, Path.mkdir, os.mkfifo]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("make", OTHERS, ids=lambda make: make.__name__)
def test_what_is_something_else_stays(
    command: str, make: Callable[[Path], Any], here: Path, capfd: Any
) -> None:
    (here / "store").mkdir()
    make(here / "target")
    before = os.lstat("target")
    assert command_line.main([*COMMANDS[command], "target"]) == exits.USAGE
    assert "something else" in capfd.readouterr().err
    after = os.lstat("target")
    assert os.path.samestat(after, before)
    assert (after.st_mtime_ns, after.st_size) == (before.st_mtime_ns, before.st_size)
    assert not (here / "elsewhere").exists()
    assert list((here / "store").iterdir()) == []


@pytest.mark.parametrize("command", COMMANDS)
def test_a_name_that_promises_another_kind_of_file_is_refused(
    command: str, here: Path, capfd: Any
) -> None:
    (here / "store").mkdir()
    assert command_line.main([*COMMANDS[command], "target.csv"]) == exits.USAGE
    said = capfd.readouterr().err
    assert "name of another kind of file" in said
    assert "target.csv · expected: ." in said
    assert not (here / "target.csv").exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_the_folder_itself_is_refused(command: str, here: Path, capfd: Any) -> None:
    (here / "store").mkdir()
    assert command_line.main([*COMMANDS[command], "."]) == exits.USAGE
    assert "something else" in capfd.readouterr().err


def test_a_plan_is_replaced_by_a_plan(here: Path) -> None:
    for _ in range(2):
        assert command_line.main([*COMMANDS["plan"], "plan.json"]) == exits.DONE
    assert len(read_manifest(here / "plan.json").units) == 1


def full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


TRAIN = ["train", "--task", "addition", "--size", "2", "--width", "16", "--steps", "1", "--device",
         "cpu", "--batch", "4", "--evaluate-problems", "2", "--out", "training"]  # fmt: skip


@pytest.mark.parametrize("trouble", ["room", "write", "checkpoint", "file"])
def test_a_training_without_room_speaks_of_its_own_folder(
    trouble: str, here: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    if trouble == "room":
        monkeypatch.setattr(storage, "MIN_FREE_BYTES", 10**30)
    elif trouble == "write":
        monkeypatch.setattr("tempfile.TemporaryFile", full)
    elif trouble == "checkpoint":
        monkeypatch.setattr("store.files.publish", full)
    else:
        Path("training").touch()
    threads = torch.get_num_threads()
    assert command_line.main(TRAIN) == exits.USAGE
    torch.set_num_threads(threads)
    said = capfd.readouterr().err
    assert "training" in said
    assert "store" not in said.replace(str(here), "")


def test_a_training_without_locks_says_so_and_goes_on(here: Path, capfd: Any) -> None:
    threads = torch.get_num_threads()
    with without(flock=errno.ENOLCK):
        assert command_line.main(TRAIN) == exits.DONE
    torch.set_num_threads(threads)
    assert "no locks" in capfd.readouterr().out


def test_a_training_writes_through_no_link(here: Path, capfd: Any) -> None:
    Path("training").mkdir()
    (here / "training" / ".lock").symlink_to(here / "outside")
    assert command_line.main(TRAIN) == exits.BAD_DATA
    assert "a symbolic link" in capfd.readouterr().err
    assert not (here / "outside").exists()
