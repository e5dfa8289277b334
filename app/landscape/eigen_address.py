"""An eigenvalue that a reader clicked, as an address spells it: its rank, and of which spectrum."""

from dataclasses import dataclass

from app.shared.address.fields import Field, Unusable, integer

MOST_RANK = 10**6
POINT = "point"
"""Behind the rank where the spectrum is that of the point on the plane."""


@dataclass(frozen=True)
class Eigen:
    """One eigenvalue.

    Args:
        rank: counted from 1, ascending, as the spectrum's axis does.
        at_point: of the spectrum at the point of the plane; else of that at the chosen place.
    """

    rank: int
    at_point: bool = False


def parse(text: str) -> Eigen | None:
    """A rank, and ~point where it is one of the point's spectrum; or none."""
    if not text:
        return None
    rank, tilde, where = text.partition("~")
    if tilde and where != POINT:
        raise Unusable("expected a rank, or rank~point")
    found = integer(1, MOST_RANK)(rank)
    assert found is not None  # no empty text is accepted
    return Eigen(found, bool(tilde))


def spell(eigen: Eigen | None) -> str:
    """Spell an eigenvalue."""
    return "" if eigen is None else f"{eigen.rank}~{POINT}" if eigen.at_point else str(eigen.rank)


FIELD = Field(None, parse, spell)
