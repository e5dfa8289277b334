"""What must hold of an HDF5 file before a single value of it is read.

A shard may come from anywhere. A link or a virtual or external dataset reads other files, a claimed
shape can ask for more memory than there is, a foreign filter needs a plugin. Of the attributes only
the version of the form and the names of the dims are read: units and help are the declaration's.
"""

import re
from collections.abc import Collection, Hashable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from h5py import h5d, h5l, h5z

from ired_interp_core.errors import Refusal
from ired_interp_core.registry import Analysis
from ired_interp_core.schema import Variable
from store import naming
from store.encoding import SCHEMA_VERSION, TEXT_BYTES

MOST_OBJECTS = 256
MOST_DIM = naming.MOST_BLOCK
MOST_BYTES = 4 * 2**30
"""Largest array a file may claim, unpacked."""
MOST_CHUNK_BYTES = 64 * 2**20

_FILTERS = {
    h5z.FILTER_DEFLATE: "gzip",
    h5z.FILTER_SHUFFLE: "shuffle",
    h5z.FILTER_FLETCHER32: "fletcher32",
}
_CHARACTERS = re.compile(r"string([1-9]\d?)")

_NEXT = "remove the file and run the sweep again, or take the store from its source again"


class ForeignFile(Refusal):
    """A file that this store did not write, or that is no longer what it wrote.

    Args:
        what: is wrong.
        where: file and object.
        came: what was found.
        expected: what a file of this store has.
    """

    def __init__(self, what: str, where: str, came: object, expected: str) -> None:
        super().__init__(what, where=where, came=came, expected=expected, next_step=_NEXT)


def check_file(file: h5py.File, analysis: Analysis, where: str) -> None:
    """Check names, links and version of a file.

    Args:
        file: open for reading.
        analysis: whose answer it should hold.
        where: path, named in refusals.

    Raises:
        Refusal: another version of the form.
    """
    variables = analysis.schema.variables
    check_objects(file, {*variables, *(d for v in variables.values() for d in v.dims)}, where)
    version = integer_attribute(file, "schema_version")
    if version != SCHEMA_VERSION:
        raise Refusal(
            "file of another form",
            where=where,
            came=f"schema_version {version}",
            expected=f"schema_version {SCHEMA_VERSION}",
            next_step="use the version of this tool that wrote it, or run the sweep again",
        )


def check_objects(file: h5py.File, known: Collection[str], where: str) -> None:
    """Check that a file holds nothing but arrays of known names.

    Args:
        file: open for reading.
        known: names of variables and dims.
        where: path, named in refusals.

    Raises:
        ForeignFile: an unknown object, a link, or too many objects.
    """
    root = file.id
    if len(root) > MOST_OBJECTS:
        raise ForeignFile("too many objects", where, len(root), f"at most {MOST_OBJECTS}")
    for raw in root:
        name = raw.decode("utf-8", "replace")
        if root.links.get_info(raw).type != h5l.TYPE_HARD:
            raise ForeignFile(
                "link instead of an array", f"{where}, {name}", "a link", "hard links only"
            )
        if name not in known and not _CHARACTERS.fullmatch(name):
            raise ForeignFile(
                "undeclared object", where, name, "variables and dims of the analysis"
            )


def integer_attribute(file: h5py.File, name: str) -> int | None:
    """One integer of a file's head; None where there is none, or something else."""
    if not h5py.h5a.exists(file.id, name.encode()):
        return None
    attribute = h5py.h5a.open(file.id, name.encode())
    if attribute.shape not in ((), (1,)) or attribute.dtype.kind != "i":
        return None
    value = np.empty(attribute.shape, attribute.dtype)
    attribute.read(value)
    return int(value.reshape(-1)[0])


def array(file: h5py.File, name: str, where: str) -> h5py.Dataset:
    """Open an array and check its storage: bounded, self-contained, readable without plugins.

    Args:
        file: open, its links checked.
        name: of the array.
        where: path, named in refusals.

    Returns:
        The open array; nothing of its values is read yet.

    Raises:
        ForeignFile: missing, or stored in a way this store never does.
    """
    place = f"{where}, {name}"
    found = file.get(name)
    if not isinstance(found, h5py.Dataset):
        raise ForeignFile("array is missing", place, type(found).__name__, "an array of this name")
    properties = found.id.get_create_plist()
    layout = properties.get_layout()
    if layout == h5d.VIRTUAL or properties.get_external_count():
        raise ForeignFile(
            "array lies in other files", place, "virtual or external storage", "one file"
        )
    if found.dtype.kind not in "iuf" and found.dtype != np.dtype("S1"):
        raise ForeignFile("foreign type", place, found.dtype, "numbers or fixed-length text")
    if found.shape is None or any(n > MOST_DIM for n in found.shape):
        raise ForeignFile("shape out of bounds", place, found.shape, f"dims up to {MOST_DIM}")
    if _bytes(found.shape, found.dtype) > MOST_BYTES:
        raise ForeignFile("array is too large", place, found.shape, f"at most {MOST_BYTES} bytes")
    if layout == h5d.CHUNKED:
        if _bytes(properties.get_chunk(), found.dtype) > MOST_CHUNK_BYTES:
            came = properties.get_chunk()
            raise ForeignFile(
                "chunk is too large", place, came, f"at most {MOST_CHUNK_BYTES} bytes"
            )
        for i in range(properties.get_nfilters()):
            number = properties.get_filter(i)[0]
            if number not in _FILTERS:
                raise ForeignFile("unknown filter", place, number, ", ".join(_FILTERS.values()))
    return found


def _bytes(shape: tuple[int, ...], dtype: np.dtype) -> int:
    size = dtype.itemsize
    for n in shape:
        size *= n
    return size


def variable(
    file: h5py.File, name: str, declared: Variable, sizes: Mapping[Hashable, int], where: str
) -> h5py.Dataset:
    """Open a declared variable and check that it is what the declaration says.

    Args:
        file: open, its links checked.
        name: of the variable.
        declared: its declaration.
        sizes: of the dims, as their coordinates have it.
        where: path, named in refusals.

    Returns:
        The open array.

    Raises:
        ForeignFile: other dims, order, shape or dtype.
    """
    found = array(file, name, where)
    place = f"{where}, {name}"
    text = declared.dtype == "text"
    dtype = np.dtype("S1") if text else np.dtype(declared.dtype)
    if found.dtype != dtype:
        raise ForeignFile("other type than declared", place, found.dtype, str(dtype))
    shape = found.shape[:-1] if text else found.shape
    expected = tuple(sizes[d] for d in declared.dims)
    if shape != expected or (text and not 1 <= found.shape[-1] <= TEXT_BYTES):
        raise ForeignFile(
            "other shape than declared", place, found.shape, f"{declared.dims} {expected}"
        )
    dims = dim_names(found)[: len(declared.dims)]
    if dims != declared.dims:
        raise ForeignFile("other order of dims than declared", place, dims, str(declared.dims))
    return found


def dim_names(array: h5py.Dataset) -> tuple[str, ...]:
    """One dimension scale for each dim of an array; "" where none, or several, are attached."""
    names: list[str] = []
    for i in range(array.ndim):
        scales: list[bytes] = []
        if h5py.h5ds.get_num_scales(array.id, i) == 1:
            h5py.h5ds.iterate(array.id, i, lambda scale, names=scales: _note(scale, names))
        names.append(scales[0].decode("utf-8", "replace").lstrip("/") if scales else "")
    return tuple(names)


def _note(scale: Any, names: list[bytes]) -> None:
    names.append(h5py.h5i.get_name(scale) or b"")


def open_file(path: Path) -> h5py.File:
    """Open an HDF5 file for reading.

    Args:
        path: of a regular file.

    Returns:
        The open file.

    Raises:
        ForeignFile: no HDF5 file, or cut.
    """
    try:
        return _open(path)
    except OSError as error:
        if not path.is_file():
            raise ForeignFile("file is missing", str(path), "no file", "a shard") from error
        raise ForeignFile("file is no readable HDF5", str(path), error, "a whole shard") from error


def _open(path: Path) -> h5py.File:
    try:
        return h5py.File(path, "r")
    except OSError as error:
        if "lock" not in str(error):
            raise
        return h5py.File(path, "r", locking=False)  # a file system without locks
