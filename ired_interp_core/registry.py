"""The one list of analyses.

From one registered file follow sweep validation, key, shard, catalog columns, a default figure,
documentation and the generic tests. Light: no torch.
"""

import difflib
import importlib
import json
import os
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, get_args

import xarray as xr

from ired_interp_core.dims import Dim
from ired_interp_core.errors import Refusal
from ired_interp_core.live import Live
from ired_interp_core.records import Block, Gathered, Question, canonical_json
from ired_interp_core.roles import Role
from ired_interp_core.schema import Derived, Parameter, Schema, Variable, coerce_parameters

Compute = Callable[[Any, Mapping[str, Any]], xr.Dataset]
Scope = Literal["block", "set"]
Figure = Literal["lines", "heatmap", "matrix", "table"]
"""How the app draws an analysis that has no view of its own: scalars along a dim (`lines`), a field
over two dims (`heatmap`), an array by two named or ranked dims with its numbers (`matrix`), or
rows of numbers (`table`)."""

FOLDER = "ired_interp_core.analyses"
"""Where the files of analyses lie: found by its name, as the files register themselves."""

RANGE = "problems"
"""Parameter of every analysis of scope `set`: it reads problems 0 … RANGE − 1."""


@dataclass(frozen=True)
class Analysis:
    """A registered analysis.

    Args:
        name: its one name, from sweep file to URL.
        version: raised when the meaning of an answer changes.
        title: as a heading.
        sentence: what a reader learns from it.
        rows: problems of one block; blocks start at its multiples. 1 for scope `set`.
        inputs: role → what fills it.
        parameters: declared parameters.
        schema: declared variables.
        figure: how it is drawn where it has no view of its own.
        compute: block (or `records.Gathered`, for scope `set`) and parameters → labelled arrays.
        arithmetic: dtypes it computes in, for the provenance; {name} stands for a parameter.
        scope: `block`: one result row a problem, in parallel; `set`: one result for problems
            0 … `problems` − 1 of the set, without the dim problem.
        together: refuses parameters that are usable each alone and not together; asked before
            anything is planned.
        live: cost of one problem, where it may be asked live; of scope `block` alone.
        small: parameters of the smallest case that runs all of its code, by which an answer of a
            whole set is rehearsed before it is computed; of scope `set` alone.
    """

    name: str
    version: int
    title: str
    sentence: str
    rows: int
    inputs: Mapping[str, Role]
    parameters: Mapping[str, Parameter]
    schema: Schema
    figure: Figure
    compute: Compute
    arithmetic: str = ""
    scope: Scope = "block"
    together: Callable[[Mapping[str, Any]], None] | None = None
    live: Live | None = None
    small: Mapping[str, Any] = field(default_factory=dict)

    def computes_in(self, parameters: Mapping[str, Any]) -> str:
        """The dtypes of the arithmetic in words, which are not those of the stored variables."""
        return self.arithmetic.format(**parameters) or "not declared"

    def question(
        self, inputs: Mapping[str, str], parameters: Mapping[str, Any], where: str = ""
    ) -> Question:
        """Ask this analysis about some inputs.

        Args:
            inputs: role → digest or key; the declared roles, but for those that need not be filled.
            parameters: given values; defaults are spelled out.
            where: named in refusals.

        Returns:
            The question, with its address as `.key`.

        Raises:
            Refusal: roles other than declared, or unusable parameters.
        """
        needed = {name for name, role in self.inputs.items() if role.needed}
        if not needed <= set(inputs) <= set(self.inputs):
            raise Refusal(
                "question has other inputs than declared",
                where=where or self.name,
                came=", ".join(sorted(inputs)) or "none",
                expected=", ".join(sorted(self.inputs)),
            )
        full = coerce_parameters(self.parameters, parameters, where or self.name)
        return Question(self.name, self.version, full, dict(inputs), self.older)

    def roles(self, inputs: Mapping[str, str]) -> dict[str, Role]:
        """The declared roles that a question with these inputs fills, by name."""
        return {name: role for name, role in self.inputs.items() if name in inputs}

    @cached_property
    def older(self) -> Mapping[str, Any]:
        """Parameters that were declared later, with the value that older answers had."""
        return {n: p.older for n, p in self.parameters.items() if p.older is not None}

    def completed(self, asked: Question) -> Question:
        """A question of this version as it was written, with the parameters declared since."""
        known = self.older
        since = {name: value for name, value in known.items() if name not in asked.parameters}
        return replace(asked, parameters={**asked.parameters, **since}, older=known)

    def check(self, asked: Question) -> None:
        """Check what was read: a `Refusal` unless `question` could have asked the very same."""
        again = self.question(asked.inputs, asked.parameters, f"question of {self.name}")
        if canonical_json(again.as_dict()) != canonical_json(asked.as_dict()):
            raise Refusal(
                "question is not spelled as it is asked",
                where=f"question of {self.name}",
                came=dict(asked.parameters),
                expected="every declared parameter, each of its type",
            )

    def run(self, block: Block | Gathered, parameters: Mapping[str, Any]) -> xr.Dataset:
        """Compute one block, or the one result of a set, and check it against the declaration.

        Args:
            block: rows and inputs.
            parameters: every declared parameter.

        Returns:
            The checked, labelled result, that of a block with its problem indices.
        """
        result = self.compute(block, parameters)
        if isinstance(block, Block):
            result = result.assign_coords(problem=block.indices)
        return self.schema.conform(result, parameters, where=self.name)

    def rows_read(
        self, role: str, start: int, stop: int, parameters: Mapping[str, Any]
    ) -> tuple[int, int]:
        """Which rows of the answer that fills a role are needed for rows [start, stop).

        Args:
            role: of kind "answer".
            start: first row.
            stop: one past the last.
            parameters: every declared parameter.

        Returns:
            The one row of a `set` answer; the one that a parameter names; so many as the role
            says; all of its range where this analysis is of scope `set`; else the same rows.
        """
        read = self.inputs[role]
        if _ANALYSES[read.analysis].scope == "set":
            return 0, 1
        if read.row:
            return int(parameters[read.row]), int(parameters[read.row]) + 1
        if read.rows:
            return 0, read.rows
        return (0, int(parameters[RANGE])) if self.scope == "set" else (start, stop)


_ANALYSES: dict[str, Analysis] = {}
_SEEN: list[tuple[str, int]] = []
"""Folders of analyses and when they last changed, as they were when their files were imported."""


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
    figure: Figure,
    arithmetic: str = "",
    scope: Scope = "block",
    dims: tuple[Dim, ...] = (),
    derived: Mapping[str, Derived] | None = None,
    together: Callable[[Mapping[str, Any]], None] | None = None,
    live: Live | None = None,
    small: Mapping[str, Any] | None = None,
) -> Callable[[Compute], Compute]:
    """Register the decorated `compute`: as `Analysis` says, its variables, and dims of its own."""

    def register(compute: Compute) -> Compute:
        if name in _ANALYSES:
            raise Refusal("analysis registered twice", came=name, expected="one file per analysis")
        if scope == "set" and (rows != 1 or RANGE not in parameters):
            raise Refusal("a set needs rows=1 and a parameter", came=name, expected=RANGE)
        if scope == "set" and live is not None:
            raise Refusal("only one problem can be asked live", came=name, expected="scope block")
        if small is not None and (scope != "set" or RANGE not in small):
            raise Refusal("a small case is one of a set", came=name, expected=f"{RANGE} in it")
        coerce_parameters(parameters, small or {}, f"{name}, small")
        if figure not in get_args(Figure):
            known = ", ".join(get_args(Figure))
            raise Refusal("unknown figure", where=name, came=repr(figure), expected=known)
        schema = Schema(variables, dims, derived or {})
        for other in _ANALYSES.values():
            for dim in dims:
                if dim.name in other.schema.dims and not dim.alike(other.schema.dims[dim.name]):
                    words = f"the dim of {other.name}, or another name"
                    raise Refusal("dim declared twice", where=name, came=dim.name, expected=words)
        _ANALYSES[name] = Analysis(
            name, version, title, sentence, rows, inputs, parameters, schema, figure,
            compute, arithmetic, scope, together, live, small or {},
        )  # fmt: skip
        return compute

    return register


def analyses() -> dict[str, Analysis]:
    """Every registered analysis by its name, upstream ones first."""
    _discover()
    ordered: dict[str, Analysis] = {}
    seen: set[str] = set()  # analyses may read each other's answers by their keys

    def add(name: str) -> None:
        if name in seen:
            return
        seen.add(name)
        for other in (a for role in _ANALYSES[name].inputs.values() for a in role.analyses):
            add(other)
        ordered[name] = _ANALYSES[name]

    for name in sorted(_ANALYSES):
        add(name)
    return ordered


def _discover() -> None:
    """Import the files of analyses, again only where a folder of them has changed."""
    folders = list(importlib.import_module(FOLDER).__path__)
    now = [(folder, os.stat(folder).st_mtime_ns) for folder in folders if os.path.isdir(folder)]
    if now != _SEEN:
        for module in pkgutil.iter_modules(folders):
            importlib.import_module(f"{FOLDER}.{module.name}")
        _SEEN[:] = now


def get(name: str) -> Analysis:
    """Look an analysis up; an unknown name is refused with the known ones."""
    _discover()
    if name not in _ANALYSES:
        known = list(analyses())
        near = difflib.get_close_matches(str(name), known, cutoff=0.4)  # a long list is cut
        listed = ", ".join(dict.fromkeys((*near, *known)))
        raise Refusal("unknown analysis", came=repr(name), expected=listed)
    return _ANALYSES[name]


def read_question(record: Mapping[str, Any]) -> Question:
    """Read a question back.

    Args:
        record: as `Question.as_dict` gives.

    Returns:
        The question; one of the version that is installed is as its analysis would ask it, with
        the parameters declared since.
    """
    asked = Question.from_dict(record)
    _discover()
    known = _ANALYSES.get(asked.analysis)
    if known is None or known.version != asked.version:
        return asked
    asked = known.completed(asked)
    known.check(asked)
    return asked


def roles_of(question: Question) -> dict[str, Role]:
    """The declared roles that a question fills, by name."""
    return get(question.analysis).roles(question.inputs)


def question_of(answer: xr.Dataset) -> Question:
    """What a stored answer answers, as its head says."""
    return read_question(json.loads(answer.attrs["question"]))
