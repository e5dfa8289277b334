"""The views of the app, in menu order: the one place where a view is registered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from app.annealing.view import VIEW as ANNEALING
from app.features.view import VIEW as FEATURES
from app.landscape.view import VIEW as LANDSCAPE
from app.more import view as more
from app.overview import address as overview_address
from app.overview import view as overview
from app.problems.view import VIEW as PROBLEMS
from app.shared.address.address import register
from app.shared.address.fields import Field
from app.shared.page.contract import There, View
from app.training import view as training


@dataclass(frozen=True)
class Old:
    """A view that places its own widgets, until it stands on the contract.

    Args:
        name: in the address.
        title: in menu and window.
        fields: its parameters.
        has: whether it belongs into the menu.
        show: places it.
    """

    name: str
    title: str
    fields: Mapping[str, Field]
    has: Callable[[There], bool]
    show: Callable[[], None]
    analyses: frozenset[str] = frozenset()


OWN: tuple[View | Old, ...] = (
    Old("overview", "Overview", overview_address.FIELDS, lambda there: True, overview.show,
        frozenset({"accuracy"})),
    PROBLEMS,
    LANDSCAPE,
    replace(ANNEALING, sheets=(*ANNEALING.sheets, training.SHEET)),
    FEATURES,
)  # fmt: skip
VIEWS = (*OWN, more.view(frozenset().union(*(view.analyses for view in OWN))))

for number, view in enumerate(VIEWS):
    register(view.name, view.fields, f"/{view.name}" if number else "/")
