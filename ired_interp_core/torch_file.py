"""A file of `torch.save`: what it holds, and single tensors of it once their shape is known.

Both layouts are read: the zip archive, and the older stream of pickles. No torch.
"""

import io
import pickle
import struct
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal, NoReturn

import numpy as np

from ired_interp_core.errors import Refusal
from ired_interp_core.pickled import WORDS, Described, Reader

MOST_PICKLE = 2**21
"""Bytes of the pickle, which names tensors and holds none; an official one has some 30 kB, and a
hostile one becomes a hundred times as large in memory."""

MOST_DIRECTORY = 2**22
"""Bytes of the list of an archive's files."""

MAGIC = 0x1950A86A20F9469CFC6C
"""First pickle of the older layout."""

RESAVE = (
    "save it again from the trainer: torch.save({'step': step, 'model': model.state_dict(), 'ema':"
    " ema.state_dict()}, FILE)"
)


@dataclass(frozen=True)
class Archive:
    """An opened file.

    Args:
        whole: the object it holds, with `Described` tensors.
        bytes_of: storage → its bytes.
        where: named in refusals.
        order: of the bytes within a number, "<" or ">".
    """

    whole: Any
    bytes_of: Callable[[str, int], bytes] = field(repr=False)
    where: str = ""
    order: Literal["<", ">"] = "<"

    def read(self, tensor: Described, name: str) -> np.ndarray:
        """One tensor as it is stored; float16 and bfloat16 as float32, which holds them exactly."""
        where = f"{self.where}, {name}"
        tensor.check(where)
        dtype = np.dtype(tensor.dtype).newbyteorder(self.order)
        data = self.bytes_of(tensor.storage, tensor.held * dtype.itemsize)
        if len(data) < tensor.held * dtype.itemsize:
            raise Refusal(
                "tensor claims more than the file holds", where=where,
                came=f"{tensor.held * dtype.itemsize} bytes on {len(data)} stored",
                expected="dense tensors",
            )  # fmt: skip
        flat = np.frombuffer(data, dtype, tensor.held)
        steps = tuple(s * dtype.itemsize for s in tensor.stride)
        view = np.lib.stride_tricks.as_strided(flat[tensor.offset :], tensor.shape, steps)
        if tensor.word == "bfloat16":
            return (view.astype(np.uint32) << 16).view(np.float32)
        native = np.float32 if tensor.word == "float16" else dtype.newbyteorder("=")
        return np.array(view, native, order="C")


def opened(file: BinaryIO, path: Path) -> Archive:
    """Describe what a file holds.

    Args:
        file: opened for reading; read from again by `Archive.read`.
        path: named in refusals.

    Returns:
        The archive.

    Raises:
        Refusal: a global that is not known to be data, neither layout, broken, or larger unpacked
            than packed.
    """
    where = str(path)
    try:
        return _zipped(file, where) if zipfile.is_zipfile(file) else _stream(file, where)
    except pickle.UnpicklingError as error:
        named = str(error)
        if "." not in named or " " in named:
            _broken(where, named, error)
        raise Refusal(
            "checkpoint holds other objects than tensors and settings; it was not executed",
            where=where,
            came=named,
            expected="tensors, numbers, text, argparse.Namespace and the like",
            next_step=RESAVE,
        ) from error
    except Refusal:
        raise
    except Exception as error:  # noqa: BLE001 - a pickle can make its reader fail in any way
        _broken(where, type(error).__name__, error)


def _broken(where: str, came: str, cause: Exception | None = None) -> NoReturn:
    raise Refusal(
        "checkpoint is garbage, broken or cut short",
        where=where,
        came=came,
        expected="a file of torch.save",
        next_step="copy the file again and compare its size",
    ) from cause


def _zipped(file: BinaryIO, where: str) -> Archive:
    # Before any entry is read:
    ending = zipfile._EndRecData(file)  # type: ignore[attr-defined]
    size = file.seek(0, io.SEEK_END)
    if ending[5] > MOST_DIRECTORY:
        raise Refusal(
            "archive lists too many files", where=where, came=f"{ending[5]} bytes of them",
            expected=f"at most {MOST_DIRECTORY}", next_step=RESAVE,
        )  # fmt: skip
    archive = zipfile.ZipFile(file)
    entries = archive.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > size or any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise Refusal(
            "checkpoint unpacks to more than it is",
            where=where,
            came=f"{unpacked} bytes out of {size}",
            expected="an archive as torch.save writes it, without compression",
            next_step="save it again by torch.save",
        )
    named = {entry.filename: entry for entry in entries}
    found = [n for n in named if n == "data.pkl" or n.endswith("/data.pkl")]
    if len(found) != 1:
        _broken(where, f"{len(found)} files data.pkl in the archive")
    prefix = found[0].removesuffix("data.pkl")
    if named[found[0]].file_size > MOST_PICKLE:
        _too_long(where, named[found[0]].file_size)
    order = archive.read(f"{prefix}byteorder") if f"{prefix}byteorder" in named else b"little"
    whole = Reader(io.BytesIO(archive.read(found[0]))).load()

    def bytes_of(key: str, _: int) -> bytes:
        try:
            return archive.read(f"{prefix}data/{key}")
        except KeyError as error:
            _broken(where, f"no storage {key}", error)
        except zipfile.BadZipFile as error:
            raise Refusal(
                "bytes of a tensor differ from their checksum", where=where, came=str(error),
                next_step="copy the file again, or save it again by torch.save",
            ) from error  # fmt: skip

    return Archive(whole, bytes_of, where, ">" if order == b"big" else "<")


def _too_long(where: str, came: int) -> NoReturn:
    raise Refusal(
        "checkpoint holds too many objects beside its tensors",
        where=where,
        came=f"{came} bytes",
        expected=f"at most {MOST_PICKLE}",
        next_step=RESAVE,
    )


class _Piece(io.RawIOBase):
    """So much of a file, from where it stands: a pickle that reads on finds its end."""

    def __init__(self, file: BinaryIO, left: int) -> None:
        self._file, self._left = file, left

    def read(self, size: int = -1) -> bytes:
        if size < 0 or size > self._left:
            raise pickle.UnpicklingError("too long")
        self._left -= size
        return self._file.read(size)

    def readline(self, _: Any = -1) -> bytes:
        line = self._file.readline(min(self._left, 2**16))
        self._left -= len(line)
        return line

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _stream(file: BinaryIO, where: str) -> Archive:
    """The older layout: magic, version, system, object, keys of storages; then their bytes."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    piece = _Piece(file, MOST_PICKLE)
    sizes: dict[str, int] = {}

    class Noting(Reader):
        def persistent_load(self, pid: Any) -> Any:
            key, dtype, held = super().persistent_load(pid)
            sizes[key] = np.dtype(dtype).itemsize if dtype in WORDS else 0
            return key, dtype, held

    if Noting(piece).load() != MAGIC:
        _broken(where, "no file of torch.save")
    _, system = Noting(piece).load(), Noting(piece).load()
    whole, keys = Noting(piece).load(), Noting(piece).load()
    little = not isinstance(system, dict) or system.get("little_endian", True)
    places = dict(_places(file, [k for k in keys if k in sizes], sizes, size))

    def bytes_of(key: str, most: int) -> bytes:
        first, count = places.get(key, (0, 0))
        file.seek(first)
        return file.read(min(count, most))

    return Archive(whole, bytes_of, where, "<" if little else ">")


def _places(
    file: BinaryIO, keys: list[str], sizes: Mapping[str, int], end: int
) -> Iterator[tuple[str, tuple[int, int]]]:
    """Where the bytes of each storage lie: entries as a word of eight bytes, then the entries."""
    for key in keys:
        (held,) = struct.unpack("<q", file.read(8))
        first, count = file.tell(), held * sizes[key]
        if held < 0 or not sizes[key] or first + count > end:
            raise pickle.UnpicklingError("cut short")
        yield key, (first, count)
        file.seek(first + count)
