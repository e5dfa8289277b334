"""Command lines of a submission's jobs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from precompute.cluster.profiles import Profile
from precompute.cluster.slurm import Client
from precompute.ground import foreign_code
from precompute.ground.tell import say
from store import shell

DEFAULT_ARRAY = 1000
"""Elements in one sbatch where the cluster does not say: MaxArraySize is 1001 unless changed."""


def client_of(profile: Profile) -> Client:
    """Slurm's commands, as patient as the profile says."""
    limits = profile.submit
    return Client(limits.retry_seconds, 60.0 * limits.patience_minutes, limits.command_seconds, say)


def impatient(profile: Profile) -> Profile:
    """For a dry run, which shows what is known now."""
    return replace(profile, submit=replace(profile.submit, patience_minutes=0.0))


def watch(root: Path, run: str) -> str:
    """Spell the command that shows how far a run is."""
    return shell.command(root, "status", run, "--watch")


def waves(count: int, most: int, stages: Sequence[int] = (0,)) -> list[tuple[int, int]]:
    """Elements of each sbatch.

    Args:
        count: elements.
        most: in one array.
        stages: first element of each stage; an array is of one stage.

    Returns:
        (first, last) of each.
    """
    ends = [*stages[1:], count]
    return [
        (first, min(first + most, end) - 1)
        for begin, end in zip(stages, ends, strict=True)
        for first in range(begin, end, most)
    ]


def turn(waves: Sequence[tuple[int, int]], limit: int) -> list[int]:
    """Which waves must have ended before the last of them begins, so that few run at once.

    An array keeps to a limit of its own alone. So waves go in turns: those of one turn have no more
    than so many elements at once between them, and each waits for all of the turn before.

    Args:
        waves: (first, last) of each, in order, of one stage; the last is the one in question.
        limit: most elements at once; 0 for none.

    Returns:
        Indices into `waves`.
    """
    before: list[int] = []
    mine: list[int] = []
    load = 0
    for i, (first, last) in enumerate(waves):
        at_once = min(limit, last - first + 1)
        if mine and load + at_once > limit:
            before, mine, load = mine, [], 0
        mine.append(i)
        load += at_once
    return before if limit else []


def max_array_size(client: Client) -> int | None:
    """How many elements an array of this cluster may have.

    Returns:
        MaxArraySize; None if the cluster does not say.
    """
    answer = client.patient("scontrol", "show", "config")
    match = re.search(r"MaxArraySize\s*=\s*(\d{1,9})", answer.out) if answer.code == 0 else None
    return int(match[1]) if match else None


def _afterany(jobs: Sequence[object]) -> list[str]:
    return [f"--dependency=afterany:{':'.join(map(str, jobs))}"] if jobs else []


@dataclass(frozen=True)
class Jobs:
    """Command lines of a submission's jobs.

    Args:
        folder: of the submission.
        profile: of the site.
    """

    folder: Path
    profile: Profile

    def name(self, job: str) -> str:
        """A job's name: no other job has it.

        Args:
            job: of the submission's jobs.

        Returns:
            ired-SUBMISSION-WHAT.
        """
        return f"ired-{self.folder.name}-{job}"

    def array_name(self, first: int) -> str:
        """The name of a wave."""
        return self.name(f"from{first}")

    def array(self, first: int, last: int, after: Sequence[object] = ()) -> list[str]:
        """Words for sbatch of a wave.

        Args:
            first: element.
            last: element.
            after: ids of jobs that must have ended before, whatever became of them.

        Returns:
            Options, script and arguments.
        """
        limit = self.profile.submit.max_running
        at_once = f"%{limit}" if limit else ""
        return [
            *_afterany(after),
            f"--array=0-{last - first}{at_once}",
            f"--signal=B:USR1@{self.profile.submit.signal_seconds}",
            *self._common(self.profile.slurm.words(), "%A_%a"),
            str(self.folder / "array.sbatch"), str(self.folder), str(first),
            *foreign_code.words(),
        ]  # fmt: skip

    def after(self, job: str, jobs: Sequence[object]) -> list[str]:
        """Words for sbatch of a job that begins when others have ended, whatever became of them.

        Args:
            job: reduce or collect.
            jobs: ids.

        Returns:
            Options, script and arguments.
        """
        return [
            *_afterany(jobs),
            *self._common(self.profile.reduce.words(), f"{job}_%j"),
            str(self.folder / f"{job}.sbatch"), str(self.folder),
            *(foreign_code.words() if job == "reduce" else ()),
        ]  # fmt: skip

    def _common(self, words: Sequence[str], log: str) -> list[str]:
        folder = str(self.folder)
        logs = folder.replace("%", "%%")  # Slurm reads %A, %a, %j in a log's path
        return [*words, f"--chdir={folder}", f"--output={logs}/logs/{log}.out"]

    def array_limit(self, client: Client) -> int:
        """Most elements in one sbatch.

        Returns:
            As the profile says, but never more than MaxArraySize lets the last index be.
        """
        site = max_array_size(client) or DEFAULT_ARRAY
        return min(self.profile.submit.max_array or site, site)
