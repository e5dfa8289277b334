"""The sentence of the sheet on one problem: how many minima, who falls where, how sure that is."""

from collections.abc import Sequence

import numpy as np

from app.minima.found import FIRST, NOWHERE, Found, how_many
from app.minima.scene import MINIMA, Scene
from app.shared.drawing.levels import LEVEL_ORDER, Line, Sentence, Strong
from app.shared.page.contract import Drawn, Fields, Outcome
from app.shared.page.lacking import answer
from ired_interp_core.minima.names import DRAWN, KINDS
from ired_interp_core.spelling import aligned, counted, number

KIND_NAMES = {
    "noise": "noise",
    "box": "box",
    "noised_truth": "noised truth",
    "sampler": "sampler's states",
    "other_answers": "other answers",
}
NUMBERS = (
    "minima", "energy", "above_truth", "mse", "outside", "answer_basin", "starts", "fell", "bound",
    "good_turing", "diverged",
)  # fmt: skip
LISTED = 3
"""Minima that the sentence names."""


def headline(scene: Scene, fields: Fields) -> Outcome:
    """How many minima each level has, and how sure that is."""
    problem, task = fields["problem"], scene.subject.problems.task
    found = scene.found(problem)
    if found is None:
        return answer(scene, scene.asked[MINIMA], problem)
    first: list[Line] = [_found(found, t) for t in LEVEL_ORDER]
    second: list[Line] = [_fall(found, t, task) for t in LEVEL_ORDER]
    numbers = found.minima[list(NUMBERS)].sel(level=list(LEVEL_ORDER))
    return Drawn(Sentence([first, second]), numbers, scene.sources(problem, MINIMA))


def at_most(share: float) -> str:
    """A bound in per cent, never rounded down."""
    percent = 100 * share
    step = 10.0 ** (np.floor(np.log10(percent)) - 1) if percent > 0 else 1.0
    return f"{number(float(np.ceil(percent / step - 1e-9) * step), '.3g')} %"


def _found(found: Found, t: int) -> Line:
    there = found.there(t)
    count = len(there) + int(found["left_out"][t])
    if not there:
        diverged = int(found["diverged"][t].sum())
        more = f" {counted(diverged, 'start')} diverged." if diverged else ""
        return (f"t = {t}: ", Strong("no start converged"), f".{more}")
    unseen, drawn = found.bound(t), found.kinds(t, drawn=True)
    sure = " No starts were drawn, so nothing bounds unseen basins"
    if np.isfinite(unseen):
        sure = f" Unseen basins hold at most {at_most(unseen)} of each kind of start (95 %)"
    if count == 1:
        each = {int(found["starts"][t, k]) for k in drawn}
        ended, of = int(found.fell(t, drawn).sum()), found.starts(t, drawn)
        every = "All" if ended == of else f"{ended} of"
        kinds = (f"({each.pop()} of each of {len(drawn)} kinds) " if len(each) == 1
                 and len(drawn) > 1 else "")  # fmt: skip
        return (
            f"t = {t}: ", Strong("one minimum"), f". {every} {counted(of, 'start')} {kinds}"
            f"{'end' if of != 1 else 'ends'} there{_away(found, t)}.{sure}.",
        )  # fmt: skip
    estimate = number(100 * found.unseen(t), ".3g")
    said = f"; Good–Turing {estimate}\xa0%." if np.isfinite(unseen) else "."
    return (f"t = {t}: ", Strong(how_many(count)), f". {_listed(found, t, count)}.{sure}{said}")


def _listed(found: Found, t: int, count: int) -> str:
    """The first basin and the lowest others with their energies, and which lie outside the box."""
    there = sorted(found.there(t), key=lambda b: (b != FIRST, found.energy(t, b)))
    others = [b for b in there if b != FIRST]
    every = len(others) > 1 and all(found.outside(t, b) for b in others)
    every &= not found.degenerate(t)
    energies = aligned([found.energy(t, b) for b in there[:LISTED]], 5)
    told = [
        f"{found.spoken(b)} at {'' if k else 'E '}{energy}"
        + (
            ", outside the box"
            if found.outside(t, b) and not found.degenerate(t) and not (every and b != FIRST)
            else ""
        )
        for k, (b, energy) in enumerate(zip(there, energies, strict=False))
    ]
    rest = count - len(told)
    told += [f"{rest} more"] if rest else []
    return _capital("; ".join(told)) + (", all others outside the box" if every else "")


def _away(found: Found, t: int) -> str:
    mse = float(found["mse"][t, found.there(t)[0]])
    return f", {number(mse**0.5, '.3g')} rms from the truth" if np.isfinite(mse) else ""


def _fall(found: Found, t: int, task: str) -> Line:
    """Who falls where, whether a minimum lies lower, and where the sampler's answer lies."""
    there = found.there(t)
    if not there:
        return ("",)
    said: list[str | Strong] = []
    if len(there) > 1:
        said += _ends(found, t)
    lower, first = found.lower(t), found.name(FIRST)
    if lower:
        by = number(-float(found.above(t)[lower[0]]), ".3g")
        kind = "another answer" if task == "completion" else "wrong"
        said += [f"{_capital(found.spoken(lower[0]))} lies {by} ", Strong(f"below {first}"),
                 f" ({kind}). " if found.truth else ". "]  # fmt: skip
    where = found.answer(t)
    if where not in (FIRST, NOWHERE):
        said.append(f"The sampler's answer lies in minimum {where}. ")
    elif where == NOWHERE:
        said.append("The sampler's answer lies in no minimum that is kept. ")
    if FIRST not in there:
        said.append(f"{first} does not exist here. ")
    elif found.degenerate(t):
        width = number(float(found.box[t]), ".2g")
        said.append(f"The box is ±{width} in the frame of this level: degenerate. ")
    elif found.outside(t, FIRST) and found.truth:
        said.append("T itself lies outside the box. ")
    lost = found.lost(t, found.kinds(t))
    words = {"unfinished": "did not converge", "at_saddle": "came to rest at a saddle",
             "diverged": "diverged", "fell_elsewhere": "fell into basins left out"}  # fmt: skip
    of = found.starts(t, found.kinds(t))
    said += [f"{n} of {counted(of, 'start')} {words[name]}. " for name, n in lost.items() if n]
    return tuple(said) or ("",)


def _ends(found: Found, t: int) -> Sequence[str | Strong]:
    """Where the starts of two telling kinds end: those of noise, and those from the truth."""
    said: list[str | Strong] = []
    for name in (DRAWN[0], DRAWN[-1]):
        k = KINDS.index(name)
        fell, of = found.fell(t, [k]), int(found["starts"][t, k])
        if of:
            most = int(fell.argmax())
            said += [Strong(f"{fell[most]} of {counted(of, f'{KIND_NAMES[name]} start')}"),
                     f" {'end' if of != 1 else 'ends'} in {found.spoken(most)}. "]  # fmt: skip
    return said


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
