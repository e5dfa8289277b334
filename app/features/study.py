"""What orthogonality costs and brings: each penalised dictionary beside the one without penalty."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from app.features import dictionaries as dictionary_rows
from app.shared.asks import dictionaries as features
from app.shared.asks import reading
from app.shared.asks.kept import kept
from store import QuestionInfo, Store

PENALTY = ("orthogonality", "gamma", "fraction", "threshold", "tau")
"""Parameters that belong to the penalty."""


def _plain(dictionary: QuestionInfo) -> tuple[Any, ...]:
    """Everything that decides a dictionary but its penalty."""
    rest = {n: v for n, v in dictionary.parameters.items() if n not in PENALTY}
    return (tuple(sorted(rest.items())), tuple(sorted(dictionary.inputs.items())))


def baseline(dictionary: QuestionInfo, dictionaries: Sequence[QuestionInfo]) -> QuestionInfo | None:
    """The dictionary that differs in nothing but having no penalty; None if there is none."""
    none = [q for q in dictionaries if q.parameters["orthogonality"] == "none"]
    return next((q for q in none if _plain(q) == _plain(dictionary)), None)


@kept(16, copied=True)
def rows(store: Store, dictionaries: Sequence[QuestionInfo]) -> pd.DataFrame:
    """One row for each dictionary with a penalty; changes are with it minus without.

    Args:
        store: opened.
        dictionaries: of the subject.

    Returns:
        Columns key, name, kind, q, threshold, gamma, seed, time, extra_time, ev, ev_change,
        pair_change, live_change, absorption, absorption_change, concepts, per_time, per_ev,
        stability, chance, why; NaN where something could not be taken, and `why` says what.
    """
    numbers = (
        dictionary_rows.rows(store, dictionaries).set_index("key")
        if dictionaries
        else pd.DataFrame()
    )
    places = _places(store, tuple(q.key for q in dictionaries))
    concepts = {q.key: _concepts(store, q) for q in dictionaries}
    cosines = {q.key: _cosines(store, q) for q in dictionaries}
    found = [
        _row(store, q, baseline(q, dictionaries), numbers, places, concepts, cosines)
        for q in penalised(dictionaries)
    ]
    return pd.DataFrame(found)


def penalised(dictionaries: Sequence[QuestionInfo]) -> list[QuestionInfo]:
    """Those with a penalty."""
    return [q for q in dictionaries if q.parameters["orthogonality"] != "none"]


def _places(store: Store, keys: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    """Host and device of each training, from its provenance."""
    found = dictionary_rows.catalogued(store, "shards", ("host", "device"), keys)
    return {key: (str(row["host"]), str(row["device"])) for key, row in found.items()}


def _concepts(store: Store, dictionary: QuestionInfo) -> pd.Series:
    """Absorption fraction by concept, measured ones only."""
    metrics = features.downstream(store, dictionary, "dictionary_metrics")
    if metrics is None:
        return pd.Series(dtype=float)
    rates = reading.dataset(store, metrics, (0,), ("absorption_fraction",))["absorption_fraction"]
    return rates.to_series().astype(float).dropna().sort_index()


def _cosines(store: Store, dictionary: QuestionInfo) -> pd.Series:
    """Mean |cos| of the pairs most active together, by q; "live": of all live pairs."""
    metrics = features.downstream(store, dictionary, "dictionary_metrics")
    if metrics is None:
        return pd.Series(dtype=float)
    answer = reading.dataset(store, metrics, (0,), ("pair_cosine", "live_cosine"))
    found = answer["pair_cosine"].to_series().astype(float)
    return pd.Series({**found.to_dict(), "live": float(answer["live_cosine"])})


def _row(
    store: Store,
    dictionary: QuestionInfo,
    plain: QuestionInfo | None,
    numbers: pd.DataFrame,
    places: dict[str, tuple[str, str]],
    concepts: dict[str, pd.Series],
    cosines: dict[str, pd.Series],
) -> dict[str, Any]:
    p, own = dictionary.parameters, numbers.loc[dictionary.key]
    pairs = p["orthogonality"] == "pairs"
    adaptive = p["threshold"] == "adaptive"
    row: dict[str, Any] = {
        "key": dictionary.key,
        "name": features.name(store, dictionary),
        "kind": p["orthogonality"],
        "q": p["fraction"] if pairs else np.nan,
        "threshold": ("adaptive" if adaptive else f"τ = {p['tau']:g}") if pairs else "",
        "gamma": p["gamma"],
        "seed": p["seed"],
        "time": own["seconds"],
        "extra_time": np.nan,
        "ev": own["beyond"],
        "ev_change": np.nan,
        "pair_change": np.nan,
        "live_change": np.nan,
        "absorption": own["absorption"],
        "absorption_change": np.nan,
        "concepts": 0,
        "per_time": np.nan,
        "per_ev": np.nan,
        "stability": _stability(store, dictionary),
        "chance": p["fraction"] / (2 - p["fraction"]) if pairs else np.nan,
        "why": "",
    }
    if plain is None:
        return row | {"why": "no otherwise identical dictionary without penalty"}
    why = []
    base = numbers.loc[plain.key]
    here, there = places.get(dictionary.key), places.get(plain.key)
    if here != there:
        why.append(f"timed elsewhere: {_place(here)} against {_place(there)}")
    elif base["seconds"] > 0:
        row["extra_time"] = 100 * (own["seconds"] / base["seconds"] - 1)
    row["ev_change"] = own["beyond"] - base["beyond"]
    apart = cosines[dictionary.key] - cosines[plain.key]
    # Of OrtSAE, which selects no pairs, those that the default q selects.
    row["pair_change"] = apart.get(row["q"] if pairs else 1e-3, np.nan)
    row["live_change"] = apart.get("live", np.nan)
    change = (concepts[dictionary.key] - concepts[plain.key]).dropna().to_numpy()
    if len(change):
        row |= {"concepts": len(change), "absorption_change": float(np.mean(change))}
    else:
        why.append("no concept measured on both")
    return row | _ratios(row, why) | {"why": "; ".join(why)}


def _ratios(row: dict[str, Any], why: list[str]) -> dict[str, float]:
    """Absorption taken away for each percent of time and each point of EV that it cost."""
    less = -row["absorption_change"]
    ratios = {}
    if row["extra_time"] > 0:
        ratios["per_time"] = less / row["extra_time"]
    elif np.isfinite(row["extra_time"]):
        why.append("no extra time")
    if row["ev_change"] < 0:
        ratios["per_ev"] = less / (-100 * row["ev_change"])
    elif np.isfinite(row["ev_change"]):
        why.append("no EV lost")
    else:
        why.append("metrics not computed for both")
    return ratios


def _place(place: tuple[str, str] | None) -> str:
    return " ".join(filter(None, place or ())) or "unknown"


def _stability(store: Store, dictionary: QuestionInfo) -> float:
    """The last Jaccard index of selected pairs; NaN where no pairs are selected."""
    values = reading.dataset(store, dictionary, (0,), ("log_pair_stability",))
    logged = values["log_pair_stability"].values
    there = np.flatnonzero(np.isfinite(logged))
    return float(logged[there[-1]]) if there.size else np.nan
