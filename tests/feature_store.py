"""A store with small dictionaries that conform to the declarations, without torch: for the app."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import synthetic
import xarray as xr
from feature_values import (
    ACTIVE,
    COUNT,
    POINT,
    SIDE,
    Made,
    Values,
    causal,
    mapped,
    matched,
    metrics,
    record,
    sparse,
    trained,
)

import store
from ired_interp_core import registry
from ired_interp_core.dictionaries.names import CONCEPTS, QUANTILES, SHARES
from ired_interp_core.records import ProblemSet, Question, seeded
from ired_interp_core.tasks import PROPERTIES

PROBLEMS = ProblemSet("inverse", "same", SIDE, 0)
DICTIONARIES: tuple[dict[str, Any], ...] = (
    {"features": 64, "k": ACTIVE, "seed": 0},
    {"features": 64, "k": ACTIVE, "seed": 1},
    {"features": 64, "k": ACTIVE, "seed": 0, "orthogonality": "pairs"},
    {"features": 32, "k": ACTIVE, "seed": 0, "variant": "batch_topk"},
)
"""The first two are matched; the last one was trained only, and nothing is measured of it."""


def make(
    root: Path, dictionaries: Sequence[Mapping[str, Any]] = DICTIONARIES, measured: int = 3
) -> Path:
    """Write a subject, its activations, dictionaries and what stands downstream; collect.

    Args:
        root: of the store.
        dictionaries: their parameters.
        measured: of how many, the first ones, everything downstream is there.
    """
    synthetic.make(root, COUNT, PROBLEMS)
    known = {q["analysis"]: q["key"] for q in store.read_run(root, "synthetic")["questions"]}
    given = {"model": synthetic.model_digest(), "problems": PROBLEMS.digest}
    given |= {"descent": known["descent"], "properties": known["problem_properties"]}
    asked: list[dict[str, Any]] = []

    def publish(name: str, values: Any, parameters: Mapping[str, Any], **inputs: str) -> Question:
        declared = registry.get(name)
        roles = {r: (given | inputs)[r] for r in declared.inputs}
        if declared.scope == "set":
            parameters = {**parameters, "problems": COUNT}
        question = declared.question(roles, parameters)
        found = values(question) if callable(values) else values
        dataset = conforming(question, found)
        block = declared.scope == "block"
        for start in range(0, COUNT if block else 1, 16):
            piece = dataset.isel(problem=slice(start, start + 16)) if block else dataset
            store.shards.publish(root, question, start, piece, {"seconds": 12.5, "device": "cpu"})
        asked.append({"key": question.key, "analysis": name, "count": COUNT if block else 1})
        return question

    first: list[Made] = []

    def activations(question: Question) -> Values:
        base = Made(
            registry.get("dictionary")
            .question({"activations": question.key}, dictionaries[0])
            .parameters,
            question,
        )
        noise = 0.1 * seeded("noise").standard_normal((*POINT, SIDE**2))
        return {"activation": (("problem", "level", "step", "unit"),
                               base.codes @ base.decoder + noise)}  # fmt: skip

    source = publish("activations", activations, {})
    for parameters in dictionaries:
        full = registry.get("dictionary").question(
            {"activations": source.key}, {**parameters, "problems": COUNT}
        )
        made = Made(full.parameters, full)
        publish("dictionary", trained(made), parameters, activations=source.key)
        first.append(made)
    for made in first[:measured]:
        inputs = {"dictionary": made.question.key, "activations": source.key}
        publish("dictionary_metrics", metrics(made), {}, **inputs)
        publish("dictionary_features", record(made), {}, **inputs)
        publish("dictionary_causal", causal(made), {}, **inputs)
        publish("dictionary_map", mapped(made), {}, **inputs)
        publish("dictionary_codes", sparse(made), {}, **inputs)
    if len(first) > 1:
        pair = {"one": first[0].question.key, "other": first[1].question.key}
        publish("dictionary_match", matched(*first[:2]), {}, **pair, activations=source.key)
    record_ = store.read_run(root, "synthetic")
    store.write_run(root, "dictionaries", {**record_, "name": "dictionaries", "questions": asked})
    store.catalog.collect(root)
    return root


def conforming(question: Question, values: Values) -> xr.Dataset:
    """Values where given, NaN or 0 of the declared shape elsewhere."""
    declared = registry.get(question.analysis)
    sizes = {d: n for dims, array in values.values() for d, n in zip(dims, np.shape(array),
                                                                    strict=True)}  # fmt: skip
    data = {}
    for name, v in declared.schema.variables.items():
        if v.when and not question.parameters.get(v.when):
            continue
        dims, array = values.get(name, (v.dims, None))
        if array is None:
            empty = np.nan if v.dtype.startswith("float") else 0
            array = np.full([sizes[d] for d in v.dims], empty)
        data[name] = (dims, np.asarray(array).astype(v.dtype))
    names = {
        "concept": CONCEPTS, "property": tuple(PROPERTIES), "share": SHARES, "quantile": QUANTILES,
    }  # fmt: skip
    used = {d for dims, _ in data.values() for d in dims}
    dataset = xr.Dataset(data, {d: np.array(c) for d, c in names.items() if d in used})
    if "problem" in used:
        dataset = dataset.assign_coords(problem=np.arange(COUNT))
    return declared.schema.conform(dataset, question.parameters, where="feature_store")
