"""The minima through which a plane is to lie, as an address spells them: level~basin~basin."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.shared.address.fields import Field, Unusable, integer
from ired_interp_core.minima.names import CORNERS, NONE
from ired_interp_core.schema import LEVELS

MOST_BASIN = 4096


@dataclass(frozen=True)
class Through:
    """One, two or three minima of a level; or two and a point of the path between them.

    Args:
        level: t.
        basins: their numbers, the centre's first.
        image: of the string from the first to the second; NONE for none.
        saddle: the saddle between both.
    """

    level: int
    basins: tuple[int, ...]
    image: int = NONE
    saddle: bool = False

    @property
    def parameters(self) -> Mapping[str, int | bool]:
        """What `minima_slice` is asked."""
        corners = (*self.basins, *[NONE] * len(CORNERS))[: len(CORNERS)]
        named = dict(zip(CORNERS, corners, strict=True))
        return {"level": self.level, **named, "image": self.image, "saddle": self.saddle}

    @property
    def third(self) -> str:
        """The point between both minima as an address spells it; "" for none."""
        return "saddle" if self.saddle else f"image{self.image}" if self.image != NONE else ""


FIRST_TWO = Through(0, (0, 1))
"""What is meant where nothing is said."""


def parse(text: str) -> Through | None:
    """A level and up to three different basins, the third may be saddle or image5; or none."""
    if not text:
        return None
    level, *basins = text.split("~")
    number = integer(0, MOST_BASIN)
    named = re.fullmatch(r"saddle|image(\d+)", basins[-1]) if len(basins) > 2 else None
    found = tuple(int(number(one) or 0) for one in (basins[:-1] if named else basins))
    wanted = range(2, 3) if named else range(1, len(CORNERS) + 1)
    if len(found) not in wanted or len(set(found)) < len(found):
        raise Unusable("expected level~basin~basin~basin, with one to three different basins")
    image = int(number(named[1]) or 0) if named and named[1] else NONE
    saddle = bool(named and not named[1])
    return Through(int(integer(0, LEVELS - 1)(level) or 0), found, image, saddle)


def spell(through: Through | None) -> str:
    """Spell a level, basins and a point of their path."""
    if through is None:
        return ""
    third = [through.third] if through.third else []
    return "~".join(map(str, (through.level, *through.basins, *third)))


FIELD = Field(
    None,
    parse,
    spell,
    help="level and numbers of the minima through which the plane lies, such as 0~0~1~saddle",
)
