"""Prediction of failure as declared in `analyses/failure_prediction.py`."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from threadpoolctl import threadpool_limits

from ired_interp_core.failure.collected import Columns, features, predictions
from ired_interp_core.failure.declared import LEARNERS, VARIABLES
from ired_interp_core.failure.measured import GRID
from ired_interp_core.failure.names import (
    ALARMS,
    CONFOUNDS,
    CURVES,
    DESIGNS,
    ESTIMATORS,
    KINDS,
    RIVALS,
    SIZES,
)  # fmt: skip
from ired_interp_core.failure.scores import null_deviation
from ired_interp_core.failure.work import Work
from ired_interp_core.records import Gathered
from ired_interp_core.schema import LEVELS


def failure_dataset(gathered: Gathered, parameters: Mapping[str, Any]) -> xr.Dataset:
    """When answers fail, and from what that is foreseen.

    On one thread, so that sums round alike however many there are.

    Args:
        gathered: with the roles of the analysis.
        parameters: as it declares.

    Returns:
        The declared variables, problems by their index.
    """
    with threadpool_limits(limits=1):
        work = Work.of(gathered, parameters)
        labels = coordinates(work)
        found = {
            name: np.full([len(labels[d]) for d in v.dims], -1 if _whole(v.dtype) else np.nan)
            for name, v in VARIABLES.items()
        }
        _cases(work, labels, found)
        if work.able:
            predictions(work, found)
        features(work, found)
    return _dataset(work, labels, found)


def coordinates(work: Work) -> dict[str, Any]:
    """Labels along every dim."""
    given, asked = work.plan.cases, work.parameters
    shown = int((~work.plan.chosen_on).sum())
    walks = min(asked["walked"], shown) if asked["zeroed"] else 0
    signs = work.signs.named_at_end()
    return {
        "measured": given.index, "split": np.arange(asked["splits"]),
        "baseline": list(given.baseline), "sign": [n for n in CONFOUNDS if n in signs],
        "input": list(given.inputs), "design": list(DESIGNS), "estimator": list(ESTIMATORS),
        "curve": list(CURVES), "level": np.arange(LEVELS), "step": np.array(given.steps),
        "learner": list(LEARNERS), "rival": list(RIVALS), "kind_true": list(KINDS),
        "kind_told": list(KINDS), "alarm": np.array(ALARMS), "rung": np.arange(GRID),
        "top": np.arange(asked["top"]), "size": np.arange(len(SIZES)),
        "part_fold": np.arange(asked["folds"]), "walked": np.arange(walks),
        "drawn": np.arange(asked["random_sets"] if walks else 0),
    }  # fmt: skip


def _cases(work: Work, labels: Mapping[str, Any], into: Columns) -> None:
    """What is known of every problem, and of the rule."""
    given, failed = work.plan.cases, work.plan.setting.failed
    rate = failed.mean()
    into["rule_value"][:], into["failed"][:] = given.outcome.value, failed
    into["kind"][:], into["error_ratio"][:] = given.kind, given.ratio
    into["rule_baseline"][:] = list(given.baseline.values())
    into["chosen_on"][:], into["fold"][0] = work.plan.chosen_on, work.plan.setting.fold
    signs = work.signs.named_at_end()
    into["confound"][:] = [signs[n] for n in labels["sign"]]
    for name, value in (
        ("measured_problems", len(failed)), ("failures", failed.sum()), ("base_rate", rate),
        ("rule_threshold", given.outcome.threshold), ("uncertainty", rate * (1 - rate)),
        ("null_deviation", null_deviation(int(failed.sum()), int((~failed).sum()))),
    ):  # fmt: skip
        into[name][...] = value


def _whole(dtype: str) -> bool:
    return not dtype.startswith("float")


def _dataset(work: Work, labels: Mapping[str, Any], found: Columns) -> xr.Dataset:
    """The arrays with their labels, in their dtypes, problems by their index."""
    made = {}
    for name, variable in VARIABLES.items():
        values = found[name]
        if variable.flags:
            values = np.maximum(values, 0)  # the first word where nothing was found
        made[name] = (variable.dims, values.astype(variable.dtype))
    return xr.Dataset(made, labels).sortby("measured")
