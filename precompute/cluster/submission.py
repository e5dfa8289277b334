"""A submission's folder: everything its jobs need, written before anything is submitted.

The jobs work in `code.tar`, the commit (and the differences, if they were allowed) as it was when
the submission was made; the tree may move on while they wait.
"""

import os
import re
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from precompute.cluster import schedulers
from precompute.cluster.packed_code import Code
from precompute.cluster.packing import Element, Rate
from precompute.cluster.profiles import Environment, Profile
from precompute.cluster.slurm import ME
from precompute.ground.exits import Usage
from precompute.plan.manifest import write_manifest
from precompute.plan.models import ModelRef
from precompute.plan.plan import Unit
from store import files, folders, layout, submissions

SCRIPTS = ("array.sbatch", "reduce.sbatch", "collect.sbatch")


def environment_script(environment: Environment) -> str:
    """What every job sources first.

    Returns:
        Shell text: modules, setup, PYTHON and IRED_SCRATCH.
    """
    lines = ["# The environment of the jobs, as the profile says; sourced by every script here."]
    uses_modules = any(re.search(r"\bmodule\b", line) for line in environment.setup)
    if environment.modules or environment.module_use or uses_modules:
        lines += [
            "if ! type module >/dev/null 2>&1; then",
            "  for file in modules lmod z00_lmod; do",
            '    if [ -r "/etc/profile.d/$file.sh" ]; then . "/etc/profile.d/$file.sh"; fi',
            "  done",
            "fi",
        ]
    lines += [f"module use {shlex.quote(path)} || return 1" for path in environment.module_use]
    lines += [f"module load {shlex.quote(module)} || return 1" for module in environment.modules]
    # A line that fails ends the job here, and the preflight before: not in an import, far away.
    # The check stands on a line of its own, because a comment may end the one that is given.
    for line in environment.setup:
        if line.strip() and not line.lstrip().startswith("#"):
            lines += ["{", line, "} || return 1"]
    lines += [
        f"PYTHON=({' '.join(launch_words(environment))})",
        f'export IRED_SCRATCH="{environment.scratch}"',
    ]
    return "\n".join(lines) + "\n"


def launch_words(environment: Environment) -> list[str]:
    """The words that start Python in a job, each quoted for the shell.

    Like scratch, a word that is given may name shell variables. A text is read as a shell reads it,
    except where all of it is the path of a file that is there.

    Returns:
        At least one word.

    Raises:
        Usage: quotes without an end.
    """
    python = environment.python
    if not python:
        return [shlex.quote(sys.executable)]
    if isinstance(python, str):
        try:
            there = Path(os.path.expandvars(python)).is_file()
            python = (python,) if there else tuple(shlex.split(python))
        except ValueError as error:
            raise Usage("not the words of a command", where="python", came=error) from error
    return ['"' + re.sub(r'([\\"`])', r"\\\1", word) + '"' for word in python]


@dataclass(frozen=True)
class Contents:
    """What a submission is made of.

    Args:
        run: name.
        sweep: text of the sweep file.
        sweep_path: where it was read.
        profile: of the site.
        code: that will run.
        models: of the plan.
        units: of the plan.
        elements: of the array.
        rates: question key → what the packing went by.
        scheduler: that a person asks by `submit.sh`; empty for Slurm, which is asked from here.
    """

    run: str
    sweep: str
    sweep_path: str
    profile: Profile
    code: Code
    models: Sequence[ModelRef]
    units: Sequence[Unit]
    elements: Sequence[Element]
    rates: Mapping[str, Rate]
    scheduler: str = ""


def write(root: Path, contents: Contents) -> str:
    """Write a submission's folder; its record comes last, so that a half-written one is none."""
    name = submissions.new_name(contents.run)
    folder = layout.submission(root, name)
    with files.one_line(folder):
        for made in (folder, layout.submission_logs(root, name), folder / "elements"):
            folders.make_folder(made)
        files.publish(folder / "code.tar", contents.code.tar)
        if contents.code.diff:
            files.publish(folder / "change.diff", contents.code.diff)
        script = environment_script(contents.profile.environment)
        files.publish(folder / "environment.sh", script.encode())
        for file, text in _scripts(contents, folder).items():
            files.publish(folder / file, text.encode())
    write_manifest(folder / "manifest.json", root, contents.run, contents.models, contents.units)
    with files.one_line(folder):
        listed = files.json_bytes(_elements(contents), files.MOST_PLAN_BYTES)
        files.publish(layout.element_list(root, name), listed)
    submissions.write(root, name, _record(contents, name))
    return name


def _scripts(contents: Contents, folder: Path) -> dict[str, str]:
    """Scripts of the jobs, by name."""
    text = contents.code.script
    if not contents.scheduler:
        return {file: text(file) for file in SCRIPTS}
    found = {file: text(f"other/{file}") for file in schedulers.SCRIPTS}
    found[schedulers.SUBMIT] = schedulers.script(
        contents.scheduler, text, folder, contents.profile, len(contents.elements),
        stages(contents.elements),
    )  # fmt: skip
    return found


def _elements(contents: Contents) -> dict[str, Any]:
    return {
        "elements": [list(e.units) for e in contents.elements],
        "seconds": [e.seconds for e in contents.elements],
        "rates": {key: asdict(rate) for key, rate in contents.rates.items()},
    }


def stages(elements: Sequence[Element]) -> list[int]:
    """Where the stages of a packing begin.

    Returns:
        First element of each stage.
    """
    return [i for i, e in enumerate(elements) if i == 0 or e.stage != elements[i - 1].stage]


def _record(contents: Contents, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "run": contents.run,
        "sweep": contents.sweep,
        "sweep_path": contents.sweep_path,
        "profile": contents.profile.as_dict(),
        "profile_path": contents.profile.path,
        "commit": contents.code.commit,
        "dirty": bool(contents.code.changed),
        "changed": list(contents.code.changed)[:1000],
        "user": ME,
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "units": len(contents.units),
        "elements": len(contents.elements),
        "stages": stages(contents.elements),
        "scheduler": contents.scheduler,
        "state": "written" if contents.scheduler else "submitting",
        "waves": [],
        "reduce": None,
        "collect": None,
    }
