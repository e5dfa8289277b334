"""Notes on views: one immutable JSON file each, with address, text, author and time.

A note may carry a label: what the thing at its address is called. Its file then says version 2; a
reader of version 1 finds the note in it, without the label.
"""

import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ired_interp_core.errors import Refusal
from store import files, folders, layout, shell
from store.layout import Root

MOST = {"address": 2_000, "text": 10_000, "author": 100}
"""Longest of each, in characters; the first is what browsers take as a link."""

MOST_LABEL = 80
"""Longest label, in characters: it stands in a table."""

MOST_NOTES = 100_000

# Folder → name → identity and note of a file that was read. Files of notes are never changed, and a
# folder of thousands gets one more at a time.
_known: dict[str, dict[str, tuple[files.Identity, "Note"]]] = {}

VERSION = 2
"""Newest form of the file that is read here; a file that names none has version 1."""

SETTLED = 2.0
"""Seconds after which a folder's time of change is trusted: file systems tick in steps, and two
notes within one step would leave the same time."""


@dataclass(frozen=True)
class Note:
    """One note.

    Args:
        name: its id, which sorts by time.
        address: of the view it is about.
        text: what was seen.
        author: as they signed.
        at: UTC, ISO 8601.
        label: what the thing at the address is called; "" takes an earlier label back, None says
            nothing about it.
    """

    name: str
    address: str
    text: str
    author: str
    at: str
    label: str | None = None


def add(root: Root, address: str, text: str, author: str, label: str | None = None) -> Note:
    """Keep a note.

    Args:
        root: of the store.
        address: of the view it is about.
        text: what was seen; may be empty beside a label.
        author: as they sign.
        label: of the thing at the address; "" takes an earlier one back.

    Returns:
        The note.

    Raises:
        Refusal: nothing said, too long, or too many notes.
    """
    given: dict[str, Any] = {"address": address, "text": text, "author": author}
    if label is not None:
        given |= {"label": label, "version": VERSION}
    _check(given, "note")
    if label is None and not text.strip():
        raise Refusal("note has no text", where="note", expected="a sentence")
    seconds, nanoseconds = divmod(time.time_ns(), 10**9)
    clock = time.gmtime(seconds)
    stamp = f"{time.strftime('%Y%m%dT%H%M%S', clock)}{nanoseconds // 1000:06d}"
    name = f"{stamp}-{secrets.token_hex(4)}"
    path = layout.guard(root, layout.note(root, name))
    given["at"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", clock)
    note = Note(name, address, text, author, given["at"], label)
    with files.one_line(path):
        folders.make_folder(path.parent)
        if len(os.listdir(path.parent)) >= MOST_NOTES:
            raise Refusal(
                "too many notes",
                where=str(path.parent),
                came=f"{MOST_NOTES:,}",
                expected=f"fewer than {MOST_NOTES:,}",
                next_step="move the oldest ones, which come first by name, out of the folder",
            )
        files.publish(path, files.seal(given))
    return note


def _check(record: Mapping[str, Any], where: str) -> None:
    version = record.get("version", 1)
    if type(version) is not int or not 1 <= version <= VERSION:
        raise Refusal(
            "note of another version",
            where=where,
            came=str(version)[:40],
            expected=f"1 … {VERSION}",
            next_step="read it with the ired-interp that wrote it, or a newer one",
        )
    labelled = {"label": MOST_LABEL} if record.get("label") is not None else {}
    for word, most in (MOST | labelled).items():
        value = record.get(word)
        if not isinstance(value, str) or len(value) > most:
            came = f"{len(value)} characters" if isinstance(value, str) else type(value).__name__
            raise Refusal(
                f"unusable {word}",
                where=where,
                came=came,
                expected=f"text of at most {most} characters",
            )
        if not value.isprintable() and word != "text":
            raise Refusal(
                f"unusable {word}", where=where, came=value, expected="one printable line"
            )


def read(root: Root) -> tuple[list[Note], list[str]]:
    """Every note.

    Args:
        root: of the store.

    Returns:
        Notes, newest first, and one line for each file that is none.
    """
    folder = layout.guard(root, layout.notes(root))
    before, known = _known.get(str(folder), {}), {}
    why = folders.closed(folder)
    broken = [f"{folder} · {why} · next: {shell.readable(folder)}"] if why else []
    for name, state in _files(folder):
        try:
            if before.get(name, (None,))[0] != state:
                known[name] = state, _one(root, name)
            else:
                known[name] = before[name]
        except (Refusal, OSError) as error:
            broken.append(f"{folder / name} · {error}")
    _known[str(folder)] = known
    return [note for _, note in known.values()], broken


def _files(folder: Path) -> list[tuple[str, files.Identity]]:
    """What may be a note, newest first."""
    if folders.closed(folder) or not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        there = [e for e in entries if e.name.endswith(".json") and not e.name.startswith(".")]
        there = sorted(there, key=lambda e: e.name, reverse=True)[:MOST_NOTES]
        return [(e.name, files.identity(e.stat(follow_symlinks=False))) for e in there]


def _one(root: Root, file: str) -> Note:
    name = file.removesuffix(".json")
    path = layout.guard(root, layout.note(root, name))
    record = files.read_sealed(path)
    _check(record, str(path))
    fields = {word: record[word] for word in MOST}
    at, label = str(record.get("at", ""))[:40], record.get("label")
    return Note(name, **fields, at=at, label=label)


def stamp(root: Root) -> tuple[int, ...]:
    """What changes when a note is added, at the price of one look at the folder.

    Args:
        root: of the store.

    Returns:
        A key for caches of `read`; for a moment after a change, a new one at every call.
    """
    try:
        changed = os.stat(layout.guard(root, layout.notes(root))).st_mtime_ns
    except FileNotFoundError:
        return (0,)
    now = time.time_ns()
    return (changed,) if now - changed > SETTLED * 1e9 else (changed, now)
