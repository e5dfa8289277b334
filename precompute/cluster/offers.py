"""What the cluster offers, beside what a profile asks of it."""

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence

from ired_interp_core.errors import Refusal
from precompute.cluster import amounts
from precompute.cluster.profiles import Job, Profile
from precompute.cluster.slurm import Client
from precompute.ground.finding import Finding

COMMANDS = ("sbatch", "squeue", "scontrol", "scancel", "sinfo")


def commands() -> Finding:
    """Whether Slurm's commands are here."""
    lacking = [c for c in COMMANDS if shutil.which(c) is None]
    if lacking:
        note = f"{', '.join(lacking)} not found → submit from a login node of the cluster"
        return Finding("Slurm's commands", False, note)
    return Finding("Slurm's commands", True, ", ".join(COMMANDS))


def checks(profile: Profile, client: Client) -> Iterator[Finding]:
    """Whether the cluster can do what a profile asks.

    Yields:
        One finding after the other.
    """
    yield _array(profile, max_array_size(client))
    shown = client.patient("scontrol", "show", "partition", "--oneliner")
    partitions = parse_partitions(shown.out) if shown.code == 0 else {}
    for table, job in (("slurm", profile.slurm), ("reduce", profile.reduce)):
        wanted = job.partition.split(",") if job.partition else _default(partitions)
        lacking = [p for p in wanted if p not in partitions]
        what = f"[{table}] partition {', '.join(wanted) or 'by default'}"
        if not partitions:
            yield Finding(what, True, "the cluster does not say; sbatch will")
            continue
        if lacking or not wanted:
            yield Finding(what, False, f"not there → one of {', '.join(partitions)}")
            continue
        yield Finding(what, True, "there")
        yield _time(table, job, profile, [partitions[p] for p in wanted])
        yield _nodes(table, job, client, wanted)


def max_array_size(client: Client) -> int | None:
    """How many elements an array of this cluster may have.

    Returns:
        MaxArraySize; None if the cluster does not say.
    """
    answer = client.patient("scontrol", "show", "config")
    match = re.search(r"MaxArraySize\s*=\s*(\d{1,9})", answer.out) if answer.code == 0 else None
    return int(match[1]) if match else None


def parse_partitions(text: str) -> dict[str, dict[str, str]]:
    """Read what `scontrol show partition --oneliner` says.

    Returns:
        Name → its words, such as MaxTime.
    """
    found = {}
    for line in text.splitlines():
        words = dict(word.partition("=")[::2] for word in line.split() if "=" in word)
        if words.get("PartitionName"):
            found[words["PartitionName"]] = words
    return found


def _default(partitions: Mapping[str, Mapping[str, str]]) -> list[str]:
    return [name for name, words in partitions.items() if words.get("Default") == "YES"]


def _array(profile: Profile, site: int | None) -> Finding:
    what, asked = "array limit", profile.submit.max_array
    if site is None:
        return Finding(what, True, "the cluster does not say; waves of at most 1000")
    if asked > site:
        note = f"max_array is {asked}, MaxArraySize {site} → lower max_array, or 0 to ask"
        return Finding(what, False, note)
    return Finding(what, True, f"waves of at most {asked or site} (MaxArraySize {site})")


def _time(table: str, job: Job, profile: Profile, words: Sequence[Mapping[str, str]]) -> Finding:
    what = f"[{table}] time limit"
    asked = amounts.seconds(job.time)
    most = min(_limit(w.get("MaxTime", "")) for w in words)
    if asked > most:
        note = f"{job.time} is more than the partition's MaxTime {words[0]['MaxTime']} → lower time"
        return Finding(what, False, note)
    needed = 60.0 * profile.submit.minutes + profile.submit.signal_seconds
    if table == "slurm" and needed > asked:
        return Finding(
            what, False,
            f"elements of {profile.submit.minutes:g} min do not fit into {job.time} → raise time or"
            " lower minutes",
        )  # fmt: skip
    return Finding(what, True, f"{job.time} of {words[0].get('MaxTime', 'an unknown limit')}")


def _limit(text: str) -> float:
    try:
        return amounts.seconds(text)
    except Refusal:
        return float("inf")


def _nodes(table: str, job: Job, client: Client, partitions: Sequence[str]) -> Finding:
    """Whether some node has the cores, the memory and the GPUs."""
    words = [w for w in (f"{job.cpus} CPUs", job.memory, job.gres) if w]
    what = f"[{table}] a node with {', '.join(words)}"
    answer = client.patient(
        "sinfo", "--noheader", f"--partition={','.join(partitions)}", "-o", "%c|%m|%G"
    )
    nodes = [line.split("|") for line in answer.out.split() if line.count("|") == 2]
    if answer.code != 0 or not nodes:
        return Finding(what, True, "the cluster does not say; sbatch will")
    for cpus, memory, gres in nodes:
        enough = _number(cpus) >= job.cpus and _number(memory) >= amounts.megabytes(job.memory)
        if enough and offers(gres, job.gres):
            return Finding(
                what, True, f"{cpus} CPUs, {memory} MB, {gres.replace('(null)', 'no gres')}"
            )
    have = "; ".join(" CPUs, ".join(n[:2]) + f" MB, {n[2]}" for n in nodes[:3])
    return Finding(what, False, f"none in {', '.join(partitions)} ({have}) → mend [{table}]")


def _number(text: str) -> int:
    digits = text.rstrip("+")
    return int(digits) if digits.isdecimal() else 0


def offers(node: str, asked: str) -> bool:
    """Whether a node's generic resources cover what is asked.

    Args:
        node: such as gpu:a100:4(S:0-1).
        asked: such as gpu:a100:1 or gpu:1; empty for nothing.

    Returns:
        True if they do.
    """
    there = [_resource(word) for word in re.sub(r"\([^)]*\)", "", node).split(",") if word]
    for word in asked.split(",") if asked else ():
        name, kind, count = _resource(word)
        if not any(n == name and kind in ("", k) and c >= count for n, k, c in there):
            return False
    return True


def _resource(word: str) -> tuple[str, str, int]:
    name, *rest = word.removeprefix("gres:").split(":")
    count = int(rest.pop()) if rest and rest[-1].isdecimal() else 1
    return name, rest[0] if rest else "", count
