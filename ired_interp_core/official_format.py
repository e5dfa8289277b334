"""The official trainer's checkpoint file, read without executing pickles.

Definitions: docs/definitions.md §1.8.

`torch.save` of a dict: step, model, opt, ema, scaler. `ema` holds `ema_model.*` (averaged) and
`online_model.*`; `model` the raw network; `*model.ebm.*` are the network's tensors, beside them the
schedule buffers.
"""

import pickle
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ired_interp_core.checkpoint_checks import (
    MAX_BYTES,
    Weights,
    check_finite,
    check_tensors,
    guess_task,
    read_schedule,
)
from ired_interp_core.errors import Refusal
from ired_interp_core.schedule import Schedule

PREFIX = {"ema": ("ema", "ema_model.model.ebm."), "model": ("model", "model.ebm.")}
BUFFER = {"ema": "ema_model.alphas_cumprod", "model": "alphas_cumprod"}


def read_official(
    path: Path, weights: Weights
) -> tuple[dict[str, np.ndarray], dict[str, Any], Schedule]:
    """Tensors, card and schedule of an official checkpoint.

    Args:
        path: the .pt file.
        weights: the averaged or the raw set.

    Returns:
        Name → array (float32, finite, of the expected shapes), a card, the schedule.

    Raises:
        Refusal: anything else than a whole official checkpoint.
    """
    where = str(path)
    whole = _load(path)
    if not isinstance(whole, dict) or not isinstance(whole.get("model"), dict):
        came = sorted(map(str, whole))[:6] if isinstance(whole, dict) else type(whole).__name__
        raise Refusal(
            "file is not a checkpoint of the official trainer",
            where=where,
            came=came,
            expected="a dict of step, model, opt, ema, scaler",
        )
    group, prefix = PREFIX[weights]
    state = whole.get(group)
    if not isinstance(state, dict):
        raise Refusal(
            f"checkpoint has no {group} weights",
            where=where,
            came=", ".join(map(str, whole)),
            next_step="ask for the raw ones (--weights model)",
        )
    found = {
        k.removeprefix(prefix): v
        for k, v in state.items()
        if isinstance(k, str) and isinstance(v, torch.Tensor) and k.startswith(prefix)
    }
    table = {k: (tuple(v.shape), str(v.dtype).removeprefix("torch.")) for k, v in found.items()}
    check_tensors(table, where)
    buffer = state.get(BUFFER[weights])
    _check_backed({**found, "alphas_cumprod": buffer}, where)
    tensors = {k: np.ascontiguousarray(v.detach().numpy()) for k, v in found.items()}
    check_finite(tensors, where)
    if isinstance(buffer, torch.Tensor):
        real = buffer.dtype.is_floating_point
        buffer = buffer.double().tolist() if real else f"{buffer.dtype} {tuple(buffer.shape)}"
    schedule = read_schedule(buffer, where)
    d = len(tensors["fc4.bias"])
    card: dict[str, Any] = {
        "task": guess_task(tensors["fc1.weight"].shape[1] - d, d),
        "weights": weights,
        "source_file": path.name,
    }
    step = whole.get("step")
    if isinstance(step, int) and not isinstance(step, bool):
        card["steps"] = step
    return tensors, card, schedule


def _load(path: Path) -> Any:
    """Read the archive with `weights_only=True`; every failure in one line."""
    where = str(path)
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                unpacked = sum(item.file_size for item in archive.infolist())
            if unpacked > MAX_BYTES:
                raise Refusal(
                    "checkpoint unpacks to an impossible size",
                    where=where,
                    came=f"{unpacked} bytes",
                    expected=f"at most {MAX_BYTES}",
                )
        # Given the path, torch would choose a reader by its ending; its warnings help no user.
        with path.open("rb") as file, warnings.catch_warnings(action="ignore"):
            return torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise Refusal(
            "checkpoint is not plain tensors, or is garbage; it was not executed",
            where=where,
            # torch's own words advise to switch the protection off: not repeated here
            came="other objects than tensors, or no pickle at all",
            expected="a dict of tensors saved by the official trainer",
        ) from error
    except (RuntimeError, EOFError, OSError, ValueError, KeyError, zipfile.BadZipFile,
            AttributeError, TypeError, IndexError, AssertionError, MemoryError,
            ModuleNotFoundError) as error:  # fmt: skip
        if isinstance(error, Refusal):
            raise
        line = (str(error).splitlines() or [type(error).__name__])[0]
        raise Refusal(
            "checkpoint is broken or cut short",
            where=where,
            # again never torch's advice to switch the protection off
            came=type(error).__name__ if "weights_only" in line else line.partition(". ")[0],
            next_step="copy the file again and compare its size",
        ) from error


def _check_backed(tensors: dict[str, Any], where: str) -> None:
    """Refuse views that claim more than their storage holds: 1.6 kB can claim 160 GB."""
    for name, tensor in tensors.items():
        if isinstance(tensor, torch.Tensor):
            claimed = tensor.numel() * tensor.itemsize
            dense = tensor.layout == torch.strided and tensor.device.type == "cpu"
            held = tensor.untyped_storage().nbytes() if dense else 0
            if held < claimed:
                raise Refusal(
                    "tensor claims more than the file holds",
                    where=f"{where}, {name}",
                    came=f"{claimed} bytes on {held} stored",
                    expected="dense tensors",
                )
