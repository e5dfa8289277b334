"""After the array: do what had to wait, count what is there, and say what is missing."""

import time
from collections import Counter
from pathlib import Path
from typing import Any

from ired_interp_core.spelling import part_of
from precompute.cluster import profiles
from precompute.cluster.element import locate
from precompute.ground import storage
from precompute.ground.exits import DONE, SOME_LEFT
from precompute.ground.stored import rows_left
from precompute.ground.tell import say, spell
from precompute.plan.manifest import Manifest, read_manifest
from precompute.plan.plan import Unit
from precompute.work.supervisor import Supervisor
from precompute.work.unit import Outcome
from precompute.work.watcher import Watcher
from store import files, shards, shell, submissions

SHOWN = 20


class _Counting(Watcher):
    """Counts the units that were computed."""

    done = 0

    def ended(self, ticket: int, unit: Unit, outcome: Outcome) -> None:
        self.done += outcome.status == "done"


def reduce(folder: Path) -> int:
    """Finish a submission: units that read answers of other elements, then a report.

    Returns:
        0 when every unit is there, 75 when something is missing.
    """
    root, name = locate(folder)
    record = submissions.read(root, name)
    profile = profiles.parse(record.get("profile", {}), "", str(folder / "submission.json"))
    manifest = read_manifest(folder / "manifest.json").allowed(folder)
    storage.writable(root)
    began = time.monotonic()
    why = submissions.stopped(root, name)
    computed = 0 if why else _waiting(root, name, manifest, profile.reduce.planned_cpus)
    report = _report(root, manifest) | {"stopped": why, "computed": computed}
    with files.one_line(folder):
        files.replace(folder / "report.json", files.json_bytes(report))
    there = part_of(report["done"], report["units"], "unit")
    say(
        f"{name}: {there} there, {report['failed']} failed,"
        f" {report['missing']} missing; {computed} computed here in"
        f" {spell(time.monotonic() - began)}" + (f" · stopped: {why}" if why else "")
    )
    for line in report["lines"][:SHOWN]:
        say(line)
    if report["done"] < report["units"]:
        say(f"next: {shell.command(root, 'resubmit', record['run'])}")
        return SOME_LEFT
    return DONE


def _waiting(root: Path, name: str, manifest: Manifest, workers: int) -> int:
    """Compute what elements that ran to their end left for later.

    What an element did not come to (killed, cancelled) is not done here, on a few cores: `resubmit`
    does that.

    Returns:
        Units computed.
    """
    listed = submissions.read_elements(root, name)["elements"]
    ended = [
        i for i, s in submissions.states(root, name).items() if s.get("state") in ("done", "failed")
    ]
    failed = _failed(root)
    units = [
        unit
        for element in sorted(ended)
        if element < len(listed)
        for unit in (manifest.units[i] for i in listed[element])
        if unit.span not in failed and _left(root, unit)
    ]
    if not units:
        return 0
    supervisor, counting = Supervisor(root, workers), _Counting()
    supervisor.add(units, manifest.models)
    supervisor.close()
    supervisor.run(counting)
    return counting.done


def _report(root: Path, manifest: Manifest) -> dict[str, Any]:
    failed = _failed(root)
    counts: dict[str, Counter[str]] = {}
    lines = []
    for unit in manifest.units:
        state = "failed" if unit.span in failed else "missing"
        state = state if _left(root, unit) else "done"
        counts.setdefault(unit.asked.question.analysis, Counter())[state] += 1
        if state != "done":
            lines.append(f"{state}: {unit.name}")
    total = sum(counts.values(), Counter[str]())
    return {
        "units": len(manifest.units),
        **{state: total[state] for state in ("done", "failed", "missing")},
        "analyses": {name: dict(c) for name, c in counts.items()},
        "lines": lines[:1000],
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def _failed(root: Path) -> set[tuple[str, int, int]]:
    return {(f["question"], f["start"], f["stop"]) for f in shards.failures(root)}


def _left(root: Path, unit: Unit) -> int:
    return rows_left(
        root, unit.asked.question.analysis, unit.asked.question.key, unit.start, unit.stop
    )
