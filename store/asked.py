"""What a store may be asked with: a question in words; an index, a slice or a list of problems."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ired_interp_core.errors import Refusal
from store import reading
from store.questions import QuestionInfo

Problems = int | slice | Iterable[int] | None
"""One problem, some of those that are present by position, some by index, or all."""
OF_THE_SET = ("task", "variant", "size", "seed")
_NOTHING = object()


def fitting(
    there: Sequence[QuestionInfo], words: Mapping[str, Any], inputs: Mapping[str, str], where: str
) -> list[QuestionInfo]:
    """The questions that words are true of.

    Args:
        there: questions to choose from.
        words: task, variant, size or seed of the problem set, the beginning of the model's digest,
            or values of the analysis's parameters; one whose name is among these words is said as
            parameters={"seed": 1}.
        inputs: role → beginning of a key or digest.
        where: named in refusals.

    Returns:
        Those that fit, in their order.

    Raises:
        Refusal: a word that is said of none of them.
    """
    known = {name for q in there for name in q.parameters}
    roles = {role for q in there for role in q.inputs}
    values = dict(words.get("parameters") or {})
    for word in (*words, *values):
        spoken = word not in values and word in (*OF_THE_SET, "model", "parameters")
        if there and not spoken and word not in known:
            expected = ", ".join(("model", *OF_THE_SET, *sorted(known)))
            raise Refusal("unknown word of a question", where=where, came=word, expected=expected)
    for role in inputs:
        if there and role not in roles:
            expected = ", ".join(sorted(roles)) or "none: it reads no other answer"
            raise Refusal("unknown input of a question", where=where, came=role, expected=expected)
    others = {word: value for word, value in words.items() if word != "parameters"}
    return [q for q in there if _fits(q, others, values, inputs)]


def _fits(
    question: QuestionInfo,
    words: Mapping[str, Any],
    values: Mapping[str, Any],
    inputs: Mapping[str, str],
) -> bool:
    said = {
        **question.parameters, **{name: getattr(question.problems, name) for name in OF_THE_SET},
    }  # fmt: skip
    model = str(words.get("model", ""))
    return (
        question.model.startswith(model)
        and all(said.get(n, _NOTHING) == v for n, v in words.items() if n != "model")
        and all(question.parameters.get(n, _NOTHING) == v for n, v in values.items())
        and all(v and question.inputs.get(r, "").startswith(v) for r, v in inputs.items())
    )


def indices(info: QuestionInfo, problems: Problems) -> np.ndarray:
    """The problems that are asked for.

    Args:
        info: the question.
        problems: an index; a slice of those that are present, in their order; indices in the order
            wanted; all that are present where it is None.

    Returns:
        Indices [N].

    Raises:
        Refusal: more than one read may hold, or no integers.
    """
    if isinstance(problems, bool | str | bytes | Mapping):
        raise Refusal(
            "unusable problems", where=f"{info.analysis}/{info.key}", came=repr(problems),
            expected="an index, a slice, or indices",
        )  # fmt: skip
    if isinstance(problems, int | np.integer):
        return np.array([problems])
    if problems is not None and not isinstance(problems, slice):
        try:
            return np.array(list(problems))
        except TypeError as error:
            raise Refusal(
                "unusable problems", where=f"{info.analysis}/{info.key}", came=repr(problems),
                expected="an index, a slice, or indices",
            ) from error  # fmt: skip
    reading.check_count(info.rows, f"{info.analysis}/{info.key}")
    present = np.concatenate([np.arange(*r) for r in info.rows_present or [(0, 1)]])
    return present if problems is None else present[problems]
