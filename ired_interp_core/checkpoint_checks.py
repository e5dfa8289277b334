"""What a checkpoint must be before anything of it is used: file, tensors, numbers, schedule.

Shared by the own and the official format. Light: no torch.
"""

import hashlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ired_interp_core import tasks
from ired_interp_core.errors import Refusal
from ired_interp_core.records import KEY_LENGTH, canonical_json
from ired_interp_core.schedule import Schedule, cosine
from ired_interp_core.schema import LEVELS

ARCHITECTURE = "ired-mlp"
MAX_BYTES = 2**31
"""Largest file that is opened: the official checkpoints are 23 MB, a 100 × 100 one some 500 MB."""

TIME_WIDTH = 128

Weights = Literal["ema", "model"]
"""An official file holds two sets: the averaged weights, and the raw ones."""


def shapes(width: int, n_in: int, d: int) -> dict[str, tuple[int, ...]]:
    """The tensors of the official network.

    Args:
        width: hidden width, 512 in the official code.
        n_in: entries of x.
        d: entries of y.

    Returns:
        Name → shape.
    """
    layers = {
        "time_mlp.1": (TIME_WIDTH, TIME_WIDTH),
        "time_mlp.3": (TIME_WIDTH, TIME_WIDTH),
        "fc1": (width, n_in + d),
        "fc2": (width, width),
        "fc3": (width, width),
        "fc4": (d, width),
        "t_map_fc2": (2 * width, TIME_WIDTH),
        "t_map_fc3": (2 * width, TIME_WIDTH),
    }
    return {f"{k}.weight": v for k, v in layers.items()} | {
        f"{k}.bias": v[:1] for k, v in layers.items()
    }


def check_tensors(tensors: Mapping[str, tuple[tuple[int, ...], str]], where: str) -> None:
    """Refuse a table of tensors that is not the official network's, before anything is read.

    Args:
        tensors: name → (shape, dtype word such as "float32").
        where: named in the refusal.

    Raises:
        Refusal: a missing, extra or misshapen tensor, another dtype, or d that is not n².
    """
    names = set(shapes(1, 1, 1))
    if set(tensors) != names:
        missing, extra = sorted(names - set(tensors)), sorted(set(tensors) - names)
        raise Refusal(
            "checkpoint is not of the official network",
            where=where,
            came=f"missing {_some(missing)}, extra {_some(extra)}",
            expected=f"the {len(names)} tensors fc1.weight … t_map_fc3.bias",
            next_step="give an adapter for another architecture (docs/your-energy.md)",
        )
    first, last = tensors["fc1.weight"][0], tensors["fc4.weight"][0]
    square = len(last) == 2 and round(last[0] ** 0.5) ** 2 == last[0]
    if not square or len(first) != 2 or first[1] <= last[0]:
        raise Refusal(
            "checkpoint does not answer problems with a square matrix",
            where=where,
            came=f"fc1 {first}, fc4 {last}",
            expected="two-dimensional weights, fc1 [width, n_in + d], fc4 [d, width], d = n²",
        )
    for name, shape in shapes(first[0], first[1] - last[0], last[0]).items():
        if tensors[name] != (shape, "float32"):
            raise Refusal(
                "checkpoint has a misshapen tensor",
                where=f"{where}, {name}",
                came=f"{tensors[name][0]} {tensors[name][1]}",
                expected=f"{shape} float32",
            )


def _some(names: list[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if names[4:] else "") or "none"


def model_digest(tensors: Mapping[str, np.ndarray], schedule: Schedule) -> str:
    """Address of a model: its tensors, architecture and schedule; never its card.

    Args:
        tensors: the network's tensors.
        schedule: its ᾱ_t.

    Returns:
        `KEY_LENGTH` hex digits.
    """
    sha = hashlib.sha256(ARCHITECTURE.encode())
    sha.update(np.float32(schedule.alphas_cumprod).tobytes())
    for name in sorted(tensors):
        array = np.ascontiguousarray(tensors[name])
        sha.update(canonical_json([name, array.dtype.name, list(array.shape)]).encode())
        sha.update(array.tobytes())
    return sha.hexdigest()[:KEY_LENGTH]


def file_head(path: Path, where: str, count: int = 4096) -> bytes:
    """The first bytes of a file that may be opened.

    Args:
        path: the file.
        where: named in refusals.
        count: bytes wanted.

    Returns:
        At most `count` bytes.

    Raises:
        Refusal: missing, no regular file, empty, too large, or not readable; and files that are
            known not to be checkpoints (HTML page, git-lfs pointer).
    """
    try:
        info = os.stat(path)
        if not stat.S_ISREG(info.st_mode):
            raise Refusal(
                "checkpoint is not a regular file",
                where=where,
                came="a directory or a special file",
            )
        if not 0 < info.st_size <= MAX_BYTES:
            raise Refusal(
                "checkpoint has an impossible size",
                where=where,
                came=f"{info.st_size} bytes",
                expected=f"1 … {MAX_BYTES}",
                next_step="copy the file again",
            )
        with open(path, "rb") as file:
            head = file.read(count)
    except OSError as error:
        raise Refusal(
            "checkpoint cannot be opened", where=where, came=error.strerror or str(error)
        ) from error
    if not is_safetensors(head) and head.lstrip(b" \t\r\n\xef\xbb\xbf")[:1] == b"<":
        raise Refusal(
            "file is a web page, not a checkpoint", where=where, next_step="download it again"
        )
    if head.startswith(b"version https://git-lfs"):
        raise Refusal("file is a git-lfs pointer", where=where, next_step="run `git lfs pull`")
    return head


def is_safetensors(head: bytes) -> bool:
    """Whether a file begins like safetensors: an 8-byte length, then a JSON object.

    Args:
        head: the first bytes.

    Returns:
        True for safetensors.
    """
    return len(head) > 8 and head[8:9] == b"{"


def check_levels(shape: tuple[int, ...], dtype: str, where: str) -> None:
    """Refuse a schedule by its shape, before its numbers are looked at.

    Args:
        shape: of ᾱ_t.
        dtype: of it, in words.
        where: named in the refusal.

    Raises:
        Refusal: another number of diffusion steps, or no numbers at all.
    """
    steps = f"{shape[0]} diffusion steps" if len(shape) == 1 else f"ᾱ_t of shape {shape}"
    if shape != (LEVELS,) or not dtype.startswith(("float", "bfloat")):
        raise Refusal(
            "schedule is unusable",
            where=where,
            came=steps if shape != (LEVELS,) else f"ᾱ_t of {dtype}",
            expected=f"{LEVELS} diffusion steps: {LEVELS} numbers in (0, 1)",
            next_step=f"only models of {LEVELS} levels can be read",
        )


def read_schedule(values: Any, where: str) -> Schedule:
    """The cosine schedule, or the one spelled in the card."""
    if values is None:
        return cosine()
    try:
        alphas = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        alphas = np.empty(0)
    check_levels(alphas.shape, alphas.dtype.name, where)
    if not ((alphas > 0) & (alphas < 1)).all() or not (np.diff(alphas) < 0).all():
        raise Refusal(
            "schedule is unusable",
            where=where,
            came=alphas.tolist(),
            expected="falling ᾱ_t in (0, 1)",
        )
    official = cosine()
    if np.allclose(alphas, official.alphas_cumprod, rtol=1e-6, atol=0):
        return official
    return Schedule.from_alphas_cumprod(alphas)


def check_finite(tensors: Mapping[str, np.ndarray], where: str) -> None:
    """Refuse weights that are not numbers.

    Args:
        tensors: the network's tensors.
        where: named in the refusal.

    Raises:
        Refusal: a NaN or infinity, with its tensor.
    """
    for name, array in tensors.items():
        bad = int((~np.isfinite(array)).sum())
        if bad:
            raise Refusal(
                "checkpoint has weights that are no numbers",
                where=f"{where}, {name}",
                came=f"{bad} NaN or infinite of {array.size}",
                expected="finite weights",
            )


def check_task(task: object, n_in: int, d: int, where: str) -> str:
    """Refuse a task that nobody knows, or that a network of these shapes cannot have.

    Args:
        task: as a card or a user says it; empty where unknown.
        n_in: entries of x.
        d: entries of y.
        where: named in refusals.

    Returns:
        The task; "addition" where nothing is said and x is two matrices, else "".

    Raises:
        Refusal: unknown, or of other shapes.
    """
    known = ("", *tasks.TASKS)
    if not isinstance(task, str) or task not in known:
        raise Refusal("unknown task", where=where, came=task, expected=", ".join(tasks.TASKS))
    if task and n_in != tasks.TASKS[task].blocks * d:
        raise Refusal(
            "checkpoint is not of this task",
            where=where,
            came=f"{task}, but x has {n_in} entries and y {d}",
            expected=", ".join(t for t, k in tasks.TASKS.items() if n_in == k.blocks * d) or "none",
            next_step="name the task it was trained on",
        )
    return task or guess_task(n_in, d)


def guess_task(n_in: int, d: int) -> str:
    """What a network's shapes say about its task.

    Args:
        n_in: entries of x.
        d: entries of y.

    Returns:
        "addition" where x is two matrices, else "" (inverse and completion have the same shapes).
    """
    return "addition" if n_in == 2 * d else ""
