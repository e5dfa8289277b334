"""Accuracy as declared in `analyses/accuracy.py`."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import xarray as xr

from ired_interp_core import tasks
from ired_interp_core.accuracy.displaced import displaced_energies, rise
from ired_interp_core.accuracy.measurement import Measurement, energies, measure, tensor
from ired_interp_core.accuracy.names import DIRECTIONS, DISPLACEMENTS, QUANTILES
from ired_interp_core.accuracy.statistics import beside, mean_and_error, shared
from ired_interp_core.ideal_energy import GaussianIdeal
from ired_interp_core.inference import anneal, start_noise
from ired_interp_core.intervals import bootstrap_t
from ired_interp_core.records import Gathered, ProblemSet, seeded
from ired_interp_core.schema import LEVELS
from ired_interp_core.tasks import Baseline

PIECE = 1024
"""Problems made at a time."""


def accuracy_dataset(gathered: Gathered, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Errors over problems 0 … N − 1 of one setting of the sampler.

    Args:
        gathered: a model and a problem set.
        parameters: as the analysis declares.

    Returns:
        The declared variables.
    """
    p = gathered.problems
    predictors = tasks.baselines(p.task, p.variant, p.size)
    measured = measure(gathered, parameters, predictors)
    with np.errstate(invalid="ignore", over="ignore"):  # of a model that overflows
        found = (
            _of_answers(measured)
            | _of_levels(measured)
            | _of_baselines(measured, predictors, gathered.problems, parameters)
            | _of_energy(gathered, measured, parameters)
        )
    return xr.Dataset(
        found,
        coords={
            "measured": np.arange(len(measured.answer)),
            "level": np.arange(LEVELS),
            "baseline": [b.name for b in predictors],
            "quantile": list(QUANTILES),
            "direction": list(DIRECTIONS),
            "displacement": list(DISPLACEMENTS),
        },
    )


Variables = dict[str, tuple[tuple[str, ...], np.ndarray]]


def _with_error(name: str, values: np.ndarray, dims: tuple[str, ...] = ()) -> Variables:
    mean, error = mean_and_error(values)
    return {name: (dims, mean), f"{name}_error": (dims, error)}


def _of_answers(measured: Measurement) -> Variables:
    """Numbers of the final answer."""
    c, count = measured.columns, len(measured.answer)
    share = wrong(c["energy_answer"], c["energy_truth"])[:, 0].mean()
    share_error = np.sqrt(share * (1 - share) / count) if count > 1 else np.nan
    return {
        "measured_problems": ((), np.float64(count)),
        "problem_mse": (("measured",), c["error"][:, 0]),
        "problem_mse_official": (("measured",), c["official"]),
        **_with_error("mse", c["error"][:, 0]),
        **_with_error("mse_official", c["official"]),
        **_with_error("absolute_error", c["absolute"][:, 0]),
        **_with_error("inverse_residual", c["residual"]),
        "prefers_wrong": ((), share),
        "prefers_wrong_error": ((), np.float64(share_error)),
        "mse_quantile": (("quantile",), np.quantile(c["error"][:, 0], QUANTILES)),
    }


def wrong(answer: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """E_t(ŷ_t) < E_t(y*) as 0 or 1 [N, level]; NaN where an energy is not finite."""
    return np.where(np.isfinite(answer) & np.isfinite(truth), answer < truth, np.nan)


def _of_levels(measured: Measurement) -> Variables:
    c, level = measured.columns, ("level",)
    return {
        **_with_error("mse_level", c["error"], level),
        **_with_error("absolute_error_level", c["absolute"], level),
        "energy_answer_level": (level, c["energy_answer"].mean(axis=0)),
        "energy_truth_level": (level, c["energy_truth"].mean(axis=0)),
        "prefers_wrong_level": (level, wrong(c["energy_answer"], c["energy_truth"]).mean(axis=0)),
    }


def _of_baselines(
    measured: Measurement,
    predictors: tuple[Baseline, ...],
    problems: ProblemSet,
    parameters: Mapping[str, Any],
) -> Variables:
    """corr²(ŷ, y*), and every baseline on the problems that it answers."""
    c, count, seed = measured.columns, len(measured.answer), parameters["seed"]
    numbers = {name: np.full(len(predictors), np.nan) for name in _COLUMNS}
    found: Variables = {}
    y = _truths(problems, count)
    answered = (count, min(count, parameters["slow_problems"]))
    for slow, rows in enumerate(answered):
        mine = [i for i, b in enumerate(predictors) if b.slow == bool(slow)]
        if slow and not mine:
            continue
        correlation, spread, scatter = shared(
            measured.answer[:rows], y[:rows], seeded("accuracy", "correlation", seed)
        )
        error, miss = c["error"][:rows, :1], c["baseline"][:rows, mine]
        near, cross = c["distance"][:rows, mine], c["cross"][:rows, mine]
        truth = float(np.square(y[:rows], dtype=np.float64).mean())
        known = beside(near, miss, cross, spread, truth, seeded("accuracy", seed))
        difference = bootstrap_t(error - miss, seeded("accuracy", "difference", seed))
        apart = float(scatter.mean()) if rows > 1 else 0.0
        columns = {
            "baseline_problems": np.full(len(mine), float(rows)),
            "r2_truth": 1.0 - miss.mean(axis=0) / (apart or np.nan),
        }
        for name, values in (("baseline_mse", miss), ("distance", near)):
            columns[name], columns[f"{name}_error"] = mean_and_error(values)
        for name, of in (("r2", known.r2), ("slope", known.slope), ("cosine", known.cosine),
                         ("difference", difference)):  # fmt: skip
            columns |= {name: of.value, f"{name}_low": of.low, f"{name}_high": of.high}
        for name, values in columns.items():
            numbers[name][mine] = values
        if not slow:
            ends = zip(("", "_low", "_high"), (correlation.value, correlation.low,
                                               correlation.high), strict=True)  # fmt: skip
            found = {f"truth_correlation{end}": ((), values[0]) for end, values in ends}
    return found | {name: (("baseline",), values) for name, values in numbers.items()}


_COLUMNS = (
    "baseline_problems", "baseline_mse", "baseline_mse_error", "difference", "difference_low",
    "difference_high", "distance", "distance_error", "r2", "r2_low", "r2_high", "r2_truth",
    "slope", "slope_low", "slope_high", "cosine", "cosine_low", "cosine_high",
)  # fmt: skip


def _truths(p: ProblemSet, count: int) -> np.ndarray:
    """y* of problems 0 … count − 1 [N, d], float32."""
    pieces = [
        tasks.problems(
            p.task, min(PIECE, count - first), p.seed, size=p.size, variant=p.variant, start=first
        ).y.astype(np.float32)
        for first in range(0, count, PIECE)
    ]
    return np.concatenate(pieces)


def _of_energy(
    gathered: Gathered, measured: Measurement, parameters: Mapping[str, Any]
) -> Variables:
    """The energy around the truth, and what the ideal energy of completion prefers."""
    count, seed = min(gathered.count, parameters["energy_problems"]), parameters["seed"]
    moved = ("level", "direction", "displacement")
    around = displaced_energies(gathered, measured.answer[:count].astype(np.float64), seed)
    more = rise(around, seeded("accuracy", "rise", seed))
    return {
        "displaced_problems": ((), np.array(float(count))),
        "energy_displaced": (moved, mean_and_error(around)[0].astype(np.float32)),
        "energy_rise": (moved, more.mean.astype(np.float32)),
        "energy_rise_low": (moved, more.low.astype(np.float32)),
        "energy_rise_high": (moved, more.high.astype(np.float32)),
        "energy_rise_p": (moved, more.p.astype(np.float32)),
        "prefers_wrong_ideal": ((), np.array(ideal_share(gathered, count, parameters))),
    }


def ideal_share(gathered: Gathered, count: int, parameters: Mapping[str, Any]) -> float:
    """Share E_0(ŷ) < E_0(y*) of the Gaussian ideal of completion, through the same sampler.

    Args:
        gathered: whose problem set and schedule.
        count: problems 0 … count − 1, from the starting noise of the model's own walk.
        parameters: the setting of the sampler.

    Returns:
        NaN on the other tasks, where x fixes y and an ideal energy prefers nothing to the truth.
    """
    p = gathered.problems
    if tasks.TASKS[p.task].determined or not count:
        return float("nan")
    ideal = GaussianIdeal(p.task, p.size, p.variant)
    ideal.schedule = gathered.models["model"].schedule
    made = tasks.problems(p.task, count, p.seed, size=p.size, variant=p.variant)
    noise = start_noise(parameters["seed"], np.arange(count), ideal.d)
    walk = anneal(
        ideal,
        tensor(made.x, torch.float32, gathered.device),
        tensor(noise, torch.float32, gathered.device),
        **{name: parameters[name] for name in ("clip", "inner_steps", "jump")},
    )
    answers = walk.answers.flip(0).movedim(0, 1).cpu().numpy().astype(np.float64)
    here = energies(ideal, made.x, answers, gathered.device)
    there = energies(ideal, made.x, made.y[:, None], gathered.device)
    return float(wrong(here, there)[:, 0].mean())
