"""Reading shards by h5py: only the variables and problems asked for, in a millisecond or two.

The Dataset is the one that `xarray.open_dataset` gives of the same shard (a test compares the two).
"""

import os
from collections.abc import Hashable, Iterable, Sequence
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import xarray as xr

from ired_interp_core.errors import Refusal
from ired_interp_core.records import Question
from ired_interp_core.registry import Analysis
from ired_interp_core.schema import DIMS, Variable
from store import encoding, files, inspection, layout, records, shards
from store.layout import Root
from store.shards import Range

MOST_READ_BYTES = 4 * 2**30
"""Largest answer to one read."""

# Path → identity of a file whose names and links were checked.
_checked: dict[str, files.Identity] = {}


def read_shards(
    root: Root,
    analysis: str,
    key: str,
    start: int,
    stop: int,
    variables: Iterable[str] | None = None,
) -> xr.Dataset:
    """Read problems [start, stop) of a question straight from its shards, without a catalog.

    Args:
        root: of the store.
        analysis: name.
        key: of the question.
        start: first problem.
        stop: one past the last.
        variables: names; all when left out.

    Returns:
        The answer for exactly these problems.
    """
    layout.check_range(start, stop)
    question = records.read_question(root, analysis, key)
    ranges = shards.present(root, analysis, key)
    return read(root, question, ranges, range(start, stop), variables)


def read(
    root: Root,
    question: Question,
    ranges: Sequence[Range],
    problems: Sequence[int] | np.ndarray,
    variables: Iterable[str] | None = None,
) -> xr.Dataset:
    """Read some problems and variables of a question.

    Args:
        root: of the store.
        question: whose answer.
        ranges: its shards.
        problems: indices, in the order wanted.
        variables: names; all when left out.

    Returns:
        The declared variables with units, frame and help, in declared order.

    Raises:
        Refusal: unknown variable, a problem that is not there, or a file that must not be read.
    """
    analysis = records.declared(question)
    wanted = _choose(analysis, question, variables)
    indices = _indices(problems)
    pieces = _assign(indices, ranges, f"{question.analysis}/{question.key}")
    parts = [
        _Part.read(root, analysis, question, span, indices[where] - span[0], wanted, first=not i)
        for i, (span, where) in enumerate(pieces)
    ]
    return _join(analysis, question, wanted, indices, [w for _, w in pieces], parts)


def arrays(
    root: Root, question: Question, span: Range, problems: np.ndarray, variables: Iterable[str]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Read some problems of one shard as bare arrays.

    Args:
        root: of the store.
        question: whose answer.
        span: range of the shard.
        problems: indices within it.
        variables: names.

    Returns:
        Arrays by variable and coordinates by dim.
    """
    analysis = records.declared(question)
    wanted = _choose(analysis, question, variables)
    part = _Part.read(root, analysis, question, span, problems - span[0], wanted, first=True)
    return part.arrays, part.coords | {"problem": problems}


def _choose(
    analysis: Analysis, question: Question, names: Iterable[str] | None
) -> dict[str, Variable]:
    known = {
        n: v
        for n, v in analysis.schema.variables.items()
        if not v.when or question.parameters.get(v.when)
    }
    if names is None:
        return known
    asked = [names] if isinstance(names, str) else list(names)
    for name in asked:
        if name not in known:
            raise Refusal(
                "unknown variable",
                where=f"{question.analysis}/{question.key}",
                came=repr(name),
                expected=", ".join(known),
            )
    return {n: v for n, v in known.items() if n in asked}


def _indices(problems: Sequence[int] | np.ndarray) -> np.ndarray:
    indices = np.asarray(problems)
    if indices.ndim != 1 or not indices.size or indices.dtype.kind not in "iu":
        raise Refusal(
            "unusable list of problems", came=repr(problems), expected="integers, at least one"
        )
    return indices.astype(np.int64)


def _assign(
    indices: np.ndarray, ranges: Sequence[Range], where: str
) -> list[tuple[Range, np.ndarray]]:
    """Which shard answers for which entries of `indices`; the first of overlapping shards answers.

    Returns:
        (range, positions in `indices`) of every shard that is needed.

    Raises:
        Refusal: a problem that no shard holds, answered with what is there.
    """
    open_ = np.ones(len(indices), dtype=bool)
    pieces = []
    for low, high in sorted(ranges):
        here = open_ & (indices >= low) & (indices < high)
        if here.any():
            pieces.append(((low, high), np.flatnonzero(here)))
            open_ &= ~here
    if open_.any():
        raise Refusal(
            "problem is not in the store",
            where=where,
            came=f"problem {indices[open_][0]}" + _more(int(open_.sum()) - 1),
            expected=", ".join(f"{a} … {b - 1}" for a, b in shards.merged(ranges)) or "none yet",
            next_step="ask for one of these, or compute it: python -m precompute run",
        )
    return pieces


def _more(count: int) -> str:
    return f" and {count} more" if count else ""


class _Part:
    """What one shard contributes: arrays of the wanted rows, and its coordinates."""

    def __init__(self, arrays: dict[str, np.ndarray], coords: dict[str, np.ndarray]) -> None:
        self.arrays = arrays
        self.coords = coords

    @classmethod
    def read(
        cls,
        root: Root,
        analysis: Analysis,
        question: Question,
        span: Range,
        rows: np.ndarray,
        wanted: dict[str, Variable],
        first: bool,
    ) -> "_Part":
        address = (root, question.analysis, question.key, *span)
        path = layout.shard(*address)
        wrong = shards.trouble(*address)
        if wrong:
            raise Refusal(
                "shard cannot be trusted",
                where=str(path),
                came=wrong,
                expected="a shard that agrees with its side file",
                next_step=f"run the sweep again: {records.command(root, 'run', 'SWEEP.toml')}",
            )
        with inspection.open_file(path) as file:
            _check_once(file, path, analysis)
            try:
                return cls._of(file, path, span, rows, wanted, first)
            except (OSError, RuntimeError) as error:
                raise inspection.refuse(
                    "array cannot be read", str(path), error, "whole chunks"
                ) from error

    @classmethod
    def _of(
        cls,
        file: h5py.File,
        path: Path,
        span: Range,
        rows: np.ndarray,
        wanted: dict[str, Variable],
        first: bool,
    ) -> "_Part":
        dims = list(dict.fromkeys(d for v in wanted.values() for d in v.dims))
        scales = {d: _scale(file, d, str(path)) for d in dims}
        sizes: dict[Hashable, int] = {d: s.shape[0] for d, s in scales.items()}
        if sizes.get("problem", span[1] - span[0]) != span[1] - span[0]:
            raise inspection.refuse(
                "other rows than its name says", str(path), sizes["problem"], f"{span}"
            )
        arrays = {}
        for name, declared in wanted.items():
            found = inspection.variable(file, name, declared, sizes, str(path))
            ours = "problem" in declared.dims
            if not ours and not first:
                continue
            values = _take(found, rows, path) if ours else found[()]
            arrays[name] = _text(values) if declared.dtype == "text" else values
        coords = {}
        for dim in dims:
            if dim == "problem":
                continue
            coords[dim] = _coordinate(scales[dim][()]) if first else np.empty(sizes[dim])
        return cls(arrays, coords)


def _check_once(file: h5py.File, path: Path, analysis: Analysis) -> None:
    now = files.identity(os.fstat(file.id.get_vfd_handle()))
    if _checked.get(str(path)) != now:
        inspection.check_file(file, analysis, str(path))
        _checked[str(path)] = now


def _scale(file: h5py.File, dim: str, where: str) -> h5py.Dataset:
    scale = inspection.array(file, dim, where)
    text = scale.dtype == np.dtype("S1")
    if scale.ndim != 1 + text or (text and scale.shape[1] > encoding.TEXT_BYTES):
        raise inspection.refuse("unusable coordinate", f"{where}, {dim}", scale.shape, "one dim")
    return scale


def _take(array: h5py.Dataset, rows: np.ndarray, path: Path) -> np.ndarray:
    """Rows of an array, in the order wanted; runs of neighbours are read at once."""
    size = len(rows) * int(np.prod(array.shape[1:], dtype=np.int64)) * array.dtype.itemsize
    if size > MOST_READ_BYTES:
        raise Refusal(
            "read is too large",
            where=f"{path}, {array.name}",
            came=f"{size} bytes",
            expected=f"at most {MOST_READ_BYTES}",
            next_step="ask for fewer problems",
        )
    cuts = np.flatnonzero(np.diff(rows) != 1) + 1
    runs = [array[int(run[0]) : int(run[-1]) + 1] for run in np.split(rows, cuts)]
    return runs[0] if len(runs) == 1 else np.concatenate(runs)


def _text(characters: np.ndarray) -> np.ndarray:
    joined = np.ascontiguousarray(characters).view(f"S{characters.shape[-1]}")[..., 0]
    words = [w.decode("utf-8", "replace") for w in joined.reshape(-1)]
    return np.array(words, dtype=object).reshape(joined.shape)


def _coordinate(values: np.ndarray) -> np.ndarray:
    return _text(values) if values.dtype == np.dtype("S1") else values


def _join(
    analysis: Analysis,
    question: Question,
    wanted: dict[str, Variable],
    indices: np.ndarray,
    positions: list[np.ndarray],
    parts: list[_Part],
) -> xr.Dataset:
    first = parts[0]
    for part in parts[1:]:
        for dim, values in part.coords.items():
            if len(values) != len(first.coords[dim]):
                raise inspection.refuse(
                    "shards of one question differ in a dim",
                    f"{question.analysis}/{question.key}, {dim}",
                    len(values),
                    str(len(first.coords[dim])),
                )
    order = np.argsort(np.concatenate(positions), kind="stable")
    sorted_already = bool((order == np.arange(len(order))).all())
    data = {}
    for name, declared in wanted.items():
        values = first.arrays[name]
        if "problem" in declared.dims and len(parts) > 1:
            values = np.concatenate([p.arrays[name] for p in parts])
            values = values if sorted_already else values[order]
        data[name] = xr.Variable(declared.dims, values, declared.attributes(), fastpath=True)
    coords = {}
    if any("problem" in v.dims for v in wanted.values()):
        coords["problem"] = _index("problem", indices)
    coords |= {dim: _index(dim, values) for dim, values in first.coords.items()}
    return xr.Dataset(data, coords, encoding.attributes(analysis, question))


def _index(dim: str, values: np.ndarray) -> xr.IndexVariable:
    attributes = {"units": "1", "long_name": dim, "help": DIMS[dim]}
    return xr.IndexVariable(dim, pd.Index(values, name=dim), attributes)
