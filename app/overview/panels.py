"""Panels of Overview: a headline, one card for each model, and what the store holds."""

from collections.abc import Sequence
from functools import partial

from app.overview import about, coverage, first, further, headline, maps, strip, undescended, words
from app.overview.scene import Scene, titled
from app.shared.asks.reading import Subject
from app.shared.page import frame
from app.shared.page.contract import COLUMNS, Panel

MOST_CARDS = 4
"""Models that get a card, those with most to look at; the others stand in a table."""


def panels(scene: Scene) -> Sequence[Panel]:
    """Headline, cards, models without a card, models without a descent, what the store has."""
    ordered = scene.richest
    carded, others = ordered[:MOST_CARDS], ordered[MOST_CARDS:]
    span = COLUMNS // max(2, len(carded))
    found = []
    if ordered:
        found.append(Panel("headline", "This store", (), (), headline.draw, words.HEADLINE,
                           span=COLUMNS, height=0, kind="sentence"))  # fmt: skip
    found += [panel for subject in carded for panel in card(scene, subject, span)]
    found += further.panels(scene, others)
    found += undescended.panels(scene)
    if not found:
        found.append(Panel("empty", "Nothing here yet", (), (),
                           lambda scene, fields: frame.lacking(scene.store), words.EMPTY,
                           span=COLUMNS, height=0, kind="sentence"))  # fmt: skip
    return [*found, *coverage.panels(scene.store)]


def card(scene: Scene, subject: Subject, span: int) -> list[Panel]:
    """What is said of a model that has a descent on a set of problems."""
    key = f"{subject.model[:8]}-{subject.set}"
    return [
        Panel(f"about-{key}", titled(subject), (), (), partial(about.draw, subject),
              words.ABOUT, span=span, height=0, kind="sentence", card=key),
        Panel(f"maps-{key}", "Landscape", (), (), partial(maps.draw, subject), words.MAPS,
              on_pick=partial(maps.picked, scene, subject), span=span, height=112, card=key),
        Panel(f"strip-{key}", "Error", (), (), partial(strip.draw, subject), words.STRIP,
              on_pick=partial(strip.picked, subject), span=span, height=104, card=key),
        Panel(f"first-{key}", "Look at first", (), (), partial(first.draw, subject),
              words.FIRST, on_pick=partial(first.picked, scene, subject), span=span, height=0,
              kind="table", card=key),
    ]  # fmt: skip
