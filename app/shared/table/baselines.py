"""Errors of trivial predictors, by one reader: over the problems that the model has answered."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from app.shared.asks import chosen, reading
from app.shared.asks.chosen import Scope
from app.shared.asks.kept import kept
from ired_interp_core.intervals import bootstrap_t
from ired_interp_core.records import seeded
from store import Store

Statistic = Literal["mean", "median"]

JUDGED = 20_000
"""Problems that enter every number here: the first ones that the model has answered. Standard
errors are then below a percent, and a million problems take no longer."""

_AMONG = "AND problem IN (SELECT problem FROM descent__problem WHERE question = ?) "

_SQL = {"mean": "avg", "median": "median"}


def _last(store: Store, key: str) -> int:
    """The last of the problems that enter, -1 if there is none."""
    question = chosen.graph(store).by_key.get(key)
    there = reading.problems_present(question)[:JUDGED] if question else []
    return int(there[-1]) if len(there) else -1


@dataclass(frozen=True)
class Mean:
    """A mean over problems.

    Args:
        value: mean; NaN without a problem.
        error: its standard error; NaN for fewer than two problems.
    """

    value: float
    error: float


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval over problems.

    Args:
        value: estimate.
        low: lower end.
        high: upper end; both NaN where there is no interval.
    """

    value: float
    low: float
    high: float


@kept(64, copied=True)
def errors(
    store: Store, properties: str, descent: str, statistic: Statistic = "mean"
) -> dict[str, float]:
    """MSE of every trivial predictor, data frame, on the problems that a descent has answered.

    Args:
        store: opened.
        properties: key of problem_properties; "" where there is none.
        descent: key of a descent; "" for the problems themselves.
        statistic: over the problems.

    Returns:
        Name → MSE, worst first; empty without problem_properties.
    """
    if not properties:  # then the catalog may not even have the table
        return {}
    frame = store.sql(
        f"SELECT baseline, {_SQL[statistic]}(baseline_mse) AS mse"
        " FROM problem_properties__problem_baseline"
        f" WHERE question = ? AND problem <= ? {_AMONG if descent else ''}"
        "GROUP BY baseline ORDER BY mse DESC, baseline",
        [properties, _last(store, descent or properties), *([descent] if descent else [])],
    )
    return dict(zip(frame["baseline"], frame["mse"].astype(float), strict=True))


def of_scope(store: Store, scope: Scope) -> dict[str, float]:
    """The mean errors for the questions of a table."""
    return errors(store, scope.key("problem_properties"), scope.key("descent"))


CONSTANT = ("zero", "scaled_identity", "scaled_identity_refitted")
"""Predictors that never look at x; the best of them answers the mean."""


def prior_variance(store: Store, scope: Scope) -> float | None:
    """Variance of an entry of y* about its mean: the error of the best constant answer.

    On addition and completion the mean answer is 0, on inverse c·I by symmetry, c fitted to the
    variant.

    Args:
        store: opened.
        scope: the questions of a table.

    Returns:
        Mean over the problems, y²; None without problem_properties.
    """
    known = of_scope(store, scope)
    return min((known[name] for name in CONSTANT if name in known), default=None)


def best(store: Store, scope: Scope) -> str:
    """The trivial predictor with the smallest mean error on these problems, "" if there is none."""
    return next(reversed(of_scope(store, scope)), "")


def _means(frame: pd.DataFrame, row: int, names: tuple[str, ...]) -> tuple[Mean, ...]:
    return tuple(
        Mean(
            float(frame[f"{name}_mean"].iloc[row]),
            float(frame[f"{name}_sd"].iloc[row]) / np.sqrt(float(frame[f"{name}_n"].iloc[row])),
        )
        for name in names
    )


def _asked(**values: str) -> str:
    """SQL of mean, standard deviation and number of some expressions where they are finite."""
    parts = []
    for name, value in values.items():
        number = f"CASE WHEN isfinite({value}) THEN {value} END"
        for word, function in (("mean", "avg"), ("sd", "stddev_samp"), ("n", "count")):
            parts.append(f"{function}({number}) AS {name}_{word}")
    return ", ".join(parts)


def answers(store: Store, descent: str) -> tuple[int, int, Mean, Mean]:
    """Error of a model's own answers.

    Args:
        store: opened.
        descent: key of a descent.

    Returns:
        Number of problems; of those whose answer is not finite; over the others, mean MSE of the
        final answer, and the same as the official code measures it.
    """
    asked = _asked(final="mse_final", official="mse_official")
    frame = store.sql(
        f"SELECT count(*) AS n, {asked} FROM descent__problem WHERE question = ? AND problem <= ?",
        [descent, _last(store, descent)],
    )
    final, official = _means(frame, 0, ("final", "official"))
    count = int(frame["n"].iloc[0])
    return count, count - int(frame["final_n"].iloc[0]), final, official


def paired(
    store: Store, properties: str, descent: str
) -> list[tuple[str, tuple[Mean, Interval, Mean]]]:
    """Every trivial predictor beside a model, problem by problem.

    Args:
        store: opened.
        properties: key of problem_properties; "" where there is none.
        descent: key of a descent.

    Returns:
        Name → MSE of the predictor; MSE of the model's final answer minus it; mean squared distance
        between the two answers, over the problems whose answer is finite. Worst predictor first;
        the interval of the difference is a bootstrap-t over the problems.
    """
    if not properties:
        return []
    asked = _asked(
        mse="b.baseline_mse",
        distance="m.mse_to_baseline",
    )
    last = _last(store, descent)
    apart = _differences(store, properties, descent, last)
    compared = "AND isfinite(d.mse_final)" if apart else ""  # where none is, predictors stand alone
    frame = store.sql(
        f"SELECT b.baseline, {asked} FROM problem_properties__problem_baseline AS b"
        " JOIN descent__problem AS d ON d.problem = b.problem"
        " LEFT JOIN descent__problem_baseline AS m ON m.problem = d.problem"
        " AND m.question = d.question AND m.baseline = b.baseline AND m.problem <= ?"
        f" WHERE b.question = ? AND d.question = ? AND b.problem <= ? AND d.problem <= ? {compared}"
        " GROUP BY b.baseline ORDER BY mse_mean DESC, b.baseline",
        [last, properties, descent, last, last],
    )
    nothing = Interval(np.nan, np.nan, np.nan)
    found = []
    for row, name in enumerate(frame["baseline"].astype(str)):
        mse, distance = _means(frame, row, ("mse", "distance"))
        found.append((name, (mse, apart.get(name, nothing), distance)))
    return found


def _differences(store: Store, properties: str, descent: str, last: int) -> dict[str, Interval]:
    """Mean of the model's error less each predictor's, over the problems that have both."""
    rows = store.sql(
        "SELECT b.baseline, b.problem, d.mse_final - b.baseline_mse AS apart"
        " FROM problem_properties__problem_baseline AS b"
        " JOIN descent__problem AS d ON d.problem = b.problem"
        " WHERE b.question = ? AND d.question = ? AND b.problem <= ? AND d.problem <= ?"
        " AND isfinite(d.mse_final)",
        [properties, descent, last, last],
    )
    if rows.empty:
        return {}
    wide = rows.pivot(index="problem", columns="baseline", values="apart").astype(float)
    found = bootstrap_t(wide.to_numpy(), seeded("standing"))
    ends = zip(found.value, found.low, found.high, strict=True)
    return {str(n): Interval(*map(float, e)) for n, e in zip(wide.columns, ends, strict=True)}


@kept(32, copied=True)
def measured(store: Store, accuracy: str) -> dict[str, float]:
    """Mean MSE of every trivial predictor as an answer of `accuracy` has measured it.

    Args:
        store: opened.
        accuracy: key of its question.

    Returns:
        Name → MSE, worst first.
    """
    frame = store.sql(
        "SELECT baseline, baseline_mse AS mse FROM accuracy__baseline WHERE question = ? AND "
        "isfinite(baseline_mse) ORDER BY mse DESC",
        [accuracy],
    )
    return dict(zip(frame["baseline"], frame["mse"].astype(float), strict=True))
