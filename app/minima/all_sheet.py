"""The panels of the sheet on all problems: x is the level, so that it needs no level bar."""

from collections.abc import Sequence
from typing import Any

from app.minima import all_answer, all_dots_panels, all_panels
from app.minima.all_words import WORDS
from app.minima.scene import DESCENT, MINIMA, PATHS, Scene
from app.shared.page.contract import Draw, Panel


def _all(name: str, title: str, draw: Draw, span: int, height: int, **rest: Any) -> Panel:
    needs = (MINIMA, *rest.pop("needs", ()))
    return Panel(name, title, needs, (), draw, WORDS[name], span=span, height=height, **rest)


PANELS = (
    _all("all_answer", "What holds over all problems", all_answer.headline, 24, 0,
         kind="sentence"),
    _all("counts", "How many minima", all_panels.draw_counts, 8, 264,
         on_pick=all_panels.picked_count),
    _all("lower", "Lower than the truth", all_panels.draw_lower, 8, 264,
         on_pick=all_panels.picked_lower),
    _all("who", "Who ends in T", all_panels.draw_who, 8, 264, on_pick=all_panels.picked_level),
    _all("barriers", "Barriers", all_dots_panels.draw_barriers, 12, 304, needs=(PATHS,),
         on_pick=all_dots_panels.picked_pair),
    _all("gap", "Energy of the lowest other", all_dots_panels.draw_gap, 12, 304,
         on_pick=all_dots_panels.picked_minimum),
    _all("pointing", "Where gradients point", all_dots_panels.draw_pointing, 8, 264,
         on_pick=all_panels.picked_level),
    _all("align", "Alignment and error", all_dots_panels.draw_align, 8, 264, needs=(DESCENT,),
         on_pick=all_dots_panels.picked_problem, selects="problem"),
    _all("births", "Births and ends", all_panels.draw_births, 8, 264,
         on_pick=all_panels.picked_level),
)  # fmt: skip


def panels(scene: Scene) -> Sequence[Panel]:
    """All of them; where nothing is there the first one, which says what is missing."""
    return PANELS if MINIMA in scene.asked else PANELS[:1]
