"""Walked problems of a small model, and dictionaries of what was seen there, in memory."""

from functools import cache
from typing import Any

import numpy as np
import torch
import xarray as xr
from answers import Kept
from cases import small
from dictionary_records import dictionary, question, run

from ired_interp_core import tasks
from ired_interp_core.desk import Desk
from ired_interp_core.dictionaries.dictionary import Dictionary
from ired_interp_core.energy import Energy
from ired_interp_core.records import Block, Gathered, ProblemSet


@cache
def tiny(task: str = "inverse") -> Energy:
    return small(3, task)


def world(
    atoms: xr.Dataset, task: str = "inverse", count: int = 10, site: str = "gradient",
    desk: Desk | None = None, model: Energy | None = None, **descent: Any,
) -> Gathered:  # fmt: skip
    """Everything that metrics and causal effects read, with an own sampler."""
    p = tasks.problems(task, count, 0, size=3)
    problems, model = ProblemSet(task, "same", 3, 0), model or tiny(task)
    block = Block(problems, 0, p.x, p.y, {"model": model})
    descent = {"polish_iterations": 0, **descent}
    walked = run("descent", block, **descent)
    seen = run("activations", Block(problems, 0, p.x, p.y, {"model": model}, {"descent": walked}),
               site=site)  # fmt: skip
    return Gathered(
        problems,
        count,
        {"model": model},
        {
            "dictionary": Kept(question("dictionary"), atoms),
            "activations": Kept(question("activations", {"site": site, "highest_level": 9}), seen),
            "descent": Kept(question("descent", descent), walked),
            "properties": Kept(question("problem_properties"), run("problem_properties", block)),
        },
        desk or Desk(),
    )


def values(given: Gathered) -> np.ndarray:
    """Activations [problem, level, step, unit]."""
    return given.upstream["activations"].read()["activation"].values


def identity(d: int = 9) -> xr.Dataset:
    """Atoms ±e_i: every input is rebuilt."""
    return dictionary(np.concatenate([np.eye(d), -np.eye(d)]), variant="relu")


def silent(d: int = 9, m: int = 5, centre: float | np.ndarray = 0.0) -> xr.Dataset:
    """No feature is ever active: x̂ is the centre."""
    return dictionary(np.eye(d)[:m], bias=-1e9, centre=centre, variant="relu")


def rough(seed: int = 0, m: int = 20, d: int = 9, **parameters: Any) -> xr.Dataset:
    """Random atoms, all of them in use."""
    w = np.random.default_rng(seed).normal(size=(m, d))
    w /= np.linalg.norm(w, axis=1, keepdims=True)
    parameters = {"variant": "topk", "k": 3, "scale": 2.0, "centre": 0.05, **parameters}
    return dictionary(w, **parameters)


def plain_codes(d: Dictionary, x: np.ndarray) -> np.ndarray:
    """Codes [N, m] in float64, input by input."""
    out = []
    for row in x.reshape(-1, x.shape[-1]).astype(float):
        z = d.encoder.double().numpy() @ (d.scale * (row - d.centre.double().numpy()))
        z = z + d.encoder_bias.double().numpy()
        f = np.where(z > d.threshold.double().numpy(), z, 0)
        if d.k:
            f[np.argsort(-z)[d.k :]] = 0
        out.append(f)
    return np.array(out)


def plain_rebuild(d: Dictionary, f: np.ndarray) -> np.ndarray:
    return d.centre.numpy() + (f @ d.decoder.double().numpy() + d.decoder_bias.numpy()) / d.scale


def loaded(atoms: xr.Dataset) -> Dictionary:
    return Dictionary.from_dataset(atoms)


def tensor(array: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(array))
