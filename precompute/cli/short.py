"""The short commands: one unit, collect, verify."""

from pathlib import Path

import store
from ired_interp_core import checkpoints
from ired_interp_core.spelling import counted
from precompute.ground import provenance, storage
from precompute.ground.collected import collected
from precompute.ground.exits import BAD_DATA, DONE, SOME_LEFT, Usage
from precompute.ground.storage import exists
from precompute.ground.tell import say
from precompute.plan.manifest import read_manifest
from precompute.work.unit import Worker
from store import catalog


def unit(path: Path, index: int) -> int:
    """Compute one unit of a manifest.

    Returns:
        0 when its shard is complete, 75 when it failed or reads an answer that is not there.

    Raises:
        Usage: no such unit, or a store that cannot be written.
    """
    manifest = read_manifest(path).allowed(path)
    if not 0 <= index < len(manifest.units):
        raise Usage(
            "no such unit",
            where=str(path),
            came=index,
            expected=f"0 … {len(manifest.units) - 1}"
            if manifest.units
            else "none: nothing is missing",
        )
    storage.writable(manifest.root)
    work = manifest.units[index]
    outcome = Worker(manifest.root, manifest.models, provenance.of_code()).execute(work)
    if outcome.status == "storage":
        raise Usage("store cannot be written", where=str(manifest.root), came=outcome.message)
    if outcome.status in ("failed", "waiting"):
        say(f"{outcome.status}: {work.name}: {outcome.error_class} {outcome.message}")
        return SOME_LEFT
    say(f"{outcome.status}: {work.name} in {outcome.seconds:.2f} s")
    return DONE


def collect(root: Path) -> int:
    """Build a catalog generation."""
    exists(root)
    try:
        say(f"generation {catalog.collect(root)}")
    except OSError as error:
        storage.refuse(root, error)
    return DONE


def verify(root: Path) -> int:
    """Check every file of a store.

    Returns:
        0 when everything is as published, else 65.
    """
    exists(root)
    report = store.verify(root, checkpoints.read_digest)
    for problem in report.problems:
        say(str(problem))
    for line in (found := collected(root)).lines(found.diverged):
        say(line)
    say(f"{root}: {counted(len(report.problems), 'problem')}; checked {report.checked}")
    return BAD_DATA if report.problems else DONE
