"""How a result becomes an HDF5 file that anyone opens with `xarray.open_dataset` or h5py.

Every chunk is compressed by gzip(4) + shuffle, which every reader knows, and carries a fletcher32
checksum. A chunk is what is drawn or analysed at once: who reads one problem unpacks that problem.
"""

from collections.abc import Hashable, Mapping
from typing import Any

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


def encode(analysis: Analysis, question: Question, dataset: xr.Dataset) -> bytes:
    """Write a checked result into an HDF5 image in memory; identical results give identical bytes.

    In memory, so that the file is then written in one go, and a full disk is a clean error.

    Args:
        analysis: the declaration.
        question: what was asked.
        dataset: a result that conforms to the declaration.

    Returns:
        The bytes of the file.
    """
    encoding: dict[Hashable, dict[str, Any]] = {}
    for name, array in dataset.variables.items():
        if array.dtype.kind in "OUS":
            # Characters, not variable-length strings: those take no checksum and have no bound.
            encoding[name] = {"dtype": "S1"}
            continue
        encoding[name] = {"_FillValue": None}
        if name in dataset.data_vars and array.ndim and array.size:
            encoding[name] |= {
                "zlib": True,
                "complevel": 4,
                "shuffle": True,
                "fletcher32": True,
                "chunksizes": chunks(
                    array.dims, dataset.sizes, array.dtype.itemsize, analysis.schema.dims
                ),
            }
    bare = dataset.copy(deep=False).drop_encoding()
    bare.attrs = attributes(analysis, question)
    return bytes(bare.to_netcdf(engine="h5netcdf", encoding=encoding))
