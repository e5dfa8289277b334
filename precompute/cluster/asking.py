"""Asking sbatch itself whether it would take a job, without submitting it."""

import re
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from precompute.cluster import refusals
from precompute.cluster.job_lines import Jobs
from precompute.cluster.profiles import Profile
from precompute.cluster.slurm import Client
from precompute.ground.exits import Usage
from precompute.ground.finding import Finding

ACCEPTED = "accepted"
"""Key of a finding in which sbatch names a node for the job: nobody knows better."""

_START = re.compile(r"Job \d+ to start at (\S+) .*")


def sbatch_says(
    table: str, profile: Profile, client: Client, script: Callable[[str], str], elements: int
) -> Finding:
    """Try a job by `sbatch --test-only`, with the words that will submit it.

    Args:
        table: slurm for the array, reduce for the jobs after it.
        profile: of the site.
        client: of Slurm.
        script: name → text of a job's script.
        elements: of one array.

    Returns:
        What sbatch says; its key is ACCEPTED where it names a node.
    """
    what, name = f"[{table}] sbatch --test-only", "reduce" if table == "reduce" else "array"
    with tempfile.TemporaryDirectory(prefix="ired-interp-asked-") as folder:
        place = Path(folder)
        try:
            text = script(f"{name}.sbatch")
        except Usage as error:
            return Finding(what, True, f"not asked: {error}")
        (place / f"{name}.sbatch").write_text(text, encoding="utf-8")
        quick = replace(profile.submit, max_running=0)
        jobs = Jobs(place, replace(profile, submit=quick))
        words = jobs.after(name, []) if name == "reduce" else jobs.array(0, max(0, elements - 1))
        answer = client.ask("sbatch", "--test-only", *words)
    if start := _START.search(answer.err):
        return Finding(what, True, start[0], key=ACCEPTED)
    if answer.code == 0:
        return Finding(what, True, refusals.in_one_line(answer.err) or "no objection")
    if answer.code is None or refusals.silent(answer.err):
        return Finding(what, True, "the cluster does not answer now; submit will ask again")
    if refusals.passes(answer.err):
        return Finding(what, True, f"not now, submit will wait: {answer.words}")
    return Finding(what, False, f"{answer.words} → mend [{table}]", key="sbatch")
