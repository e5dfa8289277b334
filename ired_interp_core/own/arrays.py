"""Arrays out of the bytes of .npy and .npz files: numbers alone, and never more than said."""

import io
import warnings
import zipfile
from collections.abc import Callable, Iterator
from math import prod
from typing import Any

import numpy as np

from ired_interp_core.contents import MOST_NUMBERS
from ired_interp_core.errors import Refusal

MOST_UNPACKED = 2**23
"""Bytes of all arrays of a file, unpacked."""

MOST_ARRAYS = 16

NPY, ZIP, HDF5 = b"\x93NUMPY", b"PK\x03\x04", b"\x89HDF\r\n\x1a\n"

_HEADERS: dict[tuple[int, int], Callable[[Any], tuple[Any, ...]]] = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def npy(content: bytes, where: str) -> np.ndarray:
    """Read a .npy file.

    Args:
        content: its bytes.
        where: named in refusals.

    Returns:
        The array in its own order of entries, float64.

    Raises:
        Refusal: forged, of another kind than real numbers, or claiming more than it holds.
    """
    stream = io.BytesIO(content)
    try:
        with warnings.catch_warnings():  # of NumPy, which would be a line of its own
            warnings.simplefilter("ignore")
            shape, fortran, dtype = _HEADERS[np.lib.format.read_magic(stream)](stream)
    except Exception as error:  # a forged header can raise anything
        raise Refusal("unreadable .npy file", where=where, came=said(error)) from error
    check_kind(dtype, where)
    rest = content[stream.tell() :]
    count = prod(shape)
    if count > MOST_NUMBERS or count * dtype.itemsize != len(rest) or min(shape, default=1) < 1:
        raise Refusal(
            "header of the .npy file does not fit its content", where=where,
            came=f"{dtype} of shape {shape}, {len(rest):,} bytes",
            expected=f"as many bytes as entries need, at most {MOST_NUMBERS:,} numbers",
        )  # fmt: skip
    flat = np.frombuffer(rest, dtype)
    return flat.reshape(shape, order="F" if fortran else "C").astype(np.float64, order="C")


def npz(content: bytes, where: str) -> dict[str, np.ndarray]:
    """Read a .npz file.

    Args:
        content: its bytes.
        where: named in refusals.

    Returns:
        Name → array, float64.

    Raises:
        Refusal: no such archive, too many or too large members, or one that `npy` refuses.
    """
    try:
        found = dict(_members(content))
    except Refusal:
        raise
    except Exception as error:  # a forged archive can raise anything
        raise Refusal("unreadable .npz file", where=where, came=said(error)) from error
    return {name: npy(member, f"{where}, {name}") for name, member in found.items()}


def _members(content: bytes) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members, left = archive.infolist(), MOST_UNPACKED
        names = [m.filename.removesuffix(".npy") for m in members]
        plain = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
        if (
            len(set(names)) != len(members) or not 0 < len(members) <= MOST_ARRAYS
            or not all(m.filename.endswith(".npy") and m.compress_type in plain for m in members)
        ):  # fmt: skip
            raise Refusal(
                "archive holds other things than arrays", came=", ".join(names[:4]),
                expected=f"1 to {MOST_ARRAYS} arrays, as numpy.savez writes them",
            )  # fmt: skip
        for name, member in zip(names, members, strict=True):
            with archive.open(member) as file:
                read = file.read(left + 1)
            left -= len(read)
            if left < 0:
                raise too_large()
            yield name, read


def too_large() -> Refusal:
    """The refusal of what grows beyond its bounds."""
    return Refusal(
        "arrays are too large", came="more, once they are unpacked",
        expected=f"at most {MOST_UNPACKED:,} bytes and {MOST_NUMBERS:,} numbers",
    )  # fmt: skip


def check_kind(dtype: np.dtype, where: str) -> None:
    """Refuse arrays of anything but real numbers."""
    if dtype.kind not in "fiu" or dtype.itemsize > 8:
        raise Refusal("array of another kind", where=where, came=dtype, expected="real numbers")


def said(error: Exception) -> str:
    """What a library says of forged bytes, in short."""
    return f"{type(error).__name__}: {error}"[:120]
