"""Shards: the arrays of a range of problems, published once, complete or not there at all."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from ired_interp_core.errors import Refusal
from ired_interp_core.records import Question
from store import encoding, files, layout, naming, parts, publication, records
from store.failures import clear_failure, failures, record_failure
from store.layout import Root
from store.publication import sweep_temporaries
from store.sides import Range, complete, merged, present, trouble

__all__ = [
    "clear_failure",
    "complete",
    "failures",
    "merged",
    "missing",
    "present",
    "publish",
    "record_failure",
    "sweep_temporaries",
    "trouble",
]


def publish(
    root: Root,
    question: Question,
    start: int,
    dataset: xr.Dataset,
    provenance: Mapping[str, Any],
) -> Path:
    """Publish the answer for problems [start, start + N); first publication wins.

    Args:
        root: of the store.
        question: what was asked, of the installed version of its analysis.
        start: index of the first problem; 0 for the one result of a set.
        dataset: the result, with leading dim problem unless it is that of a set; checked against
            the declaration once more.
        provenance: JSON-ready facts about this computation; no part of the answer's address.

    Returns:
        Path of the shard, verified on disk; a `Refusal` where the result does not conform, or the
        store cannot be written: nothing is half there.
    """
    labelled, stop = conformed(question, start, dataset)
    address = (root, question.analysis, question.key, start, stop)
    final = layout.guard(root, layout.shard(*address))
    with files.one_line(final):
        records.publish_question(root, question)
        if not complete(*address):
            analysis = records.declared(question)
            image = encoding.encode(analysis, question, labelled)
            parts.check_image(image, analysis, question, (start, stop), final)
            publication.publish(address, image, provenance)
        clear_failure(root, question, start, stop)
    return final


def conformed(question: Question, start: int, dataset: xr.Dataset) -> tuple[xr.Dataset, int]:
    """A result with its problem indices and all that is declared of it, and where its range ends.

    Args:
        question: what was asked, of the installed version of its analysis.
        start: index of the first problem; 0 for the one result of a set.
        dataset: the result.

    Returns:
        The result in declared order, and one past its last problem.

    Raises:
        Refusal: it does not conform to the declaration.
    """
    analysis = records.declared(question)
    where = f"{question.analysis}/{question.key}"
    labelled, stop = dataset.copy(deep=False), 1
    if analysis.scope == "set":
        if start != 0 or "problem" in dataset.sizes:
            raise Refusal("result of a set has no problems", where=where, came=f"start {start}")
    else:
        labelled = _labelled(dataset, start, where)
        stop = start + labelled.sizes["problem"]
    return analysis.schema.conform(labelled, question.parameters, where), stop


def _labelled(dataset: xr.Dataset, start: int, where: str) -> xr.Dataset:
    """The result with its problem indices, which must be its own if it has any."""
    if "problem" not in dataset.sizes:
        raise Refusal("result has no dim problem", where=where, came=tuple(dataset.sizes))
    stop = start + dataset.sizes["problem"]
    naming.check_range(start, stop)
    if stop - start > naming.MOST_BLOCK:
        raise Refusal(
            "too many problems for one shard",
            where=where,
            came=stop - start,
            expected=f"at most {naming.MOST_BLOCK}",
        )
    indices = np.arange(start, stop, dtype=np.int64)
    if "problem" in dataset.coords and not np.array_equal(dataset["problem"], indices):
        raise Refusal(
            "result is of other problems",
            where=where,
            came=f"{dataset['problem'].values[:3]} …",
            expected=f"{start} … {stop - 1}",
        )
    return dataset.assign_coords(problem=indices)


def missing(root: Root, analysis: str, key: str, ranges: Iterable[Range]) -> list[Range]:
    """What is left to compute: the parts of the asked ranges that no complete shard covers.

    Args:
        root: of the store.
        analysis: name.
        key: of the question.
        ranges: asked [start, stop).

    Returns:
        The uncovered parts, in the order asked; a block cut short earlier is completed, not redone.
    """
    shards = present(root, analysis, key)
    left: list[Range] = []
    for asked in ranges:
        start, stop = naming.check_range(*asked)
        at = start
        for low, high in shards:
            if high <= at or low >= stop or not complete(root, analysis, key, low, high):
                continue
            if low > at:
                left.append((at, low))
            at = max(at, high)
        if at < stop:
            left.append((at, stop))
    return left
