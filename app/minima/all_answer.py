"""The sentence of the sheet on all problems: hypotheses 1.1 and 1.2, and what decides them."""

from typing import Any

import numpy as np

from app.minima.all_panels import by_level, said, shared
from app.minima.all_read import everything, sources
from app.minima.everything import STARTS, Everything
from app.minima.parts import SHARE, Share
from app.minima.scene import DESCENT, MINIMA, PROPERTIES, Scene
from app.shared.drawing.levels import Chip, Line, Sentence, Strong
from app.shared.drawing.names import baseline_name
from app.shared.page.contract import Drawn, Fields, Outcome
from app.shared.table.baselines import Interval
from app.shared.table.verdict import ranged
from ired_interp_core.spelling import aligned, counted, levels

VERDICTS = {"holds": "holds", "not": "does not hold", "undecided": "not decided",
            "unmeasured": "not measured"}  # fmt: skip


def headline(scene: Scene, fields: Fields) -> Outcome:
    """Whether there is one basin, whether another is lower, whether gradients point there."""
    found, task = everything(scene), scene.subject.problems.task
    chips = [_chip("1.1", found.one_basin), _chip("1.2", found.gradients_point)]
    first: Line = (*_one(found), *_lower(found, task), *_few(found))
    second: Line = (*_beside(found), *_points(found), "Over problems, one training.")
    data: dict[str, tuple[Any, ...]] = {
        **shared("one", found.one, "share of problems with one minimum"),
        **shared("lower", found.lower, "share of problems with a minimum below T"),
        **shared("points", found.points, "share of problems whose cosine is above 0"),
        "starts": ("level", found.starts.min(0), said("drawn starts, least of the problems")),
    }
    if found.points_at_steps is not None:
        words = "share of problems whose cosine is above 0 at 95 % of the steps"
        data |= shared("points_at_steps", found.points_at_steps, words)
    attributes: dict[str, Any] = {"one_basin": VERDICTS[found.one_basin], "threshold": SHARE,
                                  "gradients_point": VERDICTS[found.gradients_point]}  # fmt: skip
    if found.beside_predictor is not None:
        name, mse, theirs, difference = found.beside_predictor
        attributes |= {
            "predictor": name, "mse_of_t": mse, "mse_of_predictor": theirs,
            "difference_low": float(difference.low[0]),
            "difference_high": float(difference.high[0]),
        }  # fmt: skip
    numbers = by_level(data).assign_attrs(attributes)
    return Drawn(
        Sentence([[first], [second]], chips), numbers, sources(scene, MINIMA, DESCENT, PROPERTIES)
    )


def _chip(name: str, verdict: str) -> Chip:
    return Chip(f"{name} {VERDICTS[verdict]}", verdict)


def spelled(share: Share, t: int) -> str:
    """A share at a level with its interval, in percent; the spaces in it do not break."""
    low, high = (100 * float(end[t]) for end in share.ends)
    return f"{100 * share.value[t]:.0f}\u00a0%\u00a0[{low:.0f},\u00a0{high:.0f}]"


def _least(share: Share) -> int:
    """The level at which a share is least, the smoothest of several."""
    values = np.where(share.count > 0, share.hits / np.maximum(share.count, 1), np.inf)
    return int(len(values) - 1 - values[::-1].argmin())


def _one(found: Everything) -> Line:
    share, total = found.one, len(found.problems)
    where = np.flatnonzero(share.count)
    if not where.size:
        return ("No start converged at any level. ",)
    have = "have" if total > 1 else "has"
    every = [int(t) for t in where if share.hits[t] == share.count[t]]
    if len(every) == len(where):
        t = int(where[share.count[where].argmin()])
        hits = Strong(f"{share.hits[t]} of {counted(total, 'problem')}")
        return (hits, f" {have} one minimum at every level ({spelled(share, t)}). ")
    t = _least(share)
    rest = f"; all do at {levels(every)}" if every else ""
    hits = Strong(f"{share.hits[t]} of {counted(int(share.count[t]), 'problem')}")
    return (f"At t = {t}, ", hits, f" {have} one minimum ({spelled(share, t)}){rest}. ")


def _lower(found: Everything, task: str) -> Line:
    share = found.lower
    if not share.count.any():
        return ("",)
    t = int(np.where(share.count > 0, share.value, -1).argmax())
    kind = "minimum, another answer" if task == "completion" else "wrong minimum"
    if not share.hits[t]:
        return ("None has a minimum below the truth's basin. ",)
    return (f"At t = {t}, ", Strong(f"{share.hits[t]} of {share.count[t]}"),
            f" have a lower {kind} ({spelled(share, t)}). ")  # fmt: skip


def _few(found: Everything) -> Line:
    fewest = int(found.starts[found.known].min(initial=STARTS))
    enough = fewest >= STARTS
    return ("" if enough else f"From {counted(fewest, 'start')} a level; 1.1 asks for {STARTS}. ",)


def _beside(found: Everything) -> Line:
    if found.beside_predictor is None:
        return ("",)
    name, mse, theirs, difference = found.beside_predictor
    mine, other = aligned([mse, theirs], 3)
    ends = Interval(*(float(v[0]) for v in (difference.value, difference.low, difference.high)))
    how = "above" if ends.low > 0 else "below" if ends.high < 0 else "not clear of"
    apart = ranged(ends).replace(" ", "\u00a0")
    return (f"The MSE of T at t = 0, {mine}, is {how} that of the best predictor,"
            f" {baseline_name(name)}, {other} (difference {apart}). ",)  # fmt: skip


def _points(found: Everything) -> Line:
    share, steps = found.points, found.points_at_steps
    if not share.count.any():
        return ("",)
    t = _least(share)
    line: Line = (
        "−∇E points to the minimum at the noised truth in ",
        Strong(f"{share.hits[t]} of {counted(int(share.count[t]), 'problem')}"),
        f" or more at each level ({spelled(share, t)})",
    )
    if steps is not None and steps.count.any():
        s = _least(steps)
        line = (*line, ", at the steps in ", Strong(f"{steps.hits[s]} of {steps.count[s]}"),
                f" at t = {s} ({spelled(steps, s)})")  # fmt: skip
    return (*line, ". ")
