"""The file that `--out` names: what stands there already is replaced only if it is one of ours."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

from precompute.ground.exits import Usage


def check(out: Path, ours: Callable[[Path], bool], expected: str) -> None:
    """Refuse, before any work, to write over what is something else.

    Args:
        out: target.
        ours: whether a regular file is of the kind that is written.
        expected: what may stand there, for people.

    Raises:
        Usage: a folder, a device, a link, or a file of another kind stands there.
    """
    try:
        status = os.lstat(out)
    except FileNotFoundError:
        return
    if not stat.S_ISREG(status.st_mode) or not ours(out):
        raise Usage(
            "target exists and is something else",
            where="--out",
            came=out,
            expected=f"a new path, or {expected}",
        )


def check_ending(out: Path, *endings: str) -> None:
    """Refuse a name that promises another kind of file; one without an ending promises none.

    Args:
        out: target.
        endings: of the kind that is written, with the dot.

    Raises:
        Usage: another ending.
    """
    if out.suffix and out.suffix.lower() not in endings:
        raise Usage(
            "name of another kind of file", where="--out", came=out, expected=" or ".join(endings)
        )


def check_folder(out: Path) -> None:
    """Refuse a target in a folder that is not there.

    Raises:
        Usage: no such folder.
    """
    if not out.absolute().parent.is_dir():
        raise Usage("no such folder", where="--out", came=out.absolute().parent)
