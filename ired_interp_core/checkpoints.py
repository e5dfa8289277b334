"""Files → model. The door for foreign checkpoints; nothing here ever executes a pickle.

Own format: safetensors with the sixteen tensors of the network and, in the header, a JSON card. The
official format is read by `official_format`. `read_digest` and `read_card` need no torch.
"""

import hashlib
import importlib
import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ired_interp_core import tasks
from ired_interp_core.errors import Refusal
from ired_interp_core.records import KEY_LENGTH, canonical_json
from ired_interp_core.schedule import Schedule, cosine
from ired_interp_core.schema import LEVELS

if TYPE_CHECKING:
    from ired_interp_core.energy import Energy, IredEnergy

Weights = Literal["ema", "model"]
FORMAT = "ired-interp-1"
ARCHITECTURE = "ired-mlp"
MAX_BYTES = 2**31
"""Largest file that is opened: the official checkpoints are 23 MB, a 100 × 100 one some 500 MB."""

TIME_WIDTH = 128


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


def check_tensors(found: Mapping[str, tuple[tuple[int, ...], str]], where: str) -> None:
    """Refuse a table of tensors that is not the official network's, before anything is read.

    Args:
        found: name → (shape, dtype word such as "float32").
        where: named in the refusal.

    Raises:
        Refusal: a missing, extra or misshapen tensor, another dtype, or d that is not n².
    """
    names = set(shapes(1, 1, 1))
    if set(found) != names:
        missing, extra = sorted(names - set(found)), sorted(set(found) - names)
        raise Refusal(
            "checkpoint is not of the official network",
            where=where,
            came=f"missing {missing[:4] or 'none'}, extra {extra[:4] or 'none'}",
            expected=f"the {len(names)} tensors fc1.weight … t_map_fc3.bias",
            next_step="give an adapter for another architecture",
        )
    first, last = found["fc1.weight"][0], found["fc4.weight"][0]
    if len(first) != 2 or len(last) != 2 or round(last[0] ** 0.5) ** 2 != last[0]:
        raise Refusal(
            "checkpoint does not answer with a square matrix",
            where=where,
            came=f"fc1 {first}, fc4 {last}",
            expected="two-dimensional weights, d = n²",
        )
    for name, shape in shapes(first[0], first[1] - last[0], last[0]).items():
        if found[name] != (shape, "float32"):
            raise Refusal(
                "checkpoint has a misshapen tensor",
                where=f"{where}, {name}",
                came=f"{found[name][0]} {found[name][1]}",
                expected=f"{shape} float32",
            )


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
    if head.lstrip()[:1] == b"<":
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


def _read_own(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any], Schedule]:
    """Tensors, card and schedule of an own file, checked; no torch."""  # noqa: DOC201, DOC501
    from safetensors import SafetensorError, safe_open

    where = str(path)
    head = file_head(path, where)
    if not is_safetensors(head):
        raise Refusal(
            "file is not safetensors",
            where=where,
            next_step="python -m precompute import-checkpoint FILE.pt --out FILE.safetensors",
        )
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
            words = {"F32": "float32"}
            check_tensors(
                {
                    n: (tuple(s.get_shape()), words.get(s.get_dtype(), s.get_dtype()))
                    for n, s in slices.items()
                },
                where,
            )
            card = json.loads(metadata.get("card", "{}"))
            tensors = {name: file.get_tensor(name) for name in slices}
    except (SafetensorError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise Refusal("safetensors file is broken", where=where, came=str(error)) from error
    if metadata.get("format") != FORMAT or not isinstance(card, dict):
        raise Refusal(
            "safetensors file carries no card of this project",
            where=where,
            came=f"format {metadata.get('format')!r}",
            expected=FORMAT,
            next_step="python -m precompute import-checkpoint",
        )
    check_finite(tensors, where)
    return tensors, card, read_schedule(card.get("alphas_cumprod"), where)


def read_schedule(values: Any, where: str) -> Schedule:
    """The cosine schedule, or the one spelled in the card."""  # noqa: DOC201, DOC501
    if values is None:
        return cosine()
    try:
        alphas = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        alphas = np.empty(0)
    if alphas.shape != (LEVELS,) or not ((alphas > 0) & (alphas < 1)).all():
        raise Refusal(
            "schedule is unusable", where=where, came=values, expected=f"{LEVELS} numbers in (0, 1)"
        )
    if not (np.diff(alphas) < 0).all():
        raise Refusal("schedule is unusable", where=where, came=values, expected="falling ᾱ_t")
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


def read_digest(path: str | Path) -> str:
    """Digest of the model in an own file, recomputed from its tensors; needs no torch.

    Args:
        path: a safetensors file of this project.

    Returns:
        The digest.
    """
    tensors, _, schedule = _read_own(Path(path))
    return model_digest(tensors, schedule)


def read_card(path: str | Path) -> dict[str, Any]:
    """Card of an own file; needs no torch.

    Args:
        path: a safetensors file of this project.

    Returns:
        Task, size, how it was trained, its errors beside the baselines.
    """
    return _read_own(Path(path))[1]


def guess_task(n_in: int, d: int) -> str:
    """What a network's shapes say about its task.

    Args:
        n_in: entries of x.
        d: entries of y.

    Returns:
        "addition" where x is two matrices, else "" (inverse and completion have the same shapes).
    """
    return "addition" if n_in == 2 * d else ""


def load(
    path: str | Path, weights: Weights = "ema", adapter: str | None = None, task: str = ""
) -> "Energy":
    """Load a model from an own file, an official checkpoint, or any file through an adapter.

    Args:
        path: safetensors of this project, or the official trainer's .pt.
        weights: official files hold two sets: the averaged ("ema") or the raw ones ("model").
        adapter: "module:function" of a foreign architecture; the function gets the path and returns
            an object as `energy.AdaptedEnergy` describes.
        task: what an official file was trained on (it does not say).

    Returns:
        A model with .schedule, .energy, .gradient, .hessian, .hessian_eigenvalues.

    Raises:
        Refusal: anything that is not a whole, finite checkpoint of the expected shapes.
    """
    path, where = Path(path), str(path)
    if weights not in ("ema", "model"):
        raise Refusal("unknown weights", where=where, came=weights, expected="ema, model")
    if task and task not in tasks.TASKS:
        raise Refusal("unknown task", where=where, came=task, expected=", ".join(tasks.TASKS))
    if adapter:
        return _load_adapted(path, adapter)
    if is_safetensors(file_head(path, where)):
        tensors, card, schedule = _read_own(path)
    else:
        from ired_interp_core.official_format import read_official

        tensors, card, schedule = read_official(path, weights)
    if task:
        card = {**card, "task": task}
    return from_tensors(tensors, card, schedule)


def from_tensors(
    tensors: Mapping[str, np.ndarray], card: Mapping[str, Any], schedule: Schedule | None = None
) -> "IredEnergy":
    """A model from checked tensors.

    Args:
        tensors: the sixteen tensors, float32.
        card: facts for a reader; `task` is taken from it.
        schedule: ᾱ_t; the official cosine schedule when left out.

    Returns:
        The model.
    """
    import torch

    from ired_interp_core.energy import IredEnergy

    schedule = schedule or cosine()
    d = len(tensors["fc4.bias"])
    task = str(card.get("task") or guess_task(tensors["fc1.weight"].shape[1] - d, d))
    return IredEnergy(
        {k: torch.from_numpy(np.array(v)) for k, v in tensors.items()},
        task=task,
        schedule=schedule,
        card={**card, "task": task, "size": round(d**0.5)},
        digest=model_digest(tensors, schedule),
    )


def _load_adapted(path: Path, adapter: str) -> "Energy":
    from ired_interp_core.energy import AdaptedEnergy

    module, _, function = adapter.partition(":")
    try:
        make = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise Refusal(
            "adapter cannot be imported",
            came=f"{adapter} ({error})",
            expected="module:function on the Python path",
        ) from error
    file_head(path, str(path))
    sha = hashlib.sha256(f"adapter {adapter}".encode())
    with open(path, "rb") as file:
        for chunk in iter(lambda: file.read(2**20), b""):
            sha.update(chunk)
    card = {"adapter": adapter, "source_file": path.name}
    return AdaptedEnergy(make(path), sha.hexdigest()[:KEY_LENGTH], card)


def to_bytes(model: "IredEnergy") -> bytes:
    """A model in the own format.

    Args:
        model: of the official network.

    Returns:
        The bytes of a safetensors file with its card in the header.
    """
    from safetensors.numpy import save

    tensors = {k: v.cpu().numpy() for k, v in model.weights.items()}
    card = {**model.card, "alphas_cumprod": [float(a) for a in model.schedule.alphas_cumprod]}
    return save(tensors, metadata={"format": FORMAT, "card": canonical_json(card)})


def save(model: "IredEnergy", path: str | Path) -> None:
    """Write a model in the own format, whole or not at all.

    Args:
        model: of the official network.
        path: target; replaced if it exists.

    Raises:
        Refusal: the target cannot be written.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(to_bytes(model))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise Refusal(
            "checkpoint cannot be written", where=str(path), came=error.strerror or str(error)
        ) from error
