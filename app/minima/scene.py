"""What the view of minima is drawn from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import xarray as xr

from app.minima.found import Found
from app.shared.address.address import Address
from app.shared.asks import live, reading, schedules, settling
from app.shared.asks.chosen import Scope as ScopeOf
from app.shared.asks.chosen import graph
from app.shared.asks.prefix import by_prefix
from app.shared.asks.reading import Subject
from app.shared.page.contract import Source
from app.shared.table import baselines
from ired_interp_core.schedule import Schedule
from ired_interp_core.schema import PLACES
from store import QuestionInfo, Store

MINIMA, PATHS, PROFILES = "minima", "paths", "minima_profiles"
DESCENT, PROPERTIES = "descent", "problem_properties"
ANALYSES = (MINIMA, PATHS, PROFILES)


@dataclass(frozen=True)
class Scene:
    """The minima of one model on one problem set, and what stands around them.

    Args:
        store: opened.
        subject: model and problems.
        asked: analysis → its question, all about the same minima; those without answers are left
            out.
    """

    store: Store
    subject: Subject
    asked: Mapping[str, QuestionInfo]

    @property
    def identity(self) -> tuple[Any, ...]:
        """The questions and how many answers they have."""
        return (self.subject, *((q.key, q.rows) for q in self.asked.values()))

    def question(self, analysis: str) -> QuestionInfo | None:
        """The question of an analysis."""
        return self.asked.get(analysis)

    def sources(self, problem: int, *analyses: str) -> list[Source]:
        """The questions behind what is drawn of one problem, those with an answer about it."""
        asked = [self.asked[name] for name in analyses if name in self.asked]
        there = [q for q in asked if problem in reading.problems_present(q)]
        return [Source(question, {"problems": [problem]}) for question in there]

    def read(self, analysis: str, problem: int) -> xr.Dataset | None:
        """The answer about a problem; None where it is not there yet, or cannot be read."""
        return reading.about(self.store, self.question(analysis), problem)

    def found(self, problem: int) -> Found | None:
        """The minima of a problem with the paths between them; None without minima."""
        minima = self.read(MINIMA, problem)
        if minima is None:
            return None
        clip = float(self.asked[MINIMA].parameters["clip"])
        return Found.of(minima, self.read(PATHS, problem), self.read(PROFILES, problem), clip)

    def predictor(self, problem: int) -> tuple[str, float]:
        """The best trivial predictor of these problems, and its MSE on one; "" and NaN for none."""
        there = self.read(PROPERTIES, problem)
        known = {n: self.asked[n].key for n in (PROPERTIES, DESCENT) if n in self.asked}
        name = baselines.best(self.store, ScopeOf(tuple(known.items()), 0, PLACES[0]))
        if there is None or name not in there["baseline"].values:
            return "", float("nan")
        return name, float(there["baseline_mse"].sel(baseline=name))

    @cached_property
    def schedule(self) -> Schedule:
        """The schedule of the model."""
        return schedules.schedule(self.store, self.asked.values())


def scene(store: Store, address: Address, subject: Subject) -> tuple[Address, Scene]:
    """Find the minima that are meant, and what stands around them; settle the address.

    Without a key in the address these are the minima from most starts; on the sheet of one problem
    those that are known of this problem come first.
    """  # noqa: DOC201
    one = address["sheet"] == "problem"
    if one:
        store = live.with_live(store, subject, address["problem"])
    there = [q for q in reading.questions(store, subject, MINIMA) if q.rows]
    problem = address["problem"] if one else None
    address, minima = _chosen(there, address, problem)
    if minima is not None and not one and len(there) > 1:
        address = address.replace(q=minima.key)  # Problems, where marks lead, shows these very ones
    asked = {} if minima is None else _around(store, subject, minima, problem)
    if one and minima is not None and not live.offered():  # else any problem can be asked
        address = settling.problem(address, minima)
    return address, Scene(store, subject, asked)


def _chosen(
    there: Sequence[QuestionInfo], address: Address, problem: int | None
) -> tuple[Address, QuestionInfo | None]:
    if address["q"]:
        named, why = by_prefix(there, address["q"], MINIMA)
        if named is not None:
            return address.replace(q=named.key), named
        address = address.refuse("q", why, "")

    def order(question: QuestionInfo) -> tuple[bool, int, int]:
        here = problem is None or problem in reading.problems_present(question)
        return here, int(question.parameters.get("starts", 0)), question.rows

    return address, max(there, key=order, default=None)


def _around(
    store: Store, subject: Subject, minima: QuestionInfo, problem: int | None
) -> dict[str, QuestionInfo]:
    """Paths of the largest budget and profiles that are known of the problem; what stands above."""
    known = graph(store)

    def largest(analysis: str, by: str) -> QuestionInfo | None:
        def order(question: QuestionInfo) -> tuple[bool, int]:
            here = problem is None or problem in reading.problems_present(question)
            return here, int(question.parameters.get(by, 0))

        return max(known.down(minima.key, analysis, "minima"), key=order, default=None)

    below = largest(PATHS, "budget"), largest(PROFILES, "most")
    properties = next((q for q in reading.questions(store, subject, PROPERTIES) if q.rows), None)
    found = (minima, *below, known.up(minima, "descent"), properties)
    return {q.analysis: q for q in found if q is not None and q.rows}
