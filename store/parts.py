"""What one shard contributes to a read: the wanted rows of the wanted variables, by h5py."""

import os
from collections.abc import Hashable
from pathlib import Path

import h5py
import numpy as np

from ired_interp_core.errors import Refusal
from ired_interp_core.records import Question
from ired_interp_core.registry import Analysis
from ired_interp_core.schema import Variable
from store import encoding, files, inspection, layout, records, sides
from store.layout import Root
from store.sides import Range

MOST_READ_BYTES = 4 * 2**30
"""Largest answer to one read."""

# Path → identity of a file whose names and links were checked.
_checked: dict[str, files.Identity] = {}


class Part:
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

        Returns:
            The part.

        Raises:
            Refusal: the shard does not agree with its side file.
            ForeignFile: it is not what the declaration says, or cannot be read.
        """
        address = (root, question.analysis, question.key, *span)
        path = layout.shard(*address)
        wrong = sides.trouble(*address)
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
                raise inspection.ForeignFile(
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
    ) -> "Part":
        dims = list(dict.fromkeys(d for v in wanted.values() for d in v.dims))
        scales = {d: _scale(file, d, str(path)) for d in dims}
        sizes: dict[Hashable, int] = {d: s.shape[0] for d, s in scales.items()}
        if sizes.get("problem", span[1] - span[0]) != span[1] - span[0]:
            raise inspection.ForeignFile(
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
        raise inspection.ForeignFile(
            "unusable coordinate", f"{where}, {dim}", scale.shape, "one dim"
        )
    return scale


def _take(array: h5py.Dataset, rows: np.ndarray, path: Path) -> np.ndarray:
    """Rows of an array, in the order wanted; runs of neighbours are read at once.

    Returns:
        The rows.

    Raises:
        Refusal: more than memory should hold.
    """
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
