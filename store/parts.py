"""What one shard contributes to a read: the wanted rows of the wanted variables, by h5py."""

import io
import math
import os
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ired_interp_core.errors import Refusal
from ired_interp_core.records import Question
from ired_interp_core.registry import Analysis
from ired_interp_core.schema import Variable
from store import files, inspection, layout, scales, shell, sides
from store.layout import Root
from store.sides import Range

MOST_READ_BYTES = 4 * 2**30
"""Largest answer to one read."""

# Path → identity of a file whose names, links and coordinates were checked, and its labels.
_checked: dict[str, tuple[files.Identity, dict[str, int]]] = {}


class TooLarge(Refusal):
    """A read that memory should not hold; nothing is wrong with the file."""


class Untrusted(Refusal):
    """A shard that does not agree with its side file: the next run computes it again."""


class Part:
    """What one shard contributes: arrays of the wanted rows, and its coordinates.

    Args:
        arrays: by variable.
        coords: by dim, of the first part of a read only.
        labels: what tells the labels along a dim from others, by dim.
    """

    def __init__(
        self,
        arrays: dict[str, np.ndarray],
        coords: dict[str, np.ndarray],
        labels: dict[str, int],
    ) -> None:
        self.arrays = arrays
        self.coords = coords
        self.labels = labels

    @classmethod
    def read(
        cls,
        root: Root,
        analysis: Analysis,
        question: Question,
        span: Range,
        rows: np.ndarray,
        wanted: Mapping[str, Variable],
        first: bool,
        inspected: Mapping[str, Variable] | None = None,
        at: Mapping[str, Any] | None = None,
    ) -> "Part":
        """Read rows of one shard, after everything that must hold of the file was looked at.

        Args:
            root: of the store.
            analysis: the declaration.
            question: whose answer.
            span: range of the shard.
            rows: positions in the shard, in the order wanted.
            wanted: variables.
            first: also read coordinates, and variables without the dim problem.
            inspected: variables to look at beside the wanted ones, without reading them.
            at: dim → the one label that is read along it; the dim is then gone.

        Returns:
            The part.

        Raises:
            ForeignFile: it is not what the declaration says, or cannot be read.
        """
        path = layout.shard(root, question.analysis, question.key, *span)
        everything = {**wanted, **(inspected or {})}
        with _trusted(root, question, span) as file:
            try:
                labels = _check_once(file, path, analysis, question, span)
                return cls._of(file, path, labels, rows, wanted, first, everything, at or {})
            except (OSError, RuntimeError) as error:
                raise inspection.ForeignFile(
                    "array cannot be read", str(path), error, "whole chunks"
                ) from error

    @classmethod
    def _of(
        cls,
        file: h5py.File,
        path: Path,
        labels: Mapping[str, int],
        rows: np.ndarray,
        wanted: Mapping[str, Variable],
        first: bool,
        everything: Mapping[str, Variable],
        at: Mapping[str, Any],
    ) -> "Part":
        dims = list(dict.fromkeys(d for v in everything.values() for d in v.dims))
        opened = {d: scales.scale(file, d, str(path)) for d in dims}
        sizes: dict[Hashable, int] = {d: s.shape[0] for d, s in opened.items()}
        places = {d: _place(opened, d, label, str(path)) for d, label in at.items()}
        arrays = {}
        for name, declared in everything.items():
            found = inspection.variable(file, name, declared, sizes, str(path))
            ours = "problem" in declared.dims
            if name not in wanted or not (ours or first):
                continue
            picks = tuple(places.get(d, slice(None)) for d in declared.dims if d != "problem")
            values = _take(found, rows, path, picks) if ours else found[picks]
            arrays[name] = scales.text(values) if declared.dtype == "text" else values
        shared = [d for d in dims if d != "problem" and d not in at]
        coords = {d: scales.coordinate(opened[d][()]) for d in shared} if first else {}
        return cls(arrays, coords, {d: labels[d] for d in shared})


def check_image(
    image: bytes, analysis: Analysis, question: Question, span: Range, path: Path
) -> None:
    """Look at a shard that is about to be published, as whoever reads it will.

    Args:
        image: bytes of the file.
        analysis: the declaration.
        question: whose answer.
        span: range of problems.
        path: where it will lie; named where no reader would take it.
    """
    wanted = analysis.schema.wanted(question.parameters)
    with h5py.File(io.BytesIO(image), "r") as file:
        inspection.check_file(file, analysis, str(path))
        labels = scales.check(file, question.key, span, analysis.schema.dims, str(path))
        Part._of(file, path, labels, np.arange(0), {}, False, wanted, {})


def _trusted(root: Root, question: Question, span: Range) -> h5py.File:
    """Open a shard that agrees with its side file, and be sure that it is that very file.

    Returns:
        The open file.

    Raises:
        Untrusted: it does not agree, or is being replaced again and again.
    """
    address = (root, question.analysis, question.key, *span)
    path = layout.shard(*address)
    wrong = ""
    for _ in range(3):
        wrong = sides.trouble(*address)
        if wrong:
            break
        file = inspection.open_file(path)
        if sides.is_verified(path, files.identity(os.fstat(file.id.get_vfd_handle()))):
            return file
        file.close()
        wrong = "it is being replaced"
    raise Untrusted(
        "shard cannot be trusted",
        where=str(path),
        came=wrong,
        expected="a shard that agrees with its side file",
        next_step=f"run the sweep again: {shell.again(root)}",
    )


def _check_once(
    file: h5py.File, path: Path, analysis: Analysis, question: Question, span: Range
) -> dict[str, int]:
    """What `scales.check` gives, of every state of a file once."""
    now = files.identity(os.fstat(file.id.get_vfd_handle()))
    known = _checked.get(str(path))
    if known is None or known[0] != now:
        inspection.check_file(file, analysis, str(path))
        labels = scales.check(file, question.key, span, analysis.schema.dims, str(path))
        known = _checked[str(path)] = now, labels
    return known[1]


def _place(opened: Mapping[str, h5py.Dataset], dim: str, label: Any, where: str) -> int:
    """Position of a label along a dim of a shard."""
    labels = scales.coordinate(opened[dim][()]).tolist() if dim in opened else []
    if label not in labels:
        raise Refusal(
            "no such label", where=f"{where}, {dim}", came=repr(label),
            expected=", ".join(map(str, labels)) or "a dim of a variable that is read",
        )  # fmt: skip
    return int(labels.index(label))


def _take(
    array: h5py.Dataset, rows: np.ndarray, path: Path, picks: tuple[int | slice, ...]
) -> np.ndarray:
    """Rows of an array, in the order wanted; runs of neighbours are read at once.

    Args:
        array: whose first dim is the problem.
        rows: positions along it.
        path: named in refusals.
        picks: what is read along the others.

    Returns:
        The rows.

    Raises:
        TooLarge: more than memory should hold.
    """
    taken = [n for n, pick in zip(array.shape[1:], picks, strict=False) if isinstance(pick, slice)]
    size = len(rows) * math.prod(taken) * array.dtype.itemsize
    if size > MOST_READ_BYTES:
        raise TooLarge(
            "read is too large",
            where=f"{path}, {array.name}",
            came=f"{size} bytes",
            expected=f"at most {MOST_READ_BYTES}",
            next_step="ask for fewer problems",
        )
    cuts = np.flatnonzero(np.diff(rows) != 1) + 1
    runs = [array[(slice(int(r[0]), int(r[-1]) + 1), *picks)] for r in np.split(rows, cuts)]
    return runs[0] if len(runs) == 1 else np.concatenate(runs)
