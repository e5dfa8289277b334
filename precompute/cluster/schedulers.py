"""Schedulers other than Slurm, by text alone: a script that asks for the same elements.

Nothing is driven here: what `submit --scheduler pbs` writes is run by a person, and the store says
how far it is. The words of each scheduler are in slurm/other/.
"""

import re
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path

from precompute.cluster import amounts, offers
from precompute.cluster.job_lines import DEFAULT_ARRAY, waves
from precompute.cluster.profiles import Profile
from precompute.ground import foreign_code
from precompute.ground.exits import Usage

SLURM = "slurm"
NAMES = ("pbs", "sge", "lsf", "k8s", "none")
SCRIPTS = ("element.sh", "finish.sh", "unpack.sh")
SUBMIT = "submit.sh"


def check(name: str) -> str:
    """Read the name of a scheduler.

    Returns:
        The same.

    Raises:
        Usage: an unknown one.
    """
    if name not in (SLURM, *NAMES):
        raise Usage(
            "unknown scheduler", where="--scheduler", came=name, expected=", ".join((SLURM, *NAMES))
        )
    return name


def script(
    name: str, template: Callable[[str], str], folder: Path, profile: Profile,
    elements: int, stages: Sequence[int],
) -> str:  # fmt: skip
    """Spell what a person runs to have the elements of a submission computed.

    Args:
        name: of the scheduler.
        template: name → text of a file of slurm/.
        folder: of the submission.
        profile: of the site; partition is the queue, options are words of the scheduler.
        elements: how many.
        stages: first element of each stage, which begins when those before have ended.

    Returns:
        A shell script.

    Raises:
        Usage: Kubernetes without an image or a volume.
    """
    job, pods = profile.slurm, profile.kubernetes
    if name == "k8s" and not (pods.image and pods.claim):
        raise Usage(
            "Kubernetes needs an image and a volume", where="profile, [kubernetes]",
            came="none", expected='image = "…" and claim = "…"',
        )  # fmt: skip
    seconds = amounts.seconds(job.time) if job.time else 0.0
    known = 0 < seconds < float("inf")
    values = {
        "submission": str(folder), "id": _label(folder.name), "queue": job.partition,
        "account": job.account, "cpus": str(job.planned_cpus),
        "memory": str(round(offers.asked_memory(job))), "gpus": str(job.asked_gpus),
        "seconds": str(round(seconds)) if known else "",
        "at_once": str(profile.submit.max_running or ""), "image": pods.image,
        "claim": pods.claim, "mount": pods.mount or str(folder.parent.parent),
    }  # fmt: skip
    lists = {"options": job.options, "allow": foreign_code.words()}
    lines = [
        "#!/bin/bash",
        f"# Asks {name} for the elements of this submission: bash {SUBMIT}",
        "set -eu",
        *(f"{key}={shlex.quote(value)}" for key, value in values.items()),
        *(f"{key}=({shlex.join(words)})" for key, words in lists.items()),
        "",
        template(f"other/{name}.sh").rstrip("\n"),
        "",
    ]
    most = profile.submit.max_array or DEFAULT_ARRAY
    names: list[str] = []
    before: list[str] = []
    for first, last in waves(elements, most, stages):
        if first in stages:
            before = list(names)
        names.append(f"$wave{len(names)}")
        after = " ".join(before)
        lines.append(f'wave{len(names) - 1}=$(array {first} {last - first + 1} "{after}")')
    return "\n".join([*lines, f'finish "{" ".join(names)}"', ""])


def _label(name: str) -> str:
    """A name as Kubernetes takes it: lower case, digits and hyphens, at most 40 characters."""
    return "ired-" + re.sub(r"[^a-z0-9]+", "-", name.lower())[-40:].strip("-")
