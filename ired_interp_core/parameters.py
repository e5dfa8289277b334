"""What an analysis can be asked: declared parameters, and the check of what is given. Light."""

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ired_interp_core.errors import Refusal


@dataclass(frozen=True)
class Parameter:
    """One declared parameter of an analysis.

    Args:
        type: int, float, bool or str.
        default: value when nothing is said; spelled out in every question.
        help: one sentence, with the source of the default.
        choices: the allowed values of a str; value → what a form calls it, where the value itself
            is no word.
        minimum: smallest allowed number.
        maximum: largest allowed number.
        older: for a parameter that is added after the first answers: the value that they had, as
            the computation stood then. At this value it is left out of the question, so that they
            keep their keys and are found. None: declared from the beginning.
        only: it matters only where another parameter has one of some values: (name, values). It
            stays part of the question all the same; forms hide it elsewhere.
        label: what a form calls it; its name in words where left out.
        slider: ends of a slider that forms place beside a number; other values can still be typed.
    """

    type: type
    default: Any
    help: str
    choices: tuple[str, ...] | Mapping[str, str] = ()
    minimum: float | None = None
    maximum: float | None = None
    older: Any = None
    only: tuple[str, tuple[str, ...]] | None = None
    label: str = ""
    slider: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.older is not None:
            object.__setattr__(self, "older", self.coerce(self.older, "older"))

    def word(self, value: str) -> str:
        """What a form calls one of the choices."""
        known = self.choices if isinstance(self.choices, Mapping) else {}
        return known.get(value, value.replace("_", " "))

    def coerce(self, value: Any, where: str) -> Any:
        """Bring a value to the declared type, so that 1, 1.0 and True cannot make three questions.

        Args:
            value: what was given.
            where: named in the refusal.

        Returns:
            The value in the declared type.

        Raises:
            Refusal: wrong type, NaN, not among the choices, or out of range.
        """
        if self.type is bool or isinstance(value, bool):
            if not (self.type is bool and isinstance(value, bool)):
                raise self._wrong(value, where)
            return value
        if self.type in (int, float) and isinstance(value, int) and abs(value) > sys.float_info.max:
            raise Refusal("number out of range", where=where, came="hundreds of digits")
        if self.type is float and isinstance(value, int | float):
            value = float(value)
            if value == 0.0:
                value = 0.0  # -0.0 is the same question as 0.0
        elif self.type is int and isinstance(value, float) and value.is_integer():
            value = int(value)
        elif not isinstance(value, self.type):
            raise self._wrong(value, where)
        if self.choices and value not in self.choices:
            raise Refusal(
                "unknown value", where=where, came=repr(value), expected=", ".join(self.choices)
            )
        if self.type in (int, float):
            low, high = self.minimum, self.maximum
            if (
                not math.isfinite(value)
                or (low is not None and value < low)
                or (high is not None and value > high)
            ):
                raise Refusal(
                    "number out of range",
                    where=where,
                    came=value,
                    expected=f"{'-∞' if low is None else low} … {'∞' if high is None else high}",
                )
        return value

    def _wrong(self, value: Any, where: str) -> Refusal:
        return Refusal(
            "parameter has the wrong type",
            where=where,
            came=f"{value!r} ({type(value).__name__})",
            expected=self.type.__name__,
        )


def seed_of(drawn: str) -> Parameter:
    """Declare the seed of an analysis and what is drawn with it, "of …"; 0 by default."""
    return Parameter(int, 0, drawn, minimum=0, maximum=2**31 - 1)


def first_problems(
    problems: str = "problems 0 … problems − 1 of the set", more: str = ""
) -> Parameter:
    """Declare how many problems an analysis of a set reads.

    Args:
        problems: which they are.
        more: to say of them, with what separates it.

    Returns:
        The declaration; 0, the default, stands for as many as the sweep names.
    """
    words = f"{problems}; 0: as many as the sweep names{more}"
    return Parameter(int, 0, words, minimum=0, maximum=1_000_000)


def coerce_parameters(
    declared: Mapping[str, Parameter], given: Mapping[str, Any], where: str
) -> dict[str, Any]:
    """Complete and check the parameters of a question.

    Args:
        declared: what the analysis declares.
        given: what the user gave.
        where: named in refusals, e.g. the sweep file and entry.

    Returns:
        Every declared parameter with a value of its declared type, defaults spelled out.

    Raises:
        Refusal: an unknown name (answered with the known ones) or an unusable value.
    """
    for name in given:
        if name not in declared:
            raise Refusal(
                "unknown parameter",
                where=where,
                came=name,
                expected=", ".join(sorted(declared)) or "no parameters",
            )
    return {
        name: p.coerce(given[name], f"{where}, {name}") if name in given else p.default
        for name, p in declared.items()
    }
