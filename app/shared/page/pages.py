"""A page as its address asks for it: settled with the store, ready to be drawn."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.shared.address import session
from app.shared.address.address import Address
from app.shared.asks import live, reading, settling
from app.shared.asks.reading import Subject
from app.shared.drawing.colours import Ground
from app.shared.page import controls, frame, outcomes
from app.shared.page.contract import Missing, Panel, Sheet, View
from store import Store


@dataclass(frozen=True)
class Page:
    """A settled page: what fragments draw from when they run alone.

    Args:
        view: of the app.
        sheet: of the view.
        store: at this session's generation.
        subject: model and problems; None where the view has none.
        address: settled.
        scene: what panels draw from, or `Missing`.
    """

    view: View
    sheet: Sheet
    store: Store
    subject: Subject | None
    address: Address
    scene: Any

    @property
    def panels(self) -> tuple[Panel, ...]:
        """The panels of the sheet; none where the scene is missing."""
        return () if isinstance(self.scene, Missing) else tuple(self.sheet.of(self.scene))

    def shown(
        self, panel: Panel, selected: Mapping[str, Any], ground: Ground
    ) -> tuple[Mapping[str, Any], outcomes.Shown]:
        """What a panel reads of the address and of selections, and how it is placed then."""
        read = outcomes.values(panel, self.address, selected)
        return read, outcomes.shown(self.view.name, panel, self.scene, read, ground)


def settled(view: View, store: Store, address: Address) -> Page:
    """Settle an address with the store; of a page without answers the scene is `Missing`."""
    subject = None
    if view.subjects:
        free = view.any_problems and live.offered()
        address, subject = settling.settle(store, address, view.prefers, free)
    sheet = controls.sheet_of(view, address)
    if view.subjects and subject is None:
        return Page(view, sheet, store, None, address, frame.lacking(store))
    address, scene = (sheet.scene or view.scene)(store, address, subject)
    return Page(view, sheet, store, subject, address, scene)


def settle(view: View) -> Page:
    """Settle the address that the browser shows."""
    return settled(view, reading.here(), session.current(view.name))
