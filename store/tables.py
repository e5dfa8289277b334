"""The tables that ship with the weights: every setting of `accuracy` in one small netCDF.

One row (dim `setting`) is one answer: what was asked as coordinates, every declared variable with
`setting` as its first dim but the errors of single problems, what `accuracy_paired` says of it, and
where it comes from. Anyone opens the file with `xarray.open_dataset` or h5py; the app reads it
here, so that a broken or foreign file is one line.
"""

import hashlib
import io
from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import xarray as xr

from ired_interp_core import registry
from ired_interp_core.errors import Refusal
from ired_interp_core.schema import Variable
from store import files, inspection, scales

ANALYSIS = "accuracy"
PAIRED = "accuracy_paired"
SETTING = "setting"
FORM = 2
"""Version of the file's form (not of the analysis); another one is refused."""

MOST_BYTES = 16 * 2**20
"""A file of 130 settings has some 300 kB."""

MOST_ARRAY_BYTES = 64 * 2**20
"""Largest array a file may claim, unpacked."""

CHUNKED_BYTES = 8 * 2**10
"""A smaller array is left as it is: what HDF5 notes about a chunk takes more than it saves."""

MOST_TEXT = 2**20
"""Characters of an attribute."""

TEXTS = ("title", "created", "commit", "versions", "device", "arithmetic", "command", "models")
"""Attributes of a file: `versions` and `models` (digest → card) are JSON."""

_BROKEN = (Refusal, OSError, RuntimeError, KeyError, UnicodeError)
"""What h5py and the looks at a file raise on one that is not ours."""

_TYPES = {float: "float64", int: "int64", bool: "int8", str: "text"}


def _column(label: str, help: str, dtype: str = "text", unit: str = "1") -> Variable:
    return Variable((SETTING,), dtype, label, unit, help)


@cache
def coordinates() -> dict[str, Variable]:
    """What was asked: declarations along `setting`, every parameter of the analysis among them."""
    asked = {
        "task": _column("task", "of the problems"),
        "variant": _column("variant", "same, harder, or made to order, such as rank5"),
        "size": _column("n", "side of the matrices", "int64"),
        "problem_seed": _column("seed of the problems", "of the problem set", "int64"),
        "model": _column("model", "its digest"),
        "key": _column("question", "its key: the address of the answer in a store"),
    }
    parameters = registry.get(ANALYSIS).parameters
    return asked | {n: _column(n, p.help, _TYPES[p.type]) for n, p in parameters.items()}


@cache
def variables() -> dict[str, Variable]:
    """What was answered and where it comes from: every variable with `setting` before its dims."""
    declared = registry.get(ANALYSIS).schema.variables
    compared = registry.get(PAIRED).schema.variables
    kept = {n: v for n, v in declared.items() if "measured" not in v.dims}
    kept |= {paired_name(n): v for n, v in compared.items()}
    return {n: replace(v, dims=(SETTING, *v.dims)) for n, v in kept.items()} | {
        "paired_with": _column("paired with", "key of the answer it is held against; or empty"),
        "paired_key": _column("paired by", "key of the question that compares the two; or empty"),
        "commit": _column("commit", "of the code that computed the answer"),
        "dirty": _column("dirty", "1 where files differed from that commit, −1 unknown", "int8"),
        "device": _column("device", "that the answer was computed on"),
        "seconds": _column("seconds", "wall time of the computation", "float64", "s"),
        "sha256": _column("sha256", "of the shard that holds the answer"),
    }


def paired_name(name: str) -> str:
    """How a variable of `accuracy_paired` is called in the tables."""
    return f"paired_{name.removeprefix('paired_')}"


def digest(tables: xr.Dataset) -> str:
    """SHA-256 of every value and attribute, so that a flipped byte anywhere is noticed."""
    found = hashlib.sha256(repr([(name, tables.attrs[name]) for name in TEXTS]).encode())
    for name in sorted(str(n) for n in tables.variables):
        values = tables[name].values
        text = values.dtype.kind in "OUS"
        content = "\0".join(map(str, values.ravel())).encode() if text else values.tobytes()
        word = "text" if text else values.dtype.str
        found.update(f"{name} {tables[name].dims} {values.shape} {word}\n".encode() + content)
    return found.hexdigest()


def encode(tables: xr.Dataset) -> bytes:
    """Write tables into a netCDF image in memory.

    Args:
        tables: coordinates and variables as declared here, and the attributes of `TEXTS`.

    Returns:
        The bytes of the file.
    """
    declared = coordinates() | variables()
    bare = tables.copy(deep=False).drop_encoding()
    for name, variable in declared.items():
        if variable.dtype != "text":
            bare[name] = bare[name].astype(variable.dtype)
        bare[name].attrs = variable.attributes()
    encoding: dict[Hashable, dict[str, Any]] = {}
    for each, array in bare.variables.items():
        if array.dtype.kind in "OUS":
            encoding[each] = {"dtype": "S1"}
        else:
            encoding[each] = {"_FillValue": None}
            if array.nbytes > CHUNKED_BYTES:
                encoding[each] |= {
                    "zlib": True, "complevel": 9, "shuffle": True, "fletcher32": True,
                    "chunksizes": array.shape,
                }  # fmt: skip
    version = registry.get(ANALYSIS).version
    bare.attrs |= {
        "Conventions": "CF-1.11",
        "form": np.int64(FORM),
        "analysis": ANALYSIS,
        "analysis_version": np.int64(version),
        "digest": digest(bare),
    }
    return bytes(bare.to_netcdf(engine="h5netcdf", encoding=encoding))


def read_tables(path: Path | str) -> xr.Dataset:
    """Read the shipped tables by h5py, after a look at everything that must hold of the file.

    Args:
        path: of the file.

    Returns:
        Dims `setting`, `level`, `baseline`, `quantile`, `displacement`; a setting has NaN at
        baselines that its task does not have. Missing, broken, foreign, or of another version of
        the analysis: one line, a Refusal.
    """
    return _read_one(lambda: files.read_bytes(Path(path), MOST_BYTES), str(path))


def decode(content: bytes, where: str) -> xr.Dataset:
    """Read tables from the bytes of a file, as `encode` gives; `where` is named in refusals."""
    return _read_one(lambda: content, where)


def _read_one(content: Callable[[], bytes], where: str) -> xr.Dataset:
    """Tables, or one line that says what is wrong with the file."""
    try:
        data = content()
        if len(data) > MOST_BYTES:  # to be written: a file would not be read that far
            raise Refusal("file is too large", came=len(data), expected=f"at most {MOST_BYTES}")
        with h5py.File(io.BytesIO(data), "r") as file:
            return _read(file, where)
    except _BROKEN as error:
        came = error.line if isinstance(error, Refusal) else getattr(error, "strerror", "")
        raise Refusal(
            "tables cannot be read",
            where=where,
            came=came or error,
            expected="a file of `export-tables`",
            next_step="python -m precompute run accuracy --store DIR, then"
            f" python -m precompute export-tables --store DIR --out {where}",
        ) from error


def are_tables(path: Path) -> bool:
    """Whether a file holds tables of any version; False also where it cannot be read."""
    try:
        with h5py.File(io.BytesIO(files.read_bytes(path, MOST_BYTES)), "r") as file:
            form = inspection.integer_attribute(file, "form")
            return form is not None and _text(file, "analysis") == ANALYSIS
    except _BROKEN:
        return False


def _read(file: h5py.File, where: str) -> xr.Dataset:
    _check_versions(file, where)
    declared, asked = variables(), coordinates()
    known = registry.get(ANALYSIS).schema.dims
    dims = list(dict.fromkeys(d for v in declared.values() for d in v.dims))[1:]
    inspection.check_objects(file, {SETTING, *dims, *declared, *asked}, where)
    opened = {d: _bounded(scales.scale(file, d, where)) for d in dims}
    keys = _bounded(inspection.array(file, "key", where))
    sizes: dict[Hashable, int] = {SETTING: keys.shape[0] if keys.shape else 0}
    sizes |= {d: s.shape[0] for d, s in opened.items()}
    found: dict[str, tuple[tuple[str, ...], np.ndarray, Mapping[str, Any]]] = {}
    for name, variable in (asked | declared).items():
        _bounded(inspection.array(file, name, where))
        values = inspection.variable(file, name, variable, sizes, where)[()]
        values = scales.text(values) if variable.dtype == "text" else values
        found[name] = (variable.dims, values, variable.attributes())
    tables = xr.Dataset(
        {name: found[name] for name in declared},
        coords={name: found[name] for name in asked}
        | {d: ((d,), scales.coordinate(s[()]), {"help": known[d].help}) for d, s in opened.items()},
        attrs={name: _text(file, name) for name in TEXTS},
    )
    if (came := digest(tables)) != _text(file, "digest"):
        raise inspection.ForeignFile("file differs from its own digest", where, came, "its digest")
    for name, parameter in registry.get(ANALYSIS).parameters.items():
        if parameter.type is bool:
            tables[name] = tables[name].astype(bool)
    return tables


def _check_versions(file: h5py.File, where: str) -> None:
    ours = (FORM, ANALYSIS, registry.get(ANALYSIS).version)
    form = inspection.integer_attribute(file, "form")
    version = inspection.integer_attribute(file, "analysis_version")
    came = (form, _text(file, "analysis"), version)
    if came != ours:
        raise inspection.ForeignFile("tables of another form or version", where, came, str(ours))


def _bounded(array: h5py.Dataset) -> h5py.Dataset:
    if array.nbytes > MOST_ARRAY_BYTES:
        most = f"at most {MOST_ARRAY_BYTES} bytes"
        raise inspection.ForeignFile("array is too large", str(array.name), array.nbytes, most)
    return array


def _text(file: h5py.File, name: str) -> str:
    """An attribute that is one piece of text; "" where there is none."""
    value = file.attrs.get(name, "")
    return value[:MOST_TEXT] if isinstance(value, str) else ""
