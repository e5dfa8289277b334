"""Descents as menus name them: the sampler's own, from a chosen point, and from many noises."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.shared.asks import reading
from app.shared.asks.reading import Subject
from ired_interp_core import registry
from ired_interp_core.analyses.descent import SAMPLER
from ired_interp_core.spelling import counted, number
from store import QuestionInfo, Store

PLAIN, FROM, MANY = "descent", "descent_from", "many_starts"


def of(store: Store, subject: Subject) -> tuple[QuestionInfo, ...]:
    """Every descent of a subject, each with a title in words."""
    return tuple(
        replace(q, title=title(q))
        for kind in (PLAIN, FROM, MANY)
        for q in reading.questions(store, subject, kind)
    )


def title(question: QuestionInfo) -> str:
    """What distinguishes a descent from the others of its subject."""
    if question.analysis == PLAIN:
        return question.title
    p = question.parameters
    settings = [
        f"{one.label or name.replace('_', ' ')} {p[name]}"
        for name, one in SAMPLER.items()
        if p[name] != one.default
    ]
    first = starts_of(p) if question.analysis == MANY else _begins(p)
    return ", ".join([first, *settings])


def starts_of(parameters: Mapping[str, Any]) -> str:
    """How many noises it starts from, and which ones."""
    declared = registry.get(MANY).parameters
    count, seed = (parameters.get(n, declared[n].default) for n in ("starts", "seed"))
    return counted(count, "start") + (f", seed {seed}" if seed else "")


def _begins(parameters: Mapping[str, Any]) -> str:
    level = f"t = {parameters['level']}"
    if parameters["source"] == "state":
        return f"from the state {level}, step {parameters['step']}"
    a, b = (number(parameters[name], ".3g") for name in ("a", "b"))
    return f"from ({a}, {b}) at {level}"
