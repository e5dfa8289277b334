"""Slices of the landscape view: which one an address means, and what each is called."""

from app.landscape import active
from app.shared.address.address import Address
from app.shared.address.fields import ATOMS
from app.shared.asks.prefix import by_prefix
from ired_interp_core.analyses.landscape_slice import PLANES
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


def place_of(question: QuestionInfo) -> tuple[str, str]:
    """Where a slice lies, as an address spells it.

    Args:
        question: landscape_slice or atom_slice.

    Returns:
        Plane and centre.
    """
    return question.parameters.get("plane", ATOMS), question.parameters["place"]


def name(question: QuestionInfo, among: tuple[QuestionInfo, ...]) -> str:
    """Name a slice for a menu: its plane, its centre, and what else tells it from the others.

    Args:
        question: the slice.
        among: all slices of the subject.

    Returns:
        The name.
    """
    p = question.parameters
    centre = p["place"] if p["place"] == "start" else f"{p['place']} t={p['level']}"
    plane = PLANES[p["plane"]] if "plane" in p else active.plane_name(question)
    name = f"{plane} · at {centre.replace('_', ' ')}"
    alike = [q for q in among if place_of(q) == place_of(question)]
    if "plane" not in p:
        alike = [q for q in alike if active.plane_name(q) == plane]
    return name if len(alike) == 1 else f"{name} · {question.title}"
