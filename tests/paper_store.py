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
from ired_interp_core.accuracy.names import DIRECTIONS, DISPLACEMENTS, QUANTILES
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
    known_ = BASELINES[task, variant]
    worse *= 1.0 + 0.02 * (5 - setting["inner_steps"]) + 0.5 * (not setting["jump"])
    mse = MSE[task, variant] * worse
    own = np.array(list(known_.values()))
    is_near = np.array([n == NEAREST[task] for n in known_])
    level = np.arange(LEVELS)
    fall = np.sqrt(mse) * (0.8 + 0.25 * level**1.5)
    numbers = {
        "measured_problems": count, "mse": mse, "mse_error": 0.01 * mse,
        "mse_official": 1.001 * mse, "mse_official_error": 0.01 * mse,
        "absolute_error": 0.8 * np.sqrt(mse), "absolute_error_error": 0.001,
        "inverse_residual": 1.03 if task == "inverse" else np.nan,
        "inverse_residual_error": 0.004 if task == "inverse" else np.nan,
        "prefers_wrong": 0.98, "prefers_wrong_error": 0.003,
        "prefers_wrong_ideal": 1.0 if task == "completion" else np.nan,
        "truth_correlation": 0.32, "truth_correlation_low": 0.31, "truth_correlation_high": 0.33,
        "displaced_problems": 64,
    }  # fmt: skip
    r2 = np.where(is_near, 0.93, 0.4)
    sharp = (0.3 if task == "completion" else 0.0) * level / LEVELS
    # A bowl whose bottom lies `sharp` towards the answer; across it nothing but the bowl.
    toward = np.zeros(len(DIRECTIONS))
    toward[1], toward[2] = 1.0, -1.0
    delta = np.sqrt(np.array(DISPLACEMENTS))
    energy = 5.0 + 20.0 * (
        delta**2 - 2 * delta * sharp[:, None, None] * toward[:, None] + sharp[:, None, None] ** 2
    )
    rise = energy - energy[..., :1]
    known = np.where(own == 0, np.nan, 0.01)
    slopes = {f"{n}{end}": known + by for n in ("slope", "cosine")
              for end, by in (("", 0.0), ("_low", -0.02), ("_high", 0.02))}  # fmt: skip
    by_baseline = {
        "baseline_problems": np.full(own.size, min(count, 1000.0)), "baseline_mse": own,
        "baseline_mse_error": 0.01 * own, "difference": mse - own,
        "difference_low": mse - 1.02 * own, "difference_high": mse - 0.98 * own,
        "distance": np.where(is_near, 0.0007, 0.01), "distance_error": np.full(own.size, 1e-4),
        "r2": r2, "r2_low": r2 - 0.004, "r2_high": r2 + 0.004,
        "r2_truth": np.where(own == 0, 1.0, 0.54), **slopes,
    }  # fmt: skip
    by_level = {
        "mse_level": fall**2, "mse_level_error": 0.01 * fall**2, "absolute_error_level": fall,
        "absolute_error_level_error": 0.01 * fall, "energy_answer_level": 5.0 + 0.0 * fall,
        "energy_truth_level": 6.0 + 0.0 * fall, "prefers_wrong_level": 0.9 + 0.0 * fall,
    }  # fmt: skip
    data = numbers | by_level | by_baseline
    data["mse_quantile"] = mse * np.array(QUANTILES)
    data["energy_displaced"] = energy
    data |= {"energy_rise": rise, "energy_rise_low": rise - 0.05, "energy_rise_high": rise + 0.05}
    data["energy_rise_p"] = np.where(rise + 0.05 < 0, 0.001, 0.9)
    data |= dict.fromkeys(("problem_mse", "problem_mse_official"), np.full(count, mse))
    declared = registry.get("accuracy").schema.variables
    return xr.Dataset(
        {n: (declared[n].dims, np.asarray(v, np.float64)) for n, v in data.items()},
        {"level": level, "baseline": list(known_), "displacement": list(DISPLACEMENTS),
         "quantile": list(QUANTILES), "direction": list(DIRECTIONS), "measured": np.arange(count)},
    )  # fmt: skip


def paired(one: xr.Dataset, other: xr.Dataset) -> dict[str, float]:
    """What the tables say of `one` beside `other`, by the names that it has there."""
    found = {"paired_problems": float(one["measured_problems"])}
    for begin, name in (("", "mse"), ("official_", "mse_official")):
        a, b = float(one[name]), float(other[name])
        numbers = {"mse_one": a, "mse_other": b, "detectable": 0.01 * b}
        numbers |= {f"difference{e}": a - b + x * b for e, x in ENDS.items()}
        numbers |= {f"ratio{e}": a / b + x for e, x in ENDS.items()}
        found |= {shipped.paired_name(f"{begin}{n}"): v for n, v in numbers.items()}
    return found


ENDS = {"": 0.0, "_low": -0.004, "_high": 0.004}


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
                coordinates = {n: answer[n].values.tolist() for n in ("baseline", "measured")}
                fake.ask("accuracy", given, setting, coordinates=coordinates)
                whole = question(task, variant, model, count)
                if setting and {} in settings:
                    of = values(task, variant, whole.parameters, count, worse.get(model, 1.0))
                    told = {n.removeprefix("paired_"): v for n, v in paired(answer, of).items()}
                    told["paired_problems"] = told.pop("problems")
                    fake.ask("accuracy_paired", told, {"problems": count}, one=one.key,
                             other=whole.key)  # fmt: skip
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
    compared: list[dict[str, Any]] = []
    official = question("inverse", "same", "any").parameters
    for model, task in models.items():
        for variant in ("same", "harder"):
            for setting in settings:
                of = question(task, variant, model, count, **setting)
                answer = values(task, variant, of.parameters, count)
                rows.append(answer.drop_dims("measured"))
                held = setting and paired(answer, values(task, variant, official, count))
                compared.append({**held, "paired_with": question(task, variant, model, count).key,
                                 "paired_key": "1" * 24} if setting else {})  # fmt: skip
                about = {"task": task, "variant": variant, "size": 20, "problem_seed": 0}
                about |= {"model": of.inputs["model"], "key": of.key, **of.parameters}
                for name, column in asked.items():
                    column.append(about[name])
    names = list(dict.fromkeys(n for known in BASELINES.values() for n in known))
    data = xr.concat([r.reindex(baseline=names) for r in rows], "setting")
    facts = {"commit": "0" * 40, "dirty": 0, "device": "cpu", "seconds": 1.0, "sha256": "0" * 64}
    data = data.assign({n: ("setting", np.array([v] * len(rows))) for n, v in facts.items()})
    names = [shipped.paired_name(n) for n in registry.get(shipped.PAIRED).schema.variables]
    for name in names:
        data[name] = ("setting", np.array([c.get(name, np.nan) for c in compared]))
    for name in ("paired_with", "paired_key"):
        data[name] = ("setting", np.array([c.get(name, "") for c in compared]))
    data = data.assign_coords({n: ("setting", np.array(v)) for n, v in asked.items()})
    data.attrs = dict.fromkeys(shipped.TEXTS, "") | {"created": "2026-11-21T18:00:00Z"}
    known = {model_digest(m): {"task": t, **cards.get(m, {})} for m, t in models.items()}
    data.attrs |= {"commit": "0" * 40, "models": json.dumps(known)}
    path.write_bytes(shipped.encode(data))
    return path
