"""Hand-made dictionaries, activations and properties, as the store would hand them over."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from ired_interp_core import registry, tasks
from ired_interp_core.records import Block, Gathered, ProblemSet, Question


class Held:
    """A stored answer, held in memory."""

    def __init__(self, question: Question, dataset: xr.Dataset) -> None:
        self.question, self._dataset = question, dataset

    @property
    def count(self) -> int:
        return self._dataset.sizes.get("problem", 1)

    def read(
        self, problems: Sequence[int] | None = None, variables: Iterable[str] | None = None
    ) -> xr.Dataset:
        found = self._dataset if variables is None else self._dataset[list(variables)]
        return found if problems is None else found.isel(problem=list(problems))


def question(name: str, parameters: Mapping[str, Any] | None = None) -> Question:
    spec = registry.get(name)
    return spec.question(dict.fromkeys(spec.inputs, "x"), parameters or {})


def dictionary(
    decoder: np.ndarray, encoder: np.ndarray | None = None, bias: float | np.ndarray = 0.0,
    scale: float = 1.0, centre: float | np.ndarray = 0.0, **parameters: Any,
) -> xr.Dataset:  # fmt: skip
    """The part of the analysis `dictionary` that is read, with its question."""
    m, d = decoder.shape
    encoder = decoder if encoder is None else encoder
    asked = question("dictionary", {"features": m} | parameters)
    return xr.Dataset(
        {
            "decoder": (("feature", "unit"), decoder.astype("f4")),
            "encoder": (("feature", "unit"), encoder.astype("f4")),
            "encoder_bias": (("feature",), np.broadcast_to(bias, m).astype("f4")),
            "decoder_bias": (("unit",), np.zeros(d, "f4")),
            "threshold": (("feature",), np.zeros(m, "f4")),
            "centre": (("unit",), np.broadcast_to(centre, d).astype("f4")),
            "scale": ((), np.float64(scale)),
        },
        attrs={"question": as_json(asked)},
    )  # fmt: skip


def activations(values: np.ndarray, site: str = "gradient") -> xr.Dataset:
    """Activations [problem, level, step, unit] with their question."""
    return xr.Dataset(
        {"activation": (("problem", "level", "step", "unit"), values.astype("f4"))},
        coords={"level": np.arange(values.shape[1])},
        attrs={"question": as_json(question("activations", {"site": site, "highest_level": 9}))},
    )


def gathered(
    atoms: xr.Dataset, values: xr.Dataset, task: str = "inverse", size: int = 4,
    properties: Mapping[str, np.ndarray] | None = None,
) -> Gathered:  # fmt: skip
    """A range of problems and its dictionary; the problems' own properties unless given."""
    count = values.sizes["problem"]
    if properties is None:
        p = tasks.problems(task, count, seed=0, size=size)
        properties = tasks.properties(task, p.x, p.y)
    table = xr.Dataset({k: (("problem",), v) for k, v in properties.items()})
    return Gathered(
        ProblemSet(task, "same", size, 0),
        count,
        upstream={
            "dictionary": Held(asked(atoms), atoms),
            "activations": Held(asked(values), values),
            "properties": Held(question("problem_properties"), table),
        },
    )


def asked(dataset: xr.Dataset) -> Question:
    return Question.from_dict(json.loads(dataset.attrs["question"]))


def run(name: str, given: Gathered | Block, **parameters: Any) -> xr.Dataset:
    """Compute and check against the declaration."""
    return registry.get(name).run(given, question(name, parameters).parameters)


def as_json(q: Question) -> str:
    return json.dumps(q.as_dict())
