"""Series: the models that one training went through, in the order of its steps, with its log.

One sealed record a training, replaced whole. It only grows: a record published later adds steps and
brings a longer log, and never takes a step away that another sweep had named.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ired_interp_core.errors import Refusal
from store import files, folders, layout, locks, naming
from store.layout import Root

VERSION = 1
"""Form of the file that is written and read here."""

MOST_MODELS = 10_000
MOST_LOG = 20_000
"""Entries of a log; more are no better curve, and the record would be too long to read at once."""

MOST_NAME = 80
"""Characters of a series' name: it stands in legends."""


class OtherVersion(Refusal):
    """A whole record in a form that is not read here."""


@dataclass(frozen=True)
class Series:
    """One training: its recipe, the models kept on its way, its log.

    Args:
        id: digest of the recipe's identity, 24 hex digits.
        name: for people; two trainings may have the same.
        task: inverse, addition or completion.
        size: matrix side.
        recipe: every field of the training's recipe.
        models: (step, digest of the model), by step; the first step is 0 if the untrained weights
            were kept. Another training of the same seed may have the same model there.
        log: entries in the order of their steps: {"step", losses …} or {"step", "evaluation": …}.
    """

    id: str
    name: str
    task: str
    size: int
    recipe: Mapping[str, Any]
    models: tuple[tuple[int, str], ...]
    log: tuple[Mapping[str, Any], ...] = ()


def publish(root: Root, series: Series) -> Path:
    """Keep a series; one of the same training that is there already is added to.

    Args:
        root: of the store.
        series: its models are published before.

    Returns:
        Path of the record. Refused are an unusable series, a step that has other weights there,
        and to add to a record of another version.
    """
    path = layout.guard(root, layout.series(root, series.id))
    check(record_of(series), str(path))
    with files.one_line(path):
        folders.make_folder(path.parent)
        # Two sweeps at once each have some of the steps: one after the other. Without locks, a
        # step may be lost until its sweep is run again.
        with locks.locked(path.parent):
            before = _there(root, series.id)
            data = files.seal(record_of(_joined(before, series, path) if before else series))
            if not _same(path, data):
                files.replace(path, data)
    return path


def read(root: Root, name: str) -> Series:
    """Read one record.

    Args:
        root: of the store.
        name: id of the series.

    Returns:
        The series.

    Raises:
        Refusal: broken, or the record of another id.
    """
    path = layout.guard(root, layout.series(root, name))
    series = from_record(files.read_sealed(path), str(path))
    if series.id != name:
        raise Refusal("series of another id", where=str(path), came=series.id, expected=name)
    return series


def ids(root: Root) -> list[str]:
    """Ids of all series of a store, sorted, broken ones too."""
    folder = layout.guard(root, layout.all_series(root))
    return sorted(name for name in map(naming.series_of, folders.names(folder)) if name)


def record_of(series: Series) -> dict[str, Any]:
    """Spell a series as its file has it, JSON-ready."""
    return {
        "version": VERSION,
        "id": series.id,
        "name": series.name,
        "task": series.task,
        "size": series.size,
        "recipe": dict(series.recipe),
        "models": [{"step": step, "digest": digest} for step, digest in series.models],
        "log": [dict(entry) for entry in series.log],
    }


def from_record(record: Mapping[str, Any], where: str) -> Series:
    """Read a series out of its record.

    Args:
        record: as `record_of` gives.
        where: named in refusals.

    Returns:
        The series.
    """
    check(record, where)
    return Series(
        id=record["id"],
        name=record["name"],
        task=record["task"],
        size=record["size"],
        recipe=record["recipe"],
        models=tuple((m["step"], m["digest"]) for m in record["models"]),
        log=tuple(record["log"]),
    )


def check(record: Mapping[str, Any], where: str) -> None:
    """Check everything that readers rely on.

    Args:
        record: as `record_of` gives.
        where: named in refusals.

    Raises:
        OtherVersion: of another version.
        Refusal: not such a record.
    """
    if record.get("version") != VERSION:
        raise OtherVersion(
            "series of another version",
            where=where,
            came=str(record.get("version"))[:40],
            expected=str(VERSION),
            next_step="read it with the ired-interp that wrote it, or a newer one",
        )
    naming.check_series(record.get("id"))
    for word in ("name", "task"):
        text = record.get(word)
        if not (isinstance(text, str) and 0 < len(text) <= MOST_NAME and text.isprintable()):
            expected = f"one printable line of 1 to {MOST_NAME} characters"
            raise Refusal(f"unusable {word} of a series", where=where, came=text, expected=expected)
    if not _number(record.get("size")) or not isinstance(record.get("recipe"), dict):
        raise Refusal("series without size and recipe", where=where, expected="size, recipe {…}")
    steps = _steps(record, "models", MOST_MODELS, where)
    if not steps or any(a >= b for a, b in itertools.pairwise(steps)):
        raise Refusal(
            "series has no models by step", where=where, expected="models: [{step, digest}, …]"
        )
    for model in record["models"]:
        naming.check_digest(model.get("digest"))
    _steps(record, "log", MOST_LOG, where)


def _steps(record: Mapping[str, Any], word: str, most: int, where: str) -> list[int]:
    entries = record.get(word)
    usable = isinstance(entries, list) and all(
        isinstance(e, dict) and _number(e.get("step")) for e in entries
    )
    if not usable or not isinstance(entries, list) or len(entries) > most:
        came = f"{len(entries)} entries" if isinstance(entries, list) else type(entries).__name__
        expected = f"at most {most:,}, each with its step"
        raise Refusal(f"unusable {word} of a series", where=where, came=came, expected=expected)
    return [entry["step"] for entry in entries]


def _number(value: object) -> bool:
    return type(value) is int and 0 <= value <= naming.MOST_ROWS


def _there(root: Root, name: str) -> Series | None:
    """The record that stands; a broken one is written anew, one of a newer tool never."""
    try:
        return read(root, name)
    except OtherVersion:
        raise
    except (FileNotFoundError, Refusal):
        return None


def _joined(before: Series, now: Series, path: Path) -> Series:
    """All steps of both, and the log that goes further."""
    models = dict(before.models)
    for step, digest in now.models:
        if models.setdefault(step, digest) != digest:
            raise Refusal(
                "this step has other weights here than in the store: another training of the same"
                " recipe",
                where=f"{path}, step {step}",
                came=digest,
                expected=models[step],
                next_step="give the trainings different seeds, or each a store of its own",
            )
    longer = before.log and (not now.log or before.log[-1]["step"] > now.log[-1]["step"])
    return replace(now, models=tuple(sorted(models.items())), log=before.log if longer else now.log)


def _same(path: Path, data: bytes) -> bool:
    try:
        return files.read_bytes(path) == data
    except (FileNotFoundError, Refusal):
        return False
