"""Slices as addresses and menus name them: where each lies, and what it is called."""

from app.shared.address.fields import ATOMS
from app.shared.drawing.planes import GRADIENT
from ired_interp_core.analyses.landscape_slice import PLANES
from store import QuestionInfo


def place_of(question: QuestionInfo) -> tuple[str, str]:
    """Plane and centre of a slice, landscape_slice or atom_slice, as an address spells them."""
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
    plane = PLANES[p["plane"]] if "plane" in p else plane_name(question)
    name = f"{plane} · at {centre.replace('_', ' ')}"
    alike = [q for q in among if place_of(q) == place_of(question)]
    if "plane" not in p:
        alike = [q for q in alike if plane_name(q) == plane]
    return name if len(alike) == 1 else f"{name} · {question.title}"


def plane_name(question: QuestionInfo) -> str:
    """Name the plane of a slice along atoms for a menu.

    Args:
        question: of the analysis atom_slice.

    Returns:
        The name.
    """
    first, second = (int(question.parameters[name]) for name in ("feature", "second"))
    if first == second == -1:
        return "two most active atoms"
    a = "most active atom" if first == -1 else f"atom {first}"
    b = {-1: "next most active", GRADIENT: "gradient"}.get(second, f"atom {second}")
    return f"{a} and {b}"
