"""What all panels along training are drawn from: trainings of one task, and their questions."""

import html
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
import xarray as xr

from app.shared.address import address as links
from app.shared.address.address import Address
from app.shared.asks import commands, reading, schedules, series, settling, slices
from app.shared.asks.reading import Subject
from app.shared.page.contract import Missing
from app.shared.table.quantities import Quantity
from app.training import arrays, quantities, questions
from app.training.questions import Alike
from ired_interp_core import registry
from ired_interp_core.records import ProblemSet
from ired_interp_core.schedule import Schedule
from ired_interp_core.spelling import counted
from store import QuestionInfo, Series, Store


@dataclass(frozen=True)
class Scene:
    """Everything that panels are drawn from.

    Args:
        store: the store.
        chosen: series, one colour each.
        problems: the set; None where no model of them was asked about any.
    """

    store: Store
    chosen: tuple[Series, ...]
    problems: ProblemSet | None

    @property
    def identity(self) -> tuple[Any, ...]:
        """Series and problems; the generation says what was asked about them."""
        return (*(one.id for one in self.chosen), self.problems)

    def question(self, analysis: str) -> QuestionInfo | None:
        """One question of an analysis along the training, for its command."""
        way = self.asked(analysis, "")
        return way.first if way else None

    @cached_property
    def schedule(self) -> Schedule:
        """Schedule of the models."""
        names = ("descent", "hessian_spectrum")
        asked = {name: q for name in names if (q := self.question(name)) is not None}
        return schedules.schedule(self.store, asked.values())

    @property
    def names(self) -> list[str]:
        """Of the series, for figures: escaped."""
        return [html.escape(series.name(self.store, one)) for one in self.chosen]

    def asked(self, analysis: str, prefix: str) -> Alike | None:
        """The questions of an analysis along the training, of those alike to the one so named."""
        if self.problems is None:
            return None
        return questions.asked(self.store, self.chosen, self.problems, analysis, prefix)

    def ways(self, analysis: str) -> tuple[Alike, ...]:
        """Every way in which an analysis was asked, the one about most models first."""
        if self.problems is None:
            return ()
        return questions.alike(self.store, self.chosen, self.problems, analysis)

    def along(self, way: Alike) -> list[tuple[str, tuple[tuple[int, QuestionInfo], ...]]]:
        """Questions step by step: (name, steps) for every series; it may have none."""
        return [(name, way.steps(one)) for name, one in zip(self.names, self.chosen, strict=True)]

    @cached_property
    def quantities(self) -> Mapping[str, Quantity]:
        """Every scalar that these models have, by id."""
        if self.problems is None:
            return {}
        return quantities.quantities(self.store, self.chosen, self.problems)

    @cached_property
    def slices(self) -> Mapping[tuple[str, str], Alike]:
        """(plane, centre) → questions; of those with other parameters, the ones asked most."""
        by_place: dict[tuple[str, str], Alike] = {}
        for way in self.ways("landscape_slice"):
            by_place.setdefault(slices.place_of(way.first), way)
        return by_place

    def plane(self, plane: str, centre: str) -> tuple[str, str] | None:
        """The plane that is meant, or it around another centre, or the first there is."""
        near = [k for k in self.slices if k[0] == plane]
        fitting = [k for k in near if centre in ("", k[1])]
        return next(iter([*fitting, *near, *self.slices]), None)


def scene(store: Store, address: Address, subject: Subject) -> tuple[Address, Scene | Missing]:
    """Gather what all panels share, and settle the address with what the series have."""
    address, chosen, problems = questions.settle(store, address)
    if not chosen:
        return address, nothing(store)
    made = Scene(store, chosen, problems)
    if problems is not None:
        address = _settle_plane(made, _settle_question(made, _settle_quantity(made, address)))
    return address, made


def _settle_quantity(made: Scene, address: Address) -> Address:
    known = made.quantities
    if not known:
        return address
    why = "these models have no such number on these problems"
    return address.among("quantity", known, why, next(iter(known)))


def _settle_question(made: Scene, address: Address) -> Address:
    prefix = address["q"]
    models, there = questions.members(made.chosen), reading.questions(made.store)
    if prefix and not any(q.key.startswith(prefix) and q.model in models for q in there):
        return address.refuse("q", "these models have no such question", "")
    return address


def _settle_plane(made: Scene, address: Address) -> Address:
    """Settle plane and problem; others than the reader has named are shown with a message only."""
    where = made.plane(address["plane"], address["centre"])
    if where is None:
        return address
    plane, centre = where
    why = "these series have no such slice"
    if address["plane"] not in {plane, links.VIEWS[address.view]["plane"].default}:
        address = address.refuse("plane", why, plane)
    elif address["centre"] not in {centre, ""}:
        address = address.refuse("centre", why, centre)
    address = address.replace(plane=plane, centre=centre)
    way = made.slices[where]
    there = arrays.common(list(way.by_model.values()))
    if not len(there):
        there = reading.problems_present(way.first)
    if address["problem"] is None:
        return address.replace(problem=int(there[0]))
    said = f"its slice is not there at every step (available: {counted(len(there), 'problem')})"
    return settling.nearest(address, there, said)


def properties(made: Scene) -> QuestionInfo | None:
    """The question about the problems alone, which knows the trivial predictors; None without."""
    found = reading.questions(made.store, analysis="problem_properties")
    return next((q for q in found if q.rows and q.problems == made.problems), None)


def missing(analysis: str) -> Missing:
    """What stands where the models of the series were never asked, and what a sweep lacks."""
    entry = f'[[analyses]]\nname = "{analysis}"\n'
    if analysis == "landscape_slice":
        entry += 'plane = "random"\nplace = "truth"\n'
    return Missing(
        f"The {registry.get(analysis).title.lower()} was not computed for these models on one"
        " set of problems.",
        {"analysis": analysis},
        f'# in SWEEP.toml\n[[models]]\nseries = "DIR"\n\n{entry}\n'
        "# then\npython -m precompute run SWEEP.toml --store $IRED_STORE",
    )


def nothing(store: Store) -> Missing:
    """What stands on the sheet where the store has no training."""
    run = commands.run("precompute/sweeps/series.toml", store)
    return Missing(
        "This store has no series of models. A training keeps its models at log-spaced steps, and"
        " a sweep then asks the same questions about each of them:",
        command="python -m precompute train --task inverse --out trainings/official --series 4\n\n"
        "# in the sweep, instead of a checkpoint\n"
        '[[models]]\nseries = "trainings/official"\n\n'
        f"# an example: two ways of making negatives, compared\n{run}",
    )


def labelled(table: pd.DataFrame) -> xr.Dataset:
    """A table whose last column is a number over the others, as labelled arrays; NaN where none."""
    *words, value = table.columns
    found = table.set_index(list(words))[value].to_xarray().to_dataset(name=str(value))
    texts = {n: c.values.astype(str) for n, c in found.coords.items() if c.dtype.kind not in "iufb"}
    return found.assign_coords(texts)
