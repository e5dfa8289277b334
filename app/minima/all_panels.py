"""Minima over all problems: shares of problems by level, who falls into T, births."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from app.components.said import Picked
from app.minima.all_read import everything, sources
from app.minima.answer_panel import KIND_NAMES
from app.minima.everything import CLASSES, ENOUGH
from app.minima.figures import all_levels
from app.minima.parts import Share
from app.minima.scene import MINIMA, Scene
from app.shared.address.address import Address
from app.shared.address.fields import Filter
from app.shared.drawing import colours
from app.shared.drawing.levels import LEVEL_ORDER
from app.shared.page.contract import Drawn, Fields, Outcome
from ired_interp_core.minima.names import KINDS
from ired_interp_core.schema import LEVELS
from ired_interp_core.spelling import counted, number

WALK = list(LEVEL_ORDER)


def said(words: str, units: str = "1") -> dict[str, str]:
    """Attributes of an exported variable."""
    return {"long_name": words, "units": units}


def by_level(data: Mapping[str, tuple[Any, ...]], **coords: Any) -> xr.Dataset:
    """Variables [level, …], in the order of the walk."""
    whole = xr.Dataset(dict(data), {"level": np.arange(LEVELS), **coords})
    return whole.sel(level=WALK)


def shared(name: str, share: Share, words: str) -> dict[str, tuple[Any, ...]]:
    """A share with its interval and the problems behind it."""
    low, high = share.ends
    return {
        name: ("level", share.value, said(words)),
        f"{name}_low": ("level", low, said(f"{words}, lower end of the 95 % interval")),
        f"{name}_high": ("level", high, said(f"{words}, upper end of the 95 % interval")),
        f"{name}_problems": ("level", share.count, said("problems of which it is known")),
    }


# ----- counts


def draw_counts(scene: Scene, fields: Fields) -> Outcome:
    """Shares of problems with one, two or more minima."""
    found, look = everything(scene), fields.look
    figure = all_levels.counts(found.classes, found.one, look.ink.text, look.template)
    classes = np.stack(list(found.classes.values()), -1)
    data = {
        "problems": (("level", "number_of_minima"), classes, said("problems")),
        **shared("one", found.one, "share of problems with one minimum"),
    }
    numbers = by_level(data, number_of_minima=list(CLASSES))
    bound = found["unseen_bound"][found.known]
    sure = f" · unseen basins at most {number(100 * float(np.median(bound)), '.2g')} % in the"\
           " median" if bound.size else ""  # fmt: skip
    return Drawn(figure, numbers, sources(scene, MINIMA), f"{_problems(found.problems)}{sure}")


def _problems(problems: np.ndarray) -> str:
    return counted(len(problems), "problem")


def picked_count(address: Address, point: Picked) -> Address | None:
    """A segment leads to its problems."""
    told = point.custom[:2]
    if len(told) < 2 or not all(isinstance(one, int | float) for one in told):
        return None
    low, high = list(CLASSES.values())[int(told[1])]
    filters = [Filter("minima.minima", "ge", low)]
    filters += [Filter("minima.minima", "le", high)] if high < 10**9 else []
    return to_problems(address, int(told[0]), tuple(filters))


def to_problems(address: Address, level: int, filters: tuple[Filter, ...] = ()) -> Address:
    """The problems of a level behind a mark, those with most minima first."""
    asks = (f"{MINIMA}~{address['q']}",) if address["q"] else ()
    return address.carry(
        "problems", level=level, filter=filters, sort="minima.minima", order="down", ask=asks, q="",
    )  # fmt: skip


def picked_level(address: Address, point: Picked) -> Address | None:
    """A mark leads to the problems of its level."""
    told = point.custom[:1]
    return to_problems(address, int(told[0])) if told and isinstance(told[0], int | float) else None


# ----- lower


def draw_lower(scene: Scene, fields: Fields) -> Outcome:
    """Share of problems with a minimum below T."""
    found, look = everything(scene), fields.look
    wrong = scene.subject.problems.task != "completion"
    figure = all_levels.lower(found.lower, wrong, look.template)
    numbers = by_level(
        {**shared("lower", found.lower, "share of problems with a minimum below T"),
         "ideal": ("level", np.zeros(LEVELS), said("ideal Gaussian energy"))}
    )  # fmt: skip
    note = "wrong answers: x fixes y" if wrong else "other answers: x does not fix y"
    return Drawn(figure, numbers, sources(scene, MINIMA), note)


def picked_lower(address: Address, point: Picked) -> Address | None:
    """A dot leads to the problems with a lower minimum."""
    told = point.custom[:1]
    if not told or not isinstance(told[0], int | float):
        return None
    return to_problems(
        address, int(told[0]), (Filter("minima.lowest_above_truth", "lt", 0.0),)
    )  # fmt: skip


# ----- who


def draw_who(scene: Scene, fields: Fields) -> Outcome:
    """Who ends in T, by kind of start and level."""
    found, look = everything(scene), fields.look
    value, low, high, starts = found.ends_in_truth
    rows = [KIND_NAMES[kind] for kind in KINDS]
    fill = colours.GAIN[look.ground]
    figure = all_levels.who(found.ends_in_truth, rows, ENOUGH, fill, look.ink.muted, look.template)
    dims = ("level", "start_kind")
    numbers = by_level(
        {
            "ends_in_truth": (
                dims,
                value,
                said("share of starts that end in T, mean over problems"),
            ),
            "low": (dims, low, said("lower end of the 95 % interval")),
            "high": (dims, high, said("upper end of the 95 % interval")),
            "starts": (dims, starts, said("starts of all problems")),
        },
        start_kind=list(KINDS),
    )
    return Drawn(figure, numbers, sources(scene, MINIMA), f"mean over {_problems(found.problems)}")


# ----- births


def draw_births(scene: Scene, fields: Fields) -> Outcome:
    """Where basins appear and vanish."""
    found = everything(scene)
    born, ended = found.born.copy(), found.ended.copy()
    first, last = int(born[-1]), int(ended[0])
    born[-1], ended[0] = 0, 0
    figure = all_levels.births(born, ended, fields.look.template)
    numbers = by_level(
        {
            "born": ("level", born, said("basins born at the level, those of t = 9 left out")),
            "ended": ("level", ended, said("basins found for the last time, t = 0 left out")),
        }
    )
    note = f"{first} of {counted(int(found.born.sum()), 'basin')} there at t = 9, {last} at t = 0"
    return Drawn(figure, numbers, sources(scene, MINIMA), note)
