"""Arrays become the labelled answer: chosen variables, declared attributes, coordinates."""

from collections.abc import Collection, Iterable

import numpy as np
import pandas as pd
import xarray as xr

from ired_interp_core.errors import Refusal
from ired_interp_core.records import Question
from ired_interp_core.registry import Analysis
from ired_interp_core.schema import Dim, Variable
from store import encoding, inspection
from store.parts import Part


def choose(
    analysis: Analysis, question: Question, names: Iterable[str] | None
) -> dict[str, Variable]:
    """The stored variables with these names, in declared order; all where no names are given."""
    known = analysis.schema.wanted(question.parameters)
    if names is None:
        return known
    asked = list(names)
    for name in asked:
        if name not in known:
            raise Refusal(
                "unknown variable",
                where=f"{question.analysis}/{question.key}",
                came=repr(name),
                expected=", ".join((*known, *analysis.schema.derived)),
            )
    return {n: v for n, v in known.items() if n in asked}


def with_derived(
    analysis: Analysis,
    found: xr.Dataset,
    wanted: dict[str, Variable],
    names: Iterable[str] | None,
) -> xr.Dataset:
    """An answer with the derived scalars among some names, and nothing that they alone needed."""
    derived = analysis.schema.derived
    made = {n: derived[n].array(found) for n in names or () if n in derived}
    if not made:
        return found
    return found.assign(made)[[n for n in (*wanted, *made) if n in set(names or ())]]


def join(
    analysis: Analysis,
    question: Question,
    wanted: dict[str, Variable],
    indices: np.ndarray,
    positions: list[np.ndarray],
    parts: list[Part],
    at: Collection[str] = (),
) -> xr.Dataset:
    """The answer that parts of it make.

    Args:
        analysis: the declaration.
        question: whose answer.
        wanted: variables.
        indices: problems, in the order wanted.
        positions: of each part's problems among these.
        parts: at least one.
        at: dims along which one label was read: they are gone.

    Returns:
        The variables with units, frame and help, in declared order.

    Raises:
        ForeignFile: parts have other labels along a dim.
    """
    first = parts[0]
    for part in parts[1:]:
        differ = [d for d, labels in part.labels.items() if labels != first.labels[d]]
        if differ:
            where = f"{question.analysis}/{question.key}"
            raise inspection.ForeignFile(
                "shards of one question differ in the labels of a dim",
                where, ", ".join(differ), "the same labels",
            )  # fmt: skip
    order = np.argsort(np.concatenate(positions), kind="stable")
    sorted_already = bool((order == np.arange(len(order))).all())
    data = {}
    for name, declared in wanted.items():
        values = first.arrays[name]
        if "problem" in declared.dims and len(parts) > 1:
            values = np.concatenate([p.arrays[name] for p in parts])
            values = values if sorted_already else values[order]
        dims = tuple(d for d in declared.dims if d not in at)
        data[name] = xr.Variable(dims, values, declared.attributes(), fastpath=True)
    coords = {}
    if any("problem" in v.dims for v in wanted.values()):
        coords["problem"] = _index(analysis.schema.dims["problem"], indices)
    coords |= {n: _index(analysis.schema.dims[n], values) for n, values in first.coords.items()}
    return xr.Dataset(data, coords, encoding.attributes(analysis, question))


def _index(dim: Dim, values: np.ndarray) -> xr.IndexVariable:
    return xr.IndexVariable(dim.name, pd.Index(values, name=dim.name), dim.attributes())
