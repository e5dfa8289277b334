"""What must hold of a record before anything is made of it. Light."""

import re
from collections.abc import Mapping
from typing import Any

from ired_interp_core import made_to_order
from ired_interp_core import problem_kinds as kinds
from ired_interp_core.errors import Refusal

QUESTION = {"analysis": str, "version": int, "parameters": dict, "inputs": dict}
MOST_VERSION = 2**31 - 1

_CONTENT = re.compile(r"[0-9a-f]{24}")


def problem_set(fields: Mapping[str, Any]) -> None:
    """Check the fields of a problem set, each of its type, against what there can be.

    Args:
        fields: task, variant, size and seed, the content if it has one, and whatever else.

    Raises:
        Refusal: an unknown task or variant, a size or seed out of range, or a content that is no
            digest or stands beside a variant or seed.
    """
    if fields["task"] not in kinds.TASK_NAMES:
        known = ", ".join(kinds.TASK_NAMES)
        raise Refusal("unknown task", came=fields["task"], expected=known)
    limits = (("size", kinds.MIN_SIZE, kinds.MAX_SIZE), ("seed", 0, kinds.MAX_SEED))
    for name, low, high in limits:
        if not low <= fields[name] <= high:
            raise Refusal(
                f"{name} out of range", came=str(fields[name])[:40], expected=f"{low} … {high}"
            )
    made_to_order.check(fields["task"], fields["variant"], fields["size"])
    if content := fields.get("content", ""):
        if not _CONTENT.fullmatch(content):
            raise Refusal("content is no digest", came=content, expected="24 hex digits")
        if (fields["variant"], fields["seed"]) != ("same", 0):
            raise Refusal(
                "a set of given matrices has no variant and no seed",
                came=f"{fields['variant']}, seed {fields['seed']}"[:80],
                expected="same, seed 0",
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
