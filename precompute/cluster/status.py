"""How far runs are: answers by names alone, joined with what the cluster says."""

import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ired_interp_core.spelling import counted
from precompute.cluster import queue
from precompute.cluster.activity import Cluster, look
from precompute.cluster.early_ends import early_ends
from precompute.cluster.unit_states import units_of
from precompute.ground.collected import collected, left_out_lines
from precompute.ground.exits import DONE, SOME_LEFT, Usage
from precompute.ground.storage import exists
from precompute.ground.stored import Answers, is_other_version, rows_within, run_records
from precompute.ground.tell import say, shown, spell
from store import shards, shell, submissions
from store.sides import Range

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
        exists(root)
        records, broken = run_records(root)
        known = [r["name"] for r in records]
        if run is not None and run not in known:
            raise Usage(
                "unknown run", where=str(root), came=run, expected=", ".join(known) or "no run yet"
            )
        self.failures = shards.failures(root)
        self.cluster = cluster or look(root, run)
        self.there = Answers(root)
        self.collected = collected(root)
        for record in records:
            if run in (None, record["name"]):
                self._run(record)
        faults = [*broken, *self.cluster.broken, *self.there.closed, *self.collected.left_out]
        self.lines += left_out_lines(root, faults)
        if not records:
            self.lines.append(f"no runs in {root} · next: {shell.again(root)}")

    def _run(self, record: dict[str, Any]) -> None:
        root, name = self.root, record["name"]
        keys = {entry["key"] for entry in record["questions"]}
        failed = [f for f in self.failures if f["question"] in keys]
        submitted = [n for n, r in self.cluster.records.items() if r["run"] == name]
        analyses: dict[str, Counter[str]] = {}
        units: dict[str, Counter[str]] = {}
        doing = self._doing(failed) if submitted else {}
        for entry in record["questions"]:
            where = (entry["analysis"], entry["key"])
            ranges = self.there.ranges(*where)
            counts = analyses.setdefault(entry["analysis"], Counter())
            counts["there"] += rows_within(ranges, entry["count"])
            counts["asked"] += entry["count"]
            counts["questions"] += 1
            counts["other"] += self.there.asked(*where) and is_other_version(root, *where)
            if submitted:
                states = units.setdefault(entry["analysis"], Counter())
                states.update(units_of(entry, ranges, doing.get(entry["key"], {})))
        done, asked = (sum(c[word] for c in analyses.values()) for word in ("there", "asked"))
        self.done, self.asked = self.done + done, self.asked + asked
        self.lines.append(
            f"{name}: {done:,} of {counted(asked, 'answer')}, {counted(len(failed), 'failed unit')}"
        )
        for analysis, c in analyses.items():
            note = f", {c['other']} of another version: run the sweep again"
            questions = counted(c["questions"], "question")
            self.lines.append(
                f"  {analysis}: {c['there']} of {c['asked']} in {questions}"
                + (note if c["other"] else "")
                + (f" · units: {_spelled(units[analysis])}" if submitted else "")
            )
        self.lines += [f"  {line}" for line in self.collected.lines(keys)]
        for f in failed[:SHOWN]:
            self.lines += self._failure(f)
        if len(failed) > SHOWN:
            self.lines.append(f"  … and {len(failed) - SHOWN} more")
        for submission in submitted:
            self._submission(submission, submission == submitted[-1])

    def _doing(self, failed: Iterable[Mapping[str, Any]]) -> dict[str, dict[Range, str]]:
        """What is said of units: question → rows → running, queued or failed."""
        found: dict[str, dict[Range, str]] = {}
        for (key, start, stop), word in self.cluster.doing.items():
            found.setdefault(key, {})[start, stop] = word
        for f in failed:
            found.setdefault(f["question"], {})[f["start"], f["stop"]] = "failed"
        return found

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
        silent = "" if cluster.answers else " · Slurm does not answer; known from heartbeats alone"
        ended = cluster.ended.get(name, {})
        early = early_ends(self.root, name, record, states, queued, ended) if silent == "" else []
        lost = {e.element for e in early}
        counts = Counter(
            "ended before it began"
            if i in lost
            else self._element(states.get(i), queued.get(i), ended.get(i))
            for i in range(record["elements"])
        )
        ids = ", ".join(str(w["job_id"]) for w in record["waves"] if w.get("job_id")) or "none yet"
        rest = "".join(f", {word}" for word in cluster.others.get(name, []))
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
            if s.get("state") == "running"
            and (not queue.waits(queued[i]) if i in queued else not cluster.answers)
        ]
        for i in running[:SHOWN_ELEMENTS]:
            s = states[i]
            begun = int(s.get("done", 0)) + int(s.get("already", 0)) + int(s.get("failed", 0))
            self.lines.append(
                f"    element {i} on {s.get('host', '?')} ({s.get('device', '?')}): {begun} of"
                f" {counted(int(s.get('total', 0)), 'unit')} in {spell(float(s.get('seconds', 0)))}"
            )
        if len(running) > SHOWN_ELEMENTS:
            self.lines.append(f"    … and {len(running) - SHOWN_ELEMENTS} more at work")
        for e in early[:SHOWN_ELEMENTS]:
            self.lines.append(f"    element {e.element} ended before it began: {e.line}")
            self.lines += [f"      log: {e.log}"] if e.log else []
        if len(early) > SHOWN_ELEMENTS:
            self.lines.append(f"    … and {len(early) - SHOWN_ELEMENTS} more that never began")

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
