"""Notes on views: one immutable JSON file each, with address, text, author and time."""

import os
import secrets
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from ired_interp_core.errors import Refusal
from store import files, folders, layout
from store.layout import Root

MOST = {"address": 2_000, "text": 10_000, "author": 100}
"""Longest of each, in characters; the first is what browsers take as a link."""

MOST_NOTES = 10_000


@dataclass(frozen=True)
class Note:
    """One note.

    Args:
        name: its id, which sorts by time.
        address: of the view it is about.
        text: what was seen.
        author: as they signed.
        at: UTC, ISO 8601.
    """

    name: str
    address: str
    text: str
    author: str
    at: str


def add(root: Root, address: str, text: str, author: str) -> Note:
    """Keep a note.

    Args:
        root: of the store.
        address: of the view it is about.
        text: what was seen.
        author: as they sign.

    Returns:
        The note.

    Raises:
        Refusal: empty text, too long, or too many notes.
    """
    given = {"address": address, "text": text, "author": author}
    _check(given, "note")
    if not text.strip():
        raise Refusal("note has no text", where="note", expected="a sentence")
    seconds, nanoseconds = divmod(time.time_ns(), 10**9)
    clock = time.gmtime(seconds)
    stamp = f"{time.strftime('%Y%m%dT%H%M%S', clock)}{nanoseconds // 1000:06d}"
    name = f"{stamp}-{secrets.token_hex(4)}"
    path = layout.guard(root, layout.note(root, name))
    note = Note(name, address, text, author, time.strftime("%Y-%m-%dT%H:%M:%SZ", clock))
    record = asdict(note)
    del record["name"]
    with files.one_line(path):
        folders.make_folder(path.parent)
        if len(os.listdir(path.parent)) >= MOST_NOTES:
            raise Refusal(
                "too many notes", where=str(path.parent), expected=f"at most {MOST_NOTES}"
            )
        files.publish(path, files.seal(record))
    return note


def _check(record: dict[str, str], where: str) -> None:
    for word, most in MOST.items():
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
    notes, broken = [], []
    names = sorted(os.listdir(folder), reverse=True) if folder.is_dir() else []
    for name in names[:MOST_NOTES]:
        if Path(name).suffix != ".json" or name.startswith("."):
            continue
        try:
            path = layout.guard(root, layout.note(root, name[:-5]))
            record = files.read_sealed(path)
            _check(record, str(path))
            fields = {word: record[word] for word in MOST}
            notes.append(Note(name[:-5], **fields, at=str(record.get("at", ""))[:40]))
        except (Refusal, OSError) as error:
            broken.append(f"{folder / name} · {error}")
    return notes, broken
