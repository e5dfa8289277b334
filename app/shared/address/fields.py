"""Parameters of an address: what each may say, and how it is spelled."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ired_interp_core import made_to_order
from ired_interp_core.analyses.landscape_slice import PLANES
from ired_interp_core.errors import Refusal
from ired_interp_core.records import KEY_LENGTH
from ired_interp_core.schema import LEVELS, PLACES
from ired_interp_core.tasks import TASKS

MOST_FILTERS = 8
MOST_COORDINATE = 1000.0
OPERATORS = {"lt": "<", "le": "≤", "gt": ">", "ge": "≥", "eq": "="}
OWN_SET = "own"
"""Stands in the name of a set in the place of the variant, where its matrices were given."""
CENTRES = (*PLACES, "trajectory", "start", "point", "middle", "first")
ATOMS, DIRECTIONS, MINIMA = "atoms", "directions", "minima"
"""Planes along atoms, along chosen directions and through minima, beside those of
`landscape_slice`."""


class Unusable(ValueError):
    """A value that the address may not have; its text is what was expected."""


@dataclass(frozen=True)
class Field:
    """One parameter.

    Args:
        default: where the address says nothing.
        parse: text → value; raises `Unusable`.
        spell: value → text.
        most: how often the parameter may be repeated; more than 1 makes the value a tuple.
        live: the browser itself changes it in the address (no round trip), so that the address
            knows better than the server's last run.
        help: one sentence for a reader.
    """

    default: Any
    parse: Callable[[str], Any]
    spell: Callable[[Any], str] = str
    most: int = 1
    live: bool = False
    help: str = ""


@dataclass(frozen=True)
class Filter:
    """Keep the problems whose column compares so with a number.

    Args:
        column: as `reading.columns` spells it.
        operator: a key of `OPERATORS`.
        number: finite.
    """

    column: str
    operator: str
    number: float

    def __str__(self) -> str:
        return f"{self.column}~{self.operator}~{self.number:.6g}"


def choice(*allowed: str) -> Callable[[str], str]:
    """One of some words."""

    def parse(text: str) -> str:
        if text not in allowed:
            raise Unusable("expected " + ", ".join(a or "nothing" for a in allowed))
        return text

    return parse


def integer(low: int, high: int, empty: bool = False) -> Callable[[str], int | None]:
    """A whole number of a range; an empty text is None where it may be."""

    def parse(text: str) -> int | None:
        if empty and not text:
            return None
        if not re.fullmatch(r"[0-9]{1,12}", text) or not low <= int(text) <= high:
            raise Unusable(f"expected {low} … {high}")
        return int(text)

    return parse


def pattern(expression: str, expected: str) -> Callable[[str], str]:
    """A text that a regular expression matches as a whole."""
    compiled = re.compile(expression, re.ASCII)

    def parse(text: str) -> str:
        if not compiled.fullmatch(text):
            raise Unusable(f"expected {expected}")
        return text

    return parse


def number(text: str) -> float:
    """A finite number in plain digits."""
    if not re.fullmatch(r"[-+]?[0-9]{0,20}\.?[0-9]{0,20}(e[-+]?[0-9]{1,3})?", text, re.ASCII):
        raise Unusable("expected a number")
    try:
        value = float(text)
    except ValueError:
        raise Unusable("expected a number") from None
    if not math.isfinite(value):
        raise Unusable("expected a finite number")
    return value


def problem_set(text: str) -> str:
    """A problem set by its name, task-variant-size-seed, or task-own-size-digest; or none."""
    seeded = re.fullmatch(
        r"([a-z]{1,20})-([a-z0-9_.]{1,80})-([0-9]{1,3})-([0-9]{1,10})", text, re.ASCII
    )
    own = re.fullmatch(
        rf"([a-z]{{1,20}})-{OWN_SET}-([0-9]{{1,3}})-([0-9a-f]{{24}})", text, re.ASCII
    )
    match = own or (seeded if seeded and _known_variant(*seeded.groups()) else None)
    if text and not (match and match[1] in TASKS):
        raise Unusable("expected task-variant-size-seed, like inverse-same-20-0")
    return text


def _known_variant(task: str, variant: str, size: str, _: str) -> bool:
    try:
        made_to_order.check(task if task in TASKS else "", variant, int(size))
    except (Refusal, KeyError):
        return False
    return True


def lock(text: str) -> tuple[float, float] | None:
    """Two numbers, low~high; or none."""
    if not text:
        return None
    low, tilde, high = text.partition("~")
    if not tilde or not number(low) < number(high):
        raise Unusable("expected two numbers, low~high")
    return number(low), number(high)


def point(text: str) -> tuple[float, float] | None:
    """Two coordinates, a~b; or none."""
    if not text:
        return None
    a, tilde, b = text.partition("~")
    if not tilde or max(abs(number(a)), abs(number(b))) > MOST_COORDINATE:
        raise Unusable("expected two coordinates, a~b")
    return number(a), number(b)


def filter_(text: str) -> Filter:
    """A filter, column~operator~number."""
    parts = text.split("~")
    if len(parts) != 3 or parts[1] not in OPERATORS:
        raise Unusable(f"expected column~operator~number, operator {', '.join(OPERATORS)}")
    return Filter(column(parts[0]), parts[1], number(parts[2]))


def spell_lock(lock: tuple[float, float] | None) -> str:
    """Spell the two numbers of a lock."""
    return f"{lock[0]:.6g}~{lock[1]:.6g}" if lock else ""


def spell_point(at: tuple[float, float] | None) -> str:
    """Spell the coordinates of a point."""
    return f"{at[0]:.6g}~{at[1]:.6g}" if at else ""


def spell_optional(value: Any) -> str:
    """Spell a value that may be None."""
    return "" if value is None else str(value)


column = pattern(r"[a-z0-9_.]{1,80}", "a column")
DIGITS = "at least 8 hex digits of a model's digest"
weights = pattern(r"[0-9a-f]{8,64}", DIGITS)

MODEL = Field("", pattern(r"|[0-9a-f]{8,64}", DIGITS))
SET = Field("", problem_set)
SUBJECT = {"model": MODEL, "set": SET}
"""The two fields of a view that speaks of one subject."""
LEVEL = Field(0, integer(0, LEVELS - 1))
PLACE = Field("answer", choice(*PLACES))
KEY = Field("", pattern(rf"|[0-9a-f]{{4,{KEY_LENGTH}}}", "4 to 24 hex digits of a key"))
PROBLEM = Field(0, integer(0, 10**9 - 1))
CHOSEN_PROBLEM = Field(None, integer(0, 10**9 - 1, empty=True), spell_optional)
"""A problem, or none."""
ORDER = Field("", pattern(r"-?[a-z_]{0,40}", "a column of the table, with - largest first"))
PLANE = Field("stiff_soft", choice(*PLANES, ATOMS, DIRECTIONS, MINIMA))
CENTRE = Field("", choice("", *CENTRES))
MOST_SERIES = 4
"""Series of checkpoints that are drawn over each other."""
SERIES = Field(
    (), pattern(r"[0-9a-f]{8,64}", "at least 8 hex digits of a series' id"), most=MOST_SERIES
)
