"""A pin: another view of Landscape that is held beside the present one, as an address spells it."""

from dataclasses import dataclass

from app.shared.address import fields
from app.shared.address.address import Address
from app.shared.address.fields import Field, Unusable

PARTS = ("set", "problem", "plane", "centre", "q", "walk")
"""What distinguishes two views of one model; place, frame, axis and level are those of the page."""

_FIELDS = {
    "set": fields.SET,
    "problem": fields.PROBLEM,
    "plane": fields.PLANE,
    "centre": fields.CENTRE,
    "q": fields.KEY,
    "walk": fields.KEY,
}


@dataclass(frozen=True)
class Pin:
    """The view that is pinned.

    Args:
        set: name of the problem set.
        problem: index.
        plane: of the slice.
        centre: of the slice.
        q: key of the slice, "" where plane and centre name one.
        walk: key of the descent, "" for the stored one.
    """

    set: str
    problem: int
    plane: str
    centre: str
    q: str
    walk: str


def of(address: Address) -> Pin:
    """The pin that holds what an address shows."""
    return Pin(*(address[name] for name in PARTS))


def parse(text: str) -> Pin | None:
    """Six parts joined by ~; or none."""
    if not text:
        return None
    parts = text.split("~")
    if len(parts) != len(PARTS) or not parts[0]:
        raise Unusable("expected " + "~".join(PARTS))
    return Pin(*(_FIELDS[name].parse(part) for name, part in zip(PARTS, parts, strict=True)))


def spell(pin: Pin | None) -> str:
    """Spell a pin."""
    return "~".join(str(getattr(pin, name)) for name in PARTS) if pin else ""


FIELD = Field(None, parse, spell)
