"""Side files: what is known about a shard, and whether the two agree."""

import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ired_interp_core.errors import Refusal
from store import files, folders, layout, naming, temporaries
from store.layout import Root

Range = tuple[int, int]
Address = tuple[Root, str, str, int, int]
"""Root, analysis, key, start, stop."""

MOST_SHARD_BYTES = 8 * 2**30
VERSION = 1

_SHA256 = re.compile(r"[0-9a-f]{64}")

# Path → identities of shard and side file that agreed, so that a process hashes a shard once.
_verified: dict[str, tuple[files.Identity, files.Identity]] = {}


def read_side(root: Root, analysis: str, key: str, start: int, stop: int) -> dict[str, Any]:
    """Read what is known about a shard.

    Args:
        root: of the store.
        analysis: name.
        key: of the question.
        start: first problem.
        stop: one past the last.

    Returns:
        {"sha256", "bytes", "start", "stop", "provenance", …}.

    Raises:
        Refusal: broken, or of another shard.
    """
    path = layout.guard(root, layout.side_file(root, analysis, key, start, stop))
    side = files.read_sealed(path)
    if side.get("version") != VERSION:
        raise Refusal(
            "side file of another version",
            where=str(path),
            came=side.get("version"),
            expected=str(VERSION),
            next_step="use the version of this tool that wrote it",
        )
    words = {"analysis": analysis, "question": key, "start": start, "stop": stop}
    came = {word: side.get(word) for word in words}
    if came != words:
        raise Refusal("side file of another shard", where=str(path), came=came, expected=str(words))
    waiting, size = side.get("waiting"), side.get("bytes")
    if not (
        isinstance(side.get("sha256"), str)
        and _SHA256.fullmatch(side["sha256"])
        and type(size) is int
        and isinstance(side.get("provenance"), dict)
        and isinstance(waiting, str)
        and "/" not in waiting
        and temporaries.final_of(waiting) == f"{path.stem}.h5"
    ):
        raise Refusal("side file is broken", where=str(path), expected="sha256, bytes, provenance")
    return side


def trouble(root: Root, analysis: str, key: str, start: int, stop: int) -> str:
    """Look whether shard and side file exist and agree; a process hashes each state of a file once.

    Args:
        root: of the store.
        analysis: name.
        key: of the question.
        start: first problem.
        stop: one past the last.

    Returns:
        What is wrong, or "".
    """
    if stop - start > naming.MOST_BLOCK:
        return f"its name says {stop - start} problems, more than {naming.MOST_BLOCK}"
    address: Address = (root, analysis, key, start, stop)
    shard, side_path = layout.shard(*address), layout.side_file(*address)
    try:
        states = (os.lstat(shard), os.lstat(side_path))
        now = (files.identity(states[0]), files.identity(states[1]))
        if _verified.get(str(shard)) == now:
            return ""
        if not all(stat.S_ISREG(state.st_mode) for state in states):
            return "shard or side file is not a regular file (a symbolic link, folder or pipe)"
        layout.guard(root, shard)
        side = read_side(*address)
        size = now[0][2]
        if size != side["bytes"]:
            return f"shard has {size} bytes, its side file says {side['bytes']}"
        if size > MOST_SHARD_BYTES:
            return f"shard has {size} bytes, more than {MOST_SHARD_BYTES}"
        sha256, read = files.sha256(shard)
    except FileNotFoundError as error:
        return f"{Path(error.filename).name} is missing"
    except (Refusal, OSError) as error:
        return str(error)
    if sha256 != side["sha256"]:
        return "shard differs from the sha256 in its side file"
    if read == now[0]:
        _verified[str(shard)] = now
    return ""


def is_verified(path: Path, identity: files.Identity) -> bool:
    """Whether this very state of a shard was compared with its side file and agreed."""
    known = _verified.get(str(path))
    return known is not None and known[0] == identity


def state(root: Root, analysis: str, key: str, start: int, stop: int) -> str:
    """Spell what tells the present state of a shard and its side file from any other.

    Args:
        root: of the store.
        analysis: name.
        key: of the question.
        start: first problem.
        stop: one past the last.

    Returns:
        Inode, size, and times of the last change of content and of status, of both files (the
        device is left out: a network file system has another one on every machine); "" if one is
        missing or not a regular file.
    """
    address: Address = (root, analysis, key, start, stop)
    try:
        states = [os.lstat(layout.shard(*address)), os.lstat(layout.side_file(*address))]
    except OSError:
        return ""
    if not all(stat.S_ISREG(s.st_mode) for s in states):
        return ""
    return _spell(files.identity(s) for s in states)


def verified_state(root: Root, analysis: str, key: str, start: int, stop: int) -> str:
    """The `state` in which the two files agreed here; "" if unknown, or changing meanwhile."""
    known = _verified.get(str(layout.shard(root, analysis, key, start, stop)))
    return _spell(known) if known else ""


def _spell(states: Iterable[files.Identity]) -> str:
    return "/".join(":".join(str(n) for n in s[1:]) for s in states)


def forget() -> None:
    """Forget which shards were verified, so that they are read and hashed again."""
    _verified.clear()


def complete(root: Root, analysis: str, key: str, start: int, stop: int) -> bool:
    """Whether shard and side file exist and agree (size and sha256)."""
    return trouble(root, analysis, key, start, stop) == ""


def present(root: Root, analysis: str, key: str) -> list[Range]:
    """[start, stop) of all shards of a question, sorted, whether they verify or not."""
    folder = layout.guard(root, layout.question_folder(root, analysis, key))
    try:
        names = os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
    found = [naming.range_of(name) for name in names]
    return sorted((f[0], f[1]) for f in found if f and f[2] == "h5")


def addresses(root: Root) -> Iterator[tuple[str, str]]:
    """Analysis and key of every question folder of a store, sorted."""
    top = layout.guard(root, layout.results(root))
    for analysis in folders.names(top):
        folder = top / analysis
        if not naming.is_analysis(analysis) or not os.path.isdir(folder):
            continue
        layout.guard(root, folder)
        for key in folders.names(folder):
            if naming.is_key(key) and os.path.isdir(folder / key):
                yield analysis, key


def merged(ranges: Iterable[Range]) -> list[Range]:
    """Join ranges [start, stop) that touch or overlap; disjoint and sorted."""
    joined: list[Range] = []
    for start, stop in sorted(ranges):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], stop))
        else:
            joined.append((start, stop))
    return joined
