"""Live questions of a page: who asks, and the box that computes what is missing."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import streamlit as st

from app.live.desk import DESK, Reader
from app.live.header import ALLOWED
from app.shared.address import address as links
from app.shared.asks.reading import Subject
from app.shared.page.contract import Compute, Edits
from ired_interp_core import registry
from ired_interp_core.tasks import VARIANTS
from store import QuestionInfo

_READER = "live:reader"


def said() -> dict[str, str]:
    """What the browser side of this page is told: its token, or why its reader may not ask."""
    why = st.context.headers.get(ALLOWED)
    if why is None or not DESK.running:  # no server, or one without live answers
        return {}
    if why:
        return {"why": why}
    reader = st.session_state.get(_READER)
    if not isinstance(reader, Reader) or DESK.reader(reader.token) is None:
        reader = st.session_state[_READER] = DESK.open()
    return {"token": reader.token}


def subject(of: Subject | None) -> dict[str, Any] | None:
    """What the browser needs of model and problems to show others of the same task."""
    if of is None:
        return None
    p = of.problems
    names = {"task": p.task, "size": p.size, "variant": p.variant, "seed": p.seed}
    return {
        **names,
        "own": bool(p.content),
        "variants": list(dict.fromkeys((*VARIANTS, p.variant))),
    }


def default(scene: Any, analysis: str, problem: int | None) -> Compute | None:
    """The question of an analysis with its defaults about the problem that is looked at.

    Args:
        scene: of the sheet.
        analysis: name.
        problem: index; None where no single one is looked at.

    Returns:
        None where it is not asked live, or reads an answer that somebody has to choose.
    """
    subject = getattr(scene, "subject", None)
    if problem is None or subject is None or not _defaults_suffice(analysis):
        return None
    return Compute(analysis, subject.model, subject.problems, problem)


def same(question: QuestionInfo, about: Subject, problem: int) -> Compute | None:
    """A question that is there, about a problem that it has no answer to.

    Args:
        question: of the store.
        about: model and problems.
        problem: index.

    Returns:
        None where it is not asked live.
    """
    declared = registry.get(question.analysis)
    if declared.live is None:
        return None
    read = {
        role: question.inputs[role]
        for role, what in declared.roles(question.inputs).items()
        if what.kind == "answer" and not what.of
    }
    return Compute(
        question.analysis, about.model, about.problems, problem, question.parameters, read
    )


def _defaults_suffice(analysis: str) -> bool:
    declared = registry.get(analysis)
    roles = [r for r in declared.inputs.values() if r.kind == "answer" and r.needed]
    read = [registry.get(r.analysis) for r in roles]
    return declared.live is not None and all(one.scope != "set" for one in read)


def box(compute: Compute | None) -> dict[str, Any] | None:
    """What the browser needs of a question: itself, and the fields of its parameters."""
    if compute is None:
        return None
    declared = registry.get(compute.analysis).parameters
    question = {
        "analysis": compute.analysis,
        "model": compute.model,
        "problems": compute.problems.as_dict(),
        "problem": compute.problem,
        "parameters": dict(compute.parameters),
        "inputs": dict(compute.inputs),
    }
    return {
        "question": question,
        "also": compute.also,
        "again": compute.again,
        "label": compute.label,
        "follows": compute.follows,
        "parameters": [
            _field(name, one, compute.parameters.get(name, one.default))
            for name, one in declared.items()
            if name not in compute.hides and (compute.free or name not in compute.parameters)
        ],
    }


def edits(of: Edits) -> dict[str, Any]:
    """What the browser needs to have entries of a problem changed."""
    return {**asdict(of), "problems": of.problems.as_dict(), "set": links.set_name(of.problems)}


def _field(name: str, declared: Any, value: Any) -> Mapping[str, Any]:
    return {
        "name": name,
        "label": declared.label or name.replace("_", " "),
        "kind": declared.type.__name__,
        "help": declared.help,
        "choices": [[one, declared.word(one)] for one in declared.choices],
        "low": declared.minimum,
        "high": declared.maximum,
        "slider": declared.slider,
        "only": declared.only,
        "value": str(value).lower() if isinstance(value, bool) else value,
    }
