"""Slices as addresses and menus name them: where each lies, what it is called, its range."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.shared.address.fields import ATOMS, DIRECTIONS, MINIMA
from app.shared.asks import reading
from app.shared.asks.kept import kept
from app.shared.asks.prefix import by_prefix
from app.shared.drawing.names import basin_name, input_name, property_name
from app.shared.drawing.planes import GRADIENT, colour_limits, surface
from ired_interp_core.analyses.landscape_slice import PLANES
from ired_interp_core.analyses.minima_slice import WAYS
from ired_interp_core.minima.names import CORNERS, NONE
from ired_interp_core.spelling import number
from store import QuestionInfo, Store

DIRECTED, OTHER, PROBE, THROUGH = "directed_slice", "other_slice", "probe_slice", "minima_slice"
ALONG = (DIRECTED, OTHER, PROBE, THROUGH)
"""Slices whose directions their parameters name."""


def place_of(question: QuestionInfo) -> tuple[str, str]:
    """Plane and centre of a slice, landscape_slice or atom_slice, as an address spells them."""
    other = DIRECTIONS if question.analysis in ALONG else ATOMS
    other = MINIMA if question.analysis == THROUGH else other
    return question.parameters.get("plane", other), question.parameters["place"]


def name(question: QuestionInfo, among: tuple[QuestionInfo, ...]) -> str:
    """Name a slice for a menu: its plane, its centre, and what else tells it from the others."""
    p = question.parameters
    centre = {
        "start": "start", "point": f"({p.get('a', 0):.3g}, {p.get('b', 0):.3g}) of another plane"
    }.get(p["place"], f"{p['place']} t={p['level']}")  # fmt: skip
    plane = PLANES[p["plane"]] if "plane" in p else plane_name(question)
    name = f"{plane} · at {centre.replace('_', ' ')}"
    alike = [q for q in among if place_of(q) == place_of(question)]
    if "plane" not in p:
        alike = [q for q in alike if plane_name(q) == plane]
    return name if len(alike) == 1 else f"{name} · {question.title}"


def plane_name(question: QuestionInfo) -> str:
    """Name the plane of a slice along atoms or directions, or through minima, for a menu."""
    if question.analysis == THROUGH:
        return through_name([basin_name(k) for k in _corners(question)] + _between(question))
    if question.analysis in ALONG:
        return " and ".join(directions(question))
    first, second = (int(question.parameters[name]) for name in ("feature", "second"))
    if first == second == -1:
        return "two most active atoms"
    a = "most active atom" if first == -1 else f"atom {first}"
    b = {-1: "next most active", GRADIENT: "gradient"}.get(second, f"atom {second}")
    return f"{a} and {b}"


def directions(question: QuestionInfo) -> tuple[str, str]:
    """Name the two directions of a slice along chosen ones."""
    if question.analysis == THROUGH:
        first, *others = (basin_name(k) for k in _corners(question))
        ways = [f"from {first} to minimum {other}" for other in others]
        ways += [f"from {first} to {point}" for point in _between(question)]
        ways += [WAYS[question.parameters[axis]] for axis in "uv"[len(ways) :]]
        return ways[0], ways[1]
    return _direction(question, "u"), _direction(question, "v")


def _corners(question: QuestionInfo) -> list[int]:
    """The basins through which a slice lies."""
    return [k for k in (question.parameters[name] for name in CORNERS) if k != NONE]


def _between(question: QuestionInfo) -> list[str]:
    """The saddle or image through which a slice lies, too."""
    return [said] if (said := on_path(question.parameters)) else []


def on_path(parameters: Mapping[str, Any]) -> str:
    """Say which point between two minima a plane lies through; "" for none."""
    if parameters["saddle"]:
        return "their saddle"
    return f"image {image}" if (image := parameters["image"]) != NONE else ""


def through_name(basins: Sequence[str]) -> str:
    """Say through which minima a plane lies, such as "through T, 1 and 3"."""
    *before, last = basins
    return f"through {', '.join(before)} and {last}" if before else f"through {last}"


def _direction(question: QuestionInfo, axis: str) -> str:
    p = question.parameters
    if axis == "u" and question.analysis == OTHER:
        return f"towards the answer of problem {p['other']}"
    if axis == "u" and question.analysis == PROBE:
        return f"probe of {property_name(p['property'])} in {input_name(p['site'])}"
    kind, index = p[axis], p[f"{axis}_index"]
    if kind == "eigenvector":
        ends = {0: "stiffest eigenvector", -1: "softest eigenvector"}
        return ends.get(index, f"eigenvector {number(index, 'd')}")
    if kind in ("principal", "random"):
        return f"{kind} direction {index}"
    if kind == "state":
        return f"towards t={p[f'{axis}_level']}, step {p[f'{axis}_step']}"
    if kind == "point":
        return f"towards ({p[f'{axis}_a']:.3g}, {p[f'{axis}_b']:.3g})"
    said = kind.replace("_", " ")
    return said if kind in ("gradient", "error") else f"towards {said}"


def find(
    there: tuple[QuestionInfo, ...], plane: str, centre: str, prefix: str
) -> QuestionInfo | None:
    """The slice that an address names.

    Args:
        there: every slice of the subject.
        plane: its plane.
        centre: its centre; the first one of the plane where left empty.
        prefix: of its key, where plane and centre are those of several.

    Returns:
        It; None where there is none, and of those through minima where none is named.
    """
    if plane == MINIMA and not prefix:
        return None
    named, _ = by_prefix(there, prefix, "slice") if prefix else (None, "")
    return named or next(
        (q for q in there if place_of(q)[0] == plane and centre in ("", place_of(q)[1])), None
    )


@kept(256, copied=True)
def limits(
    store: Store, question: QuestionInfo, problem: int, scale: str
) -> tuple[float, float] | None:
    """Lowest and highest drawn value over all levels; None where the directions span no plane."""
    answer = reading.dataset(store, question, (problem,)).isel(problem=0)
    if not int(answer["nodes"]):
        return None
    drawn = surface(answer, question.parameters["half_width"], scale)
    return colour_limits(drawn.values, "levels")[0]
