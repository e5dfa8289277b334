"""One problem through every planned analysis, before anything is submitted.

Most of the jobs that a cluster loses fail in code that a single problem would have run. It is run
here by the code as it will be unpacked, in the environment of the jobs, and published beside the
store, which stays as it is. Answers of whole sets are not tried: they read thousands of problems.
"""

import json
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, TextIO

from ired_interp_core import registry
from precompute.ground import foreign_code, provenance
from precompute.plan import models
from precompute.plan.manifest import read_manifest
from precompute.plan.plan import Unit
from precompute.work import devices
from precompute.work.unit import Outcome, Worker
from store import LiveAnswers, layout

SAID = "said.jsonl"
MANIFEST = "manifest.json"

MOST_SECONDS = 120.0
"""After which no further analysis is begun: a login node is no place to compute."""

Said = Mapping[str, Any]
"""One thing that a rehearsal said: analysis, problem, state, and what belongs to that."""


class _Rehearsing(Worker):
    """A worker that finds models beside the store, too, and keeps where a failure happened."""

    place = ""

    def _load(self, digest: str) -> Any:
        beside = self.live.folder if self.live else self.root
        there = layout.model_weights(self.root, digest).is_file()
        devices.set_up()
        return models.load(self.root if there else beside, self.known[digest])

    def _record(self, unit: Unit, outcome: Outcome, trace: str) -> Outcome:
        frames = traceback.extract_tb(sys.exc_info()[2])
        self.place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
        return super()._record(unit, outcome, trace)


def chosen(units: Sequence[Unit]) -> list[Unit]:
    """One problem of every analysis, with every set of parameters, of every task.

    Args:
        units: of a plan, in its order.

    Returns:
        Units of one row; where several models are asked the same, the first of them alone.
    """
    found: dict[tuple[object, ...], Unit] = {}
    for unit in units:
        asked = unit.asked
        like = (
            asked.question.analysis, asked.problems.task, asked.problems.size,
            json.dumps(asked.question.parameters, sort_keys=True, default=str),
        )  # fmt: skip
        found.setdefault(like, Unit(asked, unit.start, unit.start + 1))
    return list(found.values())


def rehearse(folder: Path, device: str, said: TextIO) -> None:
    """Compute one problem of every analysis of a plan, and say what became of each.

    Args:
        folder: with the manifest; the answers go there.
        device: of the jobs; a place without a GPU does with its CPU.
        said: one JSON object a line: analysis, problem, then how it ended.
    """
    manifest = read_manifest(folder / MANIFEST)
    if device != "cpu" and not devices.visible_gpus():
        device = "cpu"
    live = LiveAnswers(manifest.root, folder)
    worker = _Rehearsing(
        manifest.root, dict(manifest.models), provenance.of_code(), device, live=live
    )
    by_key = {u.key: u.asked for u in manifest.units}
    began = time.monotonic()

    def say(unit: Unit, **words: Any) -> None:
        what = {"analysis": unit.asked.question.analysis, "problem": unit.start}
        said.write(json.dumps(what | words) + "\n")
        said.flush()

    def compute(unit: Unit) -> str:
        """Compute a unit after what it reads; why that cannot be, if it cannot."""
        if registry.get(unit.asked.question.analysis).scope == "set":
            return "it reads a whole set"
        for analysis, key, start, stop in unit.reads():
            if live.where(analysis, key, start, stop) is not None:
                continue
            if key not in by_key:
                return f"it reads {analysis}, which is in the queue"
            if why := compute(Unit(by_key[key], start, stop)):
                return f"it reads {analysis}: {why}"
        if live.where(unit.asked.question.analysis, *unit.span) is not None:
            return ""
        say(unit, state="begun")
        outcome = worker.execute(unit)
        if outcome.status in ("done", "already"):
            say(unit, state="done", seconds=round(outcome.seconds, 3), device=device)
            return ""
        say(
            unit, state="failed", error=outcome.error_class, message=outcome.message,
            place=worker.place,
        )  # fmt: skip
        return "that failed"

    for unit in chosen(manifest.units):
        late = time.monotonic() - began > MOST_SECONDS
        if why := "no time was left" if late else compute(unit):
            say(unit, state="not tried", why=why)


def main(folder: str, device: str, allow_code: bool) -> None:
    """Rehearse a plan; what the code prints goes to the standard error."""
    foreign_code.allow(allow_code)
    with redirect_stdout(sys.stderr), Path(folder, SAID).open("w", encoding="utf-8") as said:
        rehearse(Path(folder), device, said)


def read(folder: Path) -> list[Said]:
    """What a rehearsal said, whether or not it came to its end."""
    try:
        lines = (folder / SAID).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    return [json.loads(line) for line in lines if line.endswith("}")]


def verdict(said: Sequence[Said], code: Path) -> tuple[bool, str]:
    """What a rehearsal that ended found.

    Args:
        said: as `read` gives.
        code: where the code was unpacked; cut off from places in it.

    Returns:
        Whether nothing failed, and a line about it.
    """
    failed = [s for s in said if s["state"] == "failed"]
    if failed:
        f = failed[0]
        place = str(f["place"]).removeprefix(f"{code.resolve()}/").removeprefix(f"{code}/")
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        where = f" at {place}" if place else ""
        return False, (
            f"{f['analysis']} fails on problem {f['problem']}: {f['error']}: {f['message']}"
            f"{where}{more} → mend it, and commit"
        )
    done: dict[str, float] = {}
    for s in said:
        if s["state"] == "done":
            done[s["analysis"]] = max(done.get(s["analysis"], 0.0), s["seconds"])
    left = dict.fromkeys(f"{s['analysis']} ({s['why']})" for s in said if s["state"] == "not tried")
    words = ", ".join(f"{name} {seconds:.2g} s" for name, seconds in done.items())
    return True, (words or "nothing to try") + (f"; not tried: {', '.join(left)}" if left else "")
