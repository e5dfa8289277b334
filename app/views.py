"""The views of the app, in menu order: the one place where a view is registered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.annealing.view import VIEW as ANNEALING
from app.features.view import VIEW as FEATURES
from app.landscape.view import VIEW as LANDSCAPE
from app.more import view as more
from app.overview.view import VIEW as OVERVIEW
from app.paper import view as paper
from app.paper.answers import Shown
from app.problems.view import VIEW as PROBLEMS
from app.shared.address.address import Address, register
from app.shared.asks import reading
from app.shared.asks.reading import Subject
from app.shared.page.contract import Sheet, View
from app.training import view as training
from store import Store


@dataclass(frozen=True)
class _Paper:
    """What the paper's sheet is placed from, until it stands on the contract."""

    store: Store
    everything: Sequence[Shown]
    chosen: Mapping[str, str]

    @property
    def identity(self) -> tuple[tuple[str, str], ...]:
        """The weights of each task."""
        return tuple(self.chosen.items())

    def question(self, analysis: str) -> None:
        """None: it has no panels."""


def _paper(store: Store, address: Address, _: Subject | None) -> tuple[Address, _Paper]:
    address, everything, chosen = paper.settle(store, reading.settle(store, address)[0])
    return address, _Paper(store, everything, chosen)


PAPER = Sheet(
    "paper", "The paper's tables", (), scene=_paper,
    foot=lambda scene, address: paper.show(scene.store, address, scene.everything, scene.chosen),
)  # fmt: skip

OWN: tuple[View, ...] = (
    replace(OVERVIEW, sheets=(*OVERVIEW.sheets, PAPER)),
    PROBLEMS,
    LANDSCAPE,
    replace(ANNEALING, sheets=(*ANNEALING.sheets, training.SHEET)),
    FEATURES,
)  # fmt: skip
VIEWS = (*OWN, more.view(frozenset().union(*(view.analyses for view in OWN))))

for number, view in enumerate(VIEWS):
    register(view.name, view.fields, f"/{view.name}" if number else "/")
