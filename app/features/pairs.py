"""Two dictionaries beside each other: which comparison the store holds, and its numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from app.features import dictionaries as dictionary_rows
from app.features import rivals
from app.shared.address.address import Address
from app.shared.asks import commands, reading
from app.shared.asks import dictionaries as features
from app.shared.asks.prefix import by_prefix
from app.shared.page.labels import Labels
from ired_interp_core import registry
from store import QuestionInfo, Store

MATCH = "dictionary_match"
STABILITY = (
    ("pw_mcc", "null_pw_mcc"), ("alive_pw_mcc", ""), ("mmcs", "null_mmcs"),
    ("mmcs_back", "null_mmcs"), ("matched_share", ""), ("alive_share", ""),
    ("alive_share_other", ""),
)  # fmt: skip
"""Measure, and its value for random dictionaries where that was computed."""


@dataclass(frozen=True)
class Pair:
    """Two dictionaries in the order in which they were matched.

    Args:
        one: the first.
        other: the second.
        match: their comparison; None where the store has none.
    """

    one: QuestionInfo
    other: QuestionInfo
    match: QuestionInfo | None

    @property
    def sides(self) -> dict[str, QuestionInfo]:
        """Letter → dictionary."""
        return {"A": self.one, "B": self.other}


def settle(
    store: Store, address: Address, dictionary: QuestionInfo, others: Sequence[QuestionInfo]
) -> Address:
    """Find the second dictionary that an address means.

    Args:
        store: opened.
        address: with the parameter `other`.
        dictionary: the first one.
        others: dictionaries of the subject; the first one may be among them.

    Returns:
        The address with its full key; where the comparison is asked for and none is named, the
        one that is matched, else the one most like it. "" if there is no other.
    """
    rest = [q for q in others if q.key != dictionary.key]
    wanted = address["other"]
    if wanted:
        one, why = by_prefix(rest, wanted, "dictionary", "beside it")
        if one is not None:
            return address.replace(other=one.key)
        address = address.refuse("other", why, "")
    if address["sheet"] != "compare" or not rest:
        return address
    matched = [features.partner(m, dictionary.key) for m in features.matches(store, dictionary)]
    own = features.site(store, dictionary)

    def distance(q: QuestionInfo) -> tuple[bool, bool, bool, int]:
        apart = sum(q.parameters[n] != v for n, v in dictionary.parameters.items())
        return (
            q.key not in matched,
            not features.seeds_apart(store, dictionary, q.key),
            features.site(store, q) != own,
            apart,
        )

    return address.replace(other=min(rest, key=distance).key)


def find(store: Store, dictionary: QuestionInfo, other: QuestionInfo) -> Pair:
    """The comparison of two dictionaries, whichever of them was matched onto the other."""
    for match in features.matches(store, dictionary):
        if features.partner(match, dictionary.key) == other.key:
            first = match.inputs["one"] == dictionary.key
            pair = (dictionary, other) if first else (other, dictionary)
            return Pair(*pair, match)
    return Pair(dictionary, other, None)


def command(store: Store, pair: Pair) -> str:
    """Shell lines that match two dictionaries."""
    inputs = {"one": pair.one.key, "other": pair.other.key}
    asked = replace(pair.one, analysis=MATCH, parameters={}, inputs=inputs)
    return commands.command(store, asked, count=int(pair.one.parameters[registry.RANGE]))


def differing(pair: Pair) -> dict[str, tuple[Any, Any]]:
    """Parameters in which two dictionaries differ, with both values."""
    other = pair.other.parameters
    return {n: (v, other.get(n)) for n, v in pair.one.parameters.items() if v != other.get(n)}


def side_by_side(store: Store, pair: Pair) -> pd.DataFrame:
    """Metrics of both: columns metric, a, b, difference, what; NaN where it was not measured."""
    declared = registry.get("dictionary_metrics").schema.variables
    rows = dictionary_rows.rows(store, [pair.one, pair.other])
    a, b = (rows.iloc[i] for i in (0, 1))
    told = {n: (declared[n].label, declared[n].help) for n in dictionary_rows.METRICS}
    table = [
        {"metric": label, "a": a[n], "b": b[n], "what": help}
        for n, (label, help) in (told | rivals.COLUMNS).items()
    ]
    said = "from the provenance, all parts of a training that was interrupted"
    time = {"metric": "training [s]", "a": a["seconds"], "b": b["seconds"], "what": said}
    frame = pd.DataFrame([*table, time]).astype({"a": float, "b": float})
    frame.insert(3, "difference", frame["b"] - frame["a"])
    return frame


def stability(store: Store, match: QuestionInfo) -> pd.DataFrame:
    """How alike two are: columns measure, value, random, sd, what; NaN where there is no null."""
    answer = reading.dataset(store, match, (0,))
    declared = registry.get(MATCH).schema.variables

    def number(name: str) -> float:
        return float(answer[name]) if name else float("nan")

    return pd.DataFrame(
        {
            "measure": declared[name].label,
            "value": number(name),
            "random": number(null),
            "sd": number(f"{null}_sd" if null else ""),
            "what": declared[name].help.replace("`one`", "A").replace("`other`", "B"),
        }
        for name, null in STABILITY
    )


def partners(
    store: Store, match: QuestionInfo, dictionary: QuestionInfo
) -> tuple[np.ndarray, np.ndarray]:
    """The pair of every feature of one half of a comparison, −1 without one, and their cos."""
    answer = reading.dataset(store, match, (0,), ("match", "match_cosine"))
    other, cosine = answer["match"].values, answer["match_cosine"].values.astype(float)
    if match.inputs["one"] == dictionary.key:
        return other, cosine
    count = int(dictionary.parameters["features"])
    one = np.flatnonzero((other >= 0) & (other < count))
    back, turned = np.full(count, -1), np.full(count, np.nan)
    back[other[one]], turned[other[one]] = one, cosine[one]
    return back, turned


def pairs(store: Store, match: QuestionInfo, labels: Mapping[str, Labels]) -> pd.DataFrame:
    """The paired atoms, most alike first.

    Args:
        store: opened.
        match: a comparison.
        labels: key of a dictionary → what readers call its features.

    Returns:
        Columns a, b, cosine, size (|cos|), nearest, nearest_cosine, and what readers call the two.
    """
    answer = reading.dataset(store, match, (0,))
    partner = answer["match"].values
    one = np.flatnonzero(partner >= 0)
    one = one[np.argsort(-np.abs(answer["match_cosine"].values[one]), kind="stable")]
    other = partner[one]

    def label(role: str, features: np.ndarray) -> list[str]:
        known = labels.get(match.inputs[role], {})
        return [known[f].text if f in known else "" for f in features.tolist()]

    cosine = answer["match_cosine"].values[one].astype(float)
    return pd.DataFrame(
        {
            "a": one,
            "b": other,
            "cosine": cosine,
            "size": np.abs(cosine),
            "nearest": answer["nearest"].values[one],
            "nearest_cosine": answer["nearest_cosine"].values[one].astype(float),
            "label_a": label("one", one),
            "label_b": label("other", other),
        }
    )
