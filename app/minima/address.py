"""Parameters of the view's address."""

from dataclasses import replace

from app.shared.address import fields
from app.shared.address.fields import Field, Unusable, choice, integer
from ired_interp_core.minima.names import KINDS

ALL_KINDS = "all"
MOST_BASIN = 4096

Pair = tuple[int, int]
NO_PAIR = ()


def pair(text: str) -> Pair | tuple[()]:
    """Two basins, i~j; or none."""
    if not text:
        return NO_PAIR
    ends = text.split("~")
    number = integer(0, MOST_BASIN)
    if len(ends) != 2 or number(ends[0]) == number(ends[1]):
        raise Unusable("expected the numbers of two basins, i~j")
    return int(ends[0]), int(ends[1])


def spell_pair(pair: Pair | tuple[()]) -> str:
    """Spell two basins."""
    return f"{pair[0]}~{pair[1]}" if pair else ""


SADDLE = -1
"""In the place of a basin: the saddle on the chosen path."""
WORD = "saddle"


def point(text: str) -> int:
    """The number of a basin, or the word for the saddle."""
    return SADDLE if text == WORD else int(integer(0, MOST_BASIN)(text) or 0)


def spell_point(basin: int) -> str:
    """Spell a basin or the saddle."""
    return WORD if basin == SADDLE else str(basin)


FIELDS = {
    **fields.SUBJECT,
    "sheet": Field("problem", choice("problem", "all")),
    "problem": fields.PROBLEM,
    "level": replace(fields.LEVEL, live=True),
    "kind": Field(ALL_KINDS, choice(ALL_KINDS, *KINDS)),
    "minimum": Field(0, point, spell_point, help="number of the basin that the card shows"),
    "pair": Field(NO_PAIR, pair, spell_pair),
    "energy": Field("absolute", choice("absolute", "above")),
    "q": fields.KEY,
}
