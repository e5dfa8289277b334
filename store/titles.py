"""What tells a question from others of its analysis, for people."""

from collections.abc import Mapping

from ired_interp_core import registry
from ired_interp_core.records import Question
from store.survey import Asked


def title(
    asked: Asked, questions: Mapping[str, Asked], others: Mapping[str, Question] | None = None
) -> str:
    """What tells a question from others of its analysis: its parameters that are not the default.

    Args:
        asked: the question.
        questions: all, by key, for what stands upstream.
        others: those of versions that are not installed.

    Returns:
        For example "plane soft, level 3, descent: clip 5.0"; "defaults" if nothing differs.
    """
    return ", ".join(_differences(asked, questions, others or {})) or "defaults"


def _differences(
    asked: Asked, questions: Mapping[str, Asked], others: Mapping[str, Question]
) -> list[str]:
    question = asked.question
    declared = registry.get(question.analysis)
    words = [
        f"{name} {value}"
        for name, value in question.parameters.items()
        if name not in declared.parameters or value != declared.parameters[name].default
    ]
    for role, what in declared.inputs.items():
        given = question.inputs.get(role, "")
        if what.kind == "answer" and given in others:
            words.append(f"{role}: version {others[given].version}")
        elif what.kind == "answer" and given in questions:
            words += [f"{role}: {w}" for w in _differences(questions[given], questions, others)]
    return words
