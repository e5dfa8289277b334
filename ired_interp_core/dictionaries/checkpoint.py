"""A training as bytes and back: safetensors, never pickle."""

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from ired_interp_core.dictionaries.names import LOG

if TYPE_CHECKING:
    from ired_interp_core.dictionaries.training import Training

FORMAT = 2
"""Raised when a checkpoint of older code must not be continued."""


def snapshot(training: "Training") -> bytes:
    """Everything that the next step depends on, and the log so far.

    Args:
        training: under way.

    Returns:
        A safetensors file; its entry `about` is JSON.
    """
    tensors = _fixed(training) | {
        "log": torch.tensor(training.log, dtype=torch.float64).reshape(-1, len(LOG)),
        "penalty/first": torch.from_numpy(training.penalty.first),
        "penalty/second": torch.from_numpy(training.penalty.second),
        "about": torch.frombuffer(
            bytearray(json.dumps(_identity(training) | _numbers(training)).encode()),
            dtype=torch.uint8,
        ),
    }
    tensors |= {f"pairs/{step}": torch.from_numpy(p) for step, p in training.pairs.items()}
    return save({name: t.detach().cpu().contiguous() for name, t in tensors.items()})


def restore(training: "Training", content: bytes) -> bool:
    """Continue where a checkpoint was written, if it is one of the very same training.

    Args:
        training: fresh; left as it is if the checkpoint is of another one, or none.
        content: as `snapshot` gives.

    Returns:
        Whether it was taken.
    """
    try:
        tensors = load(content)
        about = json.loads(bytes(tensors.pop("about").numpy()))
        numbers = {name: kind(about[name]) for name, kind in NUMBERS.items()}
    except (SafetensorError, ValueError, KeyError, TypeError):
        return False
    mine = _fixed(training)
    same = {n: (t.shape, t.dtype) for n, t in tensors.items() if n in mine}
    if any(about.get(k) != v for k, v in _identity(training).items()) or same != {
        n: (t.shape, t.dtype) for n, t in mine.items()
    }:
        return False
    for name, mine_now in mine.items():
        mine_now.copy_(tensors[name])
    training.step, training.taken = numbers["step"], numbers["taken"]
    training.variant.smallest = numbers["smallest"]
    training.penalty.tau, training.penalty.started = numbers["tau"], numbers["started"]
    training.penalty.first = tensors["penalty/first"].numpy()
    training.penalty.second = tensors["penalty/second"].numpy()
    training.log = tensors["log"].tolist()
    training.pairs = {
        int(name.removeprefix("pairs/")): np.asarray(t)
        for name, t in tensors.items()
        if name.startswith("pairs/")
    }
    return True


NUMBERS: dict[str, type] = {
    "step": int, "taken": int, "smallest": float, "tau": float, "started": bool,
}  # fmt: skip


def _numbers(training: "Training") -> dict[str, Any]:
    """What changes from step to step and is no array."""
    return {
        "step": training.step,
        "taken": training.taken,
        "smallest": training.variant.smallest,
        "tau": training.penalty.tau,
        "started": training.penalty.started,
    }


def _identity(training: "Training") -> dict[str, Any]:
    """What must be equal for a checkpoint to be continued."""
    return {
        "format": FORMAT,
        "parameters": dict(training.parameters),
        "rows": training.stream.rows,
        "scale": training.stream.scale,
    }


def _fixed(training: "Training") -> dict[str, Tensor]:
    """Arrays of known shape: weights, Adam's moments, steps without activity."""
    tensors = {f"weights/{name}": w for name, w in training.weights.items()} | {
        "since": training.since
    }
    for name, weight in training.weights.items():
        state = training.adam.state[weight]
        if not state:  # as Adam itself begins
            state["step"] = torch.zeros((), dtype=torch.float32, device=weight.device)
            state["exp_avg"] = torch.zeros_like(weight)
            state["exp_avg_sq"] = torch.zeros_like(weight)
        tensors |= {f"adam/{name}/{key}": state[key] for key in ("step", "exp_avg", "exp_avg_sq")}
    return tensors
