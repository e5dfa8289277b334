"""The sentence of the sheet on attribution: hypotheses 3.1 and 3.2."""

from dataclasses import replace
from typing import Any

import numpy as np

from app.geometry import over
from app.geometry.answers import chip, told
from app.geometry.attribution import Attribution, Ratio
from app.geometry.attribution_panels import (
    APPROACHES,
    NOTHING,
    attribution,
    level,
    numbers_of,
    size_name,
    sources,
)
from app.geometry.over import Middle, Verdict
from app.geometry.scene import Scene
from app.geometry.subspaces_panels import said
from app.geometry.words import CLOSE, between
from app.shared.drawing.levels import Line, Sentence, Strong
from app.shared.page.contract import Drawn, Fields, Outcome
from ired_interp_core.geometry.names import BASELINES
from ired_interp_core.spelling import number


def headline(scene: Scene, fields: Fields) -> Outcome:
    """Which entries carry the energy or the error, beside their size and an untrained network."""
    of = attribution(scene, fields)
    if of.diverged == len(of.problems):
        return NOTHING
    one, other = of.ratios["x_diagonal"], of.ratios.get("y_diagonal")
    what = f"E, t = {level(scene)}" if of.of == "energy" else "Final error"
    first: Line = (
        f"{what}, {APPROACHES[of.approach]}: per entry, x carries off its diagonal ",
        *_ratio(one, size_name(of)),
    )
    if other is not None:
        first = (*first, "; y on it ", *_ratio(other, size_name(of, "ŷ")))
    first = (*first, ".")
    verdicts = {
        "3.1": one.verdict,
        "3.2": Verdict("unmeasured") if other is None else other.verdict,
    }
    moved = of.beside_random
    second: Line = (*_by_baseline(of), f"{_disturbed(moved)}{CLOSE}")
    numbers = numbers_of(of).assign(
        _baselines(of) | {f"moved_{name}_over_random{end}": ((), getattr(moved, part)[k],
                                            said(f"‖Δŷ‖ of 20 entries, {words} over random"))
         for k, (name, words) in enumerate((("attribution", "most attribution"),
                                            ("size", "largest")))
         for end, part in (("", "value"), ("_low", "low"), ("_high", "high"))}
    )  # fmt: skip
    words = {f"hypothesis_{name}": told(verdict) for name, verdict in verdicts.items()}
    chips = [chip(name, verdict) for name, verdict in verdicts.items()]
    return Drawn(Sentence([[first], [second]], chips), numbers.assign_attrs(words), sources(scene))


def _disturbed(moved: Middle) -> str:
    """How far disturbing 20 entries moves the answer; nothing where x has fewer."""
    if not np.isfinite(moved.value).any():
        return ""
    ends = zip(moved.value, moved.low, moved.high, strict=True)
    top, largest = (number(v, ".2f") + between(low, high) for v, low, high in ends)
    return (
        f"Disturbing the top 20 entries of x from zero moves ŷ {top} times as far as random ones,"
        f" the largest {largest}. "
    )


def _ratio(one: Ratio, size: str) -> Line:
    m = one.middles
    value, untrained = m["value"], m["untrained"].value[0]
    spelled = f"{number(value.value[0])}{between(value.low[0], value.high[0], '.3g')} times"
    null = (f"untrained {number(untrained)}" if np.isfinite(untrained)
            else "no untrained control")  # fmt: skip
    sized = f"{size} alone {number(m['size'].value[0])}"
    return Strong(spelled), f" as much ({sized}, {null})"


def _others(of: Attribution) -> dict[str, Ratio]:
    """The first ratio for every baseline; nothing of the error, which has one."""
    if of.of == "error":
        return {}
    return {name: replace(of, approach=name).ratios["x_diagonal"] for name in BASELINES}


def _by_baseline(of: Attribution) -> Line:
    found = {name: one.middles["value"] for name, one in _others(of).items()}
    if not found:
        return ()
    sides = {over.verdict(m.low, m.high, 1.0).word for m in found.values()}
    told = ", ".join(f"{number(m.value[0])} {APPROACHES[name]}"
                     for name, m in found.items())  # fmt: skip
    decides = {"holds", "not"} <= sides
    return (f"Ratio of x: {told}{': the baseline decides' if decides else ''}. ",)


def _baselines(of: Attribution) -> dict[str, Any]:
    return {
        f"off_on_{name}": ((), one.middles["value"].value[0],
                           said(f"ratio of x, {APPROACHES[name]}"))
        for name, one in _others(of).items()
    }  # fmt: skip
