"""One line a set by level: medians over problems of sets side by side, and their slope."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from app.geometry import over, sets, slopes
from app.geometry.figures.by_level import WALK, Line
from app.geometry.over import Middle
from app.geometry.scene import Scene
from app.geometry.sets import Side
from app.shared.page.contract import Source
from ired_interp_core.schema import LEVELS

ONE_A_SET = "Medians over problems, one line a set; intervals stand in the tooltips."
"""How a panel says that sets stand side by side."""


@dataclass(frozen=True)
class Group:
    """A quantity of one set.

    Args:
        side: the set.
        values: [problem, level], t at index t.
        middle: of each level.
    """

    side: Side
    values: np.ndarray
    middle: Middle

    def line(self, kind: str = "median", **rest: Any) -> Line:
        """Its line by level, which leads to its own problems."""
        s = self.side
        return Line(s.name, self.middle, s.colour, symbol=s.symbol, band=False, link=s.link,
                    kind=kind, **rest)  # fmt: skip


@dataclass(frozen=True)
class Compared:
    """A quantity of all sets that have an answer.

    Args:
        groups: in the order of the sets.
        unit: what slopes are taken by.
        lacking: names of the sets without an answer.
        sources: where the numbers come from.
        beside: what differs between the sets, too.
    """

    groups: Sequence[Group]
    unit: str
    lacking: Sequence[str]
    sources: Sequence[Source]
    beside: str = ""

    @property
    def notes(self) -> list[str]:
        """Of each level in the order of the walk: the slope beside shuffled labels."""
        places = [group.side.at for group in self.groups]
        values = [group.values for group in self.groups]
        rest = "".join(f" · {name}: not computed" for name in self.lacking)
        rest += f" · {self.beside}" if self.beside else ""
        found = [slopes.slope(places, values, int(t)) for t in WALK]
        return [f"t = {t} · {slopes.spelled(one, self.unit)}{rest}"
                for t, one in zip(WALK, found, strict=True)]  # fmt: skip

    def numbers(self, name: str, words: str, units: str) -> xr.Dataset:
        """What is drawn, and the slopes, as exported."""
        dims = ("set", "level")
        ends = {"": ("value", words), "_low": ("low", f"{words}, lower end of its 95 % interval"),
                "_high": ("high", f"{words}, upper end of it"),
                "_problems": ("count", "problems behind it")}  # fmt: skip
        data: dict[str, tuple[Any, ...]] = {
            f"{name}{end}": (dims, np.stack([getattr(g.middle, part) for g in self.groups]),
                             {"long_name": text, "units": "1" if part == "count" else units})
            for end, (part, text) in ends.items()
        }  # fmt: skip
        places = [group.side.at for group in self.groups]
        found = [slopes.slope(places, [g.values for g in self.groups], t) for t in range(LEVELS)]
        for part in ("value", "low", "high", "shuffled"):
            each = [np.nan if one is None else getattr(one, part) for one in found]
            data[f"slope_{part}"] = ("level", each, {"long_name": f"slope a {self.unit}, {part}",
                                                     "units": "1"})  # fmt: skip
        coords = {"set": [g.side.link for g in self.groups], "level": np.arange(LEVELS)}
        return xr.Dataset(data, coords).sel(level=list(WALK))


def several(scene: Scene) -> bool:
    """Whether sets stand side by side."""
    return len(scene.sides) > 1


def compared(
    scene: Scene, analysis: str, names: Sequence[str], of: Callable[[xr.Dataset], np.ndarray],
    middle: Callable[[np.ndarray], Middle] = over.middle,
) -> Compared:  # fmt: skip
    """A quantity of the sets that stand side by side.

    Args:
        scene: of the sheet.
        analysis: whose answers.
        names: of its variables.
        of: what becomes of them: one number for each problem and level.
        middle: medians, or means.

    Returns:
        Sets without an answer are named, and left out.
    """
    there = [side for side in scene.sides if analysis in side.asked]
    groups = []
    for side in there:
        values = of(scene.read_of(side.asked[analysis], *names))
        groups.append(Group(side, values, middle(values)))
    along = sets.along(side.problems for side in scene.sides)
    return Compared(
        groups,
        sets.unit(along) if along else "set",
        [side.name for side in scene.sides if side not in there],
        [scene.source(side.asked[analysis], *names) for side in there],
        sets.tails(side.problems for side in there) if along == "rank" else "",
    )
