"""Every command and every sweep that a document names exists and is spelled as it is there."""

import importlib
import pkgutil
import re
import shlex
from pathlib import Path

import pytest
import typer
from cases import ROOT
from documents import DOCUMENTS, Command, code, commands, name

from precompute import cli
from precompute.cli.options import app as command_line

for module in pkgutil.iter_modules(cli.__path__):  # each adds its commands to the one line
    importlib.import_module(f"{cli.__name__}.{module.name}")
PROGRAM = typer.main.get_command(command_line)
COMMANDS = sorted({c for document in DOCUMENTS for c in commands(document)})
ABBREVIATED = ("…", "...")
SWEEP = re.compile(r"(?<![\w/.-])(?:[\w.-]+/)*[\w-]+\.toml")
OWN = re.compile(r"my-\w+\.toml|SWEEP\.toml")
"""What stands for a file of the reader's."""


def words(line: str) -> list[str]:
    """The words after the program's name; brackets around optional ones are left out."""
    line = re.sub(r"^(?:\w+=\S+ )*(?:python -m precompute|ired-interp)", "", line)
    line = re.sub(r"(--[\w-]+ )…", r"\1X", line)  # a value of the reader's
    return shlex.split(re.sub(r"[\[\]]", "", line))


def fault(line: str) -> str:
    """What the command line would not take, or nothing."""
    given = [w for w in words(line) if w not in ABBREVIATED]
    if not given:
        return ""
    if given[0] not in PROGRAM.commands:
        return f"no command {given[0]}"
    command = PROGRAM.commands[given[0]]
    context = command.context_class(command, info_name=given[0])
    options, rest, _ = command.make_parser(context).parse_args(given[1:])
    if rest:
        return f"words too many: {rest}"
    lacking = [p.name for p in command.params if p.required and options.get(p.name) is None]
    shortened = any(w in line for w in ABBREVIATED) or len(given) == 1
    return f"without {lacking}" if lacking and not shortened else ""


@pytest.mark.parametrize(
    "command",
    [c for c in COMMANDS if re.match(r"python -m precompute|ired-interp ", c.line)],
    ids=lambda c: f"{c.document}: {c.line}"[:90],
)
def test_commands_parse(command: Command) -> None:
    try:
        assert fault(command.line) == ""
    except typer.BadParameter.__base__ as error:  # type: ignore[misc]
        pytest.fail(error.format_message())


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("python -m precompute run SWEEP.toml --stroe DIR", "No such option"),
        ("python -m precompute comput SWEEP.toml", "no command comput"),
        ("python -m precompute run SWEEP.toml", "without ['store']"),
        ("python -m precompute run A.toml B.toml --store DIR", "words too many"),
    ],
)
def test_a_wrong_command_is_found(line: str, said: str) -> None:
    try:
        found = fault(line)
    except typer.BadParameter.__base__ as error:  # type: ignore[misc]
        found = error.format_message()
    assert said in found


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {c.line.split()[1] for c in COMMANDS if c.line.startswith("make ")}
    assert named <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_named_toml_files_exist(document: Path) -> None:
    named = {path for block in code(document) for path in SWEEP.findall(block)}
    folders = ("", "precompute/sweeps", "slurm/profiles", "docs/energies")
    places = (document.parent, *(ROOT / folder for folder in folders))
    lost = [
        path
        for path in named
        if not OWN.fullmatch(path)
        and not any((place / path).exists() for place in places)
        and "config" not in path
    ]
    assert not lost


def test_sweeps_by_bare_name_ship() -> None:
    asked = {re.match(r"[\w -]+ (?:run|submit) ([\w-]+) ", c.line) for c in COMMANDS}
    names = {match[1] for match in asked if match}
    assert names
    assert names <= {path.stem for path in (ROOT / "precompute" / "sweeps").glob("*.toml")}


def test_the_bundled_sweeps_are_all_named() -> None:
    text = "".join(document.read_text() for document in DOCUMENTS)
    bundled = {path.name for path in (ROOT / "precompute" / "sweeps").glob("*.toml")}
    assert not {n for n in bundled if n not in text}
