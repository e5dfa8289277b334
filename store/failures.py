"""Units that failed: each leaves a record beside the shards, and the rest goes on."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ired_interp_core.errors import Refusal
from ired_interp_core.records import Question
from store import files, folders, layout, naming, records
from store.layout import Root
from store.sides import addresses

MOST_MESSAGE = 2_000
MOST_TRACEBACK = 20_000


def record_failure(
    root: Root,
    question: Question,
    start: int,
    stop: int,
    error_class: str,
    message: str,
    traceback: str,
    environment: Mapping[str, Any] | None = None,
) -> Path:
    """Leave a note that a unit failed; the rest goes on.

    Args:
        root: of the store.
        question: what was asked.
        start: first problem of the unit.
        stop: one past the last.
        error_class: name of the exception's class.
        message: of the exception.
        traceback: where it happened.
        environment: commit, versions, host and device, as provenance says them.

    Returns:
        Path of the record.
    """
    path = layout.guard(root, layout.failure(root, question.analysis, question.key, start, stop))
    record = {
        "analysis": question.analysis,
        "question": question.key,
        "start": start,
        "stop": stop,
        "error": _cut(error_class, 200),
        "message": _cut(message, MOST_MESSAGE),
        "traceback": _cut(traceback, MOST_TRACEBACK, keep_end=True),
        "environment": dict(environment or {}),
        "failed_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    with files.one_line(path):
        records.publish_question(root, question)
        files.replace(path, files.seal(record))
    return path


def _cut(text: str, most: int, keep_end: bool = False) -> str:
    text = str(text).encode("utf-8", "replace").decode()
    if len(text) <= most:
        return text
    return "…" + text[-most:] if keep_end else text[:most] + "…"


def clear_failure(root: Root, question: Question, start: int, stop: int) -> None:
    """Forget the failure of a unit, since it succeeded or is tried again."""
    path = layout.failure(root, question.analysis, question.key, start, stop)
    with files.one_line(path):
        files.drop(path)


def failures(root: Root) -> list[dict[str, Any]]:
    """Every unit that failed and was not computed since.

    Args:
        root: of the store.

    Returns:
        Records, sorted by analysis, question and start.
    """
    found = []
    for analysis, key in addresses(root):
        for name in folders.names(layout.question_folder(root, analysis, key)):
            span = naming.range_of(name)
            if not span or span[2] != "failed.json":
                continue
            path = layout.guard(root, layout.failure(root, analysis, key, span[0], span[1]))
            words = {"analysis": analysis, "question": key, "start": span[0], "stop": span[1]}
            try:
                record = files.read_sealed(path)
            except FileNotFoundError:  # cleared meanwhile
                continue
            except (Refusal, OSError) as error:
                record = {"error": "unreadable record", "message": str(error)}
            text = {
                w: str(record.get(w, "")) for w in ("error", "message", "traceback", "failed_at")
            }
            found.append(words | text)
    return found
