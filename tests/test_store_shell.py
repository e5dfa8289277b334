"""What people paste into a shell, and what a terminal is given, whatever files are called."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import store_cases as cases

import store
from ired_interp_core.errors import Refusal, printable
from precompute import __main__ as command_line
from precompute.cluster.job_lines import watch
from precompute.ground import exits, storage
from store import catalog, layout, shell
from store.faults import Fault

NAMES = (
    "plain.h5", "two words", "x;touch PWNED", "$(touch PWNED)", "`touch PWNED`", "it's", '"', "a&b",
    "-rf", "\x1b]0;title\x07ok", "line\nbreak", "tab\there", "back\\slash'\x1b", "\u202eright",
    os.fsdecode(b"no-utf8-\xff"), "*", "~", "#",
)  # fmt: skip


def harmless(line: str) -> None:
    assert line.isprintable(), ascii(line)


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_pasted_line_removes_this_file_and_does_nothing_else(name: str, tmp_path: Path) -> None:
    victim = tmp_path / name
    victim.touch()
    (tmp_path / "bystander").touch()
    for path in (victim, Path(name)):  # also from within its folder
        victim.touch()
        line = shell.remove(path)
        harmless(line)
        subprocess.run(["bash", "-c", line], cwd=tmp_path, check=True)
        assert os.listdir(tmp_path) == ["bystander"]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_every_line_about_a_store_keeps_its_folder_one_word(name: str) -> None:
    root = Path("parent") / name
    for line in (
        shell.again(root),
        shell.command(root, "status", "run"),
        watch(root, "run"),
        store.generations.BrokenCatalog(root, "broken", "").next_step,
        refused(lambda: storage.exists(root)).next_step,
    ):
        harmless(line)
        words = subprocess.run(
            ["bash", "-c", f"printf '%s\\0' {line}"], capture_output=True, check=True
        ).stdout.split(b"\0")
        assert os.fsencode(root) in words, line


def refused(work: Any) -> Refusal:
    with pytest.raises(Refusal) as found:
        work()
    return found.value


def test_verify_prints_names_that_do_nothing(tmp_path: Path, capfd: Any) -> None:
    asked = cases.question("problem_properties")
    cases.fill(tmp_path, asked)
    catalog.collect(tmp_path)
    folder = layout.question_folder(tmp_path, asked.analysis, asked.key)
    (folder / "x;touch PWNED").touch()
    (folder / "\x1b]0;title\x07ok").touch()
    assert command_line.main(["verify", "--store", str(tmp_path)]) == exits.BAD_DATA
    said = capfd.readouterr().out.splitlines()
    lines = [line for line in said if not line.startswith(str(layout.models(tmp_path)))]
    assert len(lines) == 3
    for line in lines:
        harmless(line)
    assert "next: rm $'" in lines[0]
    assert r"\x1b]0;title\x07ok'" in lines[0]
    assert lines[1].endswith("/x;touch PWNED'")


def test_a_fault_is_one_printable_line() -> None:
    harmless(str(Fault("a\nb\x1b[2J", "what \x07", shell.remove(Path("a\nb")))))


@pytest.mark.parametrize(
    "words",
    [
        ["verify", "--store", "no\x1b[2Jstore"],
        ["no\x1b[2Jcommand"],
        ["run", "no\x1b[2Jsweep", "--store", "x"],
        ["plan", "demo", "--store", "x", "--no\x1b[2Joption"],
        ["unit", "no\x1b[2Jmanifest", "0"],
        ["show-dictionary", "no\x1b[2Jfolder"],
        ["import-checkpoint", "no\x1b[2Jfile", "--out", "x"],
    ],
    ids=ascii,
)
def test_no_refusal_moves_the_cursor(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    assert command_line.main(words) in (exits.USAGE, exits.BAD_DATA)
    said = capfd.readouterr()
    assert "\x1b" not in said.out + said.err
    assert "x1b[2J" in said.err


def test_what_cannot_be_printed_is_spelled() -> None:
    assert printable("a\x1b\u202e\n") == "a\\x1b\\u202e\\n"
    assert printable("a\n\tb", kept="\n\t") == "a\n\tb"
