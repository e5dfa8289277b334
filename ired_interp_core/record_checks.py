"""What must hold of a record before anything is made of it. Light."""

from collections.abc import Mapping
from typing import Any

from ired_interp_core import problem_kinds as kinds
from ired_interp_core.errors import Refusal

QUESTION = {"analysis": str, "version": int, "parameters": dict, "inputs": dict}
MOST_VERSION = 2**31 - 1


def problem_set(fields: Mapping[str, Any]) -> None:
    """Check the fields of a problem set, each of its type, against what there can be.

    Args:
        fields: task, variant, size and seed, and whatever else it has.

    Raises:
        Refusal: an unknown task or variant, or a size or seed out of range.
    """
    for name, known in (("task", kinds.TASK_NAMES), ("variant", kinds.VARIANTS)):
        if fields[name] not in known:
            raise Refusal(f"unknown {name}", came=fields[name], expected=", ".join(known))
    limits = (("size", kinds.MIN_SIZE, kinds.MAX_SIZE), ("seed", 0, kinds.MAX_SEED))
    for name, low, high in limits:
        if not low <= fields[name] <= high:
            raise Refusal(
                f"{name} out of range", came=str(fields[name])[:40], expected=f"{low} … {high}"
            )


def question(record: Mapping[str, Any]) -> None:
    """Check the outer form of a question; `registry.Analysis.check` knows what is within.

    Args:
        record: analysis, version, parameters, inputs.

    Raises:
        Refusal: other fields, or fields of other types.
    """
    right = set(record) == set(QUESTION) and all(
        type(record[word]) is kind for word, kind in QUESTION.items()
    )
    if not (
        right
        and 0 < record["version"] <= MOST_VERSION
        and all(isinstance(given, str) for given in record["inputs"].values())
    ):
        expected = ", ".join(f"{word} ({kind.__name__})" for word, kind in QUESTION.items())
        raise Refusal("record is no question", came=dict(record), expected=expected)
