"""A pickle of `torch.save` as descriptions of tensors; nothing of it is ever executed.

Every global that it names becomes a stand-in that does nothing; one that is not known to be plain
data is refused by its name.
"""

import math
import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ired_interp_core.errors import Refusal

DTYPES = {
    "FloatStorage": "<f4", "DoubleStorage": "<f8", "HalfStorage": "<f2", "BFloat16Storage": "<u2",
    "LongStorage": "<i8", "IntStorage": "<i4", "ShortStorage": "<i2", "CharStorage": "i1",
    "ByteStorage": "u1", "BoolStorage": "?", "ComplexFloatStorage": "<c8",
    "ComplexDoubleStorage": "<c16",
}  # fmt: skip
WORDS = {
    "<f4": "float32", "<f8": "float64", "<f2": "float16", "<u2": "bfloat16", "<i8": "int64",
    "<i4": "int32", "<i2": "int16", "i1": "int8", "u1": "uint8", "?": "bool", "<c8": "complex64",
    "<c16": "complex128",
}  # fmt: skip

PLAIN = (
    "torch", "torch._utils", "torch._tensor", "torch.nn.parameter", "torch.storage",
    "torch.serialization", "torch.torch_version", "collections", "numpy", "numpy.core.multiarray",
    "numpy._core.multiarray", "numpy.core.numeric", "numpy._core.numeric", "numpy.dtypes",
    "argparse", "pathlib", "pathlib._local", "datetime", "decimal", "fractions", "types", "uuid",
    "_codecs",
)  # fmt: skip
"""Modules whose names stand for data: numbers, settings, paths, dates. None is imported."""

PLAIN_BUILTINS = {"set", "frozenset", "bytearray", "complex", "slice", "range", "list", "dict",
                  "int", "float", "str", "bool", "tuple", "bytes"}  # fmt: skip


@dataclass(frozen=True)
class Described:
    """A dense tensor that was not read yet.

    Args:
        storage: key of the storage it is a view of.
        dtype: of NumPy, little-endian; bfloat16 stands as uint16.
        held: entries that the storage is said to have.
        offset: first entry.
        shape: of the tensor.
        stride: in entries.
    """

    storage: str
    dtype: str
    held: int
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    @property
    def word(self) -> str:
        """Its dtype in words."""
        return WORDS[self.dtype]

    def check(self, where: str) -> None:
        """Refuse a view that claims more than its storage holds: 1.6 kB can claim 160 GB."""
        steps = sum((n - 1) * s for n, s in zip(self.shape, self.stride, strict=True))
        last = self.offset + steps if 0 not in self.shape else 0
        if math.prod(self.shape) > self.held or not 0 <= last < max(self.held, 1):
            size = np.dtype(self.dtype).itemsize
            raise Refusal(
                "tensor claims more than the file holds",
                where=where,
                came=f"{math.prod(self.shape) * size} bytes on {self.held * size} stored",
                expected="dense tensors",
            )


class Opaque:
    """Stands for an object that is not read: whatever is done to it does nothing.

    Args:
        name: of the class or function that would have made it.
    """

    name = ""

    def __new__(cls, *_: object, **__: object) -> "Opaque":
        """Also where a pickle makes an object of what it takes for a class."""
        return object.__new__(Opaque)

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, *_: object, **__: object) -> "Opaque":
        """What it would have made is as opaque."""
        return Opaque(self.name)

    def __setstate__(self, _: object) -> None:
        """Forget it."""

    def __setitem__(self, _: object, __: object) -> None:
        """Forget it."""

    def append(self, _: object) -> None:
        """Forget it."""

    def extend(self, _: object) -> None:
        """Forget it."""

    def add(self, _: object) -> None:
        """Forget it."""


class _Ordered(dict[Any, Any]):
    """An OrderedDict, whose attributes (`_metadata` of a state dict) are forgotten."""

    def __setstate__(self, _: object) -> None:
        """Forget it."""


def _tensor(storage: Any, offset: Any, shape: Any, stride: Any, *_: object) -> Described | Opaque:
    """Stands for torch._utils._rebuild_tensor_v2."""
    numbers = (offset, *shape, *stride)
    whole = all(type(n) is int and n >= 0 for n in numbers) and len(shape) == len(stride)
    if not isinstance(storage, tuple) or not whole:
        return Opaque("tensor of another kind")
    key, dtype, held = storage
    if dtype not in WORDS:
        return Opaque(f"tensor of {dtype}")
    return Described(key, dtype, held, offset, tuple(shape), tuple(stride))


def _first(data: Any, *_: object) -> Any:
    """Stands for torch._utils._rebuild_parameter."""
    return data


def _from_type(make: Any, _: object, arguments: Any, *__: object) -> Any:
    """Stands for torch._tensor._rebuild_from_type_v2: a tensor that carries attributes."""
    return make(*arguments) if make in (_tensor, _first) else Opaque("tensor of another kind")


KNOWN: Mapping[tuple[str, str], Callable[..., Any]] = {
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _first,
    ("torch._utils", "_rebuild_parameter_with_state"): _first,
    ("torch._tensor", "_rebuild_from_type_v2"): _from_type,
    ("collections", "OrderedDict"): _Ordered,
}


class Reader(pickle._Unpickler):
    """Builds descriptions. Python's own, as the faster one sizes its memo by a number it reads."""

    dispatch: ClassVar = {
        code: load
        for code, load in pickle._Unpickler.dispatch.items()
        if code != pickle.BYTEARRAY8[0]  # takes the memory that it is told
    }

    def find_class(self, module: str, name: str) -> Any:
        """A stand-in for a global; nothing is imported."""
        if (module, name) in KNOWN:
            return KNOWN[module, name]
        builtin = module in ("builtins", "__builtin__") and name in PLAIN_BUILTINS
        if not builtin and module not in PLAIN:
            raise pickle.UnpicklingError(f"{module}.{name}")
        return Opaque(f"{module}.{name}")

    def persistent_load(self, pid: Any) -> Any:
        """A storage: its key, type and number of entries."""
        word, kind, key, _, held = pid[:5]
        name = kind.name.removeprefix("torch.").removeprefix("storage.")
        if word != "storage" or type(held) is not int or not isinstance(key, str):
            raise pickle.UnpicklingError("an unknown kind of storage")
        return key, DTYPES.get(name, name), held
