"""How a result becomes an HDF5 file that anyone opens with `xarray.open_dataset` or h5py.

Every chunk is compressed by gzip(4) + shuffle, which every reader knows, and carries a fletcher32
checksum. A chunk is what is drawn or analysed at once: who reads one problem unpacks that problem.
"""

import io
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import h5netcdf
import h5py
import numpy as np
import xarray as xr

from ired_interp_core.dims import DIMS, Dim
from ired_interp_core.records import Question, canonical_json
from ired_interp_core.registry import Analysis

SCHEMA_VERSION = 1
"""Version of the file's form (not of an analysis); another one is refused, never guessed."""

WHOLE_BYTES = 128 * 1024
"""An array up to this size is one chunk: thousands of tiny chunks cost more than they save."""

CHUNK_BYTES = 32 * 1024
"""A chunk grows along walked dims up to this size: about 0.2 ms to unpack."""

FILTERS = {"compression": "gzip", "compression_opts": 4, "shuffle": True, "fletcher32": True}

TEXT_BYTES = 64
"""Longest text label, in UTF-8."""


def attributes(analysis: Analysis, question: Question) -> dict[str, Any]:
    """The head of a file: title, sentence and question, so that it explains itself alone."""
    return {
        "Conventions": "CF-1.11",
        "title": analysis.title,
        "sentence": analysis.sentence,
        "analysis": question.analysis,
        "analysis_version": np.int64(question.version),
        "question": canonical_json(question.as_dict()),
        "key": question.key,
        "schema_version": np.int64(SCHEMA_VERSION),
    }


def chunks(
    dims: tuple[Hashable, ...],
    sizes: Mapping[Hashable, int],
    itemsize: int,
    declared: Mapping[str, Dim] = DIMS,
) -> tuple[int, ...]:
    """Shape of a chunk: one problem, its drawn dims whole, and as much of the walk as stays small.

    Args:
        dims: of the array.
        sizes: of its dims.
        itemsize: bytes of an entry.
        declared: how a reader takes each dim.

    Returns:
        A shape within the array's own.
    """
    shape = {d: sizes[d] for d in dims}
    if _bytes(shape, itemsize) > WHOLE_BYTES:
        whole = dict(shape)
        taken = {d.name: d.taken for d in declared.values() if d.name in whole}
        shape = {d: n if taken[str(d)] == "whole" else 1 for d, n in whole.items()}
        for dim, how in taken.items():
            if how == "walked" and _bytes(shape | {dim: whole[dim]}, itemsize) <= CHUNK_BYTES:
                shape[dim] = whole[dim]
        for dim, how in taken.items():
            if how == "in_runs":
                fit = CHUNK_BYTES // _bytes(shape | {dim: 1}, itemsize)
                shape[dim] = min(whole[dim], max(1, fit))
    return tuple(max(1, n) for n in shape.values())


def _bytes(shape: Mapping[Hashable, int], itemsize: int) -> int:
    return int(np.prod(list(shape.values()), dtype=np.int64)) * itemsize


@dataclass(frozen=True)
class _Form:
    """A variable of a file but for its numbers.

    Args:
        name: of it.
        dims: names.
        shape: lengths.
        dtype: as NumPy spells it.
        chunks: shape of a chunk; None for a variable that lies in one piece, not compressed.
        attributes: beside the array.
        said: they as text, since equal forms have equal ones.
    """

    name: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: str
    chunks: tuple[int, ...] | None
    attributes: Mapping[str, Any] = field(compare=False)
    said: str


def encode(analysis: Analysis, question: Question, dataset: xr.Dataset) -> bytes:
    """Write a checked result into an HDF5 image in memory; identical results give identical bytes.

    In memory, so that the file is then written in one go, and a full disk is a clean error. The
    file without its numbers takes most of the time to make, and is the same for all results of one
    form: it is made once in a process.

    Args:
        analysis: the declaration.
        question: what was asked.
        dataset: a result that conforms to the declaration.

    Returns:
        The bytes of the file.
    """
    written = {str(name): _characters(v) for name, v in dataset.variables.items()}
    forms = tuple(
        _form(name, variable, analysis.schema.dims if name in dataset.data_vars else None)
        for name, variable in written.items()
    )
    head = attributes(analysis, question)
    own = {name: head.pop(name) for name in ("question", "key")}
    image = io.BytesIO(_empty(tuple(head.items()), forms))
    with h5py.File(image, "r+") as file:
        file.attrs.update(own)
        for name, variable in written.items():
            if variable.size:
                file[name][...] = variable.values
    return image.getvalue()


def _characters(variable: xr.Variable) -> xr.Variable:
    """Words as characters: strings of variable length take no checksum and have no bound."""
    if variable.dtype.kind not in "US":
        return variable
    words = np.char.encode(variable.values.astype(str), "utf-8")
    length = max(1, words.dtype.itemsize)
    cut = words.astype(f"S{length}").reshape(*variable.shape, 1).view("S1")
    said = {**variable.attrs, "_Encoding": "utf-8"}
    return xr.Variable((*variable.dims, f"string{length}"), cut, said)


def _form(name: str, variable: xr.Variable, drawn: Mapping[str, Dim] | None) -> _Form:
    """The form of a variable; `drawn` is how a reader takes dims, None for a coordinate."""
    dims, dtype = tuple(map(str, variable.dims)), variable.dtype
    shape = None
    if drawn is not None and dtype.kind != "S" and variable.ndim and variable.size:
        shape = chunks(dims, variable.sizes, dtype.itemsize, drawn)
    said = {str(n): value for n, value in variable.attrs.items()}
    return _Form(name, dims, variable.shape, dtype.str, shape, said, repr(said))


@lru_cache(maxsize=64)
def _empty(head: tuple[tuple[str, Any], ...], forms: tuple[_Form, ...]) -> bytes:
    """The bytes of a file of netCDF's form without numbers, and without what one question says."""
    image = io.BytesIO()
    with h5netcdf.File(image, "w") as file:
        file.attrs.update(head)
        file.dimensions = {d: n for f in forms for d, n in zip(f.dims, f.shape, strict=True)}
        for form in forms:
            kept = {"chunks": form.chunks, **FILTERS} if form.chunks else {}
            made = file.create_variable(form.name, form.dims, form.dtype, **kept)
            made.attrs.update(form.attributes)
    return image.getvalue()
