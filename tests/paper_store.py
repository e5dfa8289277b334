"""Synthetic answers of `accuracy` that conform to the declaration, without torch: for the app.

Plausible in size and sign, and a pure function of their arguments, so that a test knows them.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from fake_store import Fake, model_digest

import store
from ired_interp_core import registry
from ired_interp_core.accuracy.names import DISPLACEMENTS, QUANTILES
from ired_interp_core.records import ProblemSet, Question
from ired_interp_core.schema import LEVELS
from store import tables as shipped

COUNT = 2000
BASELINES = {
    ("inverse", "same"): {"zero": 0.0207, "scaled_identity": 0.0141, "polynomial_1": 0.0095,
                          "polynomial_2": 0.0065, "polynomial_7": 0.0012},
    ("inverse", "harder"): {"zero": 0.2556, "scaled_identity": 0.229, "polynomial_1": 0.208,
                            "polynomial_7": 0.143, "polynomial_1_refitted": 0.18,
                            "polynomial_7_refitted": 0.068},
    ("completion", "same"): {"zero": 0.035, "copy_observed": 0.0175, "posterior_mean": 0.016},
    ("completion", "harder"): {"zero": 0.41, "copy_observed": 0.205, "posterior_mean": 0.157},
    ("addition", "same"): {"zero": 0.667, "exact": 0.0, "exact_undivided": 0.00013},
    ("addition", "harder"): {"zero": 4.17, "exact": 0.0, "exact_undivided": 0.0008},
}  # fmt: skip
MSE = {
    ("inverse", "same"): 0.00953, ("inverse", "harder"): 0.2081, ("completion", "same"): 0.0179,
    ("completion", "harder"): 0.2098, ("addition", "same"): 0.0004, ("addition", "harder"): 0.56,
}  # fmt: skip
"""Of the official sampler."""
NEAREST = {"inverse": "polynomial_1", "completion": "copy_observed", "addition": "exact"}
SETTINGS: tuple[dict[str, Any], ...] = (
    *({"inner_steps": n} for n in (1, 2, 3, 4, 5)),
    {"inner_steps": 0},
    {"jump": False},
    {"clip": 5.0},
)


def values(
    task: str, variant: str, setting: Mapping[str, Any], count: int = COUNT, worse: float = 1.0
) -> xr.Dataset:
    """One answer; `worse` multiplies the errors of the model."""
    known = BASELINES[task, variant]
    worse *= 1.0 + 0.02 * (5 - setting["inner_steps"]) + 0.5 * (not setting["jump"])
    mse = MSE[task, variant] * worse
    own = np.array(list(known.values()))
    is_near = np.array([n == NEAREST[task] for n in known])
    level = np.arange(LEVELS)
    fall = np.sqrt(mse) * (0.8 + 0.25 * level**1.5)
    numbers = {
        "measured_problems": count, "mse": mse, "mse_error": 0.01 * mse,
        "mse_official": 1.001 * mse, "mse_official_error": 0.01 * mse,
        "absolute_error": 0.8 * np.sqrt(mse), "absolute_error_error": 0.001,
        "inverse_residual": 1.03 if task == "inverse" else np.nan,
        "inverse_residual_error": 0.004 if task == "inverse" else np.nan,
        "prefers_wrong": 0.98, "prefers_wrong_error": 0.003,
        "truth_r2": 0.55, "truth_r2_low": 0.53, "truth_r2_high": 0.57,
    }  # fmt: skip
    r2 = np.where(is_near, 0.93, 0.4)
    sharp = (0.3 if task == "completion" else 0.0) * level / LEVELS
    energy = 5.0 + 20.0 * np.square(np.sqrt(np.array(DISPLACEMENTS)) - sharp[:, None])
    by_baseline = {
        "baseline_problems": np.full(own.size, min(count, 1000.0)), "baseline_mse": own,
        "baseline_mse_error": 0.01 * own, "difference": mse - own, "difference_error": 0.01 * own,
        "distance": np.where(is_near, 0.0007, 0.01), "distance_error": np.full(own.size, 1e-4),
        "r2": r2, "r2_low": r2 - 0.004, "r2_high": r2 + 0.004,
        "r2_truth": np.where(own == 0, 1.0, 0.54),
    }  # fmt: skip
    by_level = {
        "mse_level": fall**2, "mse_level_error": 0.01 * fall**2, "absolute_error_level": fall,
        "absolute_error_level_error": 0.01 * fall, "energy_answer_level": 5.0 + 0.0 * fall,
        "energy_truth_level": 6.0 + 0.0 * fall, "prefers_wrong_level": 0.9 + 0.0 * fall,
    }  # fmt: skip
    data = numbers | by_level | by_baseline
    data["mse_quantile"] = mse * np.array(QUANTILES)
    data["energy_displaced"] = energy
    data["energy_displaced_error"] = np.full(energy.shape, 0.05)
    declared = registry.get("accuracy").schema.variables
    return xr.Dataset(
        {n: (declared[n].dims, np.asarray(v, np.float64)) for n, v in data.items()},
        {"level": level, "baseline": list(known), "displacement": list(DISPLACEMENTS),
         "quantile": list(QUANTILES)},
    )  # fmt: skip


def question(task: str, variant: str, model: str, count: int = COUNT, **setting: Any) -> Question:
    """The question that such an answer answers."""
    problems = ProblemSet(task, variant, 20, 0)
    roles = {"model": model_digest(model), "problems": problems.digest}
    return registry.get("accuracy").question(roles, {**setting, "problems": count})


def make(
    root: Path,
    models: Mapping[str, tuple[str, Iterable[Mapping[str, Any]]]],
    count: int = COUNT,
    cards: Mapping[str, Mapping[str, Any]] = {},
    worse: Mapping[str, float] = {},
) -> Path:
    """Publish answers of some models (name → task and settings), a run, and collect."""
    asked = []
    for model, (task, settings) in models.items():
        card = {"task": task, "size": 20, "title": f"{task} {model}", **cards.get(model, {})}
        for variant in ("same", "harder"):
            fake = Fake(root, ProblemSet(task, variant, 20, 0), model, count, card)
            for setting in settings:
                one = question(task, variant, model, count, **setting)
                answer = values(task, variant, one.parameters, count, worse.get(model, 1.0))
                given = {str(n): a.values for n, a in answer.items()}
                coordinates = {"baseline": list(BASELINES[task, variant])}
                fake.ask("accuracy", given, setting, coordinates=coordinates)
            asked += fake.asked
    record = {"name": "accuracy", "sweep": 'name = "accuracy"\n', "questions": asked, "models": {}}
    store.write_run(root, "accuracy", record)
    store.catalog.collect(root)
    return root


def tables(
    path: Path,
    models: Mapping[str, str],
    settings: Iterable[Mapping[str, Any]] = SETTINGS,
    count: int = 20_000,
    cards: Mapping[str, Mapping[str, Any]] = {},
) -> Path:
    """Write a file in the form of the shipped tables."""
    rows: list[xr.Dataset] = []
    asked: dict[str, list[Any]] = {n: [] for n in shipped.coordinates()}
    for model, task in models.items():
        for variant in ("same", "harder"):
            for setting in settings:
                of = question(task, variant, model, count, **setting)
                rows.append(values(task, variant, of.parameters, count))
                about = {"task": task, "variant": variant, "size": 20, "problem_seed": 0}
                about |= {"model": of.inputs["model"], "key": of.key, **of.parameters}
                for name, column in asked.items():
                    column.append(about[name])
    names = list(dict.fromkeys(n for known in BASELINES.values() for n in known))
    data = xr.concat([r.reindex(baseline=names) for r in rows], "setting")
    facts = {"commit": "0" * 40, "dirty": 0, "device": "cpu", "seconds": 1.0, "sha256": "0" * 64}
    data = data.assign({n: ("setting", np.array([v] * len(rows))) for n, v in facts.items()})
    data = data.assign_coords({n: ("setting", np.array(v)) for n, v in asked.items()})
    data.attrs = dict.fromkeys(shipped.TEXTS, "") | {"created": "2026-11-21T18:00:00Z"}
    known = {model_digest(m): {"task": t, **cards.get(m, {})} for m, t in models.items()}
    data.attrs |= {"commit": "0" * 40, "models": json.dumps(known)}
    path.write_bytes(shipped.encode(data))
    return path
