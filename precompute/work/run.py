"""A whole sweep: publish what it is about, compute what is missing, collect on the way."""

import shlex
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import store
from precompute.ground import storage
from precompute.ground.exits import DONE, SOME_LEFT
from precompute.ground.stored import forget_settled_failures
from precompute.ground.tell import say, spell
from precompute.plan import models, plan, series, sweep
from precompute.plan.plan import Asked, Unit
from precompute.plan.series import Named
from precompute.work.dispatch import Ending, Prepared, dispatch, failure_line
from store import catalog, shards

SHOWN_FAILURES = 20


def prepare(path: Path, root: Path) -> Prepared:
    """Read a sweep, publish its models, series, questions and run record, and plan.

    Args:
        path: sweep file.
        root: store; made if it is not there.

    Returns:
        The plan.
    """
    wanted = sweep.read(path)
    storage.writable(root)
    shards.sweep_temporaries(root)
    forget_settled_failures(root)
    named = series.named(wanted, root)
    asked = plan.questions(wanted, named.models, str(path))
    named = named.used(a.model for a in asked)
    for note in named.notes:
        say(f"note: {note}")
    found = named.models
    try:
        for model in found:
            models.publish(root, model)
        for one in named.series:
            store.publish_series(root, one)
        for a in asked:
            store.publish_question(root, a.question)
            store.publish_problem_set(root, a.problems)
        _write_run(root, wanted, named, asked)
    except OSError as error:
        storage.refuse(root, error)
    return Prepared(wanted, found, asked, plan.missing_units(root, asked))


def _write_run(root: Path, wanted: sweep.Sweep, named: Named, asked: Sequence[Asked]) -> None:
    record: dict[str, Any] = {
        "name": wanted.name,
        "sweep": wanted.text,
        "questions": [
            {"key": a.question.key, "analysis": a.question.analysis, "count": a.count}
            for a in asked
        ],
        "models": {m.digest: m.as_dict() for m in named.models},
    }
    if named.series:
        record["series"] = [
            {"id": one.id, "name": one.name, "steps": [step for step, _ in one.models]}
            for one in named.series
        ]
    store.write_run(root, wanted.name, record)


def run(path: Path, root: Path, workers: int, collect_every: float, device: str = "cpu") -> int:
    """Compute what is missing of a sweep; safe to repeat, and to run twice at once.

    Args:
        path: sweep file.
        root: store.
        workers: processes.
        collect_every: seconds between catalog generations, at most.
        device: torch device.

    Returns:
        Exit code: 0 all done, 75 some left.
    """
    began = time.monotonic()
    prepared = prepare(path, root)
    name, units = prepared.sweep.name, prepared.units
    total = sum(a.count for a in prepared.asked)
    if not units:
        _collect(root)  # makes nothing new where nothing is new
        say(f"{name}: nothing to compute, all {total} answers are there · next: {_show(root)}")
        return DONE
    left = sum(u.stop - u.start for u in units)
    say(
        f"{name}: {len(prepared.asked)} questions, {total - left} of {total} answers are there,"
        f" {len(units)} units to compute on {min(workers, len(units))} worker processes"
    )
    ending = Ending(left=len(units))
    try:
        dispatch(prepared, root, workers, collect_every, device, ending)
    except KeyboardInterrupt:
        ending.stop = "interrupted"
    if not ending.unwritable:
        shards.sweep_temporaries(root)
        if ending.left:
            ending.left = _still_missing(prepared, root, ending)
    _report(prepared, ending, time.monotonic() - began)
    if not ending.unwritable:
        _collect(root)
    if ending.failures or ending.left:
        say(f"to go on: python -m precompute run {_quote(path)} --store {_quote(root)}")
        return SOME_LEFT
    say(f"next: {_show(root)}")
    return DONE


def _still_missing(prepared: Prepared, root: Path, ending: Ending) -> int:
    """Ask the store, not the tally: a shard may stand whose worker had no time to say so.

    Returns:
        Units of the plan neither there nor failed.
    """
    missing = {_place(unit) for unit in plan.missing_units(root, prepared.asked)}
    missing -= {_place(unit) for unit, _ in ending.failures}
    return sum(_place(unit) in missing for unit in prepared.units)


def _place(unit: Unit) -> tuple[str, int, int]:
    return unit.asked.question.key, unit.start, unit.stop


def _report(prepared: Prepared, ending: Ending, seconds: float) -> None:
    name, count = prepared.sweep.name, len(prepared.units)
    done = count - ending.left - len(ending.failures)
    say(
        f"{name}: {done} of {count} units done in {spell(seconds)}"
        f" ({spell(ending.seconds)} of computation in {ending.computed} of them),"
        f" {len(ending.failures)} failed, {ending.left} left"
    )
    for unit, outcome in ending.failures[:SHOWN_FAILURES]:
        say(f"failed: {failure_line(unit, outcome)}")
    if len(ending.failures) > SHOWN_FAILURES:
        say(f"… and {len(ending.failures) - SHOWN_FAILURES} more, see status")
    if ending.stop:
        say(f"{name}: stopped: {ending.stop}")


def _collect(root: Path) -> None:
    try:
        catalog.collect(root)
    except OSError as error:
        storage.refuse(root, error)


def _show(root: Path) -> str:
    return f"IRED_STORE={_quote(root)} python -m streamlit run app/main.py"


def _quote(path: Path) -> str:
    text = str(path)
    return shlex.quote(f"./{text}" if text.startswith("-") else text)  # else it reads as an option


def plan_only(path: Path, root: Path, out: Path) -> int:
    """Publish and plan without computing; write the units as data.

    Args:
        path: sweep file.
        root: store.
        out: manifest.

    Returns:
        Exit code 0.
    """
    prepared = prepare(path, root)
    plan.write_manifest(out, root, prepared.sweep.name, prepared.models, prepared.units)
    say(f"{prepared.sweep.name}: {len(prepared.units)} units in {out}")
    if prepared.units:
        last = len(prepared.units) - 1
        say(f"next: python -m precompute unit {_quote(out)} INDEX, 0 … {last} in order")
    return DONE
