"""What the panels of the annealing view are drawn from: the questions of one subject."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from app.annealing.behind import known, known_quantity, raw, scaling
from app.shared.address.address import Address
from app.shared.asks import chosen, schedules, settling
from app.shared.asks.chosen import Family
from app.shared.asks.reading import Subject
from app.shared.drawing.bands import Groups, quantiles
from app.shared.drawing.by_level import SHARE, Line, Look, Pick, Row
from app.shared.page.contract import Fields, Missing
from app.shared.table import derived
from app.shared.table import groups as grouping
from app.shared.table.quantities import Quantity, ideals
from ired_interp_core.records import ProblemSet
from ired_interp_core.schedule import Schedule
from store import QuestionInfo, Store


@dataclass(frozen=True)
class Scene:
    """The questions about a subject that belong together.

    Args:
        store: the store.
        family: descent, spectra and eigenspaces of all problems.
        properties: numbers that problems can be grouped by, by id.
    """

    store: Store
    family: Family
    properties: dict[str, Quantity]

    @property
    def identity(self) -> tuple[Any, ...]:
        """Keys of the questions."""
        return tuple(sorted((name, q.key) for name, q in self.family.asked.items()))

    def question(self, analysis: str) -> QuestionInfo | None:
        """The question of an analysis; None where there is none."""
        return self.family.asked.get(analysis)

    def asked(self, analysis: str) -> QuestionInfo:
        """The question of an analysis that is there."""
        return self.family.asked[analysis]

    @cached_property
    def schedule(self) -> Schedule:
        """The schedule of the model."""
        return schedules.schedule(self.store, self.family.asked.values())

    @cached_property
    def quantities(self) -> dict[str, Quantity]:
        """Every scalar of problems by level that can be drawn, by id."""
        every = (q for name in self.family.asked for q in derived.quantities(name).values())
        return {q.id: q for q in every if known(self.family, q.id)}

    @property
    def problems(self) -> ProblemSet:
        """The set that all questions are about."""
        return next(iter(self.family.asked.values())).problems

    @property
    def entries(self) -> int:
        """Entries d of an answer."""
        return self.problems.size**2

    def raw(self, quantity: str, place: str) -> tuple[np.ndarray, np.ndarray]:
        """Problems, and a quantity of theirs at a place [problem, level], as it is stored."""
        return raw(self.store, self.family, quantity, place)

    def groups(self, by: str, many: int) -> Groups:
        """Problems cut at the quantiles of a number; all together where `by` is empty."""
        return grouping.groups(self.store, self.family.scope(), by, many)


@dataclass(frozen=True)
class Chosen:
    """A scene as the reader looks at it.

    Args:
        scene: the questions.
        fields: what the panel reads.
    """

    scene: Scene
    fields: Fields

    @property
    def place(self) -> str:
        """Where the curvature is taken."""
        return self.fields["place"]

    @property
    def frame(self) -> str:
        """Frame of derivatives and errors."""
        return self.fields["frame"]

    @cached_property
    def groups(self) -> Groups:
        """Groups of the problems."""
        return self.scene.groups(self.fields["group"], self.fields["groups"])

    @cached_property
    def look(self) -> Look:
        """Colours, names of groups, and the point that is ringed."""
        ground = self.fields.look
        pick = pick_of(self.fields["pick"], self.fields["level"]) if "pick" in self.fields else None
        ink = ground.ink
        return Look(ground.template, ink.text, ink.muted, self.groups.names, pick)

    def raw(self, quantity: str) -> tuple[np.ndarray, np.ndarray]:
        """Problems, and a quantity of theirs at the chosen place, as it is stored."""
        return self.scene.raw(quantity, self.place)

    def scaling(self, quantity: str) -> np.ndarray:
        """What turns it into the chosen frame [level]."""
        return scaling(quantity, self.frame, self.scene.schedule)

    def ideals(self, quantity: str, strong: bool = False) -> list[Line]:
        """What an ideal denoiser would give, as lines to compare a row with."""
        scene, declared = self.scene, known_quantity(quantity)
        lines = ideals(declared, scene.problems, scene.schedule, self.frame)
        return [Line(said, values, strong=strong) for said, values in lines.items()]

    def row(self, quantity: str, label: str, **rest: Any) -> Row:
        """Quantiles of a quantity over the problems of each group, in the chosen frame."""
        problems, values = self.raw(quantity)
        values = values * self.scaling(quantity)
        member = self.groups.of(problems)
        lines = [*rest.pop("lines", ()), *self.own(problems, values)]
        spread = quantiles(values, member, self.groups.count)
        return Row(quantity, label, spread, lines=lines, **rest)

    def own(self, problems: np.ndarray, values: np.ndarray) -> list[Line]:
        """The chosen problem by itself, where it has the numbers."""
        problem = self.fields["problem"]
        if problem is None or problem not in problems:
            return []
        own = values[np.flatnonzero(problems == problem)[0]]
        return [Line(f"problem {problem}", own, "solid", chosen=True)]

    def extremes(self) -> list[Line]:
        """Smallest and largest eigenvalue of the chosen problem, as they are stored."""
        ends = {"min λ": "smallest_eigenvalue", "max λ": "largest_eigenvalue"}
        return [
            replace(line, name=f"{line.name}, {said}")
            for said, name in ends.items()
            for line in self.own(*self.raw(f"hessian_spectrum.{name}"))
        ]


def pick_of(spelled: str, level: int) -> Pick | None:
    """The point that an address names as quantity~percentage or share~group; "" for none."""
    if not spelled:
        return None
    quantity, percent, group = spelled.split("~")
    return Pick(quantity, level, SHARE if percent == "share" else int(percent), int(group))


def scene(store: Store, address: Address, subject: Subject) -> tuple[Address, Scene | Missing]:
    """Settle the address with the store, and gather the questions."""
    address = chosen.settle_descent(store, subject, address)
    family = chosen.family(store, subject, {"descent": address["q"]})
    if not family.asked:
        text = "Nothing has been computed for this model on these problems yet."
        return address, Missing(text)
    properties = grouping.properties(store, family.scope())
    made = Scene(store, family, properties)
    if address["group"] and address["group"] not in properties:
        address = address.refuse("group", "the problems of this model have no such number", "")
    if address["pick"]:
        quantity, _, group = address["pick"].split("~")
        many = made.groups(address["group"], address["groups"]).count
        if not known(family, quantity):
            address = address.refuse("pick", "this model and set have no such quantity", "")
        elif int(group) >= many:
            address = address.refuse("pick", "there is no such group of problems", "")
    if made.quantities:
        first = next(iter(made.quantities))
        why = "this model and set have no such number by level"
        address = address.among("quantity", made.quantities, why, first)
    descent = family.asked.get("descent")
    return (settling.problem(address, descent) if descent else address), made
