"""Small answers made from the real declarations, for the tests of the store."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from ired_interp_core import registry
from ired_interp_core.records import ProblemSet, Question, seeded
from store import publish_model, publish_problem_set, shards

PROBLEMS = ProblemSet("inverse", "same", 4, 7)
MODEL = "0123456789abcdef01234567"

SIZES = {
    "problem": 4, "level": 10, "step": 6, "place": 4, "eigenvalue": 16, "vector": 2, "row": 4,
    "col": 4, "part": 1, "a": 9, "b": 9, "axis": 2, "point": 4, "baseline": 3,
}  # fmt: skip
PROVENANCE = {"seconds": 0.25, "host": "node1", "device": "cpu", "commit": "abc"}


def question(analysis: str = "hessian_spectrum", **parameters: Any) -> Question:
    """A question of a real analysis about `MODEL` and `PROBLEMS`, on a descent by default."""
    declared = registry.get(analysis)
    inputs = {}
    for role, what in declared.inputs.items():
        if not what.needed:
            continue
        if what.kind == "answer":
            inputs[role] = question(what.analysis).key
        else:
            inputs[role] = MODEL if what.kind == "model" else PROBLEMS.digest
    return declared.question(inputs, parameters)


def answer(
    asked: Question, start: int = 0, rows: int = 4, sizes: Mapping[str, int] = SIZES
) -> xr.Dataset:
    """A conforming answer: each entry a pure function of question, variable and problem."""
    declared = registry.get(asked.analysis)
    # A dim of labels that the caller does not size has them all.
    extent = {name: len(dim.labels) for name, dim in declared.schema.dims.items()} | dict(sizes)
    data = {}
    for name, v in declared.schema.variables.items():
        if v.when and not asked.parameters.get(v.when):
            continue
        shape = [extent[d] for d in v.dims if d != "problem"]
        if "problem" in v.dims:
            made = [_values(v, shape, asked.key, name, i) for i in range(start, start + rows)]
            data[name] = (v.dims, np.stack(made))
        else:
            data[name] = (v.dims, _values(v, shape, asked.key, name, 0))
    dims = {d for dims, _ in data.values() for d in dims}
    coords: dict[str, Any] = {d: np.array(labels[: extent[d]]) for d in dims
                              if (labels := declared.schema.dims[d].labels)}  # fmt: skip
    coords["problem"] = np.arange(start, start + rows)
    result = xr.Dataset(data, coords)
    return declared.schema.conform(result, asked.parameters, "answer")


def _values(v: Any, shape: list[int], *words: int | str) -> np.ndarray:
    generator = seeded(*words)
    if v.dtype.startswith("int"):
        return generator.integers(0, max(2, len(v.flags)), shape).astype(v.dtype)
    return generator.normal(size=shape).astype(v.dtype)


def fill(root: Path | str, asked: Question, blocks: int = 2, rows: int = 4) -> None:
    """Publish some blocks with everything a catalog needs to show them."""
    publish_problem_set(root, PROBLEMS)
    publish_model(root, MODEL, b"weights of a model", {"task": "inverse", "size": 4})
    for i in range(blocks):
        shards.publish(root, asked, i * rows, answer(asked, i * rows, rows), PROVENANCE)
