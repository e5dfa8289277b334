"""What the cluster offers, beside what a profile asks of it."""

import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from ired_interp_core.errors import Refusal
from precompute.cluster import amounts
from precompute.cluster.asking import ACCEPTED, sbatch_says
from precompute.cluster.job_lines import max_array_size
from precompute.cluster.packing import Element
from precompute.cluster.profiles import Profile
from precompute.cluster.site_job import Job
from precompute.cluster.slurm import Client
from precompute.ground.finding import Finding
from precompute.ground.tell import spell

COMMANDS = ("sbatch", "squeue", "scontrol", "scancel", "sinfo")


def commands() -> Finding:
    """Whether Slurm's commands are here."""
    lacking = [c for c in COMMANDS if shutil.which(c) is None]
    if lacking:
        note = f"{', '.join(lacking)} not found → submit from a login node of the cluster"
        return Finding("Slurm's commands", False, note)
    return Finding("Slurm's commands", True, ", ".join(COMMANDS))


def checks(
    profile: Profile, client: Client, script: Callable[[str], str],
    elements: Sequence[Element], measured: bool,
) -> Iterator[Finding]:  # fmt: skip
    """Whether the cluster can do what a profile asks.

    What sbatch says of the jobs themselves outweighs what partitions and nodes say of themselves.

    Args:
        profile: of the site.
        client: of Slurm.
        script: name → text of a job's script.
        elements: of the packing.
        measured: their times are no guesses.

    Yields:
        One finding after the other.
    """
    most = max_array_size(client)
    yield _array(profile, most)
    shown = client.patient("scontrol", "show", "partition", "--oneliner")
    partitions = parse_partitions(shown.out) if shown.code == 0 else {}
    for table, job in (("slurm", profile.slurm), ("reduce", profile.reduce)):
        answer = sbatch_says(table, profile, client, script, min(len(elements), most or 1))
        for finding in _offered(table, job, client, partitions):
            known_better = answer.key == ACCEPTED and not finding.ok
            note = f"{finding.note}; but sbatch accepts it"
            yield replace(finding, ok=True, note=note) if known_better else finding
        yield from _times(table, job, profile, partitions, elements, measured)
        yield answer


def _offered(
    table: str, job: Job, client: Client, partitions: Mapping[str, Mapping[str, str]]
) -> Iterator[Finding]:
    """Whether the partitions are there, and a node in them that suffices."""
    wanted = _wanted(job, partitions)
    lacking = [p for p in wanted if p not in partitions]
    what = f"[{table}] partition {', '.join(wanted) or 'by default'}"
    if not partitions:
        yield Finding(what, True, "the cluster does not say; sbatch will")
    elif lacking or not wanted:
        note = f"{', '.join(lacking)} not there" if len(wanted) > 1 else "not there"
        note = f"{note} → one of {', '.join(partitions)}"
        yield Finding(what, False, note, key="partition")
    else:
        yield Finding(what, True, "there")
        yield _nodes(table, job, client, wanted)


def _wanted(job: Job, partitions: Mapping[str, Mapping[str, str]]) -> list[str]:
    return job.partition.split(",") if job.partition else _default(partitions)


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
        return Finding(what, False, note, key="array")
    return Finding(what, True, f"waves of at most {asked or site} (MaxArraySize {site})")


def _times(
    table: str,
    job: Job,
    profile: Profile,
    partitions: Mapping[str, Mapping[str, str]],
    elements: Sequence[Element],
    measured: bool,
) -> Iterator[Finding]:
    """Whether a partition has so much time, and the longest element fits into it."""
    limits = {p: partitions[p].get("MaxTime", "") for p in _wanted(job, partitions)
              if p in partitions}  # fmt: skip
    what, key = f"[{table}] time limit", "time"
    if not limits:
        return
    asked = amounts.seconds(job.time) if job.time else float("inf")
    short = {p: limit for p, limit in limits.items() if job.time and asked > _limit(limit)}
    said = ", ".join(f"{p} {limit or 'an unknown limit'}" for p, limit in limits.items())
    if len(short) == len(limits):
        note = f"{job.time} is more than the MaxTime of every partition ({said})"
        if len(limits) == 1:
            note = f"{job.time} is more than the partition's MaxTime {said.split(' ', 1)[1]}"
        yield Finding(what, False, f"{note} → lower time", key=key)
        return
    needed = 60.0 * profile.submit.minutes + profile.submit.signal_seconds
    if table == "slurm" and needed > asked:
        yield Finding(
            what, False,
            f"elements of {profile.submit.minutes:g} min do not fit into {job.time} → raise time or"
            " lower minutes", key=key,
        )  # fmt: skip
        return
    longest = max((e.seconds for e in elements), default=0.0)
    if table == "slurm" and longest + profile.submit.signal_seconds > asked:
        note = f"the longest element takes about {spell(longest)}, {job.time} is asked for"
        if measured:
            yield Finding(what, False, f"{note} → raise time", key=key)
            return
        yield Finding(what, True, f"{note}; that is a guess: nothing of it was measured yet")
        return
    note = f"{job.time or 'the default'} of {said}"
    if short:
        note += f"; {', '.join(short)} will not take it"
    yield Finding(what, True, note)


def _limit(text: str) -> float:
    try:
        return amounts.seconds(text)
    except Refusal:
        return float("inf")


def _nodes(table: str, job: Job, client: Client, partitions: Sequence[str]) -> Finding:
    """Whether some node has the cores, the memory and the GPUs; each is listed by itself."""
    gres = job.gres or (f"gpu:{job.gpus}" if job.gpus else "")
    memory, cpus = asked_memory(job), job.planned_cpus
    spelled = (getattr(job, key) + end for key, end in MEMORY_WORDS.items() if getattr(job, key))
    words = [w for w in (f"{cpus} CPUs", *spelled, gres) if w]
    what = f"[{table}] a node with {', '.join(words)}"
    answer = client.patient(
        "sinfo", "--noheader", "--Node", f"--partition={','.join(partitions)}", "-o", "%c|%m|%G"
    )
    nodes = [line.split("|") for line in answer.out.split() if line.count("|") == 2]
    if answer.code != 0 or not nodes:
        return Finding(what, True, "the cluster does not say; sbatch will")
    for has_cpus, has_memory, has_gres in nodes:
        enough = _most(has_cpus) >= cpus and _most(has_memory) >= memory
        if enough and offers(has_gres, gres):
            found = has_gres.replace("(null)", "no gres")
            return Finding(what, True, f"{has_cpus} CPUs, {has_memory} MB, {found}")
    kinds = dict.fromkeys(" CPUs, ".join(n[:2]) + f" MB, {n[2]}" for n in nodes)
    note = f"none in {', '.join(partitions)} ({'; '.join(list(kinds)[:5])}) → mend [{table}]"
    return Finding(what, False, note, key="node")


MEMORY_WORDS = {"memory": "", "memory_per_cpu": " a CPU", "memory_per_gpu": " a GPU"}


def asked_memory(job: Job) -> float:
    """What a job asks of a node's memory.

    Returns:
        MB; 0 where the site decides.
    """
    shares = {"memory": 1, "memory_per_cpu": job.planned_cpus, "memory_per_gpu": job.asked_gpus}
    return sum(
        amounts.megabytes(getattr(job, key)) * count
        for key, count in shares.items()
        if getattr(job, key)
    )


def _most(text: str) -> float:
    """What a node has; of several that differ sinfo says the least: 48+."""
    digits = text.rstrip("+")
    if not digits.isdecimal():
        return 0.0
    return float("inf") if text.endswith("+") else float(digits)


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
