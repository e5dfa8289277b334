"""What is known about one feature: its row of every answer downstream of its dictionary."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from app.features.figures.effects import Effect
from app.features.figures.examples import Example
from app.shared.asks import dictionaries as features
from app.shared.asks import reading
from store import QuestionInfo, Store

MOST_TOP = 12
"""Strongest examples drawn."""

EFFECTS = (
    ("ablation", "taken out", "random direction out"),
    ("steering", "turned up", "random direction up"),
)
"""Variable, what was done, and its control: a random direction of the same length."""


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
        effects: empty where they were not tested.
    """

    feature: int
    dictionary: QuestionInfo
    site: str
    atom: np.ndarray
    asked: QuestionInfo | None
    record: xr.Dataset | None
    causal: QuestionInfo | None
    effects: tuple[Effect, ...]

    @property
    def matrix(self) -> np.ndarray | None:
        """The atom as n×n matrix; None where it is none."""
        n = self.dictionary.problems.size
        return self.atom.reshape(n, n) if self.site == "gradient" else None


def card(store: Store, dictionary: QuestionInfo, feature: int) -> Card:
    """Gather what is known about a feature.

    Args:
        store: opened.
        dictionary: its question.
        feature: number, within the dictionary.

    Returns:
        The card; parts that were not computed are None or empty.
    """
    atom = reading.dataset(store, dictionary, (0,), ("decoder",))["decoder"].values[feature]
    asked = features.downstream(store, dictionary, "dictionary_features")
    causal = features.downstream(store, dictionary, "dictionary_causal")
    record = reading.dataset(store, asked, (0,)).isel(feature=feature) if asked else None
    return Card(
        feature,
        dictionary,
        features.site(store, dictionary),
        atom,
        asked,
        record,
        causal,
        _effects(store, causal, feature),
    )


def _effects(store: Store, causal: QuestionInfo | None, feature: int) -> tuple[Effect, ...]:
    if causal is None:
        return ()
    row = reading.dataset(store, causal, (0,)).isel(feature=feature)
    if not int(row["tested"]):
        return ()
    made = []
    for name, done, control in EFFECTS:
        for which, words in ((name, done), (f"{name}_random", control)):
            value, low, high, shift = (
                float(row[f"{which}{end}"]) for end in ("", "_low", "_high", "_shift")
            )
            made.append(Effect(words, value, low, high, shift, words == control))
    return tuple(made)


def examples(about: Card) -> tuple[list[Example], list[Example]]:
    """The strongest examples, and those at quantiles.

    Args:
        about: the card.

    Returns:
        Strongest first, one a problem; then by descending quantile. Empty if never active.
    """
    r = about.record
    if r is None:
        return [], []

    def listed(kind: str, names: list[str]) -> list[Example]:
        columns = [r[f"{kind}_{n}"].values for n in ("problem", "level", "step", "value")]
        rows = zip(names, *columns, strict=True)
        return [Example(n, int(p), int(t), int(k), float(v)) for n, p, t, k, v in rows if p >= 0]

    ranks = [f"#{i + 1}" for i in range(r.sizes["example"])]
    quantiles = [f"{100 * q:.3g} %" for q in r["quantile"].values]
    return listed("example", ranks)[:MOST_TOP], listed("quantile", quantiles)


def matrices(
    store: Store, about: Card, found: list[Example], shown: str
) -> tuple[np.ndarray, QuestionInfo] | None:
    """What is drawn of a feature's examples.

    Args:
        store: opened.
        about: the card.
        found: examples, at least one.
        shown: `input`, what the dictionary saw; `state`, ỹ/√ᾱ there; `problem`, x (its first part).

    Returns:
        Matrices [k, n, n] and the question they come from; None where the store has them not, or
        where the input is no matrix.
    """
    n = about.dictionary.problems.size
    roles, variables = {
        "input": (("activations",), ("activation",)),
        "state": (("activations", "descent"), ("trajectory", "answer")),
        "problem": (("properties",), ("x",)),
    }[shown]
    start = about.asked if shown == "problem" else about.dictionary
    question = features.upstream(store, start, *roles) if start else None
    if question is None or (shown == "input" and about.site != "gradient"):
        return None
    there = set(reading.problems_present(question).tolist())
    problems = tuple(sorted({e.problem for e in found}))
    if not there.issuperset(problems):
        return None
    values = reading.dataset(store, question, problems, variables)
    rows = [(values.isel(problem=problems.index(e.problem)), e) for e in found]
    if shown == "problem":
        return np.stack([row["x"].values[0] for row, _ in rows]), question
    pick = _state if shown == "state" else _input
    try:
        made = np.stack([pick(row, e) for row, e in rows])
    except KeyError:  # a level or step that the answer does not have
        return None
    return made.reshape(len(found), n, n), question


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
    """Where a feature was found again.

    Args:
        store: opened.
        about: the card.

    Returns:
        For every comparison: it, the other dictionary, the feature paired with this one, their cos.
    """
    known = {q.key: q for q in features.known(store)}
    found = []
    for question in features.matches(store, about.dictionary):
        other = known.get(features.partner(question, about.dictionary.key))
        answer = reading.dataset(store, question, (0,), ("match", "match_cosine"))
        match, cosine = answer["match"].values, answer["match_cosine"].values
        if question.inputs["one"] == about.dictionary.key:
            at, pair = about.feature, int(match[about.feature])
        else:
            back = np.flatnonzero(match == about.feature)
            at, pair = (int(back[0]), int(back[0])) if back.size else (-1, -1)
        if other and pair >= 0:
            found.append((question, other, pair, float(cosine[at])))
    return found
