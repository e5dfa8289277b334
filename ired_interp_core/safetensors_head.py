"""The header of a safetensors file, looked at before anything of the file is read. No torch."""

import contextlib
import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from ired_interp_core.errors import Refusal

MOST_HEADER = 2**24
"""Bytes of the header: names, shapes, and the card."""

MOST_CARD = 2**22
"""Bytes of a card; those that ship have some 2,000."""

MOST_TENSORS = 20_000

WORDS = {
    "F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "I64": "int64",
    "I32": "int32", "I16": "int16", "I8": "int8", "U8": "uint8", "BOOL": "bool",
}  # fmt: skip

Table = dict[str, tuple[tuple[int, ...], str]]
"""Name → (shape, dtype in words)."""


def read(path: Path, where: str) -> tuple[Table, dict[str, Any]]:
    """Names, shapes and types of the tensors, and the text beside them.

    Args:
        path: the file.
        where: named in refusals.

    Returns:
        The table, and the metadata; a `Refusal` for a header that is broken, or larger than meant.
    """
    head, _ = _header(path, where)
    metadata = head.pop("__metadata__", {})
    card = metadata.get("card") if isinstance(metadata, dict) else None
    if isinstance(card, str):
        check_card(card, where)
    try:
        table = {
            name: (tuple(one["shape"]), WORDS.get(one["dtype"], str(one["dtype"])))
            for name, one in head.items()
        }
    except (TypeError, KeyError) as error:
        _broken(where, f"{type(error).__name__} in its header", error)
    return table, metadata if isinstance(metadata, dict) else {}


def check_card(card: str, where: str) -> None:
    """Refuse a card that is larger than readers take; asked where one is written, and read."""
    if len(card) > MOST_CARD:
        raise Refusal(
            "card is too large", where=where, came=f"{len(card):,} characters",
            expected=f"at most {MOST_CARD:,}", next_step="leave its longest entries out",
        )  # fmt: skip


def bfloat16(path: Path, name: str) -> np.ndarray:
    """A tensor of a type that NumPy lacks, as float32, which holds it exactly."""
    head, first = _header(path, str(path))
    start, stop = head[name]["data_offsets"]
    with path.open("rb") as file:
        file.seek(first + start)
        half = np.frombuffer(file.read(stop - start), "<u2")
    return (half.astype(np.uint32) << 16).view(np.float32).reshape(head[name]["shape"])


@contextlib.contextmanager
def one_line(where: str) -> Iterator[None]:
    """Within this, whatever safetensors finds wrong is one refusal."""
    from safetensors import SafetensorError

    try:
        yield
    except (SafetensorError, ValueError, RecursionError) as error:
        if isinstance(error, Refusal):
            raise
        _broken(where, str(error), error)


def _header(path: Path, where: str) -> tuple[dict[str, Any], int]:
    """The header as an object, and where the tensors begin."""
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8).ljust(8, b"\0"))
        text = file.read(min(length, MOST_HEADER + 1))
    # Of text within text every brace counts too, so that no count can be too small.
    parts = max(text.count(b"{"), text.count(b"[") // 2)
    if length > MOST_HEADER or parts > MOST_TENSORS:
        raise Refusal(
            "safetensors file has too large a header", where=where,
            came=f"{length:,} bytes" + (f", {parts:,} entries" if parts > MOST_TENSORS else ""),
            expected=f"at most {MOST_HEADER:,} bytes and {MOST_TENSORS:,} tensors",
            next_step="save the network's own tensors alone",
        )  # fmt: skip
    try:
        head = json.loads(text)
    except (ValueError, RecursionError) as error:
        _broken(where, type(error).__name__, error)
    if len(text) < length or not isinstance(head, dict):
        _broken(where, "a header that is cut short, or no object")
    return head, 8 + length


def _broken(where: str, came: str, cause: Exception | None = None) -> NoReturn:
    raise Refusal(
        "safetensors file is broken", where=where, came=came,
        next_step="copy the file again and compare its size",
    ) from cause  # fmt: skip
