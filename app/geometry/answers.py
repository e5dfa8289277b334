"""The sentence of each sheet: hypotheses, their verdicts, and what decides them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from app.geometry.over import Verdict
from app.geometry.scene import GEOMETRY, Scene
from app.geometry.subspaces import VARIABLES
from app.geometry.subspaces_panels import WALK, levelled, said, spread, subspaces
from app.geometry.words import CLOSE, between, correlation
from app.shared.drawing.levels import Chip, Line, Sentence, Strong
from app.shared.drawing.ranks import Correlation
from app.shared.page.contract import Drawn, Fields, Outcome
from ired_interp_core.spelling import levels, number

VERDICTS = {"holds": "holds", "not": "does not hold", "undecided": "not decided",
            "unmeasured": "not measured"}  # fmt: skip


def told(verdict: Verdict) -> str:
    """A verdict in words, with the levels that decide it where others do not."""
    where = f" at {levels(verdict.levels)}" if verdict.levels else ""
    return f"{VERDICTS[verdict.word]}{where}"


def chip(name: str, verdict: Verdict) -> Chip:
    """A hypothesis and its verdict."""
    return Chip(f"{name} {told(verdict)}", verdict.word)


def correlated(name: str, found: Sequence[Correlation], words: str) -> dict[str, tuple[Any, ...]]:
    """A rank correlation by level, as exported variables."""
    parts = {"": ("rho", ""), "_low": ("low", ", lower end of the 95 % interval"),
             "_high": ("high", ", upper end"),
             "_shuffled": ("shuffled", ": 95 % of shuffled pairs stay below")}  # fmt: skip
    return {
        f"{name}{end}": ("level", [getattr(one, part) for one in found], said(f"{words}{rest}"))
        for end, (part, rest) in parts.items()
    }


def subspaces_headline(scene: Scene, fields: Fields) -> Outcome:
    """Whether the distance of subspaces says more than Euclid's, by level."""
    of = subspaces(scene, fields)
    whose = of.kind
    first: list[Line] = []
    second: list[Line] = []
    mean = float(of.random[0][of.at - 1])
    for t in WALK:
        follows, straight = of.follows[t], of.straight[t]
        apart, low, high = of.more[:, t]
        start = f"t = {t}, k = {of.at}: energy excess and {whose} distance, Spearman "
        if follows.count < 3 or not np.isfinite(follows.rho):
            first.append((f"t = {t}: too few problems for a rank correlation. ",))
        else:
            shuffled = number(follows.shuffled, ".2f")
            chance = f" (shuffled within ±{shuffled})" if shuffled != "–" else ""
            first.append((
                start, Strong(correlation(follows)), chance, f"; Euclidean {correlation(straight)};"
                f" difference {number(apart, '.2f')}{between(low, high)}. ",
            ))  # fmt: skip
        m = of.middle
        line = (f"Median distance {number(m.value[t])}{between(m.low[t], m.high[t], '.3g')};"
                f" random subspaces {number(mean)}. Spearman of both distances"
                f" {correlation(of.alike[t])}. {CLOSE}")  # fmt: skip
        if of.undetermined[t]:
            line = f"At this k the spaces are not determined in most problems. {line}"
        second.append((line,))
    data = {
        **correlated("geodesic", of.follows, f"Spearman of energy excess and {whose} distance"),
        **correlated("euclidean", of.straight, "Spearman of energy excess and ‖ŷ − y*‖"),
        **correlated("alike", of.alike, "Spearman of both distances"),
        "more": ("level", of.more[0], said("difference of the first two")),
        "more_low": ("level", of.more[1], said("lower end of its 95 % interval")),
        "more_high": ("level", of.more[2], said("upper end of it")),
        **spread("distance", of.middle, f"{whose} distance", "rad"),
    }
    attributes = {"k": of.at, "differs": told(of.differs), "random": mean,
                  "follows_energy": told(of.follows_energy)}  # fmt: skip
    chips = [chip("4.1", of.differs), chip("4.4", of.follows_energy)]
    return Drawn(Sentence([first, second], chips), levelled(data).assign_attrs(attributes),
                 scene.sources(GEOMETRY, *VARIABLES))  # fmt: skip
