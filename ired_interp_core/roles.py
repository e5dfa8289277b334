"""What fills an input of an analysis. Light: no torch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["model", "problems", "answer"]


@dataclass(frozen=True)
class Role:
    """One input of an analysis.

    Args:
        kind: a model, a problem set, or the answer of another question.
        analysis: for kind "answer", the analysis that gives it.
        of: another role of the same analysis; this one is then filled with the very answer that
            that one reads in a role of this name, and cannot be chosen.
        there: the name that this role has there, where it is another one.
        also: further analyses whose answers may be read here in its place, by their key; a sweep
            asks `analysis`.
        row: name of the parameter that says which problem's answer is read; that of the same
            problem where left out.
        rows: how many rows of it are read, the first ones; 0 for as many as the question is about.
        needed: whether every question fills it; else only one that says so, with an entry for it.
        given: parameters that are asked for there where nobody says others.
        about: fields of the problem set in which that of the answer differs, such as its variant;
            a sweep may say others. Of another task, the answer is that of another model.
        apart: whether the answer must have been learned on other problems than the question is
            about: a set that shares their draws is refused when it is planned.
    """

    kind: Kind
    analysis: str = ""
    of: str = ""
    there: str = ""
    also: tuple[str, ...] = ()
    row: str = ""
    rows: int = 0
    needed: bool = True
    given: Mapping[str, Any] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)
    apart: bool = False

    def above(self, name: str) -> str:
        """Name that this role, called `name` here, has in the question that fills `of`."""
        return self.there or name

    @property
    def analyses(self) -> tuple[str, ...]:
        """Every analysis that may fill it; none for a model or a problem set."""
        return (self.analysis, *self.also) if self.analysis else ()
