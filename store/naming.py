"""Names that stand in the paths of a store: checked on the way in, recognised on the way out."""

import re
from numbers import Integral
from typing import Any

from ired_interp_core.errors import Refusal
from ired_interp_core.records import KEY_LENGTH

_ANALYSIS = re.compile(r"[a-z][a-z0-9_]{0,63}")
_KEY = re.compile(rf"[0-9a-f]{{{KEY_LENGTH}}}")
_DIGEST = re.compile(r"[0-9a-f]{16,64}")
_RUN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
_GENERATION = re.compile(r"[0-9]{8}T[0-9]{6}-[0-9a-f]{8}")
_NOTE = re.compile(r"[0-9]{8}T[0-9]{6}[0-9]{6}-[0-9a-f]{8}")
_SUBMISSION = re.compile(rf"({_RUN.pattern})-([0-9]{{8}}T[0-9]{{6}})-[0-9a-f]{{8}}")
_CONTENT = re.compile(rf"({_KEY.pattern})\.x\.json")
_RANGE = re.compile(r"([0-9]{6,12})-([0-9]{6,12})\.(h5|json|failed\.json|kept)")

NAME_RULE = "1 to 64 letters, digits, _ - . that begin with no dot or dash"

RUNNING = ".now"
"""Ending of the file in which a run says how far it is."""

MOST_ROWS = 10**9
"""Largest problem index + 1: far beyond any sweep, and short enough for a file name."""

MOST_BLOCK = 10**6
"""Most problems of one shard; more are no block, and nothing that long is made to look at it."""


def _word(pattern: re.Pattern[str], value: object, thing: str, expected: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise Refusal(f"unusable {thing}", came=repr(value), expected=expected)
    return value


def check_analysis(name: object) -> str:
    """Return an analysis' name after checking it: lower-case letters, digits, underscore."""
    return _word(_ANALYSIS, name, "analysis name", "lower-case letters, digits, _")


def check_key(key: object) -> str:
    """Return a question's key after checking it: 24 hex digits."""
    return _word(_KEY, key, "question key", f"{KEY_LENGTH} hex digits")


def is_analysis(name: str) -> bool:
    """Return whether a folder's name could be an analysis'."""
    return _ANALYSIS.fullmatch(name) is not None


def is_key(name: str) -> bool:
    """Return whether a folder's name could be a question's key."""
    return _KEY.fullmatch(name) is not None


def check_digest(digest: object) -> str:
    """Return the digest of a model or problem set after checking it: 16 to 64 hex digits."""
    return _word(_DIGEST, digest, "digest", "16 to 64 hex digits")


def check_run(name: object, thing: str = "run name") -> str:
    """Return the name of a run, or of a thing named alike, after checking it."""
    return _word(_RUN, name, thing, NAME_RULE)


def check_series(name: object) -> str:
    """Return a series' id after checking it: 24 hex digits."""
    return _word(_KEY, name, "id of a series", f"{KEY_LENGTH} hex digits")


def check_generation(name: object) -> str:
    """Return a generation's id after checking it: UTC time and eight random hex digits."""
    return _word(_GENERATION, name, "catalog generation", "YYYYMMDDTHHMMSS-xxxxxxxx")


def is_generation(name: str) -> bool:
    """Return whether a file's stem could be the id of a catalog generation."""
    return _GENERATION.fullmatch(name) is not None


def check_note(name: object) -> str:
    """Return a note's id after checking it: UTC time and eight random hex digits."""
    return _word(_NOTE, name, "note", "YYYYMMDDTHHMMSSffffff-xxxxxxxx")


def check_range(start: Any, stop: Any) -> tuple[int, int]:
    """Return a range of problems after checking it: integers, 0 ≤ start < stop ≤ `MOST_ROWS`."""
    usable = all(isinstance(i, Integral) and not isinstance(i, bool) for i in (start, stop))
    if not usable or not 0 <= start < stop <= MOST_ROWS:
        raise Refusal(
            "unusable range of problems",
            came=f"[{start!r}, {stop!r})",
            expected=f"integers 0 ≤ start < stop ≤ {MOST_ROWS}",
        )
    return int(start), int(stop)


def content_of(name: str) -> str | None:
    """Read a digest out of the name of a file of matrices; None for others."""
    match = _CONTENT.fullmatch(name)
    return match[1] if match else None


def stem(start: int, stop: int) -> str:
    """Return what files about a range of problems are called, but for their endings."""
    check_range(start, stop)
    return f"{start:06d}-{stop:06d}"


def range_of(name: str) -> tuple[int, int, str] | None:
    """Read start, stop and ending (h5, json, failed.json, kept) of a file name; None for others."""
    match = _RANGE.fullmatch(name)
    if not match:
        return None
    start, stop, ending = int(match[1]), int(match[2]), match[3]
    if not start < stop <= MOST_ROWS or name != f"{stem(start, stop)}.{ending}":
        return None
    return start, stop, ending


def run_of(name: str) -> str | None:
    """Read a run's name out of the name of a file in the folder of runs; None for others."""
    stem, dot, ending = name.rpartition(".")
    return stem if dot and ending == "json" and _RUN.fullmatch(stem) else None


def series_of(name: str) -> str | None:
    """Read an id out of the name of a file in the folder of series; None for others."""
    stem, dot, ending = name.rpartition(".")
    return stem if dot and ending == "json" and is_key(stem) else None


def check_submission(name: object) -> str:
    """Return a submission's name after checking it: run, UTC time and eight random hex digits."""
    return _word(_SUBMISSION, name, "submission", "RUN-YYYYMMDDTHHMMSS-xxxxxxxx")


def submission_of(name: str) -> tuple[str, str] | None:
    """Read run and time out of the name of a submission's folder; None for any other name."""
    match = _SUBMISSION.fullmatch(name)
    return (match[1], match[2]) if match else None
