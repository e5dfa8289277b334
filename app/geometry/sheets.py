"""The panels and controls of each sheet, in reading order."""

from dataclasses import replace
from typing import Any

from app.geometry import (
    answers,
    attribution_answer,
    attribution_panels,
    audit_panels,
    links,
    modes_panels,
    moves_answer,
    moves_panels,
    subspaces_panels,
    ways_panels,
)
from app.geometry.address import LENGTHS, SPLITS
from app.geometry.attribution_words import ATTRIBUTION_WORDS
from app.geometry.audit_words import AUDIT_WORDS
from app.geometry.modes_words import MODES_WORDS
from app.geometry.moves_words import MOVES_WORDS
from app.geometry.scene import ATTRIBUTION, DESCENT, GEOMETRY, PROPERTIES, SYMMETRY, Scene
from app.geometry.words import WORDS
from app.shared.address.address import Address
from app.shared.page import controls, problem_bar
from app.shared.page.contract import Control, Draw, Panel
from ired_interp_core.geometry.names import ENDS, MOST_DIMENSION

ALL_WORDS = {**WORDS, **MOVES_WORDS, **MODES_WORDS, **AUDIT_WORDS, **ATTRIBUTION_WORDS}


def _of(name: str, title: str, draw: Draw, span: int, height: int, **rest: Any) -> Panel:
    needs = rest.pop("needs", (GEOMETRY,))
    reads = rest.pop("reads", ())
    return Panel(name, title, needs, reads, draw, ALL_WORDS[name], span=span, height=height,
                 **rest)  # fmt: skip


# ----- subspaces


def problem(scene: Scene, address: Address) -> None:
    """The problem by its number, and the way to others."""
    problem_bar.place(scene.question(GEOMETRY), address)


def k(scene: Scene, address: Address) -> None:
    """The dimension of the spaces."""
    most = min(MOST_DIMENSION, scene.subject.problems.size)
    help_ = "dimension of the leading singular spaces"
    controls.problem(address, "k", "Dimension k", (1, max(most, address["k"])), help_, 112)


PLACE = Control("place", "Compared", {end: end for end in ENDS})
DISTANCE = Control("distance", "Distance", {"geodesic": "geodesic", "chordal": "chordal"})
LOOKED = ("place", "distance", "k")

SUBSPACES = (
    _of("subspaces_answer", "Do subspaces say more than Euclid?", answers.subspaces_headline, 24, 0,
        kind="sentence", reads=LOOKED),
    _of("distance", "Distance to the truth", subspaces_panels.draw_distance, 14, 296,
        reads=LOOKED, on_pick=links.by_level("geometry.distance")),
    _of("by_k", "For every k", subspaces_panels.draw_by_k, 10, 296, reads=LOOKED,
        on_pick=subspaces_panels.picked_k),
    _of("energy", "Energy against distance", ways_panels.draw_energy, 14, 304,
        reads=(*LOOKED, "problem"), on_pick=links.landscape, selects="problem"),
    _of("angles", "Principal angles", ways_panels.draw_angles, 10, 304,
        reads=("problem", "place", "k")),
    _of("path", "From answer to truth", ways_panels.draw_path, 24, 304, reads=("problem",)),
)  # fmt: skip

# ----- moves

MANIFOLD = Control("manifold", "Manifold", {"rank": "rank r", "symmetric": "symmetric"})
LENGTH = Control("length", "Length [‖y*‖]", {length: length for length in LENGTHS})
ON = ("manifold", "length")

MOVES = (
    _of("moves_answer", "Which moves the energy punishes", moves_answer.headline, 24, 0,
        kind="sentence", reads=ON),
    _of("split", "Gradient off and along the manifold", moves_panels.draw_split, 12, 296, reads=ON,
        on_pick=links.by_level("geometry.rank_ratio")),
    _of("length", "Cost by length", moves_panels.draw_length, 12, 296, reads=ON),
    _of("pairs", "Keeping and leaving", moves_panels.draw_pairs, 8, 304, reads=ON,
        on_pick=links.landscape, selects="problem"),
    _of("project", "Before and after projection", moves_panels.draw_project, 8, 304, reads=ON,
        on_pick=links.landscape, selects="problem"),
    _of("convex", "Convexity between states", moves_panels.draw_convex, 8, 304,
        on_pick=moves_panels.picked_set),
)  # fmt: skip

# ----- modes

MODES = (
    _of("modes_answer", "In which order the answer arrives", modes_panels.headline, 24, 0,
        kind="sentence"),
    _of("arrival", "What has arrived", modes_panels.draw_arrival, 10, 336,
        on_pick=links.by_level("geometry.arrival_order")),
    _of("order", "Coarse to fine", modes_panels.draw_order, 7, 336),
    _of("score", "Alignment of the gradient", modes_panels.draw_score, 7, 336,
        on_pick=links.by_level("geometry.distance")),
    _of("structure", "Structure of the answer", modes_panels.draw_structure, 12, 304,
        on_pick=links.by_level("geometry.effective_rank")),
    _of("eigen", "In the eigenbasis of A", modes_panels.draw_eigen, 12, 304,
        on_pick=links.landscape),
)  # fmt: skip


def modes(scene: Scene) -> tuple[Panel, ...]:
    """All of them; without the eigenbasis where x is no matrix to invert."""
    if scene.subject.problems.task == "inverse":
        return MODES
    return (*MODES[:-2], replace(MODES[-2], span=24))


# ----- symmetry


def audited(scene: Scene, address: Address) -> None:
    """The problem of the example by its number, and the way to others."""
    problem_bar.place(scene.question(SYMMETRY), address)


TURN = Control("turn", "Transformation", audit_panels.options)
AUDITED = {"needs": (SYMMETRY,)}

TURNED = (
    _of("symmetry_answer", "Are symmetries kept?", audit_panels.headline, 24, 0, kind="sentence",
        **AUDITED),
    _of("audit", "Answers turned back", audit_panels.draw_audit, 14, 328, reads=("turn",),
        on_pick=audit_panels.picked_turn, **AUDITED),
    _of("by_level", "By level", audit_panels.draw_by_level, 10, 328, reads=("turn",),
        on_pick=links.by_level(f"{SYMMETRY}.error"), **AUDITED),
    _of("example", "One problem, turned and turned back", audit_panels.draw_example, 24, 328,
        reads=("problem", "turn"), least=900, **AUDITED),
)  # fmt: skip

# ----- attribution


def attributions(scene: Scene, address: Address) -> dict[Any, str]:
    """Attributions of the subject, by key."""
    return {one.key: one.title for one in scene.attributions}


def groupings(scene: Scene, address: Address) -> dict[Any, str]:
    """Groupings of the entries; hidden ones are those of completion alone."""
    holes = scene.subject.problems.task == "completion" or address["grouping"] == "observed"
    return {name: name for name in SPLITS if holes or name != "observed"}


def _of_energy(scene: Scene, address: Address) -> bool:
    return address["of"] == "energy"


ATTRIBUTED = (
    Control("of", "Attribution of", {"energy": "E", "error": "final error"},
            "what is attributed: E at the answer, or the final error along the walk"),
    Control("baseline", "Baseline", {"zero": "zero", "mean": "mean problem", "noise": "noise"},
            "where the path of integration begins",
            shown=lambda scene, address: _of_energy(scene, address)
            and address["method"] == "integrated"),
    Control("method", "Method", {"integrated": "integrated", "smooth": "SmoothGrad",
                                 "gradient": "gradient"},
            "integrated gradients, or gradients times the distance from zero", shown=_of_energy),
    Control("grouping", "Grouping", groupings,
            "which groups of entries are compared"),
    Control("q", "Answer", attributions, "which attribution is shown", kind="select", width=260,
            shown=lambda scene, address: len(scene.attributions) > 1),
)  # fmt: skip
METHOD = ("of", "baseline", "method")
STORED = {"needs": (ATTRIBUTION, PROPERTIES, DESCENT)}

ATTRIBUTIONS = (
    _of("attribution_answer", "Which entries carry energy or error?", attribution_answer.headline,
        24, 0, kind="sentence", reads=METHOD, **STORED),
    _of("ratio", "Attribution by group", attribution_panels.draw_ratio, 10, 304,
        reads=(*METHOD, "grouping"), on_pick=attribution_panels.picked_grouping, **STORED),
    _of("mean", "Mean attribution of each entry", attribution_panels.draw_mean, 14, 304,
        reads=(*METHOD, "grouping"), least=640, **STORED),
    _of("disturb", "Disturbing entries of x", attribution_panels.draw_disturb, 12, 296,
        on_pick=links.attributed("attribution.moved_attribution"), **STORED),
    _of("gap", "Completeness gap", attribution_panels.draw_gap, 6, 296, reads=METHOD,
        on_pick=links.attributed("attribution.energy_gap", "attribution.error_gap"),
        **STORED),
    _of("methods", "Do methods agree?", attribution_panels.draw_methods, 6, 296,
        on_pick=attribution_panels.picked_method, needs=(ATTRIBUTION,)),
)  # fmt: skip
