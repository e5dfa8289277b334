"""Giving a shard its name, once and whole, whoever else does the same at the same moment.

Order: shard written aside and synced → side file linked → shard linked. The side file names the
shard's sha256 and the temporary it waits under, so

- a shard under its final name always has its side file, and was verified before it got the name;
- linking the side file elects the winner among several publishers, without a lock;
- a kill between the two leaves no readable shard and loses nothing: whoever comes next (a publisher
  or the sweep of temporaries) gives the waiting file its name.

Only a corrupt shard is replaced, under the folder's exclusive lock, and said aloud.
"""

import hashlib
import logging
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ired_interp_core.errors import Refusal, printable
from store import files, folders, layout, locks, naming, sides, temporaries
from store.layout import Root
from store.sides import Address, complete, read_side, trouble

log = logging.getLogger(__name__)


def publish(address: Address, image: bytes, provenance: Mapping[str, Any]) -> None:
    """Publish the bytes of a shard with its side file.

    Args:
        address: of the shard; its folder is there.
        image: bytes of the HDF5 file.
        provenance: JSON-ready facts for the side file.

    Raises:
        Refusal: the disk does not give back what was written.
    """
    final, side_path = layout.shard(*address), layout.side_file(*address)
    side: dict[str, Any] = {
        "version": sides.VERSION,
        "analysis": address[1],
        "question": address[2],
        "start": address[3],
        "stop": address[4],
        "bytes": len(image),
        "sha256": hashlib.sha256(image).hexdigest(),
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
        if files.publish(side_path, files.seal(side)):
            files.place(waiting, final)
            folders.sync_folder(final.parent)
        elif not _settled(address, side, waiting):
            # Without locks two that mend at once may both be refused; the shard then stays
            # unreadable, and whoever comes next mends it.
            with locks.locked(final.parent):
                if not _settled(address, side, waiting):
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


def _settled(address: Address, side: Mapping[str, Any], waiting: Path) -> bool:
    """Whether another's publication stands, after helping it over its last step if needed."""
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
    _finish(final, theirs, candidates)
    return complete(*address)


def _finish(final: Path, side: Mapping[str, Any], candidates: Iterable[Path] = ()) -> None:
    """Give the file that a side file waits for its final name, if it is there and whole."""
    for path in (*candidates, final.with_name(side["waiting"])):
        try:
            whole = files.sha256(path)[0] == side["sha256"]
            if whole and files.place(path, final):
                folders.sync_folder(final.parent)
                files.drop(path)
                return
        except (FileNotFoundError, Refusal):
            continue


def _supersede(address: Address, side: dict[str, Any], waiting: Path) -> None:
    """Replace a corrupt shard or an unfinishable side file; the caller holds the folder's lock.

    Unlink the shard → replace the side file → link the new shard: at no moment does a shard stand
    beside the side file of another.

    Raises:
        Refusal: the name was taken meanwhile.
    """
    final, side_path = layout.shard(*address), layout.side_file(*address)
    side["replaced"] = trouble(*address)
    log.warning("%s", printable(f"{final}: replacing it: {side['replaced']}"))
    files.drop(final)
    files.replace(side_path, files.seal(side))
    if not files.place(waiting, final):
        raise Refusal("another file took the shard's name", where=str(final))
    folders.sync_folder(final.parent)


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
            if temporaries.abandoned(path, now):
                with files.one_line(path, "cannot remove a left-over temporary"):
                    _finish_abandoned(root, path)
                    files.drop(path)
                removed += 1
    return removed


def _finish_abandoned(root: Root, path: Path) -> None:
    """If a side file waits for exactly this temporary, give it its name before it is dropped."""
    span = naming.range_of(temporaries.final_of(path.name) or "")
    analysis, key = path.parent.parent.name, path.parent.name
    if not span or span[2] != "h5" or not (naming.is_analysis(analysis) and naming.is_key(key)):
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
