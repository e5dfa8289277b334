"""Files → model. The door for foreign checkpoints; nothing here ever executes a pickle.

Definitions: docs/definitions.md §1.8.

Own format: safetensors with the sixteen tensors of the network and, in the header, a JSON card. The
official format is read by `official_format`. `read_digest` and `read_card` need no torch.
"""

import contextlib
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ired_interp_core import adapters, safetensors_head, state_dicts, tasks
from ired_interp_core.checkpoint_checks import (
    Weights,
    check_finite,
    check_task,
    check_tensors,
    file_head,
    is_safetensors,
    model_digest,
    read_schedule,
)
from ired_interp_core.errors import Refusal
from ired_interp_core.official_format import read_official, read_plain
from ired_interp_core.records import canonical_json
from ired_interp_core.schedule import Schedule, cosine

if TYPE_CHECKING:
    from ired_interp_core.energy import Energy
    from ired_interp_core.network import IredEnergy

FORMAT = "ired-interp-1"

IMPORT = "python -m precompute import-checkpoint FILE --out NEW.safetensors --task TASK"


def _read_own(
    path: Path, bare: bool = False
) -> tuple[dict[str, np.ndarray], dict[str, Any], Schedule]:
    """Tensors, card and schedule of an own file, checked; no torch."""
    from safetensors import safe_open

    where = str(path)
    head = file_head(path, where)
    if not is_safetensors(head):
        raise Refusal("file is not safetensors", where=where, next_step=IMPORT)
    table, metadata = safetensors_head.read(path, where)
    with safetensors_head.one_line(where):
        if metadata.get("format") != FORMAT:
            state_dicts.network(table, "model", where)  # names what it holds where it is another's
            if bare:
                return read_plain(path)
        if metadata.get("format") == FORMAT:
            check_tensors(table, where)
            card = json.loads(metadata.get("card", "{}"), parse_constant=_no_number)
    if metadata.get("format") != FORMAT or not isinstance(card, dict):
        raise Refusal(
            "safetensors file carries no card of this project",
            where=where,
            came=f"format {metadata.get('format')!r}",
            expected=f"format {FORMAT!r}, card a JSON object",
            next_step=IMPORT,
        )
    with safetensors_head.one_line(where), safe_open(path, framework="numpy") as file:
        tensors = {name: file.get_tensor(name) for name in table}
    check_finite(tensors, where)
    return tensors, card, read_schedule(card.get("alphas_cumprod"), where)


def _no_number(word: str) -> float:
    raise ValueError(f"{word} in the card, which JSON does not know")


def read_digest(path: str | Path) -> str:
    """Digest of the model in an own file, recomputed from its tensors; needs no torch.

    Args:
        path: a safetensors file of this project.

    Returns:
        The digest.
    """
    tensors, _, schedule = _read_own(Path(path))
    return model_digest(tensors, schedule)


def read_card(path: str | Path, weights: Weights = "ema", task: str = "") -> dict[str, Any]:
    """Card of an own file; needs no torch.

    Args:
        path: a safetensors file of this project.
        weights: as for `load`.
        task: as for `load`.

    Returns:
        Task, size, how it was trained, its errors beside the baselines.
    """
    tensors, card, _ = _read_own(Path(path))
    _check_set(card, weights, str(path))
    return _settled(card, tensors, task, str(path))


def _check_set(card: Mapping[str, Any], weights: Weights, where: str) -> None:
    """An own file holds one set of weights, and says which: never the averaged ones as the raw."""
    if weights == "model" and card.get("weights") == "ema":
        raise Refusal(
            "file holds the averaged weights only",
            where=where,
            came='weights "model"',
            expected="ema",
            next_step="take the raw ones from the official file",
        )


def _settled(
    card: Mapping[str, Any], tensors: Mapping[str, np.ndarray], task: str, where: str
) -> dict[str, Any]:
    """The card with the task asked for, or its own, and the size that the tensors have."""
    d = len(tensors["fc4.bias"])
    said = task or card.get("task") or ""
    settled = check_task(said, tensors["fc1.weight"].shape[1] - d, d, where)
    return {**card, "task": settled, "size": round(d**0.5)}


def load(
    path: str | Path,
    weights: Weights = "ema",
    adapter: str | None = None,
    task: str = "",
    *,
    bare: bool = False,
) -> "Energy":
    """Load a model from an own file, an official checkpoint, or any file through an adapter.

    Args:
        path: safetensors of this project, or the official trainer's .pt.
        weights: official files hold two sets: the averaged ("ema") or the raw ones ("model").
        adapter: "module:function" of a foreign architecture; the function gets the path and returns
            an object as `energy.AdaptedEnergy` describes.
        task: what an official file was trained on (it does not say).
        bare: take safetensors without a card too, as they are imported.

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
        return adapters.load(path, adapter)
    if is_safetensors(file_head(path, where)):
        tensors, card, schedule = _read_own(path, bare)
        _check_set(card, weights, where)
    else:
        tensors, card, schedule = read_official(path, weights)
    return from_tensors(tensors, _settled(card, tensors, task, where), schedule)


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

    from ired_interp_core.network import IredEnergy

    schedule = schedule or cosine()
    card = _settled(card, tensors, "", "from_tensors")
    return IredEnergy(
        {k: torch.from_numpy(np.array(v)) for k, v in tensors.items()},
        task=card["task"],
        schedule=schedule,
        card=card,
        digest=model_digest(tensors, schedule),
    )


def to_bytes(model: "IredEnergy") -> bytes:
    """A model in the own format.

    Args:
        model: of the official network.

    Returns:
        The bytes of a safetensors file with its card in the header.
    """
    from safetensors.numpy import save

    tensors = {k: v.cpu().numpy() for k, v in model.weights.items()}
    known = {**model.card, "alphas_cumprod": [float(a) for a in model.schedule.alphas_cumprod]}
    card = canonical_json(known)
    safetensors_head.check_card(card, "card of the model")
    return save(tensors, metadata={"format": FORMAT, "card": card})


def save(model: "IredEnergy", path: str | Path) -> None:
    """Write a model in the own format, whole or not at all.

    Args:
        model: of the official network.
        path: target; replaced if it exists.

    Raises:
        Refusal: the target cannot be written.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        with open(temporary, "xb") as file:  # never through a link in its place
            file.write(to_bytes(model))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise Refusal(
            "checkpoint cannot be written", where=str(path), came=error.strerror or str(error)
        ) from error
