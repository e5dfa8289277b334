"""How far runs are: answers by names alone, joined with what the cluster says."""

import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ired_interp_core import registry
from ired_interp_core.errors import Refusal
from ired_interp_core.records import block_ranges
from ired_interp_core.spelling import counted
from precompute.cluster.activity import Cluster, look
from precompute.ground.exits import DONE, SOME_LEFT, Usage
from precompute.ground.storage import exists
from precompute.ground.stored import other_versions, rows_published, run_records
from precompute.ground.tell import say, shown, spell
from precompute.plan.plan import Span
from store import shards, shell, submissions

SHOWN = 20
SHOWN_ELEMENTS = 10

WATCH_SECONDS = 5.0
ASK_SECONDS = 15.0
"""Between questions to the cluster: its controller has others to serve."""


def status(root: Path, run: str | None, watch: bool = False) -> int:
    """Print how far each run is: rows that have a shard, of those asked for.

    Args:
        root: store.
        run: name; all runs when left out.
        watch: again and again, until nothing is in the queue.

    Returns:
        0; after watching 75 if something is missing.
    """
    if watch:
        return _watch(root, run)
    for line in _Report(root, run).lines:
        say(line)
    return DONE


def _watch(root: Path, run: str | None) -> int:
    terminal = sys.stdout.isatty()
    cluster: Cluster | None = None
    asked, before = 0.0, ""
    first: tuple[float, int] | None = None
    while True:
        if cluster is None or time.monotonic() - asked >= ASK_SECONDS:
            cluster, asked = look(root, run), time.monotonic()
        report = _Report(root, run, cluster)
        first = first or (time.monotonic(), report.done)
        lines = [*report.lines, *_pace(first, report)]
        text = shown("\n".join(lines))
        if terminal:
            print(f"\033[H\033[2J{time.strftime('%H:%M:%S')}  {shown(root)}\n{text}", flush=True)
        elif text != before:
            say(text)
        before = text
        if report.done >= report.asked or not cluster.doing:
            return DONE if report.done >= report.asked else SOME_LEFT
        time.sleep(WATCH_SECONDS)


def _pace(first: tuple[float, int], report: "_Report") -> list[str]:
    seconds, done = time.monotonic() - first[0], report.done - first[1]
    if not done or not seconds:
        return []
    rate = done / seconds
    return [f"{rate:.3g} answers/s, {spell((report.asked - report.done) / rate)} left"]


class _Report:
    """Lines about the runs of a store.

    Args:
        root: store.
        run: name; all when left out.
        cluster: as looked at; looked at now when left out.
    """

    def __init__(self, root: Path, run: str | None, cluster: Cluster | None = None) -> None:
        self.root = root
        self.lines: list[str] = []
        self.done = self.asked = 0
        records = _runs(root)
        known = [r["name"] for r in records]
        if run is not None and run not in known:
            raise Usage(
                "unknown run", where=str(root), came=run, expected=", ".join(known) or "no run yet"
            )
        self.failures = shards.failures(root)
        self.cluster = cluster or look(root, run)
        for record in records:
            if run in (None, record["name"]):
                self._run(record)
        if not records:
            self.lines.append(f"no runs in {root} · next: {shell.again(root)}")

    def _run(self, record: dict[str, Any]) -> None:
        root, name = self.root, record["name"]
        rows: dict[str, list[int]] = {}
        units: dict[str, Counter[str]] = {}
        keys = {entry["key"] for entry in record["questions"]}
        failed = [f for f in self.failures if f["question"] in keys]
        bad = {(f["question"], f["start"], f["stop"]) for f in failed}
        submitted = [n for n, r in self.cluster.records.items() if r["run"] == name]
        for entry in record["questions"]:
            counts = rows.setdefault(entry["analysis"], [0, 0, 0])
            counts[0] += rows_published(root, entry["analysis"], entry["key"], entry["count"])
            counts[1] += entry["count"]
            counts[2] += 1
            if submitted:
                states = units.setdefault(entry["analysis"], Counter())
                states.update(self._units(entry, bad))
        done, asked = (sum(c[i] for c in rows.values()) for i in (0, 1))
        self.done, self.asked = self.done + done, self.asked + asked
        self.lines.append(
            f"{name}: {done:,} of {counted(asked, 'answer')}, {counted(len(failed), 'failed unit')}"
        )
        other = other_versions(root, record)
        for analysis, (there, want, count) in rows.items():
            note = f", {other[analysis]} of another version: run the sweep again"
            self.lines.append(
                f"  {analysis}: {there} of {want} in {counted(count, 'question')}"
                + (note if analysis in other else "")
                + (f" · units: {_spelled(units[analysis])}" if submitted else "")
            )
        for f in failed[:SHOWN]:
            self.lines += self._failure(f)
        if len(failed) > SHOWN:
            self.lines.append(f"  … and {len(failed) - SHOWN} more")
        for submission in submitted:
            self._submission(submission, submission == submitted[-1])

    def _units(self, entry: Mapping[str, Any], bad: set[Span]) -> Iterable[str]:
        """What every unit of a question is doing."""
        key = entry["key"]
        try:
            block = registry.get(entry["analysis"]).rows
        except Refusal:  # of another version of this tool
            return
        there = shards.merged(shards.present(self.root, entry["analysis"], key))
        at = 0
        for start, stop in block_ranges(entry["count"], block):
            while at < len(there) and there[at][1] <= start:
                at += 1
            if at < len(there) and there[at][0] <= start and stop <= there[at][1]:
                yield "done"
            elif (key, start, stop) in bad:
                yield "failed"
            else:
                yield self.cluster.doing.get((key, start, stop), "missing")

    def _failure(self, failure: Mapping[str, Any]) -> list[str]:
        key, start, stop = (failure[name] for name in ("question", "start", "stop"))
        lines = [
            f"  failed: {failure['analysis']} {key[:8]} [{start}, {stop}):"
            f" {failure['error']}: {failure['message']}"
        ]
        found = self.cluster.where.get((key, start, stop))
        if found:
            state = self.cluster.states[found[0]].get(found[1], {})
            log = submissions.log(self.root, found[0], state)
            lines += [f"    log: {log}"] if log else []
        return lines

    def _submission(self, name: str, last: bool) -> None:
        cluster, record = self.cluster, self.cluster.records[name]
        states, queued = cluster.states[name], cluster.elements.get(name, {})
        why = submissions.stopped(self.root, name)
        if record["state"] == "over" and not last:
            return
        counts = Counter(
            self._element(states.get(i), queued.get(i), cluster.ended.get(name, {}).get(i))
            for i in range(record["elements"])
        )
        ids = ", ".join(str(w["job_id"]) for w in record["waves"] if w.get("job_id")) or "none yet"
        rest = "".join(f", {word}" for word in cluster.others.get(name, []))
        silent = "" if cluster.answers else " · Slurm does not answer; known from heartbeats alone"
        self.lines.append(
            f"  {name} ({record['state']}): array {ids}: {_spelled(counts)} of"
            f" {counted(record['elements'], 'element')}{rest}{silent}"
        )
        if why:
            mend = shell.command(self.root, "resubmit", record["run"])
            self.lines.append(f"    stopped: {why} · next: mend it, then {mend}")
        running = [
            i
            for i, s in states.items()
            if s.get("state") == "running" and (queued.get(i) or not cluster.answers)
        ]
        for i in running[:SHOWN_ELEMENTS]:
            s = states[i]
            begun = int(s.get("done", 0)) + int(s.get("already", 0)) + int(s.get("failed", 0))
            self.lines.append(
                f"    element {i} on {s.get('host', '?')} ({s.get('device', '?')}): {begun} of"
                f" {s.get('total', '?')} units in {spell(float(s.get('seconds', 0)))}"
            )
        if len(running) > SHOWN_ELEMENTS:
            self.lines.append(f"    … and {len(running) - SHOWN_ELEMENTS} more at work")

    def _element(
        self, state: Mapping[str, Any] | None, queued: str | None, ended: str | None
    ) -> str:
        """One word for an element."""
        if queued:
            return queued.lower()
        if state is None:
            return ended.lower() if ended else "not begun"
        word = str(state.get("state", "unknown"))
        if word == "running" and self.cluster.answers:
            return ended.lower() if ended else "gone"  # it had no time to say why
        return word


def _spelled(counts: Counter[str]) -> str:
    return ", ".join(f"{n} {word}" for word, n in sorted(counts.items())) or "none"


def _runs(root: Path) -> list[dict]:
    exists(root)
    return run_records(root)
