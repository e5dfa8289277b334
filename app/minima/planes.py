"""The way from minima to Landscape: a plane through up to three of them."""

from collections.abc import Sequence

from app.minima.address import SADDLE, image_of
from app.minima.found import FIRST, Found
from app.shared.address import address as links
from app.shared.address.address import Address

MOST = 3
"""Minima that one plane can lie through."""


def corners(basin: int, chosen: int) -> tuple[int, ...]:
    """The first basin, one, and the chosen one, each once; a chosen saddle is none."""
    return tuple(dict.fromkeys(b for b in (FIRST, basin, chosen) if b >= 0))[:MOST]


def named(found: Found, level: int, basin: int, chosen: int) -> str:
    """What a plane is called that leads to a minimum; "" where there is none."""
    there = found.there(level)
    if basin not in there or len(there) < 2:
        return ""
    return ", ".join(found.name(b) for b in corners(basin, chosen) if b in there) + " ›"


def on_path(address: Address, level: int) -> Address | None:
    """The plane through both ends of the chosen path and the chosen saddle or image of it."""
    pair, chosen = address["pair"], address["minimum"]
    if not pair or chosen > SADDLE:
        return None
    third = "saddle" if chosen == SADDLE else f"image{image_of(chosen)}"
    return through(address, level, (*pair, third))


def through(address: Address, level: int, basins: Sequence[int | str]) -> Address:
    """The address of Landscape with a plane through some minima of a level."""
    told = {
        "model": address["model"], "set": address["set"], "problem": str(address["problem"]),
        "level": str(level), "plane": "minima", "through": "~".join(map(str, (level, *basins))),
    }  # fmt: skip
    return links.parse("landscape", {name: [value] for name, value in told.items()})
