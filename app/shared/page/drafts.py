"""Drafts on the page: panels that show what is known already of an answer that is computed."""

from collections.abc import Mapping
from typing import Any

from app.components.host import Drafted
from app.shared.asks import live, reading
from app.shared.drawing.colours import Ground
from app.shared.page.contract import Drawn, Missing, Panel
from app.shared.page.pages import Page, settled


def pages(
    here: Page, said: Drafted, selected: Mapping[str, Any], ground: Ground
) -> dict[str, Page]:
    """The page that each panel with a draft of an answer is drawn from.

    Args:
        here: what is shown.
        said: of which answer, and in which panel it was asked anew; without a key of none.
        selected: what is selected in panels.
        ground: of the page.

    Returns:
        By id, for panels that draw drafts of this analysis and have one; the rest of the page stays
        as it is.
    """
    if not said.key or isinstance(here.scene, Missing):
        return {}
    asker = next((p for p in here.panels if p.id == said.panel and p.on_answer), None)
    address = here.address
    if asker is not None and asker.on_answer is not None:
        address = address.replace(**asker.on_answer(address, said.key))
    with live.with_draft(said.key):
        page = settled(here.view, reading.here(), address)
        drawing = [p for p in page.panels if p.drafts and _draws(p, page, said.key)]
        shown = {p.id: page.shown(p, selected, ground)[1].outcome for p in drawing}
    return {name: page for name, one in shown.items() if _shows(one, said.key)}


def _draws(panel: Panel, page: Page, key: str) -> bool:
    of = panel.drafts_of or panel.needs
    asked = [q.analysis for q in reading.questions(page.scene.store) if q.key == key]
    return not of or any(name in of for name in asked)


def _shows(outcome: Any, key: str) -> bool:
    return isinstance(outcome, Drawn) and any(s.question.key == key for s in outcome.questions)
