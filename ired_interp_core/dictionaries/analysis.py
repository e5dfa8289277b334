"""The analysis `dictionary`: activations of a set in, a trained dictionary out."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from torch import Tensor

from ired_interp_core import registry
from ired_interp_core.desk import Desk
from ired_interp_core.dictionaries.dictionary import STANDARDS, Dictionary
from ired_interp_core.dictionaries.split import held_out
from ired_interp_core.dictionaries.standard import standardise
from ired_interp_core.dictionaries.stream import ArrayPieces, ProblemPieces, Stream
from ired_interp_core.dictionaries.training import train
from ired_interp_core.errors import Refusal
from ired_interp_core.records import Gathered
from ired_interp_core.schema import coerce_parameters

FEATURE, UNIT, ITERATION = ("feature",), ("unit",), ("iteration",)


def dictionary_dataset(gathered: Gathered, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Train on the problems that are not held out, as declared in `analyses/dictionary.py`.

    Args:
        gathered: activations and a desk.
        parameters: as the analysis declares.

    Returns:
        The declared variables.
    """
    activations, indices = gathered.upstream["activations"], np.arange(gathered.count)
    asked = (parameters[word] for word in STANDARDS)
    standard = standardise(activations, indices[~held_out(indices)], *asked)
    pieces = ProblemPieces(activations, gathered.count, standard)
    stream = Stream(pieces, parameters["seed"], gathered.device)
    training = train(stream, parameters, gathered.desk, gathered.device)
    learned = training.dictionary()
    matrix, numbers = (*FEATURE, *UNIT), lambda tensor: tensor.cpu().numpy()
    cells = {
        f"{word}_step": (("level", "step", "unit")[: values.ndim], values.astype("f4"))
        for word in ("centre", "scale")
        if (values := getattr(standard, word)) is not None
    }
    first = {"level": 0, "step": 0 if standard.states == "after" else -1}
    coords = {
        dim: first[dim] + np.arange(size)
        for dims, values in cells.values()
        for dim, size in zip(dims, values.shape, strict=True)
        if dim in first
    }
    return xr.Dataset(
        {
            "decoder": (matrix, numbers(learned.decoder)),
            "encoder": (matrix, numbers(learned.encoder)),
            "encoder_bias": (FEATURE, numbers(learned.encoder_bias)),
            "decoder_bias": (UNIT, numbers(learned.decoder_bias)),
            "threshold": (FEATURE, numbers(learned.threshold)),
            "centre": (UNIT, numbers(learned.centre)),
            "scale": ((), np.float64(learned.scale)),
            "steps_taken": ((), np.int64(training.taken)),
            "samples_seen": ((), np.int64(training.step * parameters["batch"])),
            "training_samples": ((), np.int64(stream.distinct)),
        }
        | cells
        | {f"log_{name}": (ITERATION, column) for name, column in learned.log.items()},
        coords=coords,
    )


def fit_array(
    activations: Tensor | np.ndarray,
    chosen: Mapping[str, Any],
    further: Mapping[str, Any],
    device: str,
) -> Dictionary:
    """Train on an array; nothing is held out.

    Args:
        activations: [N, d].
        chosen: variant, features and seed.
        further: other parameters of the analysis `dictionary`.
        device: torch device name.

    Returns:
        The dictionary.

    Raises:
        Refusal: a parameter that has another name here, or has no meaning for an array.
    """
    if wrong := {"features", "problems", *STANDARDS} & set(further):
        raise Refusal(
            "unknown parameter", where="fit", came=", ".join(wrong), expected="n_features"
        )
    declared = registry.get("dictionary").parameters
    parameters = coerce_parameters(declared, {**further, **chosen}, "fit")
    stream = Stream(ArrayPieces(activations), parameters["seed"], device)
    return train(stream, parameters, Desk(), device).dictionary()
