"""A submission's folder: everything its jobs need, written before anything is submitted.

The jobs work in `code.tar`, the commit (and the differences, if they were allowed) as it was when
the submission was made; the tree may move on while they wait.
"""

import io
import json
import os
import shlex
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from precompute.cluster.packing import Element, Rate
from precompute.cluster.profiles import Environment, Profile
from precompute.ground.exits import Usage
from precompute.ground.provenance import COMMIT_FILE
from precompute.ground.shipped import REPOSITORY
from precompute.plan import plan
from precompute.plan.models import ModelRef
from precompute.plan.plan import Unit
from store import files, folders, layout, submissions

SCRIPTS = ("array.sbatch", "reduce.sbatch", "collect.sbatch")

CODE = ("ired_interp_core", "precompute", "store", "slurm")
"""What a job needs of the project."""

GIT_SECONDS = 120


@dataclass(frozen=True)
class Code:
    """The code a submission runs.

    Args:
        commit: it stands at.
        changed: files that differ from the commit.
        diff: of them.
        tar: the tree, with its commit beside it.
    """

    commit: str
    changed: Sequence[str]
    diff: bytes
    tar: bytes

    def script(self, name: str) -> str:
        """Read one of the sbatch files.

        Args:
            name: of the file in slurm/.

        Returns:
            Its text.

        Raises:
            Usage: this commit has none.
        """
        with tarfile.open(fileobj=io.BytesIO(self.tar)) as tar:
            try:
                member = tar.extractfile(f"slurm/{name}")
            except KeyError:
                member = None
            if member is None:
                raise Usage("commit has no such file", where=self.commit[:12], came=f"slurm/{name}")
            return member.read().decode("utf-8")


def git(*words: str, environment: Mapping[str, str] | None = None) -> bytes | None:
    """Ask git about the project.

    Args:
        words: of its command line.
        environment: further variables.

    Returns:
        What it said; None where it refuses or is missing.
    """
    try:
        done = subprocess.run(
            ["git", "-C", str(REPOSITORY), *words], capture_output=True, timeout=GIT_SECONDS,
            check=False, stdin=subprocess.DEVNULL, env={**os.environ, **(environment or {})},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def commit() -> str:
    """The commit the project stands at.

    Returns:
        40 hex digits; empty where this is no git checkout of the project itself.
    """
    top = git("rev-parse", "--show-toplevel")
    if top is None or Path(os.fsdecode(top).rstrip("\n")).resolve() != REPOSITORY:
        return ""
    return (git("rev-parse", "HEAD") or b"").decode().strip()


def changed() -> list[str]:
    """What of the project differs from its commit.

    Returns:
        Paths: files that git knows and that differ, and files of the code that it does not know.
    """
    known = git("diff", "--name-only", "-z", "HEAD") or b""
    return _words(known) + unknown()


def unknown() -> list[str]:
    """Files of the code that git does not know, and that Python or a job would use.

    Returns:
        Paths.
    """
    paths = [f":(glob){folder}/**/*.py" for folder in CODE] + ["slurm"]
    return _words(git("ls-files", "--others", "--exclude-standard", "-z", "--", *paths) or b"")


def _words(said: bytes) -> list[str]:
    return [os.fsdecode(word) for word in said.split(b"\0") if word]


def code(allow_dirty: bool) -> Code:
    """Pack the code as it stands.

    Args:
        allow_dirty: take the changes along instead of the bare commit.

    Returns:
        The code.

    Raises:
        Usage: no git checkout, or git refuses.
    """
    head = commit()
    if not head:
        raise Usage(
            "no git checkout of the project", where=str(REPOSITORY),
            expected="a clone, so that the jobs run exactly one commit",
            next_step="git clone the project, and there: python -m precompute submit",
        )  # fmt: skip
    differs = changed() if allow_dirty else []
    packed = _with_changes() if differs else (b"", git("archive", "--format=tar", head))
    if packed is None or packed[1] is None:
        raise Usage("git cannot pack the code", where=str(REPOSITORY), came=head)
    note = {"commit": head, "dirty": bool(differs)}
    return Code(head, differs, packed[0], _with_note(packed[1], note))


def _with_changes() -> tuple[bytes, bytes] | None:
    """Pack the working tree through an index and objects of its own: the checkout stays untouched.

    Returns:
        (differences from the commit, tar of the tree); None where git refuses.
    """
    objects = git("rev-parse", "--path-format=absolute", "--git-path", "objects")
    if objects is None:
        return None
    with tempfile.TemporaryDirectory(prefix="ired-interp-code-") as folder:
        own = {
            "GIT_INDEX_FILE": f"{folder}/index",
            "GIT_OBJECT_DIRECTORY": f"{folder}/objects",
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": os.fsdecode(objects).rstrip("\n"),
        }
        Path(folder, "objects").mkdir()
        new = unknown()
        steps = [("read-tree", "HEAD"), ("add", "--update")]
        steps += [("add", "--", *new)] if new else []
        for step in steps:
            if git(*step, environment=own) is None:
                return None
        tree = (git("write-tree", environment=own) or b"").decode().strip()
        diff = git("diff", "--binary", "HEAD", tree, environment=own) if tree else None
        tar = git("archive", "--format=tar", tree, environment=own) if tree else None
        return None if diff is None or tar is None else (diff, tar)


def _with_note(tar: bytes, note: Mapping[str, Any]) -> bytes:
    """Put the commit beside the code, for provenance where there is no git.

    Returns:
        The archive.
    """
    data = json.dumps(note, indent=1).encode() + b"\n"
    buffer = io.BytesIO(tar)
    with tarfile.open(fileobj=buffer, mode="a") as archive:
        member = tarfile.TarInfo(COMMIT_FILE)
        member.size, member.mode, member.mtime = len(data), 0o644, int(time.time())
        archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def environment_script(environment: Environment) -> str:
    """What every job sources first.

    Args:
        environment: of the profile.

    Returns:
        Shell text: modules, setup, PYTHON and IRED_SCRATCH.
    """
    lines = ["# The environment of the jobs, as the profile says; sourced by every script here."]
    if environment.modules:
        lines += [
            "if ! type module >/dev/null 2>&1; then",
            "  for file in modules lmod z00_lmod; do",
            '    if [ -r "/etc/profile.d/$file.sh" ]; then . "/etc/profile.d/$file.sh"; fi',
            "  done",
            "fi",
            *(f"module load {shlex.quote(module)} || return 1" for module in environment.modules),
        ]
    # A line that fails ends the job here, and the preflight before: not in an import, far away.
    lines += [f"{line} || return 1" for line in environment.setup if line.strip()]
    # Like scratch, a path that is given may name shell variables.
    python = f'"{environment.python}"' if environment.python else shlex.quote(sys.executable)
    lines += [
        f"export PYTHON={python}",
        f'export IRED_SCRATCH="{environment.scratch}"',
    ]
    return "\n".join(lines) + "\n"


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


def write(root: Path, contents: Contents) -> str:
    """Write a submission's folder; its record comes last, so that a half-written one is none.

    Args:
        root: store.
        contents: of it.

    Returns:
        Its name.
    """
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
        for file in SCRIPTS:
            files.publish(folder / file, contents.code.script(file).encode())
    plan.write_manifest(
        folder / "manifest.json", root, contents.run, contents.models, contents.units
    )
    with files.one_line(folder):
        files.publish(layout.element_list(root, name), files.json_bytes(_elements(contents)))
    submissions.write(root, name, _record(contents, name))
    return name


def _elements(contents: Contents) -> dict[str, Any]:
    return {
        "elements": [list(e.units) for e in contents.elements],
        "seconds": [e.seconds for e in contents.elements],
        "rates": {key: asdict(rate) for key, rate in contents.rates.items()},
    }


def stages(elements: Sequence[Element]) -> list[int]:
    """Where the stages of a packing begin.

    Args:
        elements: by stage.

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
        "commit": contents.code.commit,
        "dirty": bool(contents.code.changed),
        "changed": list(contents.code.changed)[:1000],
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "units": len(contents.units),
        "elements": len(contents.elements),
        "stages": stages(contents.elements),
        "state": "submitting",
        "waves": [],
        "reduce": None,
        "collect": None,
    }
