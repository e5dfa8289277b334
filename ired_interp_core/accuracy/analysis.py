"""Accuracy as declared in `analyses/accuracy.py`."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from ired_interp_core import tasks
from ired_interp_core.accuracy.displaced import displaced_energies
from ired_interp_core.accuracy.measurement import Measurement, measure
from ired_interp_core.accuracy.names import DISPLACEMENTS, QUANTILES
from ired_interp_core.accuracy.statistics import explained, mean_and_error
from ired_interp_core.records import Gathered, seeded
from ired_interp_core.schema import LEVELS
from ired_interp_core.tasks import Baseline


def accuracy_dataset(gathered: Gathered, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Means over problems 0 … N − 1 of one setting of the sampler.

    Args:
        gathered: a model and a problem set.
        parameters: as the analysis declares.

    Returns:
        The declared variables.
    """
    p = gathered.problems
    predictors = tasks.baselines(p.task, p.variant, p.size)
    measured = measure(gathered, parameters, predictors)
    count = min(gathered.count, parameters["energy_problems"])
    around = displaced_energies(gathered, count, parameters["seed"])
    moved = ("level", "displacement")
    with np.errstate(invalid="ignore", over="ignore"):  # of a model that overflows
        found = (
            _of_answers(measured)
            | _of_levels(measured)
            | _of_baselines(measured, predictors, parameters)
            | _with_error("energy_displaced", around, moved)
        )
    return xr.Dataset(
        found,
        coords={
            "level": np.arange(LEVELS),
            "baseline": [b.name for b in predictors],
            "quantile": list(QUANTILES),
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
    share = _wrong(c)[:, 0].mean()
    share_error = np.sqrt(share * (1 - share) / count) if count > 1 else np.nan
    return {
        "measured_problems": ((), np.float64(count)),
        **_with_error("mse", c["error"][:, 0]),
        **_with_error("mse_official", c["official"]),
        **_with_error("absolute_error", c["absolute"][:, 0]),
        **_with_error("inverse_residual", c["residual"]),
        "prefers_wrong": ((), share),
        "prefers_wrong_error": ((), np.float64(share_error)),
        "mse_quantile": (("quantile",), np.quantile(c["error"][:, 0], QUANTILES)),
    }


def _wrong(columns: Mapping[str, np.ndarray]) -> np.ndarray:
    """E_t(ŷ_t) < E_t(y*) as 0 or 1 [N, level]; NaN where an energy is not finite."""
    answer, truth = columns["energy_answer"], columns["energy_truth"]
    return np.where(np.isfinite(answer) & np.isfinite(truth), answer < truth, np.nan)


def _of_levels(measured: Measurement) -> Variables:
    c, level = measured.columns, ("level",)
    return {
        **_with_error("mse_level", c["error"], level),
        **_with_error("absolute_error_level", c["absolute"], level),
        "energy_answer_level": (level, c["energy_answer"].mean(axis=0)),
        "energy_truth_level": (level, c["energy_truth"].mean(axis=0)),
        "prefers_wrong_level": (level, _wrong(c).mean(axis=0)),
    }


def _of_baselines(
    measured: Measurement, predictors: tuple[Baseline, ...], parameters: Mapping[str, Any]
) -> Variables:
    """R² on the truth, and every baseline on the problems that it answers."""
    c, count = measured.columns, len(measured.answer)
    numbers = {name: np.full(len(predictors), np.nan) for name in _COLUMNS}
    found: Variables = {}
    answered = (count, min(count, parameters["slow_problems"]))
    for slow, (rows, truth) in enumerate(zip(answered, measured.truth, strict=True)):
        mine = [i for i, b in enumerate(predictors) if b.slow == bool(slow)]
        error, near = c["error"][:rows, :1], c["distance"][:rows, mine]
        miss, square = c["baseline"][:rows, mine], c["truth_square"][:rows]
        # The truth is a predictor among the others of all problems.
        looked_at = near if slow else np.column_stack([near, error])
        rng = seeded("accuracy", parameters["seed"])
        r2 = explained(looked_at, _spread(measured.answer[:rows]), rng)
        scatter = square.mean() - np.square(truth / rows).mean()
        columns = {
            "baseline_problems": np.full(len(mine), float(rows)),
            "r2": r2.value[: len(mine)],
            "r2_low": r2.low[: len(mine)],
            "r2_high": r2.high[: len(mine)],
            "r2_truth": 1.0 - miss.mean(axis=0) / (scatter if rows > 1 else np.nan),
        }
        for name, values in (("baseline_mse", miss), ("difference", error - miss),
                             ("distance", near)):  # fmt: skip
            columns[name], columns[f"{name}_error"] = mean_and_error(values)
        for name, values in columns.items():
            numbers[name][mine] = values
        if not slow:
            found |= {
                "truth_r2": ((), r2.value[-1]),
                "truth_r2_low": ((), r2.low[-1]),
                "truth_r2_high": ((), r2.high[-1]),
            }
    return found | {name: (("baseline",), values) for name, values in numbers.items()}


_COLUMNS = (
    "baseline_problems", "baseline_mse", "baseline_mse_error", "difference", "difference_error",
    "distance", "distance_error", "r2", "r2_low", "r2_high", "r2_truth",
)  # fmt: skip


def _spread(answer: np.ndarray) -> np.ndarray:
    """Mean over entries of (ŷ − mean ŷ)² [N], piece by piece: all in float64 are large."""
    mean = answer.mean(axis=0, dtype=np.float64)
    pieces = [answer[i : i + 1024] - mean for i in range(0, len(answer), 1024)]
    return np.concatenate([np.square(piece).mean(axis=-1) for piece in pieces])
