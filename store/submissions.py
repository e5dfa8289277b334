"""What was submitted to a cluster: records that people, the command line and the app read.

Whether a unit is done is never asked here: a unit is done if its shard is complete.
"""

import contextlib
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import NoneType
from typing import Any

from ired_interp_core.errors import Refusal
from store import files, folders, forms, layout, locks, naming
from store.layout import Root

MOST_STOP_BYTES = 4_000

MOST_ELEMENTS = 10_000_000
"""Elements of a submission; no cluster takes as many."""

JOB: forms.Form = {"job_name": str, "job_id": (int, NoneType)}
WAVE: forms.Form = {**JOB, "first": int, "last": int, "state": str}
RECORD: forms.Form = {
    "run": str, "sweep": str, "profile": dict, "commit": str, "units": int, "elements": int,
    "stages": list, "state": str, "waves": list, "reduce": (dict, NoneType),
    "collect": (dict, NoneType),
}  # fmt: skip
STATE: forms.Form = {"state": str, "at?": str} | dict.fromkeys(
    ("total?", "done?", "already?", "failed?", "seconds?"), (int, float)
)
"""What others rely on; a heartbeat may leave its counts out."""


def new_name(run: str) -> str:
    """A name that no other submission has: the run's, UTC time, eight random hex digits."""
    at = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    return naming.check_submission(f"{run}-{at}-{secrets.token_hex(4)}")


def names(root: Root, run: str | None = None) -> list[str]:
    """Submissions of a store or run that are whole, oldest first: their record is written last."""
    folder = layout.submissions(root)
    found = []
    for name in folders.names(folder):
        words = naming.submission_of(name)
        if not words or run not in (None, words[0]):
            continue
        if os.path.isfile(layout.submission_record(root, name)):  # Path's raises where it is closed
            found.append((words[1], name))
    return [name for _, name in sorted(found)]


def read(root: Root, name: str) -> dict[str, Any]:
    """Read what was submitted.

    Args:
        root: of the store.
        name: of the submission.

    Returns:
        The record: run, sweep, profile, commit, waves, …

    Raises:
        Refusal: missing or broken.
    """
    path = layout.guard(root, layout.submission_record(root, name))
    try:
        record = files.read_json(path)
    except FileNotFoundError as error:
        known = ", ".join(names(root)) or "none yet"
        raise Refusal("unknown submission", where=str(path), came=name, expected=known) from error
    _check(record, str(path))
    return record


def _check(record: Mapping[str, Any], where: str) -> None:
    """Check what `submit` writes and others rely on, down to the jobs."""
    thing = "the record of a submission"
    forms.check(record, RECORD, where, thing)
    naming.check_run(record["run"])
    for wave in record["waves"]:
        forms.check(wave, WAVE, where, f"a wave of {thing}")
    for job in filter(None, (record["reduce"], record["collect"])):
        forms.check(job, JOB, where, f"a job of {thing}")
    if record["elements"] > MOST_ELEMENTS:
        most = f"elements: at most {MOST_ELEMENTS:,}"
        raise Refusal(f"not {thing}", where=where, came=record["elements"], expected=most)
    if not all(type(stage) is int for stage in record["stages"]):
        raise Refusal(f"not {thing}", where=where, came="stages", expected="stages: integers")


def write(root: Root, name: str, record: Mapping[str, Any]) -> None:
    """Write or replace a submission's record; readers see the old or the new one, whole."""
    path = layout.submission_record(root, name)
    _check(record, str(path))
    with files.one_line(path):
        folders.make_folder(path.parent)
        files.replace(path, files.json_bytes(dict(record)))


def read_elements(root: Root, name: str) -> dict[str, Any]:
    """Read which units each element does.

    Args:
        root: of the store.
        name: of the submission.

    Returns:
        {"elements": [[index of a unit, …], …], "seconds": [expected, …], "rates": {…}}.

    Raises:
        Refusal: missing or broken.
    """
    path = layout.guard(root, layout.element_list(root, name))
    try:
        record = files.read_json(path, files.MOST_PLAN_BYTES)
    except FileNotFoundError as error:
        raise Refusal("submission lists no elements", where=str(path), came="no file") from error
    elements = record.get("elements")
    if not isinstance(elements, list) or not all(
        isinstance(e, list) and all(type(i) is int and i >= 0 for i in e) for e in elements
    ):
        raise Refusal("file lists no elements", where=str(path), expected="elements: [[0, …], …]")
    return record


def write_state(root: Root, name: str, index: int, state: Mapping[str, Any]) -> None:
    """Say how far an element is.

    Args:
        root: of the store.
        name: of the submission.
        index: of the element.
        state: JSON-ready: state, job, host, units, …
    """
    path = layout.element_state(root, name, index)
    with files.one_line(path):
        folders.make_folder(path.parent)
        files.replace(path, files.json_bytes(dict(state)))


def states(root: Root, name: str) -> dict[int, dict[str, Any]]:
    """What every element that has begun said last, by index; unreadable ones are left out."""
    folder = layout.submission(root, name) / "elements"
    found: dict[int, dict[str, Any]] = {}
    for entry in folders.names(folder):
        stem, dot, ending = entry.partition(".")
        if dot and ending == "json" and stem.isdecimal():
            with contextlib.suppress(Refusal, OSError):
                state = files.read_json(folder / entry)
                forms.check(state, STATE, entry, "the state of an element")
                found[int(stem)] = state
    return found


def stop(root: Root, name: str, why: str) -> bool:
    """Say in one line why no further element shall begin; False if somebody had said so before."""
    path = layout.stop_file(root, name)
    with files.one_line(path):
        return files.publish(path, (why + "\n").encode())


def stopped(root: Root, name: str) -> str:
    """Why no further element shall begin, in one line; "" if the elements may go on."""
    try:
        data = files.read_bytes(layout.stop_file(root, name), MOST_STOP_BYTES)
    except FileNotFoundError:
        return ""
    return data.decode("utf-8", "replace").strip() or "no reason given"


@contextlib.contextmanager
def alone(root: Root, task: str) -> Iterator[bool]:
    """Try to be the only process that does something in this store; never waits.

    The system releases the lock when the process dies. A file system without locks lets everybody
    pass: then the records alone keep two apart.

    Args:
        root: of the store.
        task: a word for what is done.

    Yields:
        Whether nobody else is at it.
    """
    folder = layout.submissions(root)
    folders.make_folder(folder)
    with locks.alone(_lock(folder, task)) as held:
        yield held is not False


def _lock(folder: Path, task: str) -> Path:
    return folder / f".{task}.lock"


def log(root: Root, name: str, state: Mapping[str, Any]) -> Path | None:
    """Where an element, by its `states`, wrote what it said; None outside of a job array."""
    job, task = str(state.get("array_job", "")), str(state.get("task", ""))
    if not (job.isdecimal() and task.isdecimal()):
        return None
    return layout.submission_logs(root, name) / f"{job}_{task}.out"
