"""All features of a dictionary as one table: any number of them sorts, filters, or colours the map.

Columns follow from the declarations. A dictionary's numbers are read once and kept; an order or a
filter of some thousand features then takes well under a millisecond.
"""

import html
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from app.shared.address import address as links
from app.shared.address.address import Address
from app.shared.address.fields import Filter
from app.shared.asks import dictionaries as features
from app.shared.asks import reading
from app.shared.asks.kept import kept
from app.shared.table import derived
from app.shared.table import memory as table_columns
from app.shared.table.quantities import Quantity
from ired_interp_core import registry
from ired_interp_core.errors import Refusal
from store import QuestionInfo, Store

ABOUT = ("dictionary_features", "dictionary_causal")
MATCH = "dictionary_match.match_cosine"
STRONGEST = "dictionary_features.strongest_property"
_NOT_NUMBERS = {STRONGEST, "dictionary_causal.tested"}
"""Index of a property, and a flag: shown as words, or as what is blank."""


@dataclass(frozen=True)
class Table:
    """Numbers of all features of a dictionary.

    Args:
        columns: id → declaration, in the order of menus.
        numbers: one column for each; index is the feature.
        properties: labels of those that STRONGEST counts.
        asked: the questions behind it.
        broken: why an answer that the store has cannot be read.
    """

    columns: dict[str, Quantity]
    numbers: pd.DataFrame
    properties: tuple[str, ...]
    asked: tuple[QuestionInfo, ...]
    broken: tuple[Refusal, ...] = ()


@kept(16)
def _table(generation: str, key: str, _store: Store, _dictionary: QuestionInfo) -> Table:
    m = int(_dictionary.parameters["features"])
    columns = {"feature": Quantity("feature", "feature", "1", "index of the feature", ("feature",))}
    numbers: dict[str, np.ndarray] = {"feature": np.arange(m, dtype=float)}
    properties: tuple[str, ...] = ()
    asked = []
    broken = []
    for analysis in ABOUT:
        question = features.downstream(_store, _dictionary, analysis)
        if question is None:
            continue
        try:
            found, properties_ = _scalars(_store, question)
        except Refusal as error:  # one broken answer must not take the others away
            broken.append(error)
            continue
        asked.append(question)
        properties = properties_ or properties
        for column, values in found:
            columns[column.id], numbers[column.id] = column, values
    try:
        pair = _matched(_store, _dictionary)
    except Refusal as error:
        pair = None
        broken.append(error)
    if pair:
        question, cosine = pair
        asked.append(question)
        columns[MATCH] = Quantity(
            MATCH, "|cos|, other seed", "1",
            "of the atom paired with it in a dictionary of another seed", ("feature",),
            group="Stability",
        )  # fmt: skip
        numbers[MATCH] = cosine
    for values in numbers.values():
        values.flags.writeable = False
    frame = pd.DataFrame(numbers, index=np.arange(m), copy=False)
    return Table(columns, frame, properties, tuple(asked), tuple(broken))


def _scalars(
    store: Store, question: QuestionInfo
) -> tuple[list[tuple[Quantity, np.ndarray]], tuple[str, ...]]:
    """Numbers of every feature in one answer, and the properties that it counts."""
    known = derived.quantities(question.analysis)
    wanted = {q.variable: q for q in known.values() if q.dims == ("feature",)}
    counts = "correlation" in registry.get(question.analysis).schema.variables
    answer = reading.dataset(store, question, (0,), (*wanted, *(["correlation"] if counts else [])))
    found = []
    for name, column in wanted.items():
        values = answer[name].values.astype(float)
        if name == "peak_level":
            values[values < 0] = np.nan
        found.append((column, values))
    properties = answer["property"].values if counts else ()
    return found, tuple(property_name(str(p)) for p in properties)


def property_name(name: str) -> str:
    """Name a property of problems for a reader.

    Args:
        name: as the store has it.

    Returns:
        Its declared label; the name itself where it is declared no more.
    """
    declared = registry.get("problem_properties").schema.variables.get(name)
    return declared.label if declared else html.escape(links.plain(name))


def _matched(store: Store, dictionary: QuestionInfo) -> tuple[QuestionInfo, np.ndarray] | None:
    """|cos| of every feature's pair in the first dictionary of another seed."""
    for question in features.matches(store, dictionary):
        if not features.seeds_apart(store, dictionary, features.partner(question, dictionary.key)):
            continue
        answer = reading.dataset(store, question, (0,), ("match", "match_cosine"))
        match, cosine = answer["match"].values, np.abs(answer["match_cosine"].values.astype(float))
        if question.inputs["one"] == dictionary.key:
            return question, cosine
        turned = np.full(int(dictionary.parameters["features"]), np.nan)
        there = (match >= 0) & (match < len(turned))
        turned[match[there]] = cosine[there]
        return question, turned
    return None


def table(store: Store, dictionary: QuestionInfo) -> Table:
    """Numbers of all features.

    Args:
        store: opened.
        dictionary: its question.

    Returns:
        Shared and read-only; without any column but `feature` where nothing was computed.
    """
    return _table(store.generation, dictionary.key, store, dictionary)


def sortable(table: Table) -> dict[str, Quantity]:
    """Columns that are numbers.

    Args:
        table: all features.

    Returns:
        By id.
    """
    return {i: c for i, c in table.columns.items() if i not in _NOT_NUMBERS}


def settle(address: Address, table: Table) -> Address:
    """Keep columns that the dictionary has; others are named and left out.

    Args:
        address: of the view Features.
        table: all features.

    Returns:
        The address.
    """
    known = sortable(table)
    for name in ("by", "tint"):
        if address[name] not in known:
            if address[name] == links.VIEWS[address.view][name].default:
                address = address.replace(**{name: "feature"})
            else:
                address = address.refuse(name, "no such number of this dictionary", "feature")
    kept = tuple(f for f in address["keep"] if f.column in known)
    for f in address["keep"]:
        if f.column not in known:
            address = address.replace(f"keep={f}: no such number of this dictionary; left out")
    return address.replace(keep=kept)


def passing(table: Table, filters: tuple[Filter, ...], only: Collection[int] | None) -> np.ndarray:
    """Features that pass all filters; a missing value passes none.

    Args:
        table: all features.
        filters: all of them must hold.
        only: these features alone; None for all.

    Returns:
        Their numbers, ascending.
    """
    kept = np.ones(len(table.numbers), dtype=bool)
    for f in filters:
        kept &= table_columns.COMPARE[f.operator](table.numbers[f.column].to_numpy(), f.number)
    if only is not None:
        among = np.zeros(len(kept), dtype=bool)
        among[[i for i in only if 0 <= i < len(kept)]] = True
        kept &= among
    return np.flatnonzero(kept)


def ordered(table: Table, found: np.ndarray, by: str, down: bool) -> np.ndarray:
    """Put features in order; those without the number come last.

    Args:
        table: all features.
        found: features, ascending.
        by: id of a column.
        down: largest first.

    Returns:
        The features.
    """
    return found[table_columns.sorting(table.numbers[by].to_numpy()[found], down)]
