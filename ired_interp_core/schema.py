"""What a result looks like: declared variables, and the check of a result against them.

A result is an `xarray.Dataset` whose variables are declared in the analysis file. The declaration
is the single source of dims, dtype, unit, frame and help, from the shard to the axis label. What an
analysis file declares with is imported from here. Light: no torch.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
import xarray as xr

from ired_interp_core.dims import DIMS, LEVELS, PLACES, Dim, Span
from ired_interp_core.errors import Refusal
from ired_interp_core.parameters import Parameter, coerce_parameters, first_problems, seed_of

__all__ = [
    "DIMS",
    "LEVELS",
    "PLACES",
    "Dim",
    "Frame",
    "Parameter",
    "Schema",
    "Span",
    "Variable",
    "coerce_parameters",
    "first_problems",
    "number",
    "seed_of",
]

Frame = Literal["", "level", "data"]


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
        diverges: whether a value that is not finite says that the computation diverged (of a scalar
            along `problem` alone). Means leave such problems out, and whoever shows one says so.
        pooled: its numbers along the last dim, of all problems, are counted when a catalog is built
            (dims: `problem`, those that the counts are told apart by, the last one).
        span: "share" for a share, score or probability; "signed" for a difference or a cosine:
            with the unit it decides the colours of a number.
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
    diverges: bool = False
    pooled: bool = False
    span: Span = ""

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
class Derived:
    """A scalar made of arrays of an answer: a column of the catalog that no shard holds.

    Args:
        variable: its declaration, a scalar.
        of: the arrays that it is made of.
        make: of an answer with these, the numbers, labelled.
    """

    variable: Variable
    of: tuple[str, ...]
    make: Callable[[xr.Dataset], xr.DataArray]

    def array(self, answer: xr.Dataset) -> xr.DataArray:
        """The numbers of an answer, as they are declared."""
        made = self.make(answer).transpose(*self.variable.dims).astype(self.variable.dtype)
        return made.assign_attrs(self.variable.attributes())


@dataclass(frozen=True)
class Schema:
    """The declared variables of one analysis.

    Args:
        variables: declared data variables by name.
        declared: dims that are declared here: new ones, and shared ones with their labels.
        derived: scalars made of the variables, by name.
    """

    variables: Mapping[str, Variable]
    declared: tuple[Dim, ...] = ()
    derived: Mapping[str, Derived] = field(default_factory=dict)

    def __post_init__(self) -> None:
        own = {dim.name: dim for dim in self.declared}
        for name, dim in own.items():
            if name in DIMS and not dim.alike(DIMS[name]):
                raise Refusal("dim declared twice", came=name, expected="one meaning of a word")
        used = {dim: name for name, v in self.variables.items() for dim in v.dims}
        known = {**DIMS, **own}
        unknown = {dim: name for dim, name in used.items() if dim not in known}
        if unknown:
            raise Refusal(
                "undeclared dim",
                where=", ".join(unknown.values()),
                came=", ".join(unknown),
                expected=", ".join(sorted(known)),
                next_step="declare it: dims=(Dim(name, help),)",
            )
        nameless = [d for d in used if known[d].sql == "VARCHAR" and not known[d].labels]
        if nameless or set(own) - set(used):
            raise Refusal(
                "dim of text without labels, or of no variable",
                came=", ".join((*nameless, *sorted(set(own) - set(used)))),
                expected="dims=(DIMS[name].labelled(labels),)",
            )

    @cached_property
    def dims(self) -> Mapping[str, Dim]:
        """The dims of the variables by name, those that are shared first."""
        used = {dim for variable in self.variables.values() for dim in variable.dims}
        known = {**DIMS, **{dim.name: dim for dim in self.declared}}
        return {name: dim for name, dim in known.items() if name in used}

    def scalars(self) -> dict[str, Variable]:
        """The columns of the catalog.

        Returns:
            Declared scalars by name, those that are derived last.
        """
        stored = {name: v for name, v in self.variables.items() if v.scalar}
        return stored | {name: d.variable for name, d in self.derived.items()}

    def behind(self, names: Iterable[str]) -> list[str]:
        """The stored variables that some variables are, or are made of."""
        made = ((n, self.derived.get(n)) for n in names)
        return list(dict.fromkeys(one for n, d in made for one in (d.of if d else (n,))))

    def wanted(self, parameters: Mapping[str, Any]) -> dict[str, Variable]:
        """The variables that a result of a question with these parameters has, by name."""
        return {n: v for n, v in self.variables.items() if not v.when or parameters.get(v.when)}

    def conform(self, result: xr.Dataset, parameters: Mapping[str, Any], where: str) -> xr.Dataset:
        """Check a result against the declaration and write the declaration beside every array.

        Args:
            result: what `compute` returned.
            parameters: the question's parameters (decide which variables must be present).
            where: named in refusals.

        Returns:
            The dataset with units, label, help and frame as attributes, in declared order.

        Raises:
            Refusal: a variable missing, undeclared, or of other dims or dtype than declared; or a
                coordinate with other labels.
        """
        wanted = self.wanted(parameters)
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
        result = result[list(wanted)]  # a coordinate of no variable stays behind
        for dim in result.dims:
            if dim not in result.coords:
                result = result.assign_coords({dim: np.arange(result.sizes[dim], dtype=np.int64)})
            declared = self.dims[str(dim)]
            declared.check(result[dim].values, where)
            result[dim].attrs = declared.attributes()
        return result


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
