"""How fast this machine answers, against the core that costs are declared for: measured once.

Kept with the live answers, one file a machine, and not in a cache folder of a user: a store is
often on a disk that several machines share, whoever may write answers may write this, and whoever
deletes `live/` forgets it. Another processor under the same name is measured anew.
"""

import platform
import re
import time
from pathlib import Path
from typing import Any

from ired_interp_core.errors import Refusal
from ired_interp_core.live import EIGENVALUES_400, FLOPS
from store import files, folders, layout

PRODUCTS, SIDE, MATRICES = 20, 512, 3
"""The work that is measured: products of SIDE × SIDE matrices, and spectra of 400 × 400 ones."""

TRIES = 3
"""The best counts: a core that does something else meanwhile is no slower for that."""


def _machine() -> dict[str, Any]:
    return {"processor": _processor(), "torch": _torch()}


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.machine()
    named = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return named[1] if named else platform.machine()


def _torch() -> str:
    from importlib import metadata

    return metadata.version("torch")


def _path(folder: Path) -> Path:
    return layout.speed(folder, re.sub(r"[^A-Za-z0-9_-]", "_", platform.node())[:64] or "host")


def known(folder: Path) -> float | None:
    """What was measured on this machine; None before that, or where it cannot be read.

    Args:
        folder: of the live answers.

    Returns:
        Seconds here for one second on the reference core.
    """
    try:
        record = files.read_sealed(_path(folder))
    except (Refusal, OSError):
        return None
    found = record.pop("speed", None)
    return found if record == _machine() and isinstance(found, float) else None


def calibrate(folder: Path) -> float:
    """Measure, unless that was done, and keep it where that can be.

    Args:
        folder: of the live answers.

    Returns:
        Seconds here for one second on the reference core.
    """
    speed = known(folder)
    if speed is None:
        speed = min(_measure() for _ in range(TRIES)) / _expected()
        try:
            folders.make_folder(_path(folder).parent)
            files.replace(_path(folder), files.seal({**_machine(), "speed": speed}))
        except (
            Refusal,
            OSError,
        ):  # it says so where answers are published
            return speed
    return speed


def _expected() -> float:
    return PRODUCTS * 2 * SIDE**3 / FLOPS + MATRICES * EIGENVALUES_400


def _measure() -> float:
    import torch

    generator = torch.Generator().manual_seed(0)
    a = torch.randn(SIDE, SIDE, generator=generator)
    h = a[:400, :400] + a[:400, :400].T
    began = time.thread_time()
    for _ in range(PRODUCTS):
        torch.mm(a, a)
    for _ in range(MATRICES):
        torch.linalg.eigvalsh(h)
    return time.thread_time() - began
