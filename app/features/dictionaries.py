"""The table of dictionaries: settings, metrics beside their baselines, stability, and what is open.

One query for each catalog table, however many dictionaries there are.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from app.features import rivals
from app.shared.asks import dictionaries as features
from app.shared.asks import reading
from app.shared.asks.kept import kept
from ired_interp_core import registry
from store import QuestionInfo, Store

METRICS = (
    "l0", "explained_variance", "explained_variance_training", "random_explained_variance",
    "dead_share", "rare_share", "live_cosine", "absorption", "full_absorption", "splitting",
    "cosine", "norm_ratio", "held_out_problems", "walked_problems",
)  # fmt: skip
"""Scalars of `dictionary_metrics`; those along codings are in `rivals.COLUMNS`."""

STABILITY = ("pw_mcc", "null_pw_mcc", "matched_share")
"""Of the first pair of two seeds that the dictionary is half of; `partner` is the other half."""


def other_seed(store: Store, dictionary: QuestionInfo) -> QuestionInfo | None:
    """The first comparison with a dictionary of another seed and else the same training."""
    for match in features.matches(store, dictionary):
        if features.seeds_apart(store, dictionary, features.partner(match, dictionary.key)):
            return match
    return None


@kept(32, copied=True)
def rows(store: Store, dictionaries: Sequence[QuestionInfo]) -> pd.DataFrame:
    """A row of settings and metrics for each; NaN where not measured, and `missing` says why."""
    there = {q.key: q for q in dictionaries}
    keys = list(there)
    metrics = {k: features.downstream(store, q, "dictionary_metrics") for k, q in there.items()}
    asked = [q.key for q in metrics.values() if q]
    measured = catalogued(store, "dictionary_metrics", METRICS, asked)
    trained = catalogued(store, "dictionary", ("steps_taken",), keys)
    seconds = catalogued(store, "shards", ("seconds",), keys)
    pairs = {k: other_seed(store, q) for k, q in there.items()}
    compared = [pair.key for pair in pairs.values() if pair]
    matched = catalogued(store, "dictionary_match", STABILITY, compared)
    beside = rivals.rows(store, asked)
    nothing: dict[str, Any] = dict.fromkeys((*METRICS, *rivals.COLUMNS, *STABILITY), np.nan)
    nothing["better"] = ""
    rows = []
    for key in keys:
        q, metric, pair = there[key], metrics[key], pairs[key]
        p = q.parameters
        row: dict[str, Any] = {
            "key": key,
            "site": features.where(store, q),
            "variant": p["variant"],
            "features": p["features"],
            "k": None if p["variant"] == "relu" else p["k"],
            "standard": ", ".join(w for n, w in features.STANDARDISED.items() if p[n]),
            "penalty": penalty(p),
            "problems": p[registry.RANGE] or None,
            "seed": p["seed"],
            **nothing,
            **measured.get(metric.key if metric else "", {}),
            **beside.get(metric.key if metric else "", {}),
            **trained.get(key, {}),
            **seconds.get(key, {}),
            **matched.get(pair.key if pair else "", {}),
            "partner": features.partner(pair, key) if pair else "",
        }
        rows.append(row | {"wins": rivals.verdict(row), "missing": missing(store, q, row)})
    return pd.DataFrame(rows)


def atoms(store: Store, dictionary: QuestionInfo) -> np.ndarray:
    """Decoder rows [feature, d], of unit norm."""
    return reading.dataset(store, dictionary, (0,), ("decoder",))["decoder"].values


def query(store: Store, dictionaries: Sequence[QuestionInfo]) -> tuple[str, list[str]]:
    """The catalog query behind the metrics of dictionaries: SQL, and the keys of its parameter."""
    found = [features.downstream(store, q, "dictionary_metrics") for q in dictionaries]
    return (
        "SELECT * FROM dictionary_metrics JOIN dictionary_metrics__stage_coding USING (question)"
        " WHERE question IN (SELECT unnest(?::VARCHAR[]))",
        [q.key for q in found if q],
    )


def catalogued(
    store: Store, table: str, names: Sequence[str], keys: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Numbers of some questions from a catalog table without further dims."""
    if not keys:
        return {}
    listed = ", ".join(f'max("{n}") AS "{n}"' for n in names)  # names are those of declarations
    frame = store.sql(
        f"SELECT question, {listed} FROM {table}"
        " WHERE question IN (SELECT unnest(?::VARCHAR[])) GROUP BY question",
        [list(keys)],
    )
    return {row.pop("question"): row for row in frame.to_dict("records")}


def penalty(parameters: Mapping[str, Any]) -> str:
    """Name the orthogonality penalty of a dictionary; "" without one."""
    kind = parameters["orthogonality"]
    if kind == "none":
        return ""
    if kind != "pairs":
        return f"{kind}, γ {parameters['gamma']:g}"
    tau = "adaptive τ" if parameters["threshold"] == "adaptive" else f"τ {parameters['tau']:g}"
    return f"pairs, q {parameters['fraction']:g}, {tau}, γ {parameters['gamma']:g}"


def missing(store: Store, dictionary: QuestionInfo, row: Mapping[str, Any]) -> str:
    """Say why numbers in the row of a dictionary are blank; "" where none is."""
    words = []
    if not features.downstream(store, dictionary, "dictionary_metrics"):
        words.append("metrics not computed")
    elif not np.isfinite(row["absorption"]):
        words.append("absorption: no concept measurable")
    if not row["partner"]:
        words.append("no second seed matched")
    words += [
        f"no {registry.get(name).title.lower()}"
        for name in ("dictionary_features", "dictionary_causal", "dictionary_map")
        if not features.downstream(store, dictionary, name)
    ]
    return "; ".join(words)
