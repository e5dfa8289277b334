"""Where everything lies in a store: the only place that spells a path.

    models/<digest>/            weights.safetensors, model.json
    problems/<digest>.json      which set of problems a digest stands for
    results/<analysis>/<key>/   question.json · 000000-000064.h5, .json, .failed.json
    unfinished/<analysis>/<key>/  checkpoints of long computations under way
    runs/<name>.json            which questions a sweep asked
    runs/<name>.now             how far a run is that is under way
    trainings/<name>/           what a sweep trains, as `train --out` makes it
    series/<id>.json            which models a training went through, and its log
    catalog/<generation>.duckdb · catalog/CURRENT
    notes/<time>-<id>.json
    live/results/<analysis>/<key>/   answers asked live, as above, and .kept of those that stay
    live/problems/<digest>.x.json    problems of one's own: the matrices of a set
    live/speed/<host>.json           how fast a machine is
    slurm/<run>-<time>-<id>/    submission.json, manifest.json, elements.json, elements/, logs/ …

Every function checks the words it puts into a path, so that no name leads out of the root.
"""

import re
from numbers import Integral
from os import PathLike
from pathlib import Path
from typing import Any

from ired_interp_core.errors import Refusal
from ired_interp_core.records import KEY_LENGTH

Root = str | PathLike[str]

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


def check_run(name: object) -> str:
    """Return a run's name after checking it: as a sweep file gives it."""
    return _word(_RUN, name, "run name", NAME_RULE)


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


def guard(root: Root, path: Path) -> Path:
    """Return a path below the root after checking that no symbolic link leads out of it."""
    base = Path(root).resolve()
    if not path.resolve().is_relative_to(base):
        raise Refusal(
            "path leads out of the store",
            where=str(path),
            came=str(path.resolve()),
            expected=f"a file below {base}",
            next_step="remove the symbolic link",
        )
    return path


def models(root: Root) -> Path:
    """Return the path of folder of all models."""
    return Path(root) / "models"


def model_card(root: Root, digest: str) -> Path:
    """Return the path of card of a model."""
    return models(root) / check_digest(digest) / "model.json"


def model_weights(root: Root, digest: str) -> Path:
    """Return the path of weights of a model."""
    return models(root) / check_digest(digest) / "weights.safetensors"


def problem_set(root: Root, digest: str) -> Path:
    """Return the path of record of a problem set."""
    return Path(root) / "problems" / f"{check_digest(digest)}.json"


def contents(root: Root) -> Path:
    """Return the path of folder of all matrices that problem sets are made of."""
    return Path(root) / "problems"


def content(root: Root, digest: str) -> Path:
    """Return the path of the matrices that a problem set is made of."""
    return contents(root) / f"{check_key(digest)}.x.json"


def content_of(name: str) -> str | None:
    """Read a digest out of the name of a file of matrices; None for others."""
    match = _CONTENT.fullmatch(name)
    return match[1] if match else None


def results(root: Root) -> Path:
    """Return the path of folder of all answers."""
    return Path(root) / "results"


def question_folder(root: Root, analysis: str, key: str) -> Path:
    """Return the path of folder of one question's answer."""
    return results(root) / check_analysis(analysis) / check_key(key)


def question(root: Root, analysis: str, key: str) -> Path:
    """Return the path of the question itself."""
    return question_folder(root, analysis, key) / "question.json"


def _stem(start: int, stop: int) -> str:
    check_range(start, stop)
    return f"{start:06d}-{stop:06d}"


def shard(root: Root, analysis: str, key: str, start: int, stop: int) -> Path:
    """Return the path of arrays of problems [start, stop)."""
    return question_folder(root, analysis, key) / f"{_stem(start, stop)}.h5"


def side_file(root: Root, analysis: str, key: str, start: int, stop: int) -> Path:
    """Return the path of what is known about a shard: its sha256 and provenance."""
    return question_folder(root, analysis, key) / f"{_stem(start, stop)}.json"


def failure(root: Root, analysis: str, key: str, start: int, stop: int) -> Path:
    """Return the path of record of a unit that failed."""
    return question_folder(root, analysis, key) / f"{_stem(start, stop)}.failed.json"


def range_of(name: str) -> tuple[int, int, str] | None:
    """Read start, stop and ending (h5, json, failed.json, kept) of a file name; None for others."""
    match = _RANGE.fullmatch(name)
    if not match:
        return None
    start, stop, ending = int(match[1]), int(match[2]), match[3]
    if not start < stop <= MOST_ROWS or name != f"{_stem(start, stop)}.{ending}":
        return None
    return start, stop, ending


def unfinished(root: Root, analysis: str, key: str) -> Path:
    """Return the path of folder of the checkpoints of a question that is being answered."""
    return Path(root) / "unfinished" / check_analysis(analysis) / check_key(key)


def runs(root: Root) -> Path:
    """Return the path of folder of run records."""
    return Path(root) / "runs"


def run(root: Root, name: str) -> Path:
    """Return the path of record of one run."""
    return runs(root) / f"{check_run(name)}.json"


def running(root: Root, name: str) -> Path:
    """Return the path of what a run that is under way says of itself."""
    return runs(root) / f"{check_run(name)}{RUNNING}"


def run_of(name: str) -> str | None:
    """Read a run's name out of the name of a file in the folder of runs; None for others."""
    stem, dot, ending = name.rpartition(".")
    return stem if dot and ending == "json" and _RUN.fullmatch(stem) else None


def training(root: Root, name: str) -> Path:
    """Return the path of folder of a training that a sweep asks for."""
    return Path(root) / "trainings" / _word(_RUN, name, "name of a training", NAME_RULE)


def all_series(root: Root) -> Path:
    """Return the path of folder of all series."""
    return Path(root) / "series"


def series(root: Root, name: str) -> Path:
    """Return the path of record of one series."""
    return all_series(root) / f"{check_series(name)}.json"


def series_of(name: str) -> str | None:
    """Read an id out of the name of a file in the folder of series; None for others."""
    stem, dot, ending = name.rpartition(".")
    return stem if dot and ending == "json" and is_key(stem) else None


def catalog(root: Root) -> Path:
    """Return the path of folder of the catalog."""
    return Path(root) / "catalog"


def current(root: Root) -> Path:
    """Return the path of the file that names the catalog generation in force."""
    return catalog(root) / "CURRENT"


def generation(root: Root, name: str) -> Path:
    """Return the path of one generation of the catalog."""
    return catalog(root) / f"{check_generation(name)}.duckdb"


def notes(root: Root) -> Path:
    """Return the path of folder of the notes."""
    return Path(root) / "notes"


def note(root: Root, name: str) -> Path:
    """Return the path of one note."""
    return notes(root) / f"{check_note(name)}.json"


def live(root: Root) -> Path:
    """Return the path of folder of the answers asked live, which is the root of a small store."""
    return Path(root) / "live"


def kept(root: Root, analysis: str, key: str, start: int, stop: int) -> Path:
    """Return the path of the mark that a live answer is not evicted."""
    return question_folder(root, analysis, key) / f"{_stem(start, stop)}.kept"


def speed(root: Root, host: str) -> Path:
    """Return the path of how fast a machine answers, among the live answers."""
    return Path(root) / "speed" / f"{_word(_RUN, host, 'name of a machine', NAME_RULE)}.json"


def submissions(root: Root) -> Path:
    """Return the path of folder of everything that was submitted to a cluster."""
    return Path(root) / "slurm"


def check_submission(name: object) -> str:
    """Return a submission's name after checking it: run, UTC time and eight random hex digits."""
    return _word(_SUBMISSION, name, "submission", "RUN-YYYYMMDDTHHMMSS-xxxxxxxx")


def submission_of(name: str) -> tuple[str, str] | None:
    """Read run and time out of the name of a submission's folder; None for any other name."""
    match = _SUBMISSION.fullmatch(name)
    return (match[1], match[2]) if match else None


def submission(root: Root, name: str) -> Path:
    """Return the path of folder of one submission."""
    return submissions(root) / check_submission(name)


def submission_record(root: Root, name: str) -> Path:
    """Return the path of what was submitted; a submission is there if this file is."""
    return submission(root, name) / "submission.json"


def element_list(root: Root, name: str) -> Path:
    """Return the path of which units each array element does."""
    return submission(root, name) / "elements.json"


def element_state(root: Root, name: str, index: int) -> Path:
    """Return the path of how far one element is."""
    return submission(root, name) / "elements" / f"{int(index)}.json"


def submission_logs(root: Root, name: str) -> Path:
    """Return the path of folder of the logs of a submission's jobs."""
    return submission(root, name) / "logs"


def stop_file(root: Root, name: str) -> Path:
    """Return the path of the file that says why no further element shall begin."""
    return submission(root, name) / "STOP"
