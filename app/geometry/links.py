"""Where a click on a mark leads."""

from app.components.said import Picked
from app.geometry.scene import ATTRIBUTION, GEOMETRY
from app.shared.address.address import Address
from app.shared.page.contract import OnPick


def whole(point: Picked, at: int = 0) -> int | None:
    """A whole number that a mark tells; None where it tells another."""
    told = point.custom[at : at + 1]
    return int(told[0]) if told and isinstance(told[0], int | float) and told[0] >= 0 else None


def to_problems(address: Address, level: int, sort: str, set_: str = "") -> Address:
    """The problems of a level behind a mark, those with most of a quantity first."""
    if set_ and set_ != address["set"]:  # a line of another set
        return address.carry(
            "problems", set=set_, level=level, sort=sort, order="down", problem=None
        )
    asks = (f"{GEOMETRY}~{address['q']}",) if address["q"] else ()
    return address.carry(
        "problems", level=level, sort=sort, order="down", ask=asks, q="",
    )  # fmt: skip


def by_level(sort: str) -> OnPick:
    """A mark of a level leads to its problems, those with most of a quantity first."""

    def picked(address: Address, point: Picked) -> Address | None:
        level = whole(point)
        set_, own = (str(v) for v in (*point.custom[2:4], "", "")[:2])
        return None if level is None else to_problems(address, level, own or sort, set_)

    return picked


def landscape(address: Address, point: Picked) -> Address | None:
    """A dot leads to its problem on Landscape, level and place kept."""
    problem = whole(point)
    if problem is None:
        return None
    level = point.level if point.level is not None else address["level"]
    return address.carry("landscape", problem=problem, level=level, q="")


def attributed(sort: str, of_error: str = "") -> OnPick:
    """A mark leads to the problems, those with most of a quantity first, of E or of the error."""

    def picked(address: Address, point: Picked) -> Address | None:
        if not point.custom:
            return None
        asks = (f"{ATTRIBUTION}~{address['q']}",) if address["q"] else ()
        first = of_error if of_error and address["of"] == "error" else sort
        return address.carry("problems", sort=first, order="down", ask=asks, q="")

    return picked
