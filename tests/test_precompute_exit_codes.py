"""Every command answers every odd word with an exit code that means something, in one line."""

import io
import os
import sys
from pathlib import Path

import pytest
import typer

from precompute import __main__ as line
from precompute.cli.options import app
from precompute.ground.exits import BAD_DATA, DONE, SOME_LEFT, USAGE, Usage

ROOT = Path(__file__).resolve().parents[1]

MEANT = {DONE, USAGE, BAD_DATA, SOME_LEFT}

ODD = [
    "",
    "x\0y",
    ".",
    "/dev/null",
    "-1",
    "1" * 400,
    "nan",
    "1e999",
    "x" * 5000,
    "a\n\x1b[2J",
    "\udcff𝔸",
]

HARMLESS = {"sweep": "no.toml", "store": "no-store", "steps": "0", "task": "inverse", "index": "0"}
"""What the other words of a command are, so that nothing is computed, served or submitted."""

COMMANDS = typer.main.get_command(app).commands


def words(command, odd, value):
    """A command with one odd word, and harmless ones where it needs more."""
    said = [command.name]
    for param in command.params:
        given = value if param is odd else HARMLESS.get(param.name, "nothing")
        if param is odd or param.required or param.name in HARMLESS:
            flag = getattr(param, "is_flag", False)
            said += (
                [*param.opts[:1], *([] if flag else [given])]
                if param.opts[0][0] == "-"
                else [given]
            )
    return said


@pytest.mark.parametrize("name", COMMANDS)
def test_odd_words(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "execv", lambda *_: None)  # the app on the present folder
    command = COMMANDS[name]
    spelled = (words(command, odd, value) for odd in command.params for value in ODD)
    for given in {tuple(one): one for one in spelled}.values():  # a flag takes no word: once
        code = line.main(given)
        said = capsys.readouterr().err
        assert code in MEANT, (given, said)
        assert len(said.splitlines()) <= 1 or code == DONE, (given, said)
        assert "\x1b" not in said, given


class Full(io.StringIO):
    """An output with no room, or nobody who listens."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def write(self, _):
        raise self.error

    def fileno(self):
        raise OSError


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (BrokenPipeError(32, "Broken pipe"), 0),
        (OSError(28, "No space left on device"), 1),
    ],
)
def test_an_output_that_takes_nothing(error, said, tmp_path, monkeypatch, capsys):
    """Nothing is lost: the same command says it again."""
    monkeypatch.setattr(sys, "stdout", Full(error))
    assert line.main(["status", "--store", str(tmp_path)]) == SOME_LEFT
    assert len(capsys.readouterr().err.splitlines()) == said


@pytest.mark.parametrize(
    "text", [".".join(["a"] * 500) + " = 1", f"name = 1{'0' * 400}", "a = " + "[" * 500 + "]" * 500]
)
def test_sweeps_beyond_any(text, tmp_path, capsys):
    sweep = tmp_path / "sweep.toml"
    sweep.write_text(text + "\n")
    assert line.main(["plan", str(sweep), "--store", str(tmp_path / "s"), "--out", "m"]) == USAGE
    assert len(capsys.readouterr().err.splitlines()) == 1


DENSE = f"""
name = "dense"
[[models]]
checkpoint = "{ROOT}/checkpoints/inverse.safetensors"
[[problems]]
task = "inverse"
variant = "same"
seed = 0
count = 4
[[analyses]]
name = "dictionary_metrics"
inputs.dictionary = {{ features = 16, k = 16 }}
"""


def test_what_no_analysis_can_do_is_refused_before_anything_is_computed(tmp_path, capsys):
    """A dictionary as dense as its inputs was found out after its inputs were computed."""
    (tmp_path / "sweep.toml").write_text(DENSE)
    given = ["plan", str(tmp_path / "sweep.toml"), "--store", str(tmp_path / "s"), "--out", "m"]
    assert line.main(given) in (USAGE, BAD_DATA)
    assert "nothing is sparse" in capsys.readouterr().err
    assert not (tmp_path / "s" / "results").exists()


def test_a_bug_is_told_from_everything_else(monkeypatch, capsys, tmp_path):
    def broken(error):
        def command(*_):
            raise error

        return command

    for error, code in (
        (KeyError("x"), 70),
        (SystemExit(0), 70),
        (Usage("no"), USAGE),
        (SystemExit(3), 70),
    ):
        monkeypatch.setattr("precompute.cli.short.verify", broken(error))
        assert line.main(["verify", "--store", str(tmp_path)]) == code
        assert len(capsys.readouterr().err.splitlines()) == 1
