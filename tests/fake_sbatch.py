"""A Slurm that misbehaves on demand: fake clients on PATH that replay a scenario, and keep count.

Nothing is run. A job that was accepted is written down, stands in squeue for a while, and then in
sacct alone, so that a test can ask whether any job was lost or submitted twice.

A scenario says how the calls of one program are answered, in order, and normally after that:
    {"sbatch": ["limit", "down", "accepted-timeout"], "squeue": ["down"], "lasts": 3.0, …}
"""

import fcntl
import json
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROGRAMS = ("sbatch", "squeue", "sacct", "scontrol", "scancel", "sinfo")

REFUSED = "Batch job submission failed: "
POLICY = "Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)"
UNREACHABLE = "Unable to contact slurm controller (connect failure)"
FAILURES = {
    "limit": ["QOSMaxSubmitJobPerUserLimit", REFUSED + POLICY],
    "association": ["AssocMaxSubmitJobLimit", REFUSED + POLICY],
    "down": [f"slurm_receive_msg: {UNREACHABLE}", REFUSED + UNREACHABLE],
    "timeout": [REFUSED + "Socket timed out on send/recv operation"],
    "wall": ["QOSMaxWallDurationPerJobLimit", REFUSED + POLICY],
    "nodes": ["AssocMaxNodePerJobLimit", REFUSED + POLICY],
    "group": ["AssocGrpSubmitJobsLimit", REFUSED + POLICY],
    "full": [REFUSED + "Slurm temporarily unable to accept job, sleeping and retrying"],
    "plugin": ["job_submit: --time timeout of 3 h", REFUSED + "Requested time limit is invalid"],
    "account": [REFUSED + "Invalid account or account/partition combination specified"],
}
"""What the real programs say, to the letter."""

DEFAULTS: dict[str, Any] = {
    "lasts": 3600.0,  # seconds a job stays in the queue
    "appears": 0.0,  # seconds until it is seen there
    "most": 10**6,  # elements one user may have in the queue; beyond it: "limit"
    "cluster": "",  # printed behind the job's number, as multi-cluster sites have it
    "max_array": 1001,
    "partitions": {"main": "04:00:00"},
    "gres": "gpu:a100:4",
    "accounting": True,
    "takes": False,  # whether `sbatch --test-only` names a node
}
FLAGS = {"--parsable", "--requeue", "--no-requeue", "--test-only", "--hold", "-H", "-Q", "--quiet"}
SHORT = {"-J": "--job-name", "-a": "--array", "-d": "--dependency", "-p": "--partition"}


class FakeSlurm:
    """Fake clients in a folder, with what they were asked and what they accepted.

    Args:
        folder: made.
        scenario: as the module says.
    """

    def __init__(self, folder: Path, **scenario: Any) -> None:
        self.folder = folder
        (folder / "bin").mkdir(parents=True)
        for name in PROGRAMS:
            program = folder / "bin" / name
            # Isolated from the tests' own site folders: nothing but the standard library is used.
            program.write_text(
                f'#!/bin/sh\nexec {sys.executable} -ISE "{__file__}" {name} "{folder}" "$@"\n'
            )
            program.chmod(0o755)
        self.play(**scenario)

    def play(self, **scenario: Any) -> None:
        """Begin another scenario; the jobs stay."""
        (self.folder / "scenario.json").write_text(json.dumps(scenario))

    @property
    def path(self) -> str:
        """A PATH on which these come first."""
        return os.pathsep.join([str(self.folder / "bin"), os.environ["PATH"]])

    @property
    def jobs(self) -> list[dict[str, Any]]:
        """Every job ever accepted: id, name, array, dependency, words, at, cancelled."""
        with _state(self.folder) as state:
            return list(state["jobs"])

    def calls(self, program: str) -> list[list[str]]:
        """The arguments of every call of a program, accepted or not."""
        with _state(self.folder) as state:
            return [words for name, words in state["calls"] if name == program]

    def elements(self) -> list[int]:
        """Array indices of all accepted arrays, sorted, each as often as it was accepted."""
        return sorted(i for job in self.jobs for i in (indices(job["array"]) or ()))

    def remove(self, *programs: str) -> None:
        """As if some programs were not installed."""
        for name in programs:
            (self.folder / "bin" / name).unlink()


def indices(array: str) -> list[int]:
    """The indices of `--array=0-3,7%2`; none for a job that is no array."""
    found: list[int] = []
    for part in filter(None, array.partition("%")[0].split(",")):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


@contextmanager
def _state(folder: Path) -> Iterator[dict[str, Any]]:
    """What is known, exclusively."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = folder / "state.json"
        state = json.loads(path.read_text()) if path.exists() else {"jobs": [], "calls": []}
        yield state
        path.write_text(json.dumps(state))


def main(program: str, folder: Path, words: Sequence[str]) -> int:
    """Answer one call."""
    scenario = {**DEFAULTS, **json.loads((folder / "scenario.json").read_text())}
    with _state(folder) as state:
        before = sum(name == program for name, _ in state["calls"])
        state["calls"].append([program, list(words)])
    script = scenario.get(program, [])
    mood = script[before] if before < len(script) else "well"
    if mood.startswith("slow "):
        time.sleep(float(mood.split()[1]))
        mood = "well"
    if mood == "garbage":
        print("\x00\x1b[31m<html>502 Bad Gateway</html>")
        return 0
    if mood in FAILURES:
        return _fail(mood, program)
    answer = {"sbatch": _sbatch, "squeue": _squeue, "sacct": _sacct, "scancel": _scancel}
    if program in answer:
        return answer[program](folder, scenario, words, mood)
    return _scontrol(scenario, words) if program == "scontrol" else _sinfo(scenario, words)


def _fail(mood: str, program: str = "sbatch") -> int:
    for line in FAILURES[mood]:
        if program == "sbatch" or REFUSED not in line:
            print(f"{program}: error: {line}", file=sys.stderr)
    return 1


def options_of(words: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Options, and the words that are none: the script first."""
    options: dict[str, str] = {}
    left = list(words)
    while left and left[0].startswith("-"):
        name, given, value = left.pop(0).partition("=")
        if not name.startswith("--") and len(name) > 2:
            name, value, given = name[:2], name[2:], "="
        if name not in FLAGS and not given:
            value = left.pop(0)
        options[SHORT.get(name, name)] = value
    return options, left


def _sbatch(folder: Path, scenario: Mapping[str, Any], words: Sequence[str], mood: str) -> int:
    options, script = options_of(words)
    if not script or not Path(script[0]).is_file():
        print(f"sbatch: error: Unable to open file {script[:1]}", file=sys.stderr)
        return 1
    if "--test-only" in options:
        if scenario["takes"]:
            words_ = "to start at 2026-11-30T07:00:00 using 1 processors on nodes n1 in partition p"
            print(f"sbatch: Job 7 {words_}", file=sys.stderr)
        return 0
    array = options.get("--array", "")
    if max(indices(array), default=0) >= scenario["max_array"]:
        print(f"sbatch: error: {REFUSED}Invalid job array specification", file=sys.stderr)
        return 1
    with _state(folder) as state:
        queued = sum(
            len(indices(j["array"])) or 1
            for j in state["jobs"]
            if not _over(state["jobs"], j, scenario["lasts"])
        )
        if queued + (len(indices(array)) or 1) > scenario["most"]:
            return _fail("limit")
        job = {
            "id": 1000 + len(state["jobs"]),
            "name": options.get("--job-name", Path(script[0]).name),
            "array": array,
            "dependency": options.get("--dependency", ""),
            "words": list(words),
            "at": time.time(),
            "cancelled": False,
        }
        state["jobs"].append(job)
    if mood == "accepted-timeout":
        return _fail("timeout")
    if mood.startswith("accepted-hang"):
        time.sleep(float(mood.split()[1]))
    if mood == "accepted-garbage":
        print("Submitted batch job, I think\x00")
        return 0
    print(f"{job['id']}{';' if scenario['cluster'] else ''}{scenario['cluster']}")
    return 0


def _end(jobs: Sequence[Mapping[str, Any]], job: Mapping[str, Any], lasts: float) -> float:
    """When a job leaves the queue: all that it waits for has, and its own time has passed."""
    waits = [int(n) for n in re.findall(r"\d+", job["dependency"])]
    begins = max([job["at"], *(_end(jobs, j, lasts) for j in jobs if j["id"] in waits)])
    return float(job["at"] if job["cancelled"] else begins + lasts)


def _over(jobs: Sequence[Mapping[str, Any]], job: Mapping[str, Any], lasts: float) -> bool:
    return time.time() >= _end(jobs, job, lasts)


def _rows(folder: Path, scenario: Mapping[str, Any], words: Sequence[str]) -> list[dict[str, str]]:
    """One row per element: what squeue and sacct can say about the jobs asked for."""
    text = " ".join(words)
    names = re.search(r"--name[= ](\S+)", text)  # squeue's -n is sacct's "no header"
    numbers = re.search(r"(?:--jobs?[= ]|-j ?)([\d_,]+)", text)
    rows = []
    with _state(folder) as state:
        for job in state["jobs"]:
            if names and job["name"] not in names[1].split(","):
                continue
            if numbers and str(job["id"]) not in re.split(r"[,_]", numbers[1]):
                continue
            if time.time() < job["at"] + scenario["appears"]:
                continue
            over = _over(state["jobs"], job, scenario["lasts"])
            name = "CANCELLED" if job["cancelled"] else "COMPLETED" if over else "PENDING"
            for index in indices(job["array"]) or [None]:
                whole = str(job["id"]) if index is None else f"{job['id']}_{index}"
                rows.append(
                    {
                        "id": str(job["id"]),
                        "whole": whole,
                        "name": job["name"],
                        "index": "N/A" if index is None else str(index),
                        "state": name,
                        "reason": "Dependency" if job["dependency"] else "Priority",
                    }
                )
    return rows


def _squeue(folder: Path, scenario: Mapping[str, Any], words: Sequence[str], mood: str) -> int:
    format = re.search(r"(?:-o|--format)[= ]?(.+?)(?: -|$)", " ".join(words))
    letters = {"i": "whole", "A": "id", "F": "id", "K": "index", "j": "name", "T": "state",
               "t": "state", "r": "reason", "R": "reason"}  # fmt: skip
    wanted = format[1] if format else "%i %j %T"
    for row in _rows(folder, scenario, words):
        if row["state"] == "PENDING":
            print(_spelled(wanted, {letter: row[name] for letter, name in letters.items()}))
    return 0


def _spelled(format: str, letters: Mapping[str, str]) -> str:
    return re.sub(r"%\.?\d*(\w)", lambda m: letters.get(m[1], ""), format)


def _sacct(folder: Path, scenario: Mapping[str, Any], words: Sequence[str], mood: str) -> int:
    if not scenario["accounting"]:
        print("Slurm accounting storage is disabled", file=sys.stderr)
        return 1
    format = re.search(r"(?:-o|--format)[= ]?(\S+)", " ".join(words))
    fields = {"jobid": "whole", "jobidraw": "whole", "jobname": "name", "state": "state"}
    for row in _rows(folder, scenario, words):
        wanted = (format[1] if format else "JobID,JobName,State").split(",")
        print("|".join(row.get(fields.get(f.partition("%")[0].lower(), ""), "0:0") for f in wanted))
    return 0


def _scancel(folder: Path, scenario: Mapping[str, Any], words: Sequence[str], mood: str) -> int:
    if "--name" in " ".join(words):
        chosen = {row["id"] for row in _rows(folder, scenario, words)}
    else:
        chosen = {number for word in words for number in re.findall(r"^\d+", word)}
    with _state(folder) as state:
        for job in state["jobs"]:
            job["cancelled"] |= str(job["id"]) in chosen
    return 0


def _scontrol(scenario: Mapping[str, Any], words: Sequence[str]) -> int:
    asked = [w for w in words if not w.startswith("-")]
    if asked[:2] == ["show", "config"]:
        print(f"Configuration data\nMaxArraySize            = {scenario['max_array']}\n")
    elif asked[:1] == ["ping"]:
        print("Slurmctld(primary) at fake is UP")
    elif asked[:2] == ["show", "partition"]:
        known = scenario["partitions"]
        for name in asked[2:] or known:
            if name not in known:
                print(f"Partition {name} not found", file=sys.stderr)
                return 1
            print(f"PartitionName={name} Default=YES State=UP MaxTime={known[name]} TotalNodes=1")
    return 0


def _sinfo(scenario: Mapping[str, Any], words: Sequence[str]) -> int:
    format = re.search(r"(?:-o|--format)[= ]?(\S+)", " ".join(words))
    letters = {"G": scenario["gres"], "c": "64", "m": "500000", "P": "main*", "t": "idle"}
    print(_spelled(format[1] if format else "%P", letters))
    return 0


def bare_path(folder: Path, *names: str) -> str:
    """A PATH with nothing but a few programs: for a machine without Slurm."""
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).symlink_to(str(shutil.which(name)))
    return str(folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:]))
