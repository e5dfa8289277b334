"""The fields that a JSON record must have before any of it is used, each of its declared type."""

import json
from collections.abc import Mapping
from types import NoneType
from typing import Any

from ired_interp_core.errors import Refusal

MOST_COUNT = 10**9
"""Largest count that a record may name."""

Form = Mapping[str, type | tuple[type, ...]]
"""Field → its type, or several; an integer is a count, 0 … MOST_COUNT. "models?" may be missing."""


def check(record: Any, form: Form, where: str, thing: str) -> None:
    """Check the fields of a record; it may have more of them.

    Args:
        record: as it was read, or is about to be written.
        form: what it must have.
        where: named in refusals.
        thing: what it should be.

    Raises:
        Refusal: it is no object, or a field is missing or of another type.
    """
    if not isinstance(record, Mapping):
        raise Refusal(f"not {thing}", where=where, came=record, expected="a JSON object")
    for field, kinds in form.items():
        name = field.removesuffix("?")
        if name not in record and name != field:
            continue
        value = record.get(name)
        several = kinds if isinstance(kinds, tuple) else (kinds,)
        right = name in record and type(value) in several
        if not right or (type(value) is int and not 0 <= value <= MOST_COUNT):
            words = " or ".join("null" if k is NoneType else k.__name__ for k in several)
            came = f"{name}: {str(value)[:80]}" if name in record else f"no {name}"
            raise Refusal(f"not {thing}", where=where, came=came, expected=f"{name}: {words}")


def parsed(text: Any) -> dict[str, Any]:
    """Read a JSON object that the catalog holds; a `Refusal` where it is none."""
    try:
        record = json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise Refusal("catalog holds broken JSON", came=error) from error
    if not isinstance(record, dict):
        raise Refusal("catalog holds broken JSON", came=text)
    return record
