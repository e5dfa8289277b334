"""The short commands: one unit, how far a store is, collect, verify, import a checkpoint."""

from pathlib import Path
from typing import Any

import store
from ired_interp_core import checkpoints
from ired_interp_core.errors import Refusal
from precompute import plan, provenance, storage
from precompute.exits import BAD_DATA, DONE, SOME_LEFT, Usage
from precompute.run import say
from precompute.stored import other_versions, rows_published, run_records
from precompute.work import Worker
from store import catalog, shards

SHOWN = 20


def unit(path: Path, index: int) -> int:
    """Compute one unit of a manifest.

    Args:
        path: manifest.
        index: of the unit.

    Returns:
        0 when its shard is complete, 75 when it failed or reads an answer that is not there.

    Raises:
        Usage: no such unit, or a store that cannot be written.
    """
    manifest = plan.read_manifest(path)
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


def status(root: Path, run: str | None) -> int:
    """Print how far each run is: rows that have a shard, of those asked for.

    Args:
        root: store.
        run: name; all runs when left out.

    Returns:
        Exit code 0.

    Raises:
        Usage: no such store or run.
    """
    records = _runs(root)
    known = [r["name"] for r in records]
    if run is not None and run not in known:
        raise Usage(
            "unknown run", where=str(root), came=run, expected=", ".join(known) or "no run yet"
        )
    failures = shards.failures(root)
    for record in records:
        if run in (None, record["name"]):
            _print_run(root, record, failures)
    if not records:
        say(f"no runs in {root} · next: python -m precompute run SWEEP.toml --store {root}")
    return DONE


def _print_run(root: Path, record: dict, failures: list[dict]) -> None:
    per_analysis: dict[str, list[int]] = {}
    for entry in record["questions"]:
        have = rows_published(root, entry["analysis"], entry["key"], entry["count"])
        counts = per_analysis.setdefault(entry["analysis"], [0, 0, 0])
        counts[0] += have
        counts[1] += entry["count"]
        counts[2] += 1
    done, asked = (sum(c[i] for c in per_analysis.values()) for i in (0, 1))
    keys = {entry["key"] for entry in record["questions"]}
    failed = [f for f in failures if f["question"] in keys]
    say(f"{record['name']}: {done} of {asked} answers, {len(failed)} failed units")
    other = other_versions(root, record)
    for name, (there, want, count) in per_analysis.items():
        note = f", {other[name]} of another version: run the sweep again" if name in other else ""
        say(f"  {name}: {there} of {want} in {count} question{'s' if count > 1 else ''}{note}")
    for f in failed[:SHOWN]:
        say(
            f"  failed: {f['analysis']} {f['question'][:8]} [{f['start']}, {f['stop']}):"
            f" {f['error']}: {f['message']}"
        )
    if len(failed) > SHOWN:
        say(f"  … and {len(failed) - SHOWN} more")


def _runs(root: Path) -> list[dict]:
    _exists(root)
    return run_records(root)


def _exists(root: Path) -> None:
    if not root.is_dir():
        raise Usage(
            "no such store",
            where="--store",
            came=root,
            expected="a folder that a run has filled",
            next_step=f"python -m precompute run SWEEP.toml --store {root}",
        )


def collect(root: Path) -> int:
    """Build a catalog generation.

    Args:
        root: store.

    Returns:
        Exit code 0.
    """
    _exists(root)
    try:
        say(f"generation {catalog.collect(root)}")
    except OSError as error:
        storage.refuse(root, error)
    return DONE


def verify(root: Path) -> int:
    """Check every file of a store.

    Args:
        root: store.

    Returns:
        0 when everything is as published, else 65.
    """
    _exists(root)
    report = store.verify(root)
    for problem in report.problems:
        say(str(problem))
    counts = ", ".join(f"{n} {what}" for what, n in report.counts.items())
    say(f"{root}: {len(report.problems)} problems; checked {counts}")
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
    if not out.absolute().parent.is_dir():
        raise Usage("no such folder", where="--out", came=out.absolute().parent)
    model: Any = checkpoints.load(file, weights="model" if weights == "model" else "ema", task=task)
    if out.exists() and (not out.is_file() or _digest_or_none(out) != model.digest):
        raise Usage(
            "target exists and is something else", where="--out", came=out, expected="a new path"
        )
    checkpoints.save(model, out)
    say(f"{out}: {model.task or 'task unknown'}, size {model.size}, digest {model.digest}")
    if not model.task:
        say('note: the file does not say its task; give --task, or task = "…" in the sweep')
    return DONE


def _digest_or_none(path: Path) -> str | None:
    try:
        return checkpoints.read_digest(path)
    except Refusal:
        return None
