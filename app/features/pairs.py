"""Two dictionaries beside each other: which comparison the store holds, and its numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from app.features import dictionaries as dictionary_rows
from app.shared.address.address import Address
from app.shared.asks import dictionaries as features
from app.shared.asks import reading
from app.shared.asks.prefix import by_prefix
from app.shared.page import foot as citing
from app.shared.page import labels
from ired_interp_core import registry
from ired_interp_core.schema import Variable
from store import QuestionInfo, Store

MATCH = "dictionary_match"
MOST_PAIRS = 10_000
"""Rows of the table of pairs; more than any dictionary of the usual sizes has atoms."""

METRICS = (
    "l0", "explained_variance", "pca_explained_variance", "random_explained_variance",
    "explained_variance_training", "loss_recovered", "loss_recovered_low", "loss_recovered_high",
    "dead_share", "absorption", "splitting", "cosine", "norm_ratio", "held_out_problems",
)  # fmt: skip
"""Side by side, each followed by what it must be read beside."""

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
    def sides(self) -> tuple[tuple[str, QuestionInfo], ...]:
        """Letter and dictionary."""
        return (("A", self.one), ("B", self.other))


def settle(
    s: Store, address: Address, dictionary: QuestionInfo, there: Sequence[QuestionInfo]
) -> Address:
    """Find the second dictionary that an address means.

    Args:
        s: the store.
        address: with the parameter `other`.
        dictionary: the first one.
        there: dictionaries of the subject.

    Returns:
        The address with its full key; where the comparison is asked for and none is named, the
        one that is matched, else the one most like it. "" if there is no other.
    """
    rest = [q for q in there if q.key != dictionary.key]
    wanted = address["other"]
    if wanted:
        one, why = by_prefix(rest, wanted, "dictionary", "beside it")
        if one is not None:
            return address.replace(other=one.key)
        address = address.refuse("other", why, "")
    if address["sheet"] != "compare" or not rest:
        return address
    matched = [features.partner(m, dictionary.key) for m in features.matches(s, dictionary)]
    own = features.site(s, dictionary)

    def distance(q: QuestionInfo) -> tuple[bool, bool, bool, int]:
        apart = sum(q.parameters[n] != v for n, v in dictionary.parameters.items())
        return (
            q.key not in matched,
            not features.seeds_apart(s, dictionary, q.key),
            features.site(s, q) != own,
            apart,
        )

    return address.replace(other=min(rest, key=distance).key)


def find(s: Store, dictionary: QuestionInfo, other: QuestionInfo) -> Pair:
    """The comparison of two dictionaries, whichever of them was matched onto the other.

    Args:
        s: the store.
        dictionary: one of them.
        other: the other one.

    Returns:
        The pair, in the order of the comparison.
    """
    for match in features.matches(s, dictionary):
        if features.partner(match, dictionary.key) == other.key:
            first = match.inputs["one"] == dictionary.key
            pair = (dictionary, other) if first else (other, dictionary)
            return Pair(*pair, match)
    return Pair(dictionary, other, None)


def command(s: Store, pair: Pair) -> str:
    """Shell lines that match two dictionaries.

    Args:
        s: the store.
        pair: the dictionaries.

    Returns:
        A sweep and the command that runs it.
    """
    inputs = {"one": pair.one.key, "other": pair.other.key}
    asked = replace(pair.one, analysis=MATCH, parameters={}, inputs=inputs)
    return citing.command(s, asked, int(pair.one.parameters[registry.RANGE]))


def differing(pair: Pair) -> str:
    """Say in what two dictionaries differ.

    Args:
        pair: the dictionaries.

    Returns:
        Parameters with both values; "" if only their activations differ.
    """
    one, other = pair.one.parameters, pair.other.parameters
    words = [f"{n} {one[n]} | {other[n]}" for n in one if one[n] != other.get(n)]
    return " · ".join(words)


def side_by_side(s: Store, pair: Pair) -> pd.DataFrame:
    """Metrics of both dictionaries.

    Args:
        s: the store.
        pair: the dictionaries.

    Returns:
        Columns metric, A, B, B − A, what; NaN where something was not measured.
    """
    declared = registry.get("dictionary_metrics").schema.variables
    rows = dictionary_rows.rows(s, [pair.one, pair.other])
    a, b = (rows.iloc[i] for i in (0, 1))
    table = [
        {"metric": declared[n].label, "A": a[n], "B": b[n], "what": declared[n].help}
        for n in METRICS
    ]
    told = "from the provenance, all parts of a training that was interrupted"
    time = {"metric": "training [s]", "A": a["seconds"], "B": b["seconds"], "what": told}
    frame = pd.DataFrame([*table, time]).astype({"A": float, "B": float})
    frame.insert(3, "B − A", frame["B"] - frame["A"])
    return frame


def stability(s: Store, match: QuestionInfo) -> pd.DataFrame:
    """How alike two dictionaries are, beside random ones.

    Args:
        s: the store.
        match: their comparison.

    Returns:
        Columns measure, value, random, s.d., what; NaN where the null was not computed.
    """
    answer = reading.dataset(s, match, (0,))
    declared: dict[str, Variable] = dict(registry.get(MATCH).schema.variables)

    def number(name: str) -> float:
        return float(answer[name]) if name else float("nan")

    return pd.DataFrame(
        {
            "measure": declared[name].label,
            "value": number(name),
            "random": number(null),
            "s.d.": number(f"{null}_sd" if null else ""),
            "what": declared[name].help.replace("`one`", "A").replace("`other`", "B"),
        }
        for name, null in STABILITY
    )


def pairs(s: Store, match: QuestionInfo) -> pd.DataFrame:
    """The paired atoms, most alike first.

    Args:
        s: the store.
        match: a comparison.

    Returns:
        Columns A, B, cos, |cos|, nearest, cos of the nearest, and what readers call the two.
    """
    answer = reading.dataset(s, match, (0,))
    said = [labels.of(s, match.inputs[role]) for role in ("one", "other")]
    partner = answer["match"].values
    one = np.flatnonzero(partner >= 0)
    one = one[np.argsort(-np.abs(answer["match_cosine"].values[one]), kind="stable")]
    other = partner[one]
    names = [
        [labels_[int(f)].text if int(f) in labels_ else "" for f in found]
        for labels_, found in zip(said, (one, other), strict=True)
    ]
    cosine = answer["match_cosine"].values[one].astype(float)
    return pd.DataFrame(
        {
            "A": one,
            "B": other,
            "cos": cosine,
            "|cos|": np.abs(cosine),
            "nearest": answer["nearest"].values[one],
            "nearest cos": answer["nearest_cosine"].values[one].astype(float),
            "label of A": names[0],
            "label of B": names[1],
        }
    )


def atom(s: Store, dictionary: QuestionInfo, feature: int) -> np.ndarray:
    """One atom.

    Args:
        s: the store.
        dictionary: its question.
        feature: number.

    Returns:
        Decoder row [d].
    """
    return reading.dataset(s, dictionary, (0,), ("decoder",))["decoder"].values[feature]
