"""The official trainer's checkpoint file, or another with its network, read without executing it.

Definitions: docs/definitions.md §1.8.

`torch.save` of a dict: step, model, opt, ema, scaler. `ema` holds `ema_model.*` (averaged) and
`online_model.*`; `model` the raw network; `*model.ebm.*` are the network's tensors, beside them the
schedule buffers. A bare state dict of the network is read too, as are safetensors without a card.
No torch.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ired_interp_core import safetensors_head, state_dicts, torch_file
from ired_interp_core.checkpoint_checks import (
    Weights,
    check_finite,
    check_levels,
    check_tensors,
    guess_task,
    read_schedule,
)
from ired_interp_core.errors import Refusal
from ired_interp_core.pickled import Described, Opaque
from ired_interp_core.schedule import Schedule, cosine

EXACT = ("float16", "bfloat16")
"""Types whose every number float32 holds."""

Model = tuple[dict[str, np.ndarray], dict[str, Any], Schedule]
"""Tensors, card and schedule."""


def read_official(path: Path, weights: Weights) -> Model:
    """Tensors, card and schedule of an official checkpoint.

    Args:
        path: the .pt file.
        weights: the averaged or the raw set.

    Returns:
        Name → array (float32, finite, of the expected shapes), a card, the schedule.

    Raises:
        Refusal: anything else than a whole official checkpoint; before tensors are read where their
            names and shapes say so.
    """
    where = str(path)
    try:
        with path.open("rb") as file:
            archive = torch_file.opened(file, path)
            state, card = _state(archive.whole, weights, where)
            dense = {k: v for k, v in state.items() if isinstance(v, Described)}
            table = {k: _form(v) for k, v in state.items() if isinstance(k, str)}
            names = state_dicts.network(table, weights, where)
            for name, there in names.tensors.items():
                if there in dense:
                    dense[there].check(f"{where}, {name}")

            def read(there: str) -> np.ndarray:
                return archive.read(dense[there], there)

            if names.buffer:
                check_levels(*table[names.buffer], where)
            buffer = read(names.buffer).astype("f8").tolist() if names.buffer in dense else None
            tensors, stored = _tensors(names.tensors, table, read, where)
    except OSError as error:
        raise Refusal(
            "checkpoint cannot be opened", where=where, came=error.strerror or str(error)
        ) from error
    return tensors, _card(tensors, card | stored, path), read_schedule(buffer, where)


def read_plain(path: Path) -> Model:
    """The network out of safetensors that carry no card, such as another program's.

    Args:
        path: the file.

    Returns:
        As `read_official`, with the official schedule; a `Refusal` where it is not this network.
    """
    from safetensors import safe_open

    where = str(path)
    table, _ = safetensors_head.read(path, where)
    names = state_dicts.network(table, "model", where)
    with safetensors_head.one_line(where), safe_open(path, framework="numpy") as file:

        def read(there: str) -> np.ndarray:
            if table[there][1] != "bfloat16":
                return np.asarray(file.get_tensor(there))
            return safetensors_head.bfloat16(path, there)

        tensors, stored = _tensors(names.tensors, table, read, where)
    return tensors, _card(tensors, {"weights": "unstated"} | stored, path), cosine()


def _form(value: Any) -> tuple[tuple[int, ...], str]:
    """Shape and type of a tensor; of anything else, its kind."""
    if isinstance(value, Described):
        return value.shape, value.word
    return (), value.name if isinstance(value, Opaque) else type(value).__name__


def _state(whole: Any, weights: Weights, where: str) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """The state dict that is meant, and what the file says of it."""
    if isinstance(whole, dict) and isinstance(whole.get("state_dict"), dict):
        whole = whole["state_dict"]
    if isinstance(whole, dict) and any(isinstance(v, Described) for v in whole.values()):
        return whole, {"weights": "unstated"}
    if not isinstance(whole, dict) or not isinstance(whole.get("model"), dict):
        came = sorted(map(str, whole))[:6] if isinstance(whole, dict) else type(whole).__name__
        raise Refusal(
            "file is not a checkpoint of the official trainer",
            where=where,
            came=came,
            expected="a dict of step, model, opt, ema, scaler, or a state dict",
        )
    state = whole.get(weights)
    if not isinstance(state, dict):
        raise Refusal(
            f"checkpoint has no {weights} weights",
            where=where,
            came=", ".join(map(str, whole)),
            next_step="ask for the raw ones (--weights model)",
        )
    step = whole.get("step")
    if isinstance(step, Described | Opaque) or type(step) is not int:
        return state, {"weights": weights}
    return state, {"weights": weights, "steps": step}


def _tensors(
    names: Mapping[str, str],
    table: Mapping[str, tuple[tuple[int, ...], str]],
    read: Callable[[str], np.ndarray],
    where: str,
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The tensors as float32, and under `stored_as` the narrower types they came in."""
    said = {n: table[there] for n, there in names.items()}
    check_tensors({n: (s, "float32" if w in EXACT else w) for n, (s, w) in said.items()}, where)
    tensors = {n: np.ascontiguousarray(read(there), np.float32) for n, there in names.items()}
    check_finite(tensors, where)
    narrow = sorted({w for _, w in said.values()} - {"float32"})
    return tensors, {"stored_as": ", ".join(narrow)} if narrow else {}


def _card(
    tensors: Mapping[str, np.ndarray], known: Mapping[str, Any], path: Path
) -> dict[str, Any]:
    d = len(tensors["fc4.bias"])
    task = guess_task(tensors["fc1.weight"].shape[1] - d, d)
    return {"task": task, **known, "source_file": path.name}
