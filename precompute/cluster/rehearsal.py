"""One problem through every planned analysis, before anything is submitted.

Most of the jobs that a cluster loses fail in code that a single problem would have run. It is run
here by the code as it will be unpacked, in the environment of the jobs, and published beside the
store, which stays as it is. An answer of a whole set, which reads thousands of problems, is asked
in the small case that its analysis declares, and so are the answers of sets that it reads.
"""

import json
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from ired_interp_core import registry
from ired_interp_core.errors import Refusal
from precompute.ground import foreign_code, provenance
from precompute.plan import models
from precompute.plan.manifest import read_manifest
from precompute.plan.plan import Asked, Unit
from precompute.work import devices
from precompute.work.unit import Outcome, Worker
from store import LiveAnswers, layout, shards

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

    def _work_in(self) -> Path:
        return self.live.folder if self.live else self.root

    def _record(self, unit: Unit, outcome: Outcome, trace: str) -> Outcome:
        frames = traceback.extract_tb(sys.exc_info()[2])
        self.place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
        return super()._record(unit, outcome, trace)


def shrunk(planned: Mapping[str, Asked]) -> dict[str, Asked]:
    """The questions of a plan in their small cases.

    Args:
        planned: key → question.

    Returns:
        The same keys, each with the question that is asked instead; it reads the small cases of
        what it read, where these are planned too.
    """
    found: dict[str, Asked] = {}

    def of(key: str) -> Asked:
        if key not in found:
            asked = planned[key]
            question, analysis = asked.question, registry.get(asked.question.analysis)
            inputs = {
                role: of(filled).question.key if filled in planned else filled
                for role, filled in question.inputs.items()
            }
            small = analysis.question(inputs, {**question.parameters, **analysis.small})
            found[key] = replace(asked, question=small)
        return found[key]

    for key in planned:
        of(key)
    return found


def chosen(units: Sequence[Unit]) -> list[Unit]:
    """One problem of every analysis, with every set of parameters, of every task.

    Args:
        units: of a plan, in its order.

    Returns:
        Units of one row; where several models are asked the same, the first of them alone.
    """
    found: dict[tuple[object, ...], Unit] = {}
    small = shrunk({u.key: u.asked for u in units})
    for unit in units:
        asked = small[unit.key]
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
    small = shrunk({u.key: u.asked for u in manifest.units}).values()
    by_key = {asked.question.key: asked for asked in small}
    began = time.monotonic()

    def say(unit: Unit, **words: Any) -> None:
        what = {"analysis": unit.asked.question.analysis, "of": _of(unit)}
        said.write(json.dumps(what | words) + "\n")
        said.flush()

    def compute(unit: Unit) -> str:
        """Compute a unit after what it reads; why that cannot be, if it cannot."""
        analysis = registry.get(unit.asked.question.analysis)
        if analysis.scope == "set" and not analysis.small:
            return "it reads a whole set, and declares no small case"
        for name, key, start, stop in unit.reads():
            if live.where(name, key, start, stop) is not None:
                continue
            if key not in by_key:
                return f"it reads {name}, which is in the queue"
            for low, high in shards.missing(folder, name, key, [(start, stop)]):
                if why := compute(Unit(by_key[key], low, high)):
                    return f"it reads {name}: {why}"
        if live.where(analysis.name, *unit.span) is not None:
            return ""
        say(unit, state="begun")
        outcome = worker.execute(unit)
        if outcome.status in ("done", "already"):
            say(unit, state="done", seconds=round(outcome.seconds, 3), device=device)
            return ""
        if analysis.scope == "set" and outcome.error_class == Refusal.__name__:
            return f"its small case is too small: {outcome.message}"  # a large one may do
        say(
            unit, state="failed", error=outcome.error_class, message=outcome.message,
            place=worker.place,
        )  # fmt: skip
        return "that failed"

    for unit in chosen(manifest.units):
        late = time.monotonic() - began > MOST_SECONDS
        if why := "no time was left" if late else compute(unit):
            say(unit, state="not tried", why=why)


def _of(unit: Unit) -> str:
    """What a unit is about, for people."""
    asked = unit.asked.question
    if registry.get(asked.analysis).scope == "set":
        return f"a set of {asked.parameters[registry.RANGE]} problems"
    last = f"–{unit.stop - 1}" if unit.stop - unit.start > 1 else ""
    return f"problem{'s' if last else ''} {unit.start}{last}"


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
            f"{f['analysis']} fails on {f['of']}: {f['error']}: {f['message']}"
            f"{where}{more} → mend it, and commit"
        )
    done: dict[str, float] = {}
    for s in said:
        if s["state"] == "done":
            done[s["analysis"]] = max(done.get(s["analysis"], 0.0), s["seconds"])
    left = dict.fromkeys(f"{s['analysis']} ({s['why']})" for s in said if s["state"] == "not tried")
    words = ", ".join(f"{name} {seconds:.2g} s" for name, seconds in done.items())
    return True, (words or "nothing to try") + (f"; not tried: {', '.join(left)}" if left else "")
