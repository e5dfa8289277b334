"""How panels travel to the browser: JSON, arrays within it as base64."""

import base64
import dataclasses
import functools
import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

_CODES = {
    "f": {4: "f4", 8: "f8"},
    "i": {1: "i1", 2: "i2", 4: "i4"},
    "u": {1: "u1", 2: "u2", 4: "u4"},
}


def _array(value: np.ndarray) -> Any:
    """A typed array as base64, as plotly.js reads it; a list of anything else."""
    if value.dtype.kind not in _CODES:
        return value.tolist()
    if value.dtype.kind in "iu" and value.dtype.itemsize == 8:
        value = value.astype(np.int32)  # plotly.js knows no 64-bit integers
    spec = {
        "dtype": _CODES[value.dtype.kind][value.dtype.itemsize],
        "bdata": base64.b64encode(np.ascontiguousarray(value).tobytes()).decode(),
    }
    if value.ndim > 1:
        spec["shape"] = ", ".join(str(n) for n in value.shape)
    return spec


def _simple(value: Any) -> Any:
    """What JSON does not know by itself, one step nearer to what it knows."""
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {str(k): v for k, v in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    raise TypeError(f"no JSON: {type(value).__name__}")


def _finite(value: Any) -> Any:
    """A value with None in the place of NaN and infinities, which are no JSON."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(k): _finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    known = value is None or isinstance(value, str | int)
    return value if known else _finite(_simple(value))


def to_json(value: Any) -> str:
    """Spell panels for the browser; arrays travel as base64, a tenth of the size of lists.

    Args:
        value: nested dicts, lists and dataclasses of texts, numbers and NumPy arrays.

    Returns:
        JSON with null for NaN.
    """
    spell = functools.partial(
        json.dumps, default=_simple, allow_nan=False, ensure_ascii=False, separators=(",", ":")
    )
    try:
        return spell(value)
    except (TypeError, ValueError):  # a NaN outside of typed arrays, or a key that is no text: rare
        return spell(_finite(value))
