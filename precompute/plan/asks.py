"""An entry of a sweep: an analysis with its parameters, and what it asks of others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ired_interp_core import registry, tasks
from ired_interp_core.schema import Parameter, coerce_parameters
from precompute.ground.exits import Usage
from precompute.ground.toml_values import known, number, refuse, text_value
from precompute.plan.sweep_models import COUNT

SEED = Parameter(int, 0, "of the problem set", minimum=0, maximum=2**31 - 1)

FIELDS = ("task", "variant", "seed")
"""Fields in which the problem set of an input may differ from that of what reads it."""


@dataclass(frozen=True)
class Ask:
    """An analysis with its parameters, and what it asks of others.

    Args:
        analysis: the registered analysis.
        parameters: every declared parameter.
        upstream: role → what is asked there, for every role that another answer fills.
        task: only problem sets of this task; empty for all.
        count: how many problems of a set at most; 0 for all of the set.
        about: fields of the problem set: of an entry, those that the sets it is for have; of an
            input, those in which its set differs from that of what reads it.
    """

    analysis: registry.Analysis
    parameters: Mapping[str, Any]
    upstream: Mapping[str, "Ask"]
    task: str = ""
    count: int = 0
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def needs_model(self) -> bool:
        """Whether a model is needed here or further up."""
        return any(r.kind == "model" for r in self.analysis.inputs.values()) or any(
            ask.needs_model for ask in self.upstream.values()
        )


def read(table: Mapping[str, Any], where: str) -> Ask:
    """Read and check an entry.

    Args:
        table: the entry, no lists in it.
        where: named in refusals.

    Returns:
        What it asks, with everything upstream.
    """
    name = text_value(table, "name", where)
    given = {k: v for k, v in table.items() if k not in ("name", "task", "count", "set")}
    task = text_value(table, "task", where, tuple(tasks.TASKS)) if "task" in table else ""
    count = number(table, "count", where, COUNT, required=False)
    about = _fields(table.get("set", {}), f"{where}, set", ("variant", "seed"))
    return replace(_fill(registry.get(name), given, where), task=task, count=count, about=about)


def _fill(
    analysis: registry.Analysis, table: Mapping[str, Any], where: str, also: Sequence[str] = ()
) -> Ask:
    """Complete an entry: defaults spelled out, every upstream role answered that is asked for.

    Args:
        analysis: asked.
        table: the entry.
        where: named in refusals.
        also: keys that are not this function's business.

    Returns:
        The analysis with everything it asks.

    Raises:
        Usage: an unknown key, input or value.
    """
    where = f"{where} {analysis.name}"
    roles = {r: k for r, k in analysis.inputs.items() if k.kind == "answer" and not k.of}
    chosen = table.get("inputs", {})
    if not isinstance(chosen, dict) or not all(isinstance(v, dict) for v in chosen.values()):
        refuse(
            "value has the wrong type", f"{where}, inputs", chosen, "inputs.ROLE = { parameters }"
        )
    for role in chosen:
        if role not in roles:
            raise Usage(
                "unknown input",
                where=where,
                came=role,
                expected=", ".join(roles) or f"none: {analysis.name} reads no other answer",
            )
    given = {k: v for k, v in table.items() if k not in ("inputs", *also)}
    for key, value in given.items():
        if key not in analysis.parameters:
            inputs = [f"inputs.{role}" for role in roles]
            names = ["name", "task", "set", "count", *sorted(analysis.parameters), *inputs]
            raise Usage("unknown key", where=where, came=key, expected=", ".join(names))
        if isinstance(value, dict | list):
            refuse(
                "value has the wrong type",
                f"{where}, {key}",
                value,
                f"one {analysis.parameters[key].type.__name__}, or a list of them",
            )
    return Ask(
        analysis,
        coerce_parameters(analysis.parameters, given, where),
        {
            role: _fill_role(kind, chosen.get(role, {}), f"{where}, inputs.{role}")
            for role, kind in roles.items()
            if kind.needed or role in chosen
        },
    )


def _fill_role(role: registry.Role, table: Mapping[str, Any], where: str) -> Ask:
    """What is asked in a role: what the entry says, beside what the role says by itself."""
    of = registry.get(role.analysis)
    given = {k: v for k, v in role.given.items() if k not in table}
    return replace(
        _fill(of, {**given, **table}, where, also=("set",)),
        about={**role.about, **_fields(table.get("set", {}), f"{where}, set", FIELDS)},
    )


def _fields(table: Any, where: str, names: Sequence[str]) -> dict[str, Any]:
    """Fields of a problem set that is not said whole, among some names."""
    if not isinstance(table, dict):
        refuse("value has the wrong type", where, table, 'set = { seed = 1, variant = "harder" }')
    known(table, names, where)
    found: dict[str, Any] = {}
    if "task" in table:
        found["task"] = text_value(table, "task", where, tuple(tasks.TASKS))
    if "variant" in table:
        found["variant"] = text_value(table, "variant", where)  # the task is known where it is read
    if "seed" in table:
        found["seed"] = number(table, "seed", where, SEED, required=True)
    return found
