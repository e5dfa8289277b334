"""What a long computation of one question has reached: checkpoints that outlive the process.

`unfinished/<analysis>/<key>/<time>-<id>.ckpt`: 64 hex digits of SHA-256, then the content. The two
newest are kept; all go when the answer is published. Nobody reads them but the computation itself.
"""

import hashlib
import os
import re
import secrets
import time
from pathlib import Path

from ired_interp_core.errors import Refusal
from store import files, folders, layout
from store.layout import Root

KEPT = 2
"""The newest, and the one before in case the newest does not verify."""

MOST_BYTES = 4 * 2**30

_NAME = re.compile(r"[0-9]{20}-[0-9a-f]{8}\.ckpt")
_HEAD = 64


def save(root: Root, analysis: str, key: str, content: bytes) -> None:
    """Keep a checkpoint; older ones but the last go."""
    folder = layout.guard(root, layout.unfinished(root, analysis, key))
    with files.one_line(folder, "checkpoint cannot be kept"):
        folders.make_folder(folder)
        path = folder / f"{time.time_ns():020d}-{secrets.token_hex(4)}.ckpt"
        head = hashlib.sha256(content).hexdigest().encode()
        files.publish(path, head + content)
        for old in _names(folder)[:-KEPT]:
            files.drop(folder / old)


def load(root: Root, analysis: str, key: str) -> bytes | None:
    """Content of the newest checkpoint that verifies; None where there is none."""
    folder = layout.guard(root, layout.unfinished(root, analysis, key))
    for name in reversed(_names(folder)):
        try:
            data = files.read_bytes(folder / name, most=MOST_BYTES)
        except (FileNotFoundError, Refusal):  # another process made newer ones
            continue
        content = data[_HEAD:]
        if hashlib.sha256(content).hexdigest().encode() == data[:_HEAD]:
            return content
    return None


def clear(root: Root, analysis: str, key: str) -> None:
    """Drop all checkpoints of a question."""
    folder = layout.guard(root, layout.unfinished(root, analysis, key))
    with files.one_line(folder):
        for name in _names(folder):
            files.drop(folder / name)
        if folder.is_dir() and not os.listdir(folder):
            _remove(folder)


def _remove(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError as error:  # another process began again meanwhile
        if folder.is_dir() and not os.listdir(folder):
            raise Refusal("cannot remove a folder", where=str(folder), came=error) from error


def _names(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return sorted(name for name in os.listdir(folder) if _NAME.fullmatch(name))
