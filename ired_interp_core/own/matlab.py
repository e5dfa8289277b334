"""Arrays out of the bytes of a MATLAB file of version 5, as MATLAB writes with -v6 and -v7.

Read here and not by SciPy, whose reader ends its process on some forged files. Source: MAT-File
Format, The MathWorks, "Level 5 MAT-File Format".
"""

import struct
import zlib
from collections.abc import Iterator, Mapping
from math import prod

import numpy as np

from ired_interp_core.contents import MOST_NUMBERS
from ired_interp_core.errors import Refusal
from ired_interp_core.own import arrays

HEADER = 128
MATRIX, COMPRESSED = 14, 15
INT8, INT32, UINT32 = 1, 5, 6

TYPES: Mapping[int, str] = {
    1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8",
}  # fmt: skip
"""How numbers are stored: data type → NumPy's."""

CLASSES = range(6, 16)
"""Array classes of numbers: double, single, and integers of 8 to 64 bits."""

OTHERS: Mapping[int, str] = {
    1: "cell", 2: "struct", 3: "object", 4: "char", 5: "sparse", 16: "function", 17: "object",
}  # fmt: skip

COMPLEX, LOGICAL = 0x0800, 0x0200
MOST_DIMS = 4


def is_mat(content: bytes) -> bool:
    """Whether bytes begin like a MATLAB file of version 5."""
    return content[124:128] in (b"\x00\x01IM", b"\x01\x00MI")


def read(content: bytes, where: str) -> dict[str, np.ndarray]:
    """Read a file.

    Args:
        content: its bytes.
        where: named in refusals.

    Returns:
        Name → array, float64.

    Raises:
        Refusal: forged, too large once it is unpacked, or anything else than real numeric arrays.
    """
    order = "<" if content[126:128] == b"IM" else ">"
    found: dict[str, np.ndarray] = {}
    try:
        for body in _matrices(content, order):
            name, array = _array(body, order)
            found[name] = array
            if len(found) > arrays.MOST_ARRAYS:
                break
    except Refusal:
        raise
    except (ValueError, struct.error, zlib.error, KeyError) as error:
        raise Refusal("unreadable .mat file", where=where, came=arrays.said(error)) from error
    if not 0 < len(found) <= arrays.MOST_ARRAYS:
        raise Refusal(
            "file holds no arrays, or too many", where=where, came=len(found),
            expected=f"1 to {arrays.MOST_ARRAYS} real numeric arrays",
        )  # fmt: skip
    return found


def _matrices(content: bytes, order: str) -> Iterator[bytes]:
    """What every array of the file is made of, unpacked."""
    at, left = HEADER, arrays.MOST_UNPACKED
    while at < len(content):
        kind, size = struct.unpack_from(f"{order}II", content, at)
        body, at = content[at + 8 : at + 8 + size], at + 8 + size
        if len(body) < size:
            raise ValueError("an element claims more than the file holds")
        if kind == COMPRESSED:
            whole = zlib.decompressobj().decompress(body, left + 1)
            if len(whole) > left:
                raise arrays.too_large()
            kind, size = struct.unpack_from(f"{order}II", whole)
            body = whole[8:]
        left -= len(body)
        if left < 0:
            raise arrays.too_large()
        if kind != MATRIX or len(body) != size:
            raise ValueError("an element is no array, or has another size than it says")
        yield body


def _array(body: bytes, order: str) -> tuple[str, np.ndarray]:
    """Name and numbers of an array."""
    kind, flags, at = _element(body, 0, order)
    if kind != UINT32 or len(flags) != 8:
        raise ValueError("an array has no flags")
    word = struct.unpack_from(f"{order}I", flags)[0]
    class_ = word & 0xFF
    if class_ not in CLASSES or word & (COMPLEX | LOGICAL):
        came = OTHERS.get(class_, "complex" if word & COMPLEX else "logical")
        raise Refusal("file holds other things than numeric arrays", came=came,
                      expected="real numeric arrays alone")  # fmt: skip
    kind, dims, at = _element(body, at, order)
    if kind != INT32 or len(dims) % 4 or not 2 <= len(dims) // 4 <= MOST_DIMS:
        raise ValueError("an array has no dims, or too many")
    shape = struct.unpack(f"{order}{len(dims) // 4}i", dims)
    kind, name, at = _element(body, at, order)
    if kind != INT8:
        raise ValueError("an array has no name")
    kind, numbers, _ = _element(body, at, order)
    dtype = np.dtype(TYPES[kind]).newbyteorder(order)  # type: ignore[arg-type]
    count = prod(shape)
    if min(shape) < 1 or count > MOST_NUMBERS or count * dtype.itemsize != len(numbers):
        raise ValueError(f"an array of shape {shape} has {len(numbers)} bytes")
    array = np.frombuffer(numbers, dtype).reshape(shape, order="F")
    return name.decode("ascii", "replace"), array.astype(np.float64, order="C")


def _element(body: bytes, at: int, order: str) -> tuple[int, bytes, int]:
    """Type and bytes of what stands at a place, and where the next begins."""
    word = struct.unpack_from(f"{order}I", body, at)[0]
    if size := word >> 16:  # a small one, in the eight bytes of its head
        if size > 4:
            raise ValueError("a small element is too long")
        return word & 0xFFFF, body[at + 4 : at + 4 + size], at + 8
    kind, size = struct.unpack_from(f"{order}II", body, at)
    data = body[at + 8 : at + 8 + size]
    if len(data) < size:
        raise ValueError("a part of an array claims more than there is")
    return kind, data, at + 8 + size + -size % 8
