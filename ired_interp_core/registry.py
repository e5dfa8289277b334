"""The one list of analyses.

From one registered file follow sweep validation, key, shard, catalog columns, a default figure,
documentation and the generic tests. Light: no torch.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import xarray as xr

from ired_interp_core.errors import Refusal
from ired_interp_core.records import Block, Question
from ired_interp_core.schema import Parameter, Schema, Variable, coerce_parameters

Compute = Callable[[Block, Mapping[str, Any]], xr.Dataset]
Kind = Literal["model", "problems", "answer"]


@dataclass(frozen=True)
class Role:
    """One input of an analysis.

    Args:
        kind: a model, a problem set, or the answer of another question.
        analysis: for kind "answer", the analysis that gives it.
    """

    kind: Kind
    analysis: str = ""


@dataclass(frozen=True)
class Analysis:
    """A registered analysis.

    Args:
        name: its one name, from sweep file to URL.
        version: raised when the meaning of an answer changes.
        title: as a heading.
        sentence: what a reader learns from it.
        rows: problems of one block; blocks start at its multiples.
        inputs: role → what fills it.
        parameters: declared parameters.
        schema: declared variables.
        figure: default figure: lines, heatmap, matrix or table.
        compute: block and parameters → labelled arrays.
        arithmetic: dtypes it computes in, for the provenance; {name} stands for a parameter.
    """

    name: str
    version: int
    title: str
    sentence: str
    rows: int
    inputs: Mapping[str, Role]
    parameters: Mapping[str, Parameter]
    schema: Schema
    figure: str
    compute: Compute
    arithmetic: str = ""

    def computes_in(self, parameters: Mapping[str, Any]) -> str:
        """The dtypes of the arithmetic, which are not those of the stored variables.

        Args:
            parameters: every declared parameter.

        Returns:
            In words; "not declared" where the analysis does not say.
        """
        return self.arithmetic.format(**parameters) or "not declared"

    def question(
        self, inputs: Mapping[str, str], parameters: Mapping[str, Any], where: str = ""
    ) -> Question:
        """Ask this analysis about some inputs.

        Args:
            inputs: role → digest or key; exactly the declared roles.
            parameters: given values; defaults are spelled out.
            where: named in refusals.

        Returns:
            The question, with its address as `.key`.

        Raises:
            Refusal: roles other than declared, or unusable parameters.
        """
        if set(inputs) != set(self.inputs):
            raise Refusal(
                "question has other inputs than declared",
                where=where or self.name,
                came=", ".join(sorted(inputs)) or "none",
                expected=", ".join(sorted(self.inputs)),
            )
        full = coerce_parameters(self.parameters, parameters, where or self.name)
        return Question(self.name, self.version, full, dict(inputs))

    def run(self, block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
        """Compute one block and check it against the declaration.

        Args:
            block: rows and inputs.
            parameters: every declared parameter.

        Returns:
            The checked, labelled result with its problem indices.
        """
        result = self.compute(block, parameters).assign_coords(problem=block.indices)
        return self.schema.conform(result, parameters, where=self.name)


_ANALYSES: dict[str, Analysis] = {}


def analysis(
    *,
    name: str,
    version: int,
    title: str,
    sentence: str,
    rows: int,
    inputs: Mapping[str, Role],
    parameters: Mapping[str, Parameter],
    variables: Mapping[str, Variable],
    figure: str,
    arithmetic: str = "",
) -> Callable[[Compute], Compute]:
    """Register the decorated `compute` as an analysis; arguments as in `Analysis`.

    Args:
        name: its one name.
        version: raised when the meaning of an answer changes.
        title: as a heading.
        sentence: what a reader learns from it.
        rows: problems of one block.
        inputs: role → what fills it.
        parameters: declared parameters.
        variables: declared variables.
        figure: default figure word.
        arithmetic: dtypes it computes in.

    Returns:
        A decorator that leaves the function as it is.
    """

    def register(compute: Compute) -> Compute:
        if name in _ANALYSES:
            raise Refusal("analysis registered twice", came=name, expected="one file per analysis")
        _ANALYSES[name] = Analysis(
            name, version, title, sentence, rows, inputs, parameters, Schema(variables), figure,
            compute, arithmetic,
        )  # fmt: skip
        return compute

    return register


def analyses() -> dict[str, Analysis]:
    """Every registered analysis.

    Returns:
        Name → analysis, upstream ones first.
    """
    from ired_interp_core import analyses as folder

    for module in pkgutil.iter_modules(folder.__path__):
        importlib.import_module(f"{folder.__name__}.{module.name}")
    ordered: dict[str, Analysis] = {}

    def add(name: str) -> None:
        for role in _ANALYSES[name].inputs.values():
            if role.kind == "answer":
                add(role.analysis)
        ordered.setdefault(name, _ANALYSES[name])

    for name in sorted(_ANALYSES):
        add(name)
    return ordered


def get(name: str) -> Analysis:
    """Look an analysis up.

    Args:
        name: registered name.

    Returns:
        The analysis.

    Raises:
        Refusal: unknown; answered with the known names.
    """
    known = analyses()
    if name not in known:
        raise Refusal("unknown analysis", came=repr(name), expected=", ".join(known))
    return known[name]
