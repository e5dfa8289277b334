"""A small store with two series of checkpoints, made of numbers that conform, without torch."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import synthetic
import xarray as xr

import store
from ired_interp_core import registry
from ired_interp_core.records import ProblemSet, Question, digest, seeded

PROBLEMS = ProblemSet("inverse", "same", 4, 0)
STEPS = (0, 10, 100, 1000)
COUNT = 8
PLANES = synthetic.PLANES
ANALYSES = ("problem_properties", "descent", "hessian_spectrum", "landscape_slice", "accuracy")
FEW = ("problem_properties", "descent")
"""Asked about the model that is in no series."""
LOG_EVERY = 100


def model(name: str, step: int) -> str:
    """Both trainings begin with the same weights, as two of one seed do."""
    return synthetic.model_digest(f"{name} {step}" if step else "untrained")


def log(name: str) -> tuple[dict[str, Any], ...]:
    """Entries as a training writes them: means of 100 steps, and errors at the kept steps."""
    noise = seeded("log", name)
    entries: list[dict[str, Any]] = []
    for step in range(LOG_EVERY, STEPS[-1] + 1, LOG_EVERY):
        mse = float(20 / step * noise.uniform(0.8, 1.2))
        contrastive = 0.0 if name == "none" else 0.7 * mse
        entries.append({
            "step": step, "loss": mse + 0.5 * contrastive, "mse": mse, "contrastive": contrastive,
            "energy_real": 0.0, "energy_fake": 0.0, "gradient_norm": 3 * mse, "skipped": 0,
            "rate": 1e-4, "seconds": 0.1 * step,
        })  # fmt: skip
    for step in STEPS:
        same = 3.0 / (1 + step)
        errors = {"answer": same, "official_answer": same, "zero": 0.02, "scaled_identity": 0.014}
        entries.append({"step": step, "evaluation": {"same": errors, "harder": errors}})
    return tuple(sorted(entries, key=lambda e: e["step"]))


def make(
    root: Path,
    names: Sequence[str] = ("official", "none"),
    analyses: Sequence[str] = ANALYSES,
    lonely: bool = True,
) -> Path:
    """Write two trainings of four kept steps, their answers, a run record; collect.

    Args:
        root: of the store.
        names: of the trainings.
        analyses: asked about every step.
        lonely: whether a model that is in no series is there, too.
    """
    root.mkdir(parents=True, exist_ok=True)
    asked: dict[str, dict[str, Any]] = {}
    store.publish_problem_set(root, PROBLEMS)
    members = {model(n, step): (n, step) for n in names for step in STEPS}
    if lonely:
        members[synthetic.model_digest("lonely")] = ("lonely", 500)
    for address, (name, step) in members.items():
        weights = root.parent / f"{address}.weights"
        weights.write_bytes(b"no weights: synthetic")
        store.publish_model(root, address, weights, {**synthetic.CARD, "title": f"{name} {step}"})
        for question in _answers(root, address, analyses if name in names else FEW, step):
            asked[question.key] = {
                "key": question.key, "analysis": question.analysis, "count": COUNT,
            }  # fmt: skip
    for name in names:
        recipe = {"task": "inverse", "size": 4, "negatives": name, "steps": STEPS[-1]}
        kept = tuple((step, model(name, step)) for step in STEPS)
        one = store.Series(digest(recipe), name, "inverse", 4, recipe, kept, log(name))
        store.publish_series(root, one)
    known = {a: {"checkpoint": f"trained/{n}/series/step-{step:09d}.safetensors"}
             for a, (n, step) in members.items()}  # fmt: skip
    record = {"name": "series", "sweep": 'name = "series"\n', "questions": list(asked.values()),
              "models": known}  # fmt: skip
    store.write_run(root, "series", record)
    store.catalog.collect(root)
    return root


def _answers(root: Path, address: str, analyses: Sequence[str], step: int) -> list[Question]:
    found: list[Question] = []
    descent = ""
    for name in analyses:
        declared = registry.get(name)
        for parameters in synthetic._parameters(name, (2.0,)):
            roles: Mapping[str, str] = {
                "problems": PROBLEMS.digest, "model": address, "descent": descent,
            }  # fmt: skip
            inputs = {r: roles[r] for r in declared.inputs}
            if declared.scope == "set":
                parameters = {**parameters, "problems": COUNT}
            question = declared.question(inputs, parameters)
            descent = question.key if name == "descent" else descent
            found.append(question)
            if store.layout.question(root, question.analysis, question.key).exists():
                continue  # about the problems alone: answered once
            store.publish_question(root, question)
            whole = declared.scope == "set"
            block = (
                _mean(question, step) if whole else synthetic.answer(question, PROBLEMS, 0, COUNT)
            )
            for variable in set(block) & {"mse", "mse_final", "mse_official"}:
                if name == "descent":
                    block[variable] = block[variable] * (1 + 100 / (1 + step))
            store.shards.publish(root, question, 0, block, {"commit": "0" * 40})
    return found


SIZES = {"level": 10, "displacement": 3, "quantile": 5, "baseline": 2}


def _mean(question: Question, step: int) -> xr.Dataset:
    """Means over the problems, as `accuracy` might have given them."""
    declared = registry.get(question.analysis)
    noise = seeded("accuracy", question.key)
    data = {
        name: (v.dims, np.asarray(noise.uniform(0.01, 0.02, [SIZES[d] for d in v.dims])
                                  * (1 + 100 / (1 + step))).astype(v.dtype))
        for name, v in declared.schema.variables.items()
    }  # fmt: skip
    coords = {"baseline": np.array(["zero", "scaled_identity"])}
    return declared.schema.conform(xr.Dataset(data, coords), question.parameters, "series_store")


def declining(values: np.ndarray) -> bool:
    """Whether numbers by step fall, as the errors of this store do."""
    return bool((np.diff(values) < 0).all())
