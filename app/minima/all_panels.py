"""Minima over all problems: the sentence."""

import numpy as np

from app.minima.scene import MINIMA, Scene
from app.shared.asks import reading
from app.shared.drawing.levels import LEVEL_ORDER, Line, Sentence, Strong
from app.shared.page.contract import Drawn, Fields, Outcome, Source
from ired_interp_core.spelling import counted, number

NUMBERS = ("minima", "unseen_bound")


def headline(scene: Scene, fields: Fields) -> Outcome:
    """In how many problems a level has one minimum."""
    question = scene.asked[MINIMA]
    there = tuple(int(p) for p in reading.problems_present(question))
    answer = reading.read(scene.store, question, there, NUMBERS).sortby("level")
    counts, bounds = answer["minima"].values, answer["unseen_bound"].values
    lines: list[Line] = []
    for t in LEVEL_ORDER:
        one, several = int((counts[:, t] == 1).sum()), int((counts[:, t] > 1).sum())
        known = bounds[:, t][np.isfinite(bounds[:, t])]
        sure = f" Unseen basins hold at most {number(100 * float(np.median(known)), '.2g')} % of"\
               " each kind of start in the median problem." if known.size else ""  # fmt: skip
        lines.append((
            f"t = {t}: ", Strong(f"{one} of {counted(len(counts), 'problem')}"),
            f" {'have' if one != 1 else 'has'} one minimum, {several} more than one.{sure}",
        ))  # fmt: skip
    numbers = answer[list(NUMBERS)].sel(level=list(LEVEL_ORDER))
    return Drawn(Sentence([lines]), numbers, [Source(question, {"variables": list(NUMBERS)})])
