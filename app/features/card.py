"""What is known about one feature: its row of every answer downstream of its dictionary."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from app.features import pairs
from app.features.dictionaries import atoms
from app.features.figures.examples import Example
from app.shared.asks import dictionaries as features
from app.shared.asks import reading
from app.shared.asks.chosen import graph
from app.shared.page.contract import Source
from ired_interp_core.dictionaries.names import INTERVENTIONS, RIVALS
from store import QuestionInfo, Store

MOST_TOP = 12
"""Strongest examples drawn."""

WAYS = {
    "ablation": "taken out", "ablation_random_atom": "random atom out",
    "ablation_data_atom": "data atom out", "ablation_turned_atom": "turned atom out",
    "steering": "turned up", "steering_random_atom": "random atom up",
    "steering_data_atom": "data atom up",
}  # fmt: skip
"""What is done in the sampler: an intervention, and then its controls."""

RIVAL_NAMES = {
    "none": "none", "random_atom": "a random atom", "data_atom": "a data atom",
    "turned_atom": "the atom turned", "no_change": "no change",
}  # fmt: skip

BEYOND = ("_beyond", "_beyond_low", "_beyond_high")


@dataclass(frozen=True)
class Card:
    """One feature.

    Args:
        feature: number.
        dictionary: its question.
        site: gradient, h1, h2 or h3.
        atom: decoder row [d].
        asked: question of its record, None where it was not made.
        record: its row of dictionary_features.
        causal: question of its effects.
        tested: its row of dictionary_causal; None where it was not tested.
        effects: what was done, one row for each way; empty where it was not tested.
    """

    feature: int
    dictionary: QuestionInfo
    site: str
    atom: np.ndarray
    asked: QuestionInfo | None
    record: xr.Dataset | None
    causal: QuestionInfo | None
    tested: xr.Dataset | None
    effects: pd.DataFrame

    @property
    def matrix(self) -> np.ndarray | None:
        """The atom as n×n matrix; None where it is none."""
        n = self.dictionary.problems.size
        return self.atom.reshape(n, n) if self.site == "gradient" else None


def card(store: Store, dictionary: QuestionInfo, feature: int) -> Card:
    """Gather what is known about a feature; what was not computed is None or empty."""
    atom = atoms(store, dictionary)[feature]
    asked = features.downstream(store, dictionary, "dictionary_features")
    causal = features.downstream(store, dictionary, "dictionary_causal")
    record = reading.dataset(store, asked, (0,)).isel(feature=feature) if asked else None
    row = reading.dataset(store, causal, (0,)).isel(feature=feature) if causal else None
    tested = row if row is not None and int(row["tested"]) else None
    return Card(
        feature, dictionary, features.site(store, dictionary), atom, asked, record, causal, tested,
        pd.DataFrame() if tested is None else _effects(tested),
    )  # fmt: skip


def _effects(tested: xr.Dataset) -> pd.DataFrame:
    """‖Δŷ‖ and ΔMSE of each way: of an intervention with interval, of a control with differences.

    Columns name, way, control, hardest; of shift and of error the mean, low and high (NaN of a
    control), and beyond, beyond_low, beyond_high: feature − control, paired (NaN of a feature).
    """  # noqa: DOC201
    rows = []
    for intervention, controls in INTERVENTIONS.items():
        rival = RIVALS[int(tested[f"{intervention}_shift_rival"])]
        for control in ("", *controls):
            way = f"{intervention}_{control}" if control else intervention
            row: dict[str, object] = {
                "name": WAYS[way], "way": way, "control": bool(control),
                "hardest": bool(control) and control == rival,
            }  # fmt: skip
            for effect in ("shift", "error"):
                head = f"{intervention}_{effect}"
                own = {"": head, "_low": f"{head}_low", "_high": f"{head}_high"}
                against = {"": f"{head}_controls", **{p: f"{head}{p}" for p in BEYOND}}
                for part in (*own, *BEYOND):
                    name = (against if control else own).get(part)
                    at = tested.sel(control=control) if control else tested
                    row[f"{effect}{part}"] = float(at[name]) if name else float("nan")
            rows.append(row)
    return pd.DataFrame(rows)


def examples(about: Card) -> tuple[list[Example], list[Example]]:
    """The strongest examples, one a problem, and those at quantiles; none if never active."""
    record = about.record
    if record is None:
        return [], []

    def listed(kind: str, names: list[str]) -> list[Example]:
        columns = [record[f"{kind}_{n}"].values for n in ("problem", "level", "step", "value")]
        rows = zip(names, *columns, strict=True)
        return [Example(n, int(p), int(t), int(k), float(v)) for n, p, t, k, v in rows if p >= 0]

    ranks = [f"#{i + 1}" for i in range(record.sizes["example"])]
    quantiles = [f"{100 * q:.3g} %" for q in record["quantile"].values]
    return listed("example", ranks)[:MOST_TOP], listed("quantile", quantiles)


def matrices(
    store: Store, about: Card, listed: list[Example], shown: str
) -> tuple[np.ndarray, Source] | None:
    """What is drawn of a feature's examples.

    Args:
        store: opened.
        about: the card.
        listed: examples, at least one.
        shown: `input`, what the dictionary saw; `state`, ỹ/√ᾱ there; `problem`, x (its first part).

    Returns:
        Matrices [k, n, n] and where they come from; None where the store has them not, or where
        the input is no matrix.
    """
    n = about.dictionary.problems.size
    roles, variables = {
        "input": (("activations",), ("activation",)),
        "state": (("activations", "descent"), ("trajectory", "answer")),
        "problem": (("properties",), ("x",)),
    }[shown]
    start = about.asked if shown == "problem" else about.dictionary
    question = graph(store).up(start, *roles) if start else None
    if question is None or (shown == "input" and about.site != "gradient"):
        return None
    there = set(reading.problems_present(question).tolist())
    problems = tuple(sorted({e.problem for e in listed}))
    if not there.issuperset(problems):
        return None
    # What cannot be read stays empty beside the others.
    values = reading.dataset(store, question, problems, variables).reindex(problem=list(problems))
    source = Source(question, {"problems": list(problems), "variables": list(variables)})
    rows = [(values.isel(problem=problems.index(e.problem)), e) for e in listed]
    if shown == "problem":
        return np.stack([row["x"].values[0] for row, _ in rows]), source
    pick = _state if shown == "state" else _input
    try:
        made = np.stack([pick(row, e) for row, e in rows])
    except KeyError:  # a level or step that the answer does not have
        return None
    return made.reshape(len(listed), n, n), source


def _input(row: xr.Dataset, e: Example) -> np.ndarray:
    return row["activation"].sel(level=e.level, step=e.step).values


def _state(row: xr.Dataset, e: Example) -> np.ndarray:
    """The state, data frame; the starting noise of t = 9 has no place in it."""
    if e.step >= 0:
        return row["trajectory"].sel(level=e.level, step=e.step).values
    if e.level + 1 in row["level"]:
        return row["answer"].sel(level=e.level + 1).values
    return np.full(row["answer"].shape[1:], np.nan)


def matched(store: Store, about: Card) -> list[tuple[QuestionInfo, QuestionInfo, int, float]]:
    """Where a feature was found again: comparison, other dictionary, feature there, their cos."""
    known = {q.key: q for q in features.dictionaries(store)}
    found = []
    for question in features.matches(store, about.dictionary):
        other = known.get(features.partner(question, about.dictionary.key))
        partner, cosine = pairs.partners(store, question, about.dictionary)
        if other and partner[about.feature] >= 0:
            at = about.feature
            found.append((question, other, int(partner[at]), float(cosine[at])))
    return found
