"""What the panels are drawn from: a dictionary, those beside it, and what readers say."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pandas as pd

from app.features import pairs, rows
from app.features.pairs import Pair
from app.shared.address.address import Address
from app.shared.asks import commands
from app.shared.asks import dictionaries as features
from app.shared.asks.reading import Subject
from app.shared.page import labels
from app.shared.page.contract import Missing
from app.shared.page.labels import Labels
from store import QuestionInfo, Store


@dataclass(frozen=True)
class Scene:
    """The questions about one dictionary of a subject.

    Args:
        store: the store.
        dictionaries: those of the subject.
        dictionary: the chosen one.
        other: the one beside it; None where there is none.
        labels: key of a dictionary → what readers call its features; of the two above.
        card: a feature is chosen, and its card is on the page.
    """

    store: Store
    dictionaries: tuple[QuestionInfo, ...]
    dictionary: QuestionInfo
    other: QuestionInfo | None
    labels: Mapping[str, Labels]
    card: bool = False

    @property
    def identity(self) -> tuple[Any, ...]:
        """Keys of the dictionaries, and everything that was said about them."""
        said = tuple(
            (key, feature, label.text, label.note, label.author, label.at)
            for key, labels in sorted(self.labels.items())
            for feature, label in sorted(labels.items())
        )
        other = self.other.key if self.other else ""
        return (self.dictionary.key, other, tuple(q.key for q in self.dictionaries), said)

    def question(self, analysis: str) -> QuestionInfo | None:
        """The answer of an analysis about the dictionary; None where there is none."""
        if analysis == "dictionary":
            return self.dictionary
        if analysis == pairs.MATCH:
            match = self.pair.match if self.other else None
            return match or next(iter(features.matches(self.store, self.dictionary)), None)
        return features.downstream(self.store, self.dictionary, analysis)

    @cached_property
    def table(self) -> rows.Table:
        """Numbers of all features of the dictionary."""
        return rows.labelled(rows.table(self.store, self.dictionary), _given(self.said))

    @cached_property
    def pair(self) -> Pair:
        """The two dictionaries in the order in which they were matched."""
        if self.other is None:
            raise LookupError("no second dictionary")
        return pairs.find(self.store, self.dictionary, self.other)

    @cached_property
    def matched(self) -> pd.DataFrame | None:
        """The paired atoms of the two, most alike first; None where they were not matched."""
        match = self.pair.match
        return pairs.pairs(self.store, match, self.labels) if match else None

    @property
    def said(self) -> Labels:
        """What readers call the features of the dictionary."""
        return self.labels.get(self.dictionary.key, {})

    def label(self, dictionary: str, feature: int) -> str:
        """What readers call a feature of one of the two; "" where they call it nothing."""
        label = self.labels.get(dictionary, {}).get(feature)
        return label.text if label else ""

    def name(self, dictionary: QuestionInfo) -> str:
        """Name a dictionary for a reader."""
        return features.name(self.store, dictionary)

    def lacks(self, text: str, analysis: str) -> Missing:
        """Say that an answer about the dictionary is not there, and what computes it."""
        asked = {"analysis": analysis, "inputs": {"dictionary": self.dictionary.key}}
        return Missing(text, asked, features.command_for(self.store, self.dictionary, analysis))


def scene(store: Store, address: Address, subject: Subject) -> tuple[Address, Scene | Missing]:
    """Settle the address with the store, and gather the dictionaries, or say what trains one."""
    there = features.dictionaries(store, subject)
    if not there:
        run = commands.run("precompute/sweeps/dictionaries.toml", store)
        tasks = sorted({q.problems.task for q in features.dictionaries(store) if q.problems})
        others = f" The store has dictionaries for {', '.join(tasks)}." if tasks else ""
        text = (
            f"There is no dictionary for this model on these problems yet.{others} To train one,"
            " name the model and its problems in the sweep:"
        )
        return address, Missing(text, command=run)
    address, dictionary = features.settle(store, address, there)
    given = _given(labels.of(store, dictionary.key))
    known = rows.labelled(rows.table(store, dictionary), given)
    address = rows.settle(_settle_feature(address, dictionary), known)
    address = pairs.settle(store, address, dictionary, there)
    other = next((q for q in there if q.key == address["other"]), None)
    if address["sheet"] == "compare" and other is None:
        seed = {"seed": int(dictionary.parameters["seed"]) + 1}
        asked = replace(dictionary, parameters={**dictionary.parameters, **seed})
        text = "This model has one dictionary on these problems. To train another seed of it:"
        return address, Missing(text, command=commands.command(store, asked))
    said = {q.key: labels.of(store, q.key) for q in (dictionary, other) if q}
    chosen = address["feature"] is not None
    return address, Scene(store, tuple(there), dictionary, other, said, chosen)


def _given(said: Labels) -> list[int]:
    """Features that readers have labelled."""
    return [feature for feature, label in said.items() if label.text]


def _settle_feature(address: Address, dictionary: QuestionInfo) -> Address:
    most = int(dictionary.parameters["features"])
    if address["feature"] is None or address["feature"] < most:
        return address
    return address.refuse("feature", f"this dictionary has features 0 … {most - 1}", None)
