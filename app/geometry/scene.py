"""What the view of geometry is drawn from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr

from app.geometry import sets
from app.geometry.address import place
from app.geometry.sets import Side
from app.shared.address.address import Address
from app.shared.asks import live, reading, schedules, settling
from app.shared.asks.chosen import graph
from app.shared.asks.prefix import by_prefix
from app.shared.asks.reading import Subject
from app.shared.page.contract import Source
from ired_interp_core import made_to_order, registry
from ired_interp_core.records import ProblemSet
from ired_interp_core.schedule import Schedule
from store import QuestionInfo, Store

GEOMETRY, SYMMETRY, ATTRIBUTION = "geometry", "symmetry", "attribution"
READ = DESCENT, PROPERTIES = "descent", "problem_properties"
ANALYSES = (GEOMETRY, SYMMETRY, ATTRIBUTION)
OF_SHEET = {"symmetry": SYMMETRY, "attribution": ATTRIBUTION}
"""Sheet → its analysis, where that is not `geometry`."""


@dataclass(frozen=True)
class Scene:
    """The geometry of one model's answers on one problem set.

    Args:
        store: opened.
        subject: model and problems.
        asked: analysis → its question; those without answers are left out.
        beside: geometries of the same model on sets with a prescribed condition number.
        sides: the sets that stand side by side, this one among them, in order; one alone for none.
        swept: key → question as the store itself knows it: what was asked live about one problem
            is in no number over problems, but for a question that has nothing else.
        attributions: every attribution that has answers; one is in `asked`.
    """

    store: Store
    subject: Subject
    asked: Mapping[str, QuestionInfo]
    beside: Sequence[QuestionInfo] = ()
    sides: Sequence[Side] = ()
    swept: Mapping[str, QuestionInfo] = field(default_factory=dict)
    attributions: Sequence[QuestionInfo] = ()

    @property
    def identity(self) -> tuple[Any, ...]:
        """The questions and how many answers they have."""
        among = [q for side in self.sides for q in side.asked.values()]
        every = (*self.asked.values(), *self.beside, *among)
        names = tuple(side.link for side in self.sides)
        return (self.subject, names, *((q.key, q.rows) for q in every))

    def question(self, analysis: str) -> QuestionInfo | None:
        """The question of an analysis."""
        return self.asked.get(analysis)

    def sources(self, analysis: str, *names: str, problem: int | None = None) -> list[Source]:
        """Where what is drawn comes from: some variables, of all problems or of one."""
        return [self.source(self.asked[analysis], *names, problem=problem)]

    def source(self, question: QuestionInfo, *names: str, problem: int | None = None) -> Source:
        """The same of any question."""
        there = [problem] if problem is not None else []
        if problem is None and question.key not in self.swept:
            there = self.there(question).tolist()  # asked live, and known by problem alone
        about = {"problems": there} if there else {}
        return Source(question, {"variables": list(names), **about})

    def there(self, question: QuestionInfo) -> np.ndarray:
        """Problems behind numbers over problems."""
        return reading.problems_present(self.swept.get(question.key, question))

    def read(self, analysis: str, *names: str) -> xr.Dataset:
        """Some variables of all problems that have an answer, levels ascending."""
        return self.read_of(self.asked[analysis], *names)

    def read_of(self, question: QuestionInfo, *names: str) -> xr.Dataset:
        """The same of another question."""
        there = tuple(self.there(question).tolist())
        found = reading.dataset(self.store, question, there, names)
        return found.sortby("level") if "level" in found.dims else found

    def one(self, analysis: str, problem: int, *names: str) -> xr.Dataset | None:
        """Some variables of a problem, levels ascending; None where it has no answer."""
        found = reading.about(self.store, self.question(analysis), problem, names)
        return found if found is None or "level" not in found.dims else found.sortby("level")

    @cached_property
    def schedule(self) -> Schedule:
        """The schedule of the model."""
        return schedules.schedule(self.store, self.asked.values())

    @property
    def k(self) -> int:
        """Dimension of the spaces behind the stored path and score."""
        return int(self.parameters["k"])

    @property
    def rank(self) -> int:
        """Rank r of the manifold."""
        return min(int(self.parameters["rank"]), self.subject.problems.size - 1)

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Those of the question, with defaults."""
        declared = registry.get(GEOMETRY).parameters
        given = self.asked[GEOMETRY].parameters
        return {name: given.get(name, one.default) for name, one in declared.items()}


def scene(store: Store, address: Address, subject: Subject) -> tuple[Address, Scene]:
    """Find the geometry that is meant, audit and attribution beside it; settle the address."""
    stored = reading.questions(store, None, None)
    store = live.with_live(store, subject, address["problem"])
    there = {name: [q for q in reading.questions(store, subject, name) if q.rows]
             for name in (*ANALYSES, PROPERTIES)}  # fmt: skip
    asked = {name: max(every, key=lambda q: q.rows) for name, every in there.items() if every}
    mine = OF_SHEET.get(address["sheet"], GEOMETRY)
    address, named = _chosen(there, address, ATTRIBUTION if mine == ATTRIBUTION else GEOMETRY)
    asked |= {q.analysis: q for q in (named,) if q is not None}
    first = next((asked[name] for name in (mine, *ANALYSES) if name in asked), None)
    descent = graph(store).up(first, DESCENT) if first else None
    if descent is not None and descent.rows:
        asked[DESCENT] = descent
    address = address.replace(place=place(address["place"]))
    if mine in asked and not live.offered():  # else any problem can be asked
        address = settling.problem(address, asked[mine])
    address = sets.settle(address, subject)
    among = sets.sides(store, address, subject, asked, (*ANALYSES, PROPERTIES))
    swept = {q.key: q for q in stored if q.rows and q.analysis in (*ANALYSES, *READ)}
    return address, Scene(store, subject, asked, _conditioned(store, subject), among, swept,
                          there[ATTRIBUTION])  # fmt: skip


def condition(problems: ProblemSet) -> float | None:
    """κ that all problems of a set have; None where they differ, or where there is none."""
    if problems.content or not made_to_order.is_made(problems.variant):
        return None  # a reader's own problem is of no order
    value = made_to_order.values(problems.task, problems.variant).get("condition")
    return float(value) if isinstance(value, int | float) and value > 0 else None


def _conditioned(store: Store, subject: Subject) -> list[QuestionInfo]:
    """Geometries of the model on sets of one κ, that of most problems of each set, κ ascending."""
    found: dict[str, QuestionInfo] = {}
    for one in reading.questions(store, None, GEOMETRY):
        if one.model == subject.model and one.rows and condition(one.problems):
            name = one.problems.digest
            found[name] = max(found.get(name, one), one, key=lambda q: q.rows)
    return sorted(found.values(), key=lambda q: condition(q.problems) or 0.0)


def _chosen(
    there: Mapping[str, Sequence[QuestionInfo]], address: Address, analysis: str
) -> tuple[Address, QuestionInfo | None]:
    """The answer that the address names, else that of most problems; a sheet drops others' keys."""
    own = there[analysis]
    if address["q"]:
        named, why = by_prefix(own, address["q"], analysis)
        if named is not None:
            return address.replace(q=named.key), named
        others = (q for name in ANALYSES if name != analysis for q in there[name])
        elsewhere = any(q.key.startswith(address["q"]) for q in others)
        address = address.replace(q="") if elsewhere else address.refuse("q", why, "")
    most = max(own, key=lambda q: q.rows, default=None)
    if most is not None and len(own) > 1:
        address = address.replace(q=most.key)  # Problems, where marks lead, shows this very one
    return address, most
