"""What a panel of the app draws, for scripts and notebooks: the lines that a reader copies."""

from urllib.parse import parse_qs, urlsplit

import xarray as xr

from app.shared.address import address as links
from app.shared.page import exports, outcomes, pages
from app.shared.page.contract import Drawn, Missing
from app.views import VIEWS
from ired_interp_core.errors import Refusal
from store import Store


def numbers(store: Store, link: str, panel: str) -> xr.Dataset:
    """The numbers of a panel, as its CSV and netCDF hold them.

    Args:
        store: opened.
        link: of the view, as the app copies it: with filters, order, place, frame and selection.
        panel: its id.

    Returns:
        Labelled arrays.

    Raises:
        Refusal: where the link means something else in this store, or nothing is drawn.
    """
    parts = urlsplit(link)
    view = next((v for v in VIEWS if links.PATHS[v.name] == (parts.path or "/")), None)
    raw = parse_qs(parts.query, keep_blank_values=True)
    selections = links.selections(raw.pop(links.SELECTED, []))
    if view is None:
        raise Refusal("no such view", came=parts.path, expected=", ".join(links.PATHS.values()))
    page = pages.settled(view, store, links.parse(view.name, raw))
    if page.address.messages:
        raise Refusal("another view would be shown", came=page.address.messages[0])
    shown = next((one for one in page.panels if one.id == panel), None)
    if shown is None:
        said = page.scene.text if isinstance(page.scene, Missing) else ""
        expected = said or ", ".join(one.id for one in page.panels)
        raise Refusal("no such panel", came=panel, expected=expected)
    read = outcomes.values(shown, page.address, selections)
    result = outcomes.outcome(shown, page.scene, read, "light")
    if not isinstance(result, Drawn):
        raise Refusal("nothing is drawn", where=panel, came=getattr(result, "text", "computing"))
    return exports.held(result, shown.selects, selections.get(panel)).numbers
