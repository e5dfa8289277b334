"""The code of a submission, packed by git as it stands: the tree may move on while jobs wait."""

import io
import json
import os
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from precompute.ground.exits import Usage
from precompute.ground.provenance import COMMIT_FILE
from precompute.ground.shipped import REPOSITORY
from store import shell

CODE = ("ired_interp_core", "precompute", "store", "slurm")
"""What a job needs of the project."""

PACKED = (*CODE, "app", "requirements.txt")
"""Paths that git packs, where they are: what jobs and `dashboard.sbatch` run. Every element unpacks
it, and reads models from the store, which has its own copy of each."""

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


def _distrust() -> str:
    """Why git does not open a repository of somebody else's; empty where that is not it."""
    try:
        done = subprocess.run(
            ["git", "-C", str(REPOSITORY), "rev-parse"], capture_output=True, text=True,
            errors="replace", timeout=GIT_SECONDS, check=False, stdin=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C"},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ""
    first = (done.stderr.strip().splitlines() or [""])[0]
    return first if "dubious ownership" in first or "unsafe repository" in first else ""


def changed() -> list[str]:
    """What of the project differs from its commit.

    Returns:
        Paths: files that git knows and that differ, and files of the code that it does not know.
    """
    known = git("diff", "--name-only", "-z", "HEAD") or b""
    return _words(known) + unknown()


def unknown() -> list[str]:
    """Files of the code that git does not know, and that Python or a job would use."""
    paths = [f":(glob){folder}/**/*.py" for folder in CODE] + ["slurm"]
    return _words(git("ls-files", "--others", "--exclude-standard", "-z", "--", *paths) or b"")


def _words(output: bytes) -> list[str]:
    return [os.fsdecode(word) for word in output.split(b"\0") if word]


def pack(allow_dirty: bool, more: Mapping[str, bytes] | None = None) -> Code:
    """Pack the code as it stands.

    Args:
        allow_dirty: take the changes along instead of the bare commit.
        more: path → bytes, put beside it: what the commit has not and the jobs need.

    Returns:
        The code.

    Raises:
        Usage: no git checkout, or git refuses.
    """
    head = commit()
    if not head:
        if distrusted := _distrust():
            raise Usage(
                "git does not trust this checkout, because another user owns it",
                where=str(REPOSITORY), came=distrusted, expected="a clone of yours, or your trust",
                next_step=shell.line(
                    "git", "config", "--global", "--add", "safe.directory", str(REPOSITORY)
                ),
            )  # fmt: skip
        raise Usage(
            "no git checkout of the project", where=str(REPOSITORY),
            expected="a clone, so that the jobs run exactly one commit",
            next_step="git clone the project, and there: python -m precompute submit",
        )  # fmt: skip
    differs = changed() if allow_dirty else []
    packed = _with_changes() if differs else (b"", _archive(head))
    if packed is None or packed[1] is None:
        raise Usage("git cannot pack the code", where=str(REPOSITORY), came=head)
    note = {"commit": head, "dirty": bool(differs)}
    return Code(head, differs, packed[0], _with_note(packed[1], note, more or {}))


def _archive(tree: str, environment: Mapping[str, str] | None = None) -> bytes | None:
    listed = _words(git("ls-tree", "-z", "--name-only", tree, environment=environment) or b"")
    packed = [path for path in PACKED if path in listed]
    return git("archive", "--format=tar", tree, "--", *packed, environment=environment)


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
        tar = _archive(tree, own) if tree else None
        return None if diff is None or tar is None else (diff, tar)


def _with_note(tar: bytes, note: Mapping[str, Any], more: Mapping[str, bytes]) -> bytes:
    """Put the commit beside the code, for provenance where there is no git, and further files."""
    data = json.dumps(note, indent=1).encode() + b"\n"
    buffer = io.BytesIO(tar)
    with tarfile.open(fileobj=buffer, mode="a") as archive:
        for name, content in {COMMIT_FILE: data, **more}.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode, member.mtime = len(content), 0o644, int(time.time())
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
