"""What all panels of the annealing view are drawn from, and what a drawn panel is."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import xarray as xr

from app.annealing.behind import raw, scaling
from app.shared.address.address import Address
from app.shared.asks.population import Population, schedule
from app.shared.drawing.bands import Groups, quantiles
from app.shared.drawing.by_level import Look, Pick, Row
from app.shared.page import look as theme
from app.shared.table.groups import groups as groups_of
from ired_interp_core.schedule import Schedule
from store import QuestionInfo, Store


@dataclass(frozen=True)
class Drawn:
    """A panel with its figure.

    Args:
        figure: ready to show.
        note: one line beside the title.
        whats: quantity of each row, as a click counts them.
        numbers: what the figure shows, as labelled arrays.
    """

    figure: go.Figure
    note: str
    whats: tuple[str, ...]
    numbers: xr.Dataset

    def table(self) -> pd.DataFrame:
        """The numbers as a table.

        Returns:
            One row for each level, group and quantile, or for each point.
        """
        return self.numbers.to_dataframe().reset_index()


@dataclass(frozen=True)
class Missing:
    """A panel that has nothing to show.

    Args:
        text: why.
        command: what fills it.
    """

    text: str
    command: str


@dataclass(frozen=True)
class Scene:
    """Everything that panels are drawn from.

    Args:
        s: the store.
        pop: the questions.
        address: settled.
        groups: of the problems.
        schedule: of the model.
        look: shared by the figures.
    """

    s: Store
    pop: Population
    address: Address
    groups: Groups
    schedule: Schedule
    look: Look

    @property
    def place(self) -> str:
        """Where the curvature is taken."""
        return self.address["place"]

    @property
    def frame(self) -> str:
        """Frame of derivatives and errors."""
        return self.address["frame"]

    def asked(self, analysis: str) -> QuestionInfo:
        """The question of an analysis.

        Args:
            analysis: one that is there.

        Returns:
            It.
        """
        return self.pop.asked[analysis]

    def row(self, what: str, label: str, **rest: Any) -> Row:
        """Quantiles of a quantity over the problems of each group, in the chosen frame.

        Args:
            what: id of the quantity.
            label: with unit.
            **rest: further fields of `Row`.

        Returns:
            The row.
        """
        problems, values = raw(self.s, self.pop, what, self.place)
        values = values * scaling(what, self.frame, self.schedule)
        member = self.groups.of(problems)
        return Row(what, label, quantiles(values, member, self.groups.count), **rest)


def scene_of(s: Store, pop: Population, address: Address) -> Scene:
    """Gather what all panels share.

    Args:
        s: the store.
        pop: from `population`.
        address: settled.

    Returns:
        The scene.
    """
    groups = groups_of(s, pop.of, address["group"], address["groups"])
    ink = theme.ink()
    pick = pick_of(address)
    look = Look(theme.template(theme.active()), ink.text, ink.muted, groups.names, pick)
    return Scene(s, pop, address, groups, schedule(s, pop.asked.values()), look)


def pick_of(address: Address) -> Pick | None:
    """The point that an address names.

    Args:
        address: of the view.

    Returns:
        The pick, None if there is none.
    """
    if not address["pick"]:
        return None
    what, percent, group = address["pick"].split("~")
    return Pick(what, address["level"], -1 if percent == "share" else int(percent), int(group))
