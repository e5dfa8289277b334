"""Slices of the landscape view: which one an address means."""

from app.shared.address.address import Address
from app.shared.asks.prefix import by_prefix
from app.shared.asks.slices import place_of
from store import QuestionInfo


def choose(
    there: tuple[QuestionInfo, ...], address: Address
) -> tuple[Address, QuestionInfo | None]:
    """Find the slice that an address means.

    Args:
        there: every slice of the subject.
        address: of the landscape view.

    Returns:
        The address with plane and centre settled, and the slice; None if the store has none.
    """
    if address["q"]:
        exact, why = by_prefix(there, address["q"], "slice")
        if exact is not None:
            plane, centre = place_of(exact)
            return address.replace(plane=plane, centre=centre), exact
        address = address.refuse("q", why, "")
    fitting = [
        q
        for q in there
        if place_of(q)[0] == address["plane"] and address["centre"] in ("", place_of(q)[1])
    ]
    if not fitting:
        return address, None
    return address.replace(centre=fitting[0].parameters["place"]), fitting[0]
