"""The short commands: one unit, collect, verify, import a checkpoint."""

from pathlib import Path
from typing import Any

import store
from ired_interp_core import checkpoints
from ired_interp_core.errors import Refusal
from ired_interp_core.spelling import counted
from precompute.ground import provenance, storage, targets
from precompute.ground.collected import collected
from precompute.ground.exits import BAD_DATA, DONE, SOME_LEFT, Usage
from precompute.ground.storage import exists
from precompute.ground.tell import say
from precompute.plan.manifest import read_manifest
from precompute.work.unit import Worker
from store import catalog, files


def unit(path: Path, index: int) -> int:
    """Compute one unit of a manifest.

    Returns:
        0 when its shard is complete, 75 when it failed or reads an answer that is not there.

    Raises:
        Usage: no such unit, or a store that cannot be written.
    """
    manifest = read_manifest(path)
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


def import_checkpoint(file: Path, out: Path, weights: str, task: str) -> int:
    """Read a checkpoint and write it as safetensors with a card.

    Args:
        file: official or own checkpoint.
        out: target; never another model's file.
        weights: ema or model.
        task: what it was trained on, where the file does not say.

    Returns:
        Exit code 0.

    Raises:
        Usage: weights of another name, no source, or a target that holds something else.
    """
    if weights not in ("ema", "model"):
        raise Usage("unknown weights", where="--weights", came=weights, expected="ema, model")
    if not file.exists():
        raise Usage("no such checkpoint", came=file, expected="a file of the official trainer")
    targets.check_folder(out)
    model: Any = checkpoints.load(file, weights="model" if weights == "model" else "ema", task=task)
    targets.check(out, lambda there: _digest_or_none(there) == model.digest, "the same model")
    with files.one_line(out, "checkpoint cannot be written"):
        files.sweep_beside(out)
        files.replace(out, checkpoints.to_bytes(model))
    say(f"{out}: {model.task or 'task unknown'}, size {model.size}, digest {model.digest}")
    if not model.task:
        say('note: the file does not say its task; give --task, or task = "…" in the sweep')
    return DONE


def _digest_or_none(path: Path) -> str | None:
    try:
        return checkpoints.read_digest(path)
    except Refusal:
        return None
