"""A thing that an address names by the beginning of its key, and the one spelling of why not."""

from collections.abc import Iterable
from operator import attrgetter
from typing import TypeVar

T = TypeVar("T")

HERE = "of this model and set"
"""Where a thing was looked for, in most refusals."""

_PLURALS = {"dictionary": "dictionaries", "series": "series"}


def by_prefix(
    candidates: Iterable[T], prefix: str, thing: str, where: str = HERE, key: str = "key"
) -> tuple[T | None, str]:
    """Find the one candidate whose key begins so.

    Args:
        candidates: among them.
        prefix: of the key.
        thing: what they are, in the singular.
        where: it was looked for.
        key: name of the attribute.

    Returns:
        It and ""; or None and why not, for `Address.refuse`.
    """
    spelled = attrgetter(key)
    fitting = [c for c in candidates if spelled(c).startswith(prefix)]
    if len(fitting) == 1:
        return fitting[0], ""
    if fitting:
        return None, f"several {_PLURALS.get(thing, f'{thing}s')} begin so"
    return None, f"no such {thing} {where}"
