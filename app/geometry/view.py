"""Geometry: where answers lie, which moves the energy punishes, which entries carry it."""

from app.geometry import sets_bar, sheets
from app.geometry.address import FIELDS
from app.geometry.scene import ANALYSES, GEOMETRY, SYMMETRY, Scene, scene
from app.geometry.sheets import (
    ATTRIBUTED,
    ATTRIBUTIONS,
    DISTANCE,
    LENGTH,
    MANIFOLD,
    MOVES,
    PLACE,
    SUBSPACES,
    TURNED,
)
from app.shared.page.contract import Sheet, View


def one(scene: Scene) -> bool:
    """Whether there is a level to choose: not where nothing was computed."""
    return any(name in scene.asked for name in (GEOMETRY, SYMMETRY))


VIEW = View(
    name="geometry",
    title="Geometry",
    fields=FIELDS,
    scene=scene,
    prefers=GEOMETRY,
    sheets=(
        Sheet("subspaces", "Subspaces", SUBSPACES,
              ((sets_bar.row, sheets.problem, PLACE, DISTANCE, sheets.k),), levels=one, line=True),
        Sheet("moves", "Moves", MOVES, ((sets_bar.row, MANIFOLD, LENGTH),), levels=one, line=True),
        Sheet("modes", "Modes", sheets.modes, ((sets_bar.row,),), levels=one, line=True),
        Sheet("symmetry", "Symmetry", TURNED, ((sets_bar.row, sheets.audited, sheets.TURN),),
              levels=one, line=True),
        Sheet("attribution", "Attribution", ATTRIBUTIONS, ((sets_bar.row, *ATTRIBUTED),),
              line=True),
    ),
    has=lambda there: there.any(*ANALYSES),
    analyses=frozenset(ANALYSES),
    any_problems=True,
)  # fmt: skip
