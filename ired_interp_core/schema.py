"""What a result looks like: declared variables and parameters, and the check of both.

A result is an `xarray.Dataset` whose variables are declared in the analysis file. The declaration
is the single source of dims, dtype, unit, frame and help, from the shard to the axis label.
Light: no torch.
"""

import math
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import xarray as xr

from ired_interp_core.errors import Refusal

Frame = Literal["", "level", "data"]

LEVELS = 10
"""Annealed landscapes, t = 9 (smooth) to 0 (sharp)."""

PLACES = ("noised_truth", "truth", "answer", "minimum")
"""Where curvature is taken (SCIENCE §1): √ᾱy* + σε, √ᾱy*, ŷ_t, and ŷ_t polished to a minimum."""

DIMS: dict[str, str] = {
    "problem": "index of the problem in its set",
    "level": "annealing level t: 9 is the smoothest, 0 the sharpest; inference walks 9 → 0",
    "step": "step within a level: −1 before the jump, 0 after it, 1… after each gradient step",
    "place": "where curvature is taken: noised truth, truth, answer, minimum",
    "eigenvalue": "rank of the eigenvalue, ascending",
    "vector": "rank of the eigenvector, most extreme first",
    "row": "matrix row",
    "col": "matrix column",
    "part": "matrix of the problem: addition has two, the other tasks one",
    "a": "node along the first axis of the plane",
    "b": "node along the second axis of the plane",
    "end": "end of the spectrum: top = largest eigenvalues, bottom = smallest",
    "subspace": "named subspace of the answer matrices",
    "axis": "axis of the plane: 0 along a, 1 along b",
    "point": "a named point seen from the plane",
    "baseline": "trivial predictor the model is compared with",
    "unit": "coordinate of an activation: entry of ∇E (row-major) or hidden unit",
    "feature": "index of a feature of a dictionary",
    "active": "rank among the features that are active at a point, strongest first",
    "neighbour": "rank among the nearest features",
    "example": "rank among the examples of a feature, strongest first",
    "quantile": "quantile of a feature's positive activations",
    "bin": "bin of a histogram, ascending",
    "singular": "rank of the singular value, descending",
    "share": "named part of the matrices that an atom can lie in",
    "property": "property of the problem",
    "concept": "yes-or-no question about a point, answered from its matrices",
    "coordinate": "axis of a map of atoms",
    "displacement": "mean squared displacement of the truth, data frame",
    "iteration": "rank of the entry in a training log",
}
"""Every dim name a result may use; the same words label axes and URL keys."""


@dataclass(frozen=True)
class Variable:
    """One declared variable of a result.

    Args:
        dims: dim names, in the order of the array.
        dtype: NumPy dtype name as stored ("float32", "int8", …) or "text".
        label: short name for axes and table heads, with its symbol.
        unit: "E" is the energy's unit, "y" an entry of the answer, "1" a pure number.
        help: one sentence for a reader.
        frame: frame of reference a derivative or point belongs to ("" if it has none).
        scalar: offered as a column of the catalog (dims within problem, level, place, baseline,
            feature, concept).
        flags: names of the values 0, 1, … of an enumeration (dtype int8).
        when: name of the parameter that must be truthy for the variable to be present.
    """

    dims: tuple[str, ...]
    dtype: str
    label: str
    unit: str
    help: str
    frame: Frame = ""
    scalar: bool = False
    flags: tuple[str, ...] = ()
    when: str = ""

    def attributes(self) -> dict[str, Any]:
        """Attributes written beside the array.

        Returns:
            units, long_name, help and, where declared, frame and CF flag names.
        """
        attributes: dict[str, Any] = {
            "units": self.unit,
            "long_name": self.label,
            "help": self.help,
        }
        if self.frame:
            attributes["frame"] = self.frame
        if self.flags:
            attributes["flag_values"] = np.arange(len(self.flags), dtype=np.int8)
            attributes["flag_meanings"] = " ".join(self.flags)
        return attributes


def number(label: str, unit: str, help: str) -> Variable:
    """Declare a scalar without dims, of a set: a column of the table of its analysis.

    Args:
        label: short name.
        unit: of it.
        help: one sentence.

    Returns:
        The declaration.
    """
    return Variable((), "float64", label, unit, help, scalar=True)


@dataclass(frozen=True)
class Parameter:
    """One declared parameter of an analysis.

    Args:
        type: int, float, bool or str.
        default: value when nothing is said; spelled out in every question.
        help: one sentence, with the source of the default.
        choices: the allowed values of a str.
        minimum: smallest allowed number.
        maximum: largest allowed number.
    """

    type: type
    default: Any
    help: str
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None

    def coerce(self, value: Any, where: str) -> Any:
        """Bring a value to the declared type, so that 1, 1.0 and True cannot make three questions.

        Args:
            value: what was given.
            where: named in the refusal.

        Returns:
            The value in the declared type.

        Raises:
            Refusal: wrong type, NaN, not among the choices, or out of range.
        """
        wrong = Refusal(
            "parameter has the wrong type",
            where=where,
            came=f"{value!r} ({type(value).__name__})",
            expected=self.type.__name__,
        )
        if self.type is bool or isinstance(value, bool):
            if not (self.type is bool and isinstance(value, bool)):
                raise wrong
            return value
        if self.type in (int, float) and isinstance(value, int) and abs(value) > sys.float_info.max:
            raise Refusal("number out of range", where=where, came="hundreds of digits")
        if self.type is float and isinstance(value, int | float):
            value = float(value)
            if value == 0.0:
                value = 0.0  # -0.0 is the same question as 0.0
        elif self.type is int and isinstance(value, float) and value.is_integer():
            value = int(value)
        elif not isinstance(value, self.type):
            raise wrong
        if self.choices and value not in self.choices:
            raise Refusal(
                "unknown value", where=where, came=repr(value), expected=", ".join(self.choices)
            )
        if self.type in (int, float):
            low, high = self.minimum, self.maximum
            if (
                not math.isfinite(value)
                or (low is not None and value < low)
                or (high is not None and value > high)
            ):
                raise Refusal(
                    "number out of range",
                    where=where,
                    came=value,
                    expected=f"{'-∞' if low is None else low} … {'∞' if high is None else high}",
                )
        return value


def seed_of(what: str) -> Parameter:
    """Declare the seed of an analysis.

    Args:
        what: is drawn with it, "of …".

    Returns:
        The declaration; 0 by default.
    """
    return Parameter(int, 0, what, minimum=0, maximum=2**31 - 1)


def first_problems(what: str = "problems 0 … problems − 1 of the set", more: str = "") -> Parameter:
    """Declare how many problems an analysis of a set reads.

    Args:
        what: they are.
        more: to say of them, with what separates it.

    Returns:
        The declaration; 0, the default, stands for as many as the sweep names.
    """
    words = f"{what}; 0: as many as the sweep names{more}"
    return Parameter(int, 0, words, minimum=0, maximum=1_000_000)


def coerce_parameters(
    declared: Mapping[str, Parameter], given: Mapping[str, Any], where: str
) -> dict[str, Any]:
    """Complete and check the parameters of a question.

    Args:
        declared: what the analysis declares.
        given: what the user gave.
        where: named in refusals, e.g. the sweep file and entry.

    Returns:
        Every declared parameter with a value of its declared type, defaults spelled out.

    Raises:
        Refusal: an unknown name (answered with the known ones) or an unusable value.
    """
    for name in given:
        if name not in declared:
            raise Refusal(
                "unknown parameter",
                where=where,
                came=name,
                expected=", ".join(sorted(declared)) or "no parameters",
            )
    return {
        name: p.coerce(given[name], f"{where}, {name}") if name in given else p.default
        for name, p in declared.items()
    }


@dataclass(frozen=True)
class Schema:
    """The declared variables of one analysis.

    Args:
        variables: declared data variables by name.
    """

    variables: Mapping[str, Variable]

    def __post_init__(self) -> None:
        for name, variable in self.variables.items():
            unknown = [d for d in variable.dims if d not in DIMS]
            if unknown:
                raise Refusal(
                    "undeclared dim", where=name, came=unknown, expected=", ".join(sorted(DIMS))
                )

    def scalars(self) -> dict[str, Variable]:
        """The variables that become columns of the catalog.

        Returns:
            Declared scalars by name.
        """
        return {name: v for name, v in self.variables.items() if v.scalar}

    def conform(self, result: xr.Dataset, parameters: Mapping[str, Any], where: str) -> xr.Dataset:
        """Check a result against the declaration and write the declaration beside every array.

        Args:
            result: what `compute` returned.
            parameters: the question's parameters (decide which variables must be present).
            where: named in refusals.

        Returns:
            The dataset with units, label, help and frame as attributes, in declared order.

        Raises:
            Refusal: a variable missing, undeclared, or of other dims or dtype than declared.
        """
        wanted = {n: v for n, v in self.variables.items() if not v.when or parameters.get(v.when)}
        _same_names(wanted, (str(name) for name in result.data_vars), where)
        for name, variable in wanted.items():
            array = result[name]
            came = (array.dims, _dtype_word(array.dtype))
            if came != (variable.dims, variable.dtype):
                raise Refusal(
                    "result differs from its declaration",
                    where=f"{where}, {name}",
                    came=f"{came[0]} {came[1]}",
                    expected=f"{variable.dims} {variable.dtype}",
                )
            array.attrs = variable.attributes()
        for dim in result.dims:
            if dim not in result.coords:
                result = result.assign_coords({dim: np.arange(result.sizes[dim], dtype=np.int64)})
            result[dim].attrs = {"units": "1", "long_name": str(dim), "help": DIMS[str(dim)]}
        return result[list(wanted)]


def _same_names(wanted: Iterable[str], came: Iterable[str], where: str) -> None:
    wanted, came = set(wanted), set(came)
    if wanted != came:
        raise Refusal(
            "result has other variables than declared",
            where=where,
            came=f"missing {sorted(wanted - came)}, undeclared {sorted(came - wanted)}",
            expected=", ".join(sorted(wanted)),
        )


def _dtype_word(dtype: np.dtype) -> str:
    return "text" if dtype.kind in "US" else dtype.name
