"""What the cluster does for a store: queue and accounts of Slurm, and the heartbeats."""

import calendar
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ired_interp_core.errors import Refusal
from precompute.cluster import queue
from precompute.cluster.slurm import Client
from precompute.plan.plan import Span
from store import files, layout, progress, shell, submissions
from store.faults import Fault

ANSWER_SECONDS = 8.0
"""A controller that takes longer is taken not to answer; the heartbeats stand in for it."""

FRESH_SECONDS = 120.0
"""Age up to which a heartbeat is believed where Slurm does not answer."""


@dataclass
class Cluster:
    """What the submissions of a store are doing.

    Args:
        records: submissions, oldest first.
        states: of their elements.
        doing: unit → running or queued.
        where: unit → (submission, element), the latest.
        elements: submission → element → RUNNING, PENDING, … of the queue.
        ended: submission → element → how it ended, as the accounts say.
        others: submission → words about its reduce and collect jobs.
        answers: Slurm answered.
        broken: submissions whose record cannot be read.
    """

    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    states: dict[str, dict[int, dict[str, Any]]] = field(default_factory=dict)
    doing: dict[Span, str] = field(default_factory=dict)
    where: dict[Span, tuple[str, int]] = field(default_factory=dict)
    elements: dict[str, dict[int, str]] = field(default_factory=dict)
    ended: dict[str, dict[int, str]] = field(default_factory=dict)
    others: dict[str, list[str]] = field(default_factory=dict)
    answers: bool = True
    broken: list[Fault] = field(default_factory=list)


def look(root: Path, run: str | None) -> Cluster:
    """Ask the cluster what is in the queue, and the heartbeats how far it is.

    Args:
        root: store.
        run: only its submissions.

    Returns:
        What is known; without Slurm, what the heartbeats say.
    """
    cluster = Cluster()
    for name in submissions.names(root, run):
        try:
            cluster.records[name] = submissions.read(root, name)
        except (Refusal, OSError) as error:
            path = layout.submission_record(root, name)
            cluster.broken.append(Fault.of(path, error, shell.remove(path)))
            continue
        cluster.states[name] = submissions.states(root, name)
        cluster.elements[name] = {}
        cluster.ended[name] = {}
    if not cluster.records:
        return cluster
    client = Client(0.0, 0.0, ANSWER_SECONDS)
    active = {n: r for n, r in cluster.records.items() if not _over(root, n, r)}
    jobs = [job for record in active.values() for job in queue.job_names(record)]
    tasks = client.queue(jobs, patient=False, users=queue.users(active.values()))
    cluster.answers = tasks is not None
    for task in tasks or []:
        for name, record in active.items():
            element = queue.element_of(record, task)
            if element is not None:
                cluster.elements[name][element] = task.state
            elif task.name in queue.job_names(record):
                what = task.name.rpartition("-")[2]
                cluster.others.setdefault(name, []).append(f"{what} {task.state.lower()}")
    _believe(cluster, [n for n, r in active.items() if r.get("scheduler")])  # nobody to ask
    if tasks is None:
        _believe(cluster, active)
    else:
        _how_they_ended(cluster, client, active)
    _places(root, cluster)
    return cluster


def _over(root: Path, name: str, record: Mapping[str, Any]) -> bool:
    """Whether nothing of a submission is left to ask the cluster about."""
    if record["state"] == "over":
        return True
    try:
        report = files.read_json(layout.submission(root, name) / "report.json")
    except (FileNotFoundError, Refusal):
        return False
    return report.get("done") == record["units"]


def _believe(cluster: Cluster, active: Iterable[str]) -> None:
    """Without Slurm, an element whose heartbeat is fresh runs."""
    for name in active:
        for index, state in cluster.states[name].items():
            if state.get("state") == "running" and _age(state) < FRESH_SECONDS:
                cluster.elements[name][index] = "RUNNING"


def _age(state: Mapping[str, Any]) -> float:
    try:
        at = time.strptime(str(state.get("at")), "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return float("inf")
    return time.time() - calendar.timegm(at)


def _how_they_ended(cluster: Cluster, client: Client, active: Mapping[str, Any]) -> None:
    """Ask the accounts about elements that left the queue without a last word."""
    silent = [
        name
        for name, record in active.items()
        if any(
            i not in cluster.elements[name]
            and cluster.states[name].get(i, {}).get("state", "running") == "running"
            for i in range(queue.elements_submitted(record))
        )
    ]
    names = [wave["job_name"] for name in silent for wave in active[name]["waves"]]
    for (job, index), state in client.ended(names).items() if names else ():
        for name in silent:
            for wave in active[name]["waves"]:
                if wave.get("job_id") == job and index is not None:
                    cluster.ended[name][int(wave["first"]) + index] = state


def _places(root: Path, cluster: Cluster) -> None:
    """Which element does which unit."""
    for name in cluster.records:
        try:
            work = progress.work(root, name)
        except Refusal:  # the rest of the report is still true
            continue
        for element, units in enumerate(work.elements):
            state = cluster.elements[name].get(element)
            for i in units:
                place = work.units[i][1:]
                cluster.where[place] = (name, element)
                if state:
                    cluster.doing[place] = "queued" if queue.waits(state) else "running"
