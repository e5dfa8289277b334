"""Shards: the arrays of a range of problems, published once, complete or not there at all.

Order of publication: shard written aside and synced → side file linked → shard linked. The side file
names the shard's sha256 and the temporary it waits under, so

- a shard under its final name always has its side file, and was verified before it got the name;
- linking the side file elects the winner among several publishers, without a lock;
- a kill between the two leaves no readable shard and loses nothing: whoever comes next (a publisher
  or the sweep of temporaries) gives the waiting file its name.

Only a corrupt shard is replaced, under the folder's exclusive lock, and said aloud.
"""

import logging
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from ired_interp_core.errors import Refusal
from ired_interp_core.records import Question
from store import encoding, files, layout, records
from store.layout import Root

log = logging.getLogger(__name__)

Range = tuple[int, int]

MOST_SHARD_BYTES = 8 * 2**30
MOST_MESSAGE = 2_000
MOST_TRACEBACK = 20_000
SIDE_VERSION = 1

_SHA256 = re.compile(r"[0-9a-f]{64}")

# Path → identities of shard and side file that agreed, so that a process hashes a shard once.
_verified: dict[str, tuple[files.Identity, files.Identity]] = {}


def publish(
    root: Root,
    question: Question,
    start: int,
    dataset: xr.Dataset,
    provenance: Mapping[str, Any],
) -> Path:
    """Publish the answer for problems [start, start + N); first publication wins.

    Args:
        root: of the store.
        question: what was asked, of the installed version of its analysis.
        start: index of the first problem.
        dataset: the result, with leading dim problem; checked against the declaration once more.
        provenance: JSON-ready facts about this computation; no part of the answer's address.

    Returns:
        Path of the shard, verified on disk.

    Raises:
        Refusal: the result does not conform, or the store cannot be written; nothing is half there.
    """
    analysis = records.declared(question)
    where = f"{question.analysis}/{question.key}"
    if "problem" not in dataset.sizes:
        raise Refusal("result has no dim problem", where=where, came=tuple(dataset.sizes))
    stop = start + dataset.sizes["problem"]
    layout.check_range(start, stop)
    indices = np.arange(start, stop, dtype=np.int64)
    if "problem" in dataset.coords and not np.array_equal(dataset["problem"], indices):
        raise Refusal(
            "result is of other problems",
            where=where,
            came=f"{dataset['problem'].values[:3]} …",
            expected=f"{start} … {stop - 1}",
        )
    labelled = dataset.copy(deep=False).assign_coords(problem=indices)
    labelled = analysis.schema.conform(labelled, question.parameters, where)
    address = (root, question.analysis, question.key, start, stop)
    final = layout.guard(root, layout.shard(*address))
    with files.one_line(final):
        records.publish_question(root, question)
        if not complete(*address):
            _publish(address, encoding.encode(analysis, question, labelled), provenance)
        clear_failure(root, question, start, stop)
    return final


Address = tuple[Root, str, str, int, int]


def _publish(address: Address, image: bytes, provenance: Mapping[str, Any]) -> None:
    final, side_path = layout.shard(*address), layout.side_file(*address)
    side: dict[str, Any] = {
        "version": SIDE_VERSION,
        "analysis": address[1],
        "question": address[2],
        "start": address[3],
        "stop": address[4],
        "bytes": len(image),
        "sha256": files.sha256_bytes(image),
        "provenance": dict(provenance),
    }
    waiting = files.write_temporary(final, image)
    side["waiting"] = waiting.name
    try:
        if files.sha256(waiting)[0] != side["sha256"]:
            raise Refusal(
                "what was written is not what is read back",
                where=str(waiting),
                next_step="look at this disk before computing on",
            )
        if files.publish(side_path, files.json_bytes(side)):
            files.place(waiting, final)
            files.sync_folder(final.parent)
        elif not _settled(address, side, waiting):
            with files.locked(final.parent):
                if not _settled(address, side, waiting, lock=False):
                    _supersede(address, side, waiting)
    finally:
        # While the side file waits for it, the file belongs to the publication, not to us.
        if os.path.lexists(final) or not _is_awaited(address, waiting):
            files.drop(waiting)
    wrong = trouble(*address)
    if wrong:
        raise Refusal(
            "shard does not verify after publication",
            where=str(final),
            came=wrong,
            next_step="look at this disk, then repeat the command",
        )


def _is_awaited(address: Address, waiting: Path) -> bool:
    try:
        return bool(read_side(*address)["waiting"] == waiting.name)
    except (FileNotFoundError, Refusal):
        return False


def _settled(address: Address, side: Mapping[str, Any], waiting: Path, lock: bool = True) -> bool:
    """Whether another's publication stands, after helping it over its last step if it stopped there.

    Returns:
        True if shard and side file agree now.
    """
    if complete(*address):
        return True
    final = layout.shard(*address)
    if os.path.lexists(final):
        return False
    try:
        theirs = read_side(*address)
    except (FileNotFoundError, Refusal):
        return False
    candidates = [waiting] if theirs["sha256"] == side["sha256"] else []
    _finish(final, theirs, candidates, lock)
    return complete(*address)


def _finish(
    final: Path, side: Mapping[str, Any], candidates: Iterable[Path] = (), lock: bool = True
) -> None:
    """Give the file that a side file waits for its final name, if it is there and whole."""
    for path in (*candidates, final.with_name(side["waiting"])):
        try:
            whole = files.sha256(path)[0] == side["sha256"]
            if whole and files.place(path, final, lock):
                files.sync_folder(final.parent)
                return
        except (FileNotFoundError, Refusal):
            continue


def _supersede(address: Address, side: dict[str, Any], waiting: Path) -> None:
    """Replace a corrupt shard or an unfinishable side file; the caller holds the folder's lock.

    Unlink the shard → replace the side file → link the new shard: at no moment does a shard stand
    beside the side file of another.
    """
    final, side_path = layout.shard(*address), layout.side_file(*address)
    side["replaced"] = trouble(*address)
    log.warning("%s: replacing it: %s", final, side["replaced"])
    files.drop(final)
    files.replace(side_path, files.json_bytes(side))
    if not files.place(waiting, final, lock=False):
        raise Refusal("another file took the shard's name", where=str(final))
    files.sync_folder(final.parent)


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
    side = files.read_json(path)
    if side.get("version") != SIDE_VERSION:
        raise Refusal(
            "side file of another version",
            where=str(path),
            came=side.get("version"),
            expected=str(SIDE_VERSION),
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
        and files.final_of(waiting) == f"{path.stem}.h5"
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
    address: Address = (root, analysis, key, start, stop)
    shard, side_path = layout.shard(*address), layout.side_file(*address)
    try:
        now = (files.identity(os.lstat(shard)), files.identity(os.lstat(side_path)))
        if _verified.get(str(shard)) == now:
            return ""
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


def forget() -> None:
    """Forget which shards were verified, so that they are read and hashed again."""
    _verified.clear()


def complete(root: Root, analysis: str, key: str, start: int, stop: int) -> bool:
    """Whether shard and side file exist and agree (size and sha256).

    Args:
        root: of the store.
        analysis: name.
        key: of the question.
        start: first problem.
        stop: one past the last.

    Returns:
        True if the shard may be read.
    """
    return trouble(root, analysis, key, start, stop) == ""


def present(root: Root, analysis: str, key: str) -> list[Range]:
    """Ranges that have a shard, whether it verifies or not.

    Args:
        root: of the store.
        analysis: name.
        key: of the question.

    Returns:
        [start, stop) of each, sorted.
    """
    folder = layout.guard(root, layout.question_folder(root, analysis, key))
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return []
    found = [layout.range_of(name) for name in names]
    return sorted((f[0], f[1]) for f in found if f and f[2] == "h5")


def missing(root: Root, analysis: str, key: str, ranges: Iterable[Range]) -> list[Range]:
    """What is left to compute: the parts of the asked ranges that no complete shard covers.

    Args:
        root: of the store.
        analysis: name.
        key: of the question.
        ranges: asked [start, stop).

    Returns:
        The uncovered parts, in the order asked; a block cut short earlier is completed, not redone.
    """
    shards = present(root, analysis, key)
    left: list[Range] = []
    for asked in ranges:
        start, stop = layout.check_range(*asked)
        at = start
        for low, high in shards:
            if high <= at or low >= stop or not complete(root, analysis, key, low, high):
                continue
            if low > at:
                left.append((at, low))
            at = max(at, high)
        if at < stop:
            left.append((at, stop))
    return left


def merged(ranges: Iterable[Range]) -> list[Range]:
    """Join ranges that touch or overlap.

    Args:
        ranges: [start, stop).

    Returns:
        Disjoint ranges, sorted.
    """
    joined: list[Range] = []
    for start, stop in sorted(ranges):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], stop))
        else:
            joined.append((start, stop))
    return joined


# --- failures --------------------------------------------------------------------------------------


def record_failure(
    root: Root,
    question: Question,
    start: int,
    stop: int,
    error_class: str,
    message: str,
    traceback: str,
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
        "failed_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    with files.one_line(path):
        records.publish_question(root, question)
        files.replace(path, files.json_bytes(record))
    return path


def _cut(text: str, most: int, keep_end: bool = False) -> str:
    text = str(text).encode("utf-8", "replace").decode()
    if len(text) <= most:
        return text
    return "…" + text[-most:] if keep_end else text[:most] + "…"


def clear_failure(root: Root, question: Question, start: int, stop: int) -> None:
    """Forget a failure, since the unit succeeded or is tried again.

    Args:
        root: of the store.
        question: what was asked.
        start: first problem of the unit.
        stop: one past the last.
    """
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
        for name in sorted(os.listdir(layout.question_folder(root, analysis, key))):
            span = layout.range_of(name)
            if not span or span[2] != "failed.json":
                continue
            path = layout.guard(root, layout.failure(root, analysis, key, span[0], span[1]))
            words = {"analysis": analysis, "question": key, "start": span[0], "stop": span[1]}
            try:
                record = files.read_json(path)
            except FileNotFoundError:  # cleared meanwhile
                continue
            except Refusal as refusal:
                record = {"error": "unreadable record", "message": str(refusal)}
            text = {
                w: str(record.get(w, "")) for w in ("error", "message", "traceback", "failed_at")
            }
            found.append(words | text)
    return found


def addresses(root: Root) -> Iterator[tuple[str, str]]:
    """Every question folder of a store.

    Args:
        root: of the store.

    Yields:
        (analysis, key), sorted.
    """
    top = layout.guard(root, layout.results(root))
    for analysis in sorted(os.listdir(top)) if top.is_dir() else ():
        folder = top / analysis
        if not layout.is_analysis(analysis) or not folder.is_dir():
            continue
        layout.guard(root, folder)
        for key in sorted(os.listdir(folder)):
            if layout.is_key(key) and (folder / key).is_dir():
                yield analysis, key


# --- temporaries -----------------------------------------------------------------------------------


def sweep_temporaries(root: Root) -> int:
    """Remove temporaries that no living process owns; finish publications that stopped half-way.

    Args:
        root: of the store.

    Returns:
        How many files were removed.
    """
    removed = 0
    now = time.time()
    for folder, _, names in os.walk(Path(root), followlinks=False):
        for name in names:
            path = Path(folder) / name
            if files.abandoned(path, now):
                with files.one_line(path, "cannot remove a left-over temporary"):
                    _finish_abandoned(root, path)
                    files.drop(path)
                removed += 1
    return removed


def _finish_abandoned(root: Root, path: Path) -> None:
    """If a side file waits for exactly this temporary, give it its name before the sweep drops it."""
    span = layout.range_of(files.final_of(path.name) or "")
    analysis, key = path.parent.parent.name, path.parent.name
    if not span or span[2] != "h5" or not (layout.is_analysis(analysis) and layout.is_key(key)):
        return
    address: Address = (root, analysis, key, span[0], span[1])
    if path.parent != layout.question_folder(root, analysis, key):
        return
    try:
        side = read_side(*address)
    except (FileNotFoundError, Refusal):
        return
    final = layout.shard(*address)
    if side["waiting"] == path.name and not os.path.lexists(final):
        _finish(final, side)
