"""Asking Slurm: sbatch, squeue, sacct, scontrol, sinfo, scancel, and what their answers mean.

A submission is never made twice: each has a name of its own, and whenever it is unclear whether
sbatch was heard (time-out, no answer, an answer that is no number) the job is looked for by that
name before anything is sent again.
"""

import os
import re
import subprocess
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from precompute.cluster import refusals
from precompute.cluster.patience import Pauses
from precompute.ground.exits import Later, Usage

_ID = re.compile(r"(\d{1,12})(?:;\S+)?")
_TASK = re.compile(r"(\d{1,12})\|(\d{1,12}|N/A)\|(\w+)\|(\S*)")


ME = str(os.getuid())


def _of(users: Collection[str]) -> list[str]:
    """Ask for these people's jobs: else the controller sends all, and squeue picks by name then."""
    return [f"--user={','.join(sorted(set(users)))}"] if users else []


class Limit(Later):
    """The site lets one have no more jobs in the queue; fewer at once or later may do."""


class Silence(Later):
    """Slurm does not answer."""


@dataclass(frozen=True)
class Answer:
    """What a command said.

    Args:
        code: exit status; None if it was ended because it hung.
        out: on stdout.
        err: on stderr, or why it could not be started.
    """

    code: int | None
    out: str
    err: str

    @property
    def line(self) -> str:
        """The last thing it said, for people."""
        lines = (self.err.strip() or self.out.strip()).splitlines()
        return lines[-1].strip() if lines else self._wordless

    @property
    def words(self) -> str:
        """All that it said, in one line: the reason may stand before the last."""
        return refusals.in_one_line(self.err or self.out) or self._wordless

    @property
    def _wordless(self) -> str:
        hung = self.code is None
        return "it hung and was ended" if hung else f"exit status {self.code}, no words"


def answer(words: Sequence[str], limit: float) -> Answer:
    """Run a command for at most `limit` seconds; what it said, whatever that is."""
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, errors="replace", timeout=limit,
            stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Answer(None, "", "")
    except OSError as error:
        return Answer(127, "", f"{words[0]}: {error.strerror}")
    return Answer(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True)
class Task:
    """A job, or one element of an array.

    Args:
        job: id; of the whole array.
        index: in the array; None for a job that is no array.
        state: such as RUNNING.
        name: of the job.
    """

    job: int
    index: int | None
    state: str
    name: str


class Client:
    """Slurm's commands, with limits to the waiting.

    Args:
        retry_seconds: first pause after a refusal that passes; doubled each time.
        patience_seconds: after which waiting ends.
        command_seconds: after which a command that hangs is ended.
        say: told about every pause.
    """

    def __init__(
        self,
        retry_seconds: float = 5.0,
        patience_seconds: float = 60.0,
        command_seconds: float = 60.0,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.retry, self.patience, self.limit = retry_seconds, patience_seconds, command_seconds
        self.say = say

    def pauses(self) -> Pauses:
        """Fresh patience."""
        return Pauses(self.retry, self.patience, self.say)

    def ask(self, *words: str) -> Answer:
        """Run a command of Slurm.

        Returns:
            What it said, whatever that is.
        """
        return answer(words, self.limit)

    def patient(self, *words: str) -> Answer:
        """Run a command that changes nothing; wait while Slurm does not answer.

        Returns:
            What it said; its exit status may be any but that of silence.

        Raises:
            Silence: Slurm did not answer for as long as the profile is patient.
        """
        pauses = self.pauses()
        while True:
            answer = self.ask(*words)
            if answer.code == 0 or not _silent(answer):
                return answer
            if not pauses.take(f"{words[0]}: {answer.line}"):
                raise Silence(
                    "Slurm does not answer", where=words[0], came=answer.line,
                    next_step="the same command goes on when it does",
                )  # fmt: skip

    def submit(self, name: str, words: Sequence[str]) -> int:
        """Submit a job under a name that no other job has, exactly once.

        Args:
            name: of the job.
            words: for sbatch, after the name: options, script, arguments.

        Returns:
            The job's id.

        Raises:
            Limit: refused because too many jobs are in the queue.
            Silence: unclear for as long as the profile is patient; look the name up later.
            Usage: refused for good.
        """
        pauses = self.pauses()
        while True:
            answer = self.ask("sbatch", "--parsable", f"--job-name={name}", *words)
            match = _ID.fullmatch(answer.out.strip()) if answer.code == 0 else None
            if match:
                return int(match[1])
            if answer.code not in (0, None) and not _silent(answer):
                if refusals.passes(answer.err):
                    raise Limit("submit limit reached", where="sbatch", came=answer.words)
                raise Usage(
                    "sbatch refuses the job", where=name, came=answer.words,
                    expected="options that this cluster accepts", next_step="mend the profile",
                )  # fmt: skip
            self.say(f"sbatch: unclear whether it was heard ({answer.line}); looking for {name}")
            pauses.take("", least_once=True)  # a job that was just accepted may not show at once
            found = self.look_up(name, pauses)
            if found is not None:
                return found
            if not pauses.take(f"sbatch: {answer.line}"):
                raise Silence(
                    "Slurm does not take the job", where="sbatch", came=answer.line,
                    next_step="the same command goes on when it does",
                )  # fmt: skip

    def look_up(
        self, name: str, pauses: Pauses | None = None, users: Collection[str] = (ME,)
    ) -> int | None:
        """Find a job by its name, in the queue or among those that ended.

        Args:
            name: of the job.
            pauses: already taken.
            users: whose it may be; anybody's when empty.

        Returns:
            Its id; None if Slurm knows no such job.

        Raises:
            Silence: Slurm does not say.
        """
        pauses = pauses or self.pauses()
        while True:
            answer = self.ask(
                "squeue", "--noheader", *_of(users), "--states=all", f"--name={name}", "-o", "%F"
            )
            lines = answer.out.split()
            if answer.code == 0 and all(_ID.fullmatch(line) for line in lines):
                if lines:
                    return int(lines[0])
                return self._in_accounts(name)
            found = self._in_accounts(name)
            if found is not None:
                return found
            if not pauses.take(f"squeue: {answer.line}"):
                raise Silence(
                    "cannot find out whether a job was accepted", where=name, came=answer.line,
                    next_step="the same command looks again and goes on",
                )  # fmt: skip

    def _in_accounts(self, name: str) -> int | None:
        """Ask sacct, which many sites have and some do not."""
        answer = self.ask(
            "sacct", "--noheader", "--allocations", "--parsable2", f"--name={name}",
            "--starttime=now-30days", "--format=JobID",
        )  # fmt: skip
        for line in answer.out.split() if answer.code == 0 else ():
            match = re.match(r"\d{1,12}", line)
            if match:
                return int(match[0])
        return None

    def queue(
        self, names: Iterable[str], patient: bool = True, users: Collection[str] = ()
    ) -> list[Task] | None:
        """What of some jobs is waiting or running.

        Args:
            names: of the jobs.
            patient: wait while Slurm does not answer.
            users: whose they are; anybody's when empty.

        Returns:
            Each element of each array; None if Slurm does not say (and one is not patient).

        Raises:
            Silence: Slurm did not answer for as long as the profile is patient.
        """
        wanted = ",".join(names)
        if not wanted:
            return []
        words = (
            "squeue", "--noheader", *_of(users), "--array", f"--name={wanted}", "-o", "%F|%K|%T|%j"
        )  # fmt: skip
        answer = self.patient(*words) if patient else self.ask(*words)
        lines = answer.out.splitlines()
        matches = [_TASK.fullmatch(line.strip()) for line in lines]
        if answer.code != 0 or not all(matches):
            if patient:
                raise Silence(
                    "cannot find out what is in the queue", where="squeue", came=answer.line,
                    next_step="the same command looks again and goes on",
                )  # fmt: skip
            return None
        return [
            Task(int(m[1]), int(m[2]) if m[2] != "N/A" else None, m[3], m[4]) for m in matches if m
        ]

    def ended(self, names: Iterable[str]) -> dict[tuple[int, int | None], str]:
        """How jobs ended, where the site keeps accounts.

        Returns:
            (job, index) → state such as TIMEOUT; empty where sacct does not answer.
        """
        wanted = ",".join(names)
        answer = self.ask(
            "sacct", "--noheader", "--allocations", "--parsable2", f"--name={wanted}",
            "--starttime=now-30days", "--format=JobID,State",
        )  # fmt: skip
        found: dict[tuple[int, int | None], str] = {}
        for line in answer.out.splitlines() if answer.code == 0 and wanted else ():
            match = re.fullmatch(r"(\d{1,12})(?:_(\d{1,12}))?\|(\w+).*", line.strip())
            if match:
                index = int(match[2]) if match[2] else None
                found[int(match[1]), index] = match[3]
        return found

    def cancel(self, words: Sequence[str]) -> Answer:
        """Cancel jobs."""
        return self.patient("scancel", *words)


def _silent(answer: Answer) -> bool:
    return answer.code is None or (answer.code != 0 and refusals.silent(answer.err))
