"""Coordinates of a shard: what it says itself about which problems, levels and places it holds."""

from collections.abc import Mapping

import h5py
import numpy as np

from ired_interp_core.dims import Dim
from store import encoding, inspection
from store.sides import Range


def scale(file: h5py.File, dim: str, where: str) -> h5py.Dataset:
    """Open the coordinate of a dim and check its storage.

    Args:
        file: open, its links checked.
        dim: name.
        where: path, named in refusals.

    Returns:
        The open array.

    Raises:
        ForeignFile: not of one dim (and characters).
    """
    found = inspection.array(file, dim, where)
    characters = found.dtype == np.dtype("S1")
    if found.ndim != 1 + characters or (characters and found.shape[1] > encoding.TEXT_BYTES):
        raise inspection.ForeignFile(
            "unusable coordinate", f"{where}, {dim}", found.shape, "one dim"
        )
    return found


def check(
    file: h5py.File, key: str, span: Range, dims: Mapping[str, Dim], where: str
) -> dict[str, int]:
    """Check that a shard answers the question it lies under, for the problems that its name says.

    Args:
        file: open, its links checked.
        key: of the question.
        span: range of problems that its name says.
        dims: of the analysis.
        where: path, named in refusals.

    Returns:
        What tells the labels along a dim from others, by dim: shards that differ in it do not join.

    Raises:
        ForeignFile: the answer of another question, or of other problems.
    """
    labels = {}
    came = _text_attribute(file, "key")
    if came != key:
        raise inspection.ForeignFile("answer of another question", where, came, key)
    for name, dim in dims.items():
        if name not in file:
            continue
        found = scale(file, name, where)
        if name != "problem":
            values = found[()]
            dim.check(coordinate(values), where)
            labels[name] = hash((values.shape, values.tobytes()))
        elif found.shape[0] != span[1] - span[0]:
            words = "other rows than its name says"
            raise inspection.ForeignFile(words, where, found.shape[0], f"{span}")
        elif not np.array_equal(found[()], np.arange(*span)):
            words = "answer of other problems than its name says"
            raise inspection.ForeignFile(words, where, f"{found[:3]} …", f"{span}")
    return labels


def _text_attribute(file: h5py.File, name: str) -> str:
    """One word of a file's head; "" where there is none, or something else."""
    try:
        value = file.attrs.get(name)
    except (OSError, RuntimeError, TypeError, ValueError):
        return ""
    return value if isinstance(value, str) else ""


def text(characters: np.ndarray) -> np.ndarray:
    """Join characters S1 [..., length] into words [...], dtype object."""
    joined = np.ascontiguousarray(characters).view(f"S{characters.shape[-1]}")[..., 0]
    words = [w.decode("utf-8", "replace") for w in joined.reshape(-1)]
    return np.array(words, dtype=object).reshape(joined.shape)


def coordinate(values: np.ndarray) -> np.ndarray:
    """Labels of a dim, numbers or words, from numbers or characters as they lie in a file."""
    return text(values) if values.dtype == np.dtype("S1") else values
