"""Submissions joined with the queue: which units are on their way, and which jobs do them."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from precompute.cluster.slurm import Client, Task
from precompute.plan.manifest import read_manifest
from precompute.plan.plan import Span
from store import layout, submissions


def elements_submitted(record: Mapping[str, Any]) -> int:
    """How many elements of a submission have a job.

    Returns:
        Elements; waves are submitted in order.
    """
    return sum(w["last"] - w["first"] + 1 for w in record["waves"] if w.get("job_id"))


def job_names(record: Mapping[str, Any]) -> list[str]:
    """Names of all jobs of a submission.

    Returns:
        Waves, reduce, collect; those that were asked for.
    """
    rest = [record[what]["job_name"] for what in ("reduce", "collect") if record.get(what)]
    return [wave["job_name"] for wave in record["waves"]] + rest


def users(records: Iterable[Mapping[str, Any]]) -> Collection[str]:
    """Whose jobs some submissions are.

    Returns:
        User ids; empty where one of the records does not say.
    """
    found = {str(record.get("user", "")) for record in records}
    return found if all(map(str.isdecimal, found)) else ()


def waits(state: str) -> bool:
    """Whether a job in this state of the queue has yet to begin, or to begin again."""
    return state.startswith(("PENDING", "REQUEUE", "SPECIAL_EXIT", "RESV_DEL_HOLD"))


def element_of(record: Mapping[str, Any], task: Task) -> int | None:
    """Which element of a submission a task of the queue does.

    Returns:
        Its index; None for a job of something else.
    """
    for wave in record["waves"]:
        if wave["job_name"] == task.name and task.index is not None:
            return int(wave["first"]) + task.index
    return None


def unfinished(root: Path) -> dict[str, dict[str, Any]]:
    """Submissions that may have something in the queue.

    Returns:
        Name → record.
    """
    records = {name: submissions.read(root, name) for name in submissions.names(root)}
    return {n: r for n, r in records.items() if r["waves"] and r["state"] != "over"}


def flying(root: Path, client: Client) -> dict[Span, str]:
    """Units that some element in the queue will do, or does.

    Submissions whose jobs have all left the queue are marked as over, so that nobody asks again.

    Returns:
        Span of the unit → name of the submission.
    """
    records = unfinished(root)
    tasks = (
        client.queue(
            [n for r in records.values() for n in job_names(r)], users=users(records.values())
        )
        or []
    )
    found: dict[Span, str] = {}
    for name, record in records.items():
        elements = {element_of(record, t) for t in tasks} - {None}
        if not elements:
            if record["state"] in ("submitted", "left", "cancelled") and not _waits(record, tasks):
                record["state"] = "over"
                submissions.write(root, name, record)
            continue
        manifest = read_manifest(layout.submission(root, name) / "manifest.json")
        listed = submissions.read_elements(root, name)["elements"]
        for element in elements:
            if element is not None and element < len(listed):
                for i in listed[element]:
                    found[manifest.units[i].span] = name
    return found


def _waits(record: Mapping[str, Any], tasks: list[Task]) -> bool:
    last = {record[what]["job_name"] for what in ("reduce", "collect") if record.get(what)}
    return any(t.name in last for t in tasks)


def look_up(root: Path, name: str, client: Client, job_name: str) -> int | None:
    """Find a job whose id nobody wrote down: Slurm knows its name, or its elements said it.

    Returns:
        Its id, or None if it was never accepted.
    """
    for state in submissions.states(root, name).values():
        if state.get("job_name") == job_name and str(state.get("array_job", "")).isdecimal():
            return int(state["array_job"])
    return client.look_up(job_name, users=users([submissions.read(root, name)]))
