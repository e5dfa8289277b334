"""A small store with two series of checkpoints, made of numbers that conform, without torch."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from fake_store import PLANES, Fake, model_digest, variants
from kept import once

import store
from ired_interp_core import registry
from ired_interp_core.records import ProblemSet, digest, seeded

__all__ = ["COUNT", "PLANES", "PROBLEMS", "STEPS", "declining", "log", "make", "model"]

PROBLEMS = ProblemSet("inverse", "same", 4, 0)
STEPS = (0, 10, 100, 1000)
COUNT = 8
ANALYSES = ("problem_properties", "descent", "hessian_spectrum", "landscape_slice", "accuracy")
FEW = ("problem_properties", "descent")
"""Asked about the model that is in no series."""
LOG_EVERY = 100


def _model(name: str, step: int) -> str:
    """Both trainings begin with the same weights, as two of one seed do."""
    return f"{name} {step}" if step else "untrained"


def model(name: str, step: int) -> str:
    """Digest of a kept step."""
    return model_digest(_model(name, step))


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


@once
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
    kept = {_model(n, step): (n, step) for n in names for step in STEPS}
    if lonely:
        kept["lonely"] = ("lonely", 500)
    asked: dict[str, dict[str, Any]] = {}
    files = {}
    for weights, (name, step) in kept.items():
        fake = Fake(root, PROBLEMS, weights, COUNT, {"title": f"{name} {step}"})
        for analysis in analyses if name in names else FEW:
            for parameters in variants(analysis):
                fake.ask(analysis, _falling(analysis, step), parameters)
        asked |= {q["key"]: q for q in fake.asked}
        files[fake.model] = {"checkpoint": f"trained/{name}/series/step-{step:09d}.safetensors"}
    for name in names:
        recipe = {"task": "inverse", "size": 4, "negatives": name, "steps": STEPS[-1]}
        steps = tuple((step, model(name, step)) for step in STEPS)
        one = store.Series(digest(recipe), name, "inverse", 4, recipe, steps, log(name))
        store.publish_series(root, one)
    record = {"name": "series", "sweep": 'name = "series"\n', "questions": list(asked.values()),
              "models": files}  # fmt: skip
    store.write_run(root, "series", record)
    store.catalog.collect(root)
    return root


def _falling(analysis: str, step: int) -> dict[str, Callable[..., np.ndarray]]:
    """Errors that fall from step to step."""
    more = 1 + 100 / (1 + step)
    if analysis == "accuracy":
        names = registry.get(analysis).schema.variables
        return dict.fromkeys(names, lambda rng, shape: rng.uniform(0.01, 0.02, shape) * more)
    if analysis != "descent":
        return {}
    names = ("mse", "mse_final", "mse_official")
    return dict.fromkeys(names, lambda rng, shape: 0.02 * rng.lognormal(-1, 0.5, shape) * more)


def declining(values: np.ndarray) -> bool:
    """Whether numbers by step fall, as the errors of this store do."""
    return bool((np.diff(values) < 0).all())
