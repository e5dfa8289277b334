"""A training as bytes and back: safetensors, never pickle."""

import json
from collections.abc import Mapping
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from ired_interp_core.training.trainer import Training

FORMAT = 1
"""Raised when a checkpoint of older code must not be continued."""


def snapshot(training: Training, more: Mapping[str, Any]) -> bytes:
    """Everything that the next step depends on.

    Args:
        training: under way.
        more: JSON-ready facts to keep beside, such as the seconds it took.

    Returns:
        A safetensors file; its entry `about` is JSON.
    """
    about = {**_identity(training), "step": training.step, "more": dict(more)}
    tensors = {n: t.detach().cpu().clone() for n, t in training.tensors.items()}
    tensors["about"] = torch.frombuffer(bytearray(json.dumps(about).encode()), dtype=torch.uint8)
    return save(tensors)


def restore(training: Training, content: bytes) -> dict[str, Any] | None:
    """Continue where a checkpoint was written, if it is one of the very same training.

    Args:
        training: fresh; left as it is if the checkpoint is of another one, or none.
        content: as `snapshot` gives.

    Returns:
        What was kept beside; None if the checkpoint was not taken.
    """
    try:
        tensors = load(content)
        about = json.loads(bytes(tensors.pop("about").numpy()))
        step, more = int(about["step"]), dict(about["more"])
    except (SafetensorError, ValueError, KeyError, TypeError):
        return None
    mine = training.tensors
    if any(about.get(k) != v for k, v in _identity(training).items()):
        return None
    if {n: (t.shape, t.dtype) for n, t in tensors.items()} != {
        n: (t.shape, t.dtype) for n, t in mine.items()
    }:
        return None
    for name, tensor in mine.items():
        tensor.copy_(tensors[name])
    training.step = step
    return more


def _identity(training: Training) -> dict[str, Any]:
    """What must be equal for a checkpoint to be continued."""
    return {"format": FORMAT, "recipe": training.recipe.identity}
