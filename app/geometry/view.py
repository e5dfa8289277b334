"""Geometry: where answers lie among matrices, and which moves the energy punishes."""

from typing import Any

from app.geometry import answers, links, subspaces_panels, ways_panels
from app.geometry.address import FIELDS
from app.geometry.scene import ANALYSES, GEOMETRY, Scene, scene
from app.geometry.words import WORDS
from app.shared.address.address import Address
from app.shared.asks import reading
from app.shared.asks.reading import Subject
from app.shared.page import controls, problem_bar
from app.shared.page.contract import Control, Draw, Panel, Sheet, View
from ired_interp_core.geometry.names import ENDS, MOST_DIMENSION
from store import Store

SPACES = ("place", "distance", "k")


def _of(name: str, title: str, draw: Draw, span: int, height: int, **rest: Any) -> Panel:
    reads = rest.pop("reads", ())
    return Panel(name, title, (GEOMETRY,), reads, draw, WORDS[name], span=span, height=height,
                 **rest)  # fmt: skip


PLACE = Control("place", "Compared", {end: end for end in ENDS})
DISTANCE = Control("distance", "Distance", {"geodesic": "geodesic", "chordal": "chordal"})


def problem(scene: Scene, address: Address) -> None:
    """The problem by its number, and the way to others."""
    problem_bar.place(scene.question(GEOMETRY), address)


def k(scene: Scene, address: Address) -> None:
    """The dimension of the spaces."""
    most = min(MOST_DIMENSION, scene.subject.problems.size)
    help_ = "dimension of the leading singular spaces"
    controls.problem(address, "k", "Dimension k", (1, max(most, address["k"])), help_, 112)


SUBSPACES = (
    _of("subspaces_answer", "Do subspaces say more than Euclid?", answers.subspaces_headline, 24, 0,
        kind="sentence", reads=SPACES),
    _of("distance", "Distance to the truth", subspaces_panels.draw_distance, 14, 296,
        reads=SPACES, on_pick=links.by_level("geometry.distance")),
    _of("by_k", "For every k", subspaces_panels.draw_by_k, 10, 296, reads=SPACES,
        on_pick=subspaces_panels.picked_k),
    _of("energy", "Energy against distance", ways_panels.draw_energy, 14, 304,
        reads=(*SPACES, "problem"), on_pick=links.landscape),
    _of("angles", "Principal angles", ways_panels.draw_angles, 10, 304,
        reads=("problem", "place", "k")),
    _of("path", "From answer to truth", ways_panels.draw_path, 24, 304, reads=("problem",)),
)  # fmt: skip


def one(scene: Scene) -> bool:
    """Whether there is a level to choose: not where nothing was computed."""
    return bool(scene.asked)


def prefers(store: Store, subject: Subject) -> bool:
    """Whether a subject has a geometry, and is one to begin with."""
    return any(q.rows for q in reading.questions(store, subject, GEOMETRY))


VIEW = View(
    name="geometry",
    title="Geometry",
    fields=FIELDS,
    scene=scene,
    prefers=prefers,
    sheets=(
        Sheet("subspaces", "Subspaces", SUBSPACES, ((problem, PLACE, DISTANCE, k),), levels=one),
    ),
    has=lambda there: there.any(*ANALYSES),
    analyses=frozenset(ANALYSES),
)
