"""What all panels along training are drawn from, and what a drawn panel brings along."""

import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd
import plotly.graph_objects as go
import xarray as xr

from app.annealing.scene import Missing
from app.shared.address.address import Address
from app.shared.asks import population, reading, series
from app.shared.page import look as theme
from app.training import questions as series_questions
from app.training.questions import Alike
from ired_interp_core.records import ProblemSet
from ired_interp_core.schedule import Schedule
from store import QuestionInfo, Series, Store


@dataclass(frozen=True)
class Scene:
    """Everything that panels are drawn from.

    Args:
        s: the store.
        chosen: series, one colour each.
        problems: the set; None where no model of them was asked about any.
        address: settled.
        schedule: of the models.
    """

    s: Store
    chosen: tuple[Series, ...]
    problems: ProblemSet | None
    address: Address
    schedule: Schedule

    @property
    def names(self) -> list[str]:
        """Of the series, for figures: escaped."""
        return [html.escape(series.name(self.s, one)) for one in self.chosen]

    @property
    def template(self) -> go.layout.Template:
        """Of the page's ground."""
        return theme.template(theme.active())

    def asked(self, analysis: str) -> Alike | None:
        """The questions of an analysis along the training.

        Args:
            analysis: name.

        Returns:
            They; None if there is none.
        """
        if self.problems is None:
            return None
        q = self.address["q"]
        return series_questions.asked(self.s, self.chosen, self.problems, analysis, q)

    def along(self, of: Alike) -> list[tuple[Series, tuple[tuple[int, QuestionInfo], ...]]]:
        """Questions step by step.

        Args:
            of: from `asked`.

        Returns:
            (series, its steps), for every series; a series may have none.
        """
        return [(one, of.steps(one)) for one in self.chosen]


@dataclass(frozen=True)
class Drawn:
    """A panel with its figure.

    Args:
        figure: ready to show.
        note: one line beside the title.
        reading: how to read it, short.
        long: the same at length.
        table: makes the numbers, one row each; all but the last column say of what.
        questions: behind it.
        variables: of these questions.
    """

    figure: go.Figure
    note: str
    reading: str
    long: str
    table: Callable[[], pd.DataFrame]
    questions: Sequence[QuestionInfo] = ()
    variables: Sequence[str] = field(default_factory=tuple)

    def numbers(self) -> xr.Dataset:
        """The numbers as labelled arrays, NaN where there is none.

        Returns:
            One variable over the other columns of the table.
        """
        frame = self.table()
        *words, value = frame.columns
        found = frame.set_index(words)[value].to_xarray().to_dataset(name=str(value))
        text = {n: c.values.astype(str) for n, c in found.coords.items() if c.dtype.kind not in
                "iufb"}  # fmt: skip
        return found.assign_coords(text)


def scene_of(s: Store, address: Address) -> Scene:
    """Gather what all panels share.

    Args:
        s: the store.
        address: of the view Annealing, its subject settled.

    Returns:
        The scene, with the address settled further.
    """
    address, chosen, problems = series_questions.settle(s, address)
    asked: Mapping[str, QuestionInfo] = {}
    if problems is not None:
        ways = {a: series_questions.asked(s, chosen, problems, a)
                for a in ("descent", "hessian_spectrum")}  # fmt: skip
        asked = {a: next(iter(w.of.values())) for a, w in ways.items() if w is not None}
    return Scene(s, chosen, problems, address, population.schedule(s, asked.values()))


def properties(scene: Scene) -> QuestionInfo | None:
    """The question about the problems alone, which knows the trivial predictors.

    Args:
        scene: everything.

    Returns:
        It; None if the store has none.
    """
    found = reading.questions(scene.s, analysis="problem_properties")
    return next((q for q in found if q.rows and q.problems == scene.problems), None)


def missing(analysis: str) -> Missing:
    """What stands where the models of the series were never asked.

    Args:
        analysis: that would answer.

    Returns:
        The note, and what to add to a sweep.
    """
    entry = f'[[analyses]]\nname = "{analysis}"\n'
    if analysis == "landscape_slice":
        entry += 'plane = "random"\nplace = "truth"\n'
    return Missing(
        f"No {analysis.replace('_', ' ')} of these models on one set of problems.",
        f'# in SWEEP.toml\n[[models]]\nseries = "DIR"\n\n{entry}\n'
        "# then\npython -m precompute run SWEEP.toml --store $IRED_STORE",
    )
