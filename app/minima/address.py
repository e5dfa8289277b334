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
"""In the place of a basin: the saddle on the chosen path. Below it: images of the path."""
WORD, IMAGE = "saddle", "image"
MOST_IMAGE = 4096


def image_at(place: int) -> int:
    """What stands for an image of the chosen path in the place of a basin."""
    return SADDLE - 1 - place


def image_of(basin: int) -> int:
    """Which image of the path stands in the place of a basin; below 0 for none."""
    return SADDLE - 1 - basin


def point(text: str) -> int:
    """The number of a basin, the word for the saddle, or an image: image7."""
    if text == WORD:
        return SADDLE
    if text.startswith(IMAGE):
        return image_at(int(integer(0, MOST_IMAGE)(text.removeprefix(IMAGE)) or 0))
    return int(integer(0, MOST_BASIN)(text) or 0)


def spell_point(basin: int) -> str:
    """Spell a basin, the saddle or an image."""
    if basin == SADDLE:
        return WORD
    return f"{IMAGE}{image_of(basin)}" if basin < SADDLE else str(basin)


FIELDS = {
    **fields.SUBJECT,
    "sheet": Field("problem", choice("problem", "all")),
    "problem": fields.PROBLEM,
    "level": replace(fields.LEVEL, live=True),
    "kind": Field(ALL_KINDS, choice(ALL_KINDS, *KINDS)),
    "minimum": Field(
        0,
        point,
        spell_point,
        help="number of the basin that the card shows; or saddle, image7: of the chosen path",
    ),
    "pair": Field(NO_PAIR, pair, spell_pair),
    "energy": Field("absolute", choice("absolute", "above")),
    "q": fields.KEY,
}
