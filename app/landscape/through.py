"""The minima through which a plane is to lie, as an address spells them: level~basin~basin."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.shared.address.fields import Field, Unusable, integer
from ired_interp_core.minima.names import CORNERS, NONE
from ired_interp_core.schema import LEVELS

MOST_BASIN = 4096


@dataclass(frozen=True)
class Through:
    """One, two or three minima of a level.

    Args:
        level: t.
        basins: their numbers, the centre's first.
    """

    level: int
    basins: tuple[int, ...]

    @property
    def parameters(self) -> Mapping[str, int]:
        """What `minima_slice` is asked."""
        corners = (*self.basins, *[NONE] * len(CORNERS))[: len(CORNERS)]
        return {"level": self.level, **dict(zip(CORNERS, corners, strict=True))}


FIRST_TWO = Through(0, (0, 1))
"""What is meant where nothing is said."""


def parse(text: str) -> Through | None:
    """A level and up to three different basins; or none."""
    if not text:
        return None
    level, *basins = text.split("~")
    number = integer(0, MOST_BASIN)
    found = tuple(int(number(one) or 0) for one in basins)
    if not 1 <= len(found) <= len(CORNERS) or len(set(found)) < len(found):
        raise Unusable("expected level~basin~basin~basin, with one to three different basins")
    return Through(int(integer(0, LEVELS - 1)(level) or 0), found)


def spell(through: Through | None) -> str:
    """Spell a level and basins."""
    return "" if through is None else "~".join(map(str, (through.level, *through.basins)))


FIELD = Field(
    None, parse, spell, help="level and numbers of the minima through which the plane lies"
)
