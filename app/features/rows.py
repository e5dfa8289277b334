"""All features of a dictionary as one table: any number of them sorts, filters, or colours the map.

Columns follow from the declarations. A dictionary's numbers are read once and kept; an order or a
filter of some thousand features then takes well under a millisecond.
"""

import html
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr

from app.features import pairs
from app.features.dictionaries import other_seed
from app.shared.address import address as links
from app.shared.address.address import Address
from app.shared.address.fields import Filter
from app.shared.asks import dictionaries as features
from app.shared.asks import reading
from app.shared.asks.kept import kept
from app.shared.table import derived, memory
from app.shared.table.quantities import Quantity
from ired_interp_core import registry
from ired_interp_core.errors import Refusal
from store import QuestionInfo, Store

ABOUT = ("dictionary_features", "dictionary_causal")
MATCH = "dictionary_match.match_cosine"
LABELLED = "label.given"
STRONGEST = "dictionary_features.strongest_property"
WORDS = {
    f"{analysis}.{name}": variable.flags
    for analysis in ABOUT
    for name, variable in registry.get(analysis).schema.scalars().items()
    if variable.flags and variable.dims == ("feature",)
}
"""Flags of features, by column: shown as words; the first one, of what was not tested, as blank."""
_NOT_NUMBERS = {STRONGEST, *WORDS}
"""Index of a property, and flags: they neither sort nor colour."""


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


def _columns(analysis: str) -> dict[str, Quantity]:
    """Variable → what it is, of those with one number for each feature."""
    known = derived.quantities(analysis).values()
    return {column.variable: column for column in known if column.dims == ("feature",)}


SPREAD = {"atom_share": "Atom", "activity": "Activity by level"}
"""Variables with several numbers for each feature, and the heading of these in menus."""


def _answer(store: Store, question: QuestionInfo) -> xr.Dataset:
    """Numbers of every feature, and the properties that they are correlated with, if any are."""
    declared = registry.get(question.analysis).schema.variables
    further = [name for name in ("correlation", *SPREAD) if name in declared]
    return reading.dataset(store, question, (0,), (*_columns(question.analysis), *further))


def _scalars(
    store: Store, question: QuestionInfo, dictionary: QuestionInfo
) -> list[tuple[Quantity, np.ndarray]]:
    """Numbers of every feature in one answer."""
    answer, found = _answer(store, question), []
    for name, column in _columns(question.analysis).items():
        values = answer[name].values.astype(float)
        if name == "peak_level":
            values[values < 0] = np.nan
        found.append((column, values))
    return found + _spread(question.analysis, answer)


def _spread(analysis: str, answer: xr.Dataset) -> list[tuple[Quantity, np.ndarray]]:
    """One number for each part of an atom and each level; over the steps of a level their mean."""
    declared, found = registry.get(analysis).schema.variables, []
    for name, group in SPREAD.items():
        if name not in answer:
            continue
        values = answer[name].astype(float)
        values = values.mean([d for d in values.dims if d not in ("feature", "share", "level")])
        (dim,) = (d for d in values.dims if d != "feature")
        for label in values[dim].values.tolist():
            said = f"t = {label}" if dim == "level" else f"share {label}".replace("_", " ")
            word = f"active at {said}" if dim == "level" else said
            column = Quantity(
                f"{analysis}.{name}.{label}", word, "1", f"{declared[name].help}: {said}",
                ("feature",), group=group, span=declared[name].span,
            )  # fmt: skip
            found.append((column, values.sel({dim: label}).values.copy()))
    return found


def _matched(
    store: Store, question: QuestionInfo, dictionary: QuestionInfo
) -> list[tuple[Quantity, np.ndarray]]:
    """|cos| of every feature's pair."""
    told = "of the atom paired with it in a dictionary of another seed"
    column = Quantity(
        MATCH, "|cos|, other seed", "1", told, ("feature",), group="Stability", span="share"
    )
    return [(column, np.abs(pairs.partners(store, question, dictionary)[1]))]


def _properties(store: Store, asked: Sequence[QuestionInfo]) -> tuple[str, ...]:
    """Names of the properties that features are correlated with."""
    answers = [_answer(store, q) for q in asked if q.analysis in ABOUT]
    named = (a["property"].values for a in answers if "property" in a.coords)
    return tuple(property_name(str(name)) for name in next(named, ()))


def property_name(name: str) -> str:
    """Name a property of problems for a reader, though it be declared no more."""
    declared = registry.get("problem_properties").schema.variables.get(name)
    return declared.label if declared else html.escape(links.plain(name))


@kept(16)
def table(store: Store, dictionary: QuestionInfo) -> Table:
    """Numbers of all features, shared and read-only; `feature` alone where there are no others."""
    index = Quantity("feature", "feature", "1", "index of the feature", ("feature",))
    found = [(index, np.arange(int(dictionary.parameters["features"]), dtype=float))]
    asked, broken = [], []
    for analysis in (*ABOUT, pairs.MATCH):
        compared = analysis == pairs.MATCH
        question = (
            other_seed(store, dictionary)
            if compared
            else features.downstream(store, dictionary, analysis)
        )
        if question is None:
            continue
        read = _matched if compared else _scalars
        try:
            found += read(store, question, dictionary)
        except Refusal as error:  # one broken answer must not take the others away
            broken.append(error)
            continue
        asked.append(question)
    for _, values in found:
        values.flags.writeable = False
    numbers = pd.DataFrame({column.id: values for column, values in found}, copy=False)
    columns = {column.id: column for column, _ in found}
    return Table(columns, numbers, _properties(store, asked), tuple(asked), tuple(broken))


def labelled(table: Table, said: Collection[int]) -> Table:
    """The table with a column that says which features readers have labelled; for filters."""
    told = "1 where readers have labelled the feature, 0 elsewhere"
    column = Quantity(LABELLED, "labelled", "1", told, ("feature",), group="Labels")
    values = np.isin(table.numbers.index, list(said)).astype(float)
    values.flags.writeable = False
    numbers = table.numbers.assign(**{LABELLED: values})
    return replace(table, columns={**table.columns, LABELLED: column}, numbers=numbers)


def sortable(table: Table) -> dict[str, Quantity]:
    """Columns that are numbers, by id."""
    return {i: c for i, c in table.columns.items() if i not in _NOT_NUMBERS}


def settle(address: Address, table: Table) -> Address:
    """Keep columns that the dictionary has; others are named and left out."""
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
    """Features, ascending, that pass all filters, `only` some; a missing value passes none."""
    kept = np.ones(len(table.numbers), dtype=bool)
    for f in filters:
        kept &= memory.COMPARE[f.operator](table.numbers[f.column].to_numpy(), f.number)
    if only is not None:
        among = np.zeros(len(kept), dtype=bool)
        among[[i for i in only if 0 <= i < len(kept)]] = True
        kept &= among
    return np.flatnonzero(kept)


def ordered(table: Table, features: np.ndarray, by: str, down: bool) -> np.ndarray:
    """Put features in the order of a column; those without the number come last."""
    return features[memory.sorting(table.numbers[by].to_numpy()[features], down)]
