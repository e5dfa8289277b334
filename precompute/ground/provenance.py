"""Where an answer came from. Lies beside the answer and is no part of its address."""

import json
import platform
import subprocess
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from precompute.ground.shipped import REPOSITORY

COMMIT_FILE = "COMMIT.json"
"""Beside the code of a cluster submission: {"commit", "dirty"} of the checkout it comes from."""

PACKAGES = ("ired-interp", "torch", "numpy", "scipy", "xarray", "h5py", "h5netcdf", "safetensors")

THREADS = 1
"""Of every worker: two OpenMP threads on a busy core cost 10–59 times the time of one."""


def of_code() -> dict[str, Any]:
    """What does not change during a run: commit, versions, machine.

    Returns:
        A JSON-ready dict; `commit` is empty and `dirty` None where neither git nor a note
        packed with the code says them.
    """
    commit, dirty = _commit()
    return {
        "commit": commit,
        "dirty": dirty,
        "versions": {"python": platform.python_version(), **_versions()},
        "host": platform.node(),
        "platform": f"{sys.platform} {platform.machine()}",
        "threads": THREADS,
    }


def of_unit(
    code: Mapping[str, Any],
    *,
    device: str,
    dtype: str,
    seconds: float,
    inputs: Mapping[str, Mapping[str, str]],
) -> dict[str, Any]:
    """Provenance of one shard.

    Args:
        code: as `of_code` gives.
        device: torch device of the arithmetic.
        dtype: of the arithmetic, in words.
        seconds: wall time of the computation alone.
        inputs: role → {file name: sha256} of the shards that were read.

    Returns:
        A JSON-ready dict.
    """
    return {
        **code,
        "device": device,
        "dtype": dtype,
        "seconds": round(seconds, 6),
        "inputs": {role: dict(files) for role, files in inputs.items()},
    }


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:  # run from a checkout, not installed
            continue
    return found


def _commit() -> tuple[str, bool | None]:
    """Commit of this code and whether files differ from it.

    Returns:
        ("", None) where git, or a checkout of this very folder, is missing and no note was packed.
    """
    top = _git("rev-parse", "--show-toplevel")
    # Installed into some other project's environment, git would answer for that project.
    if top is None or Path(top).resolve() != REPOSITORY:
        return _packed_commit()
    commit = _git("rev-parse", "HEAD")
    if commit is None:
        return "", None
    status = _git("status", "--porcelain", "--untracked-files=no")
    return commit, None if status is None else bool(status)


def _packed_commit() -> tuple[str, bool | None]:
    """The commit that a submission's code was packed from.

    Returns:
        ("", None) where there is no readable note.
    """
    try:
        note = json.loads((REPOSITORY / COMMIT_FILE).read_text(encoding="utf-8"))
        return str(note["commit"]), bool(note["dirty"])
    except (OSError, ValueError, KeyError, TypeError):
        return "", None


def _git(*words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(REPOSITORY), *words],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
