"""Minima: who falls where, and over which barrier."""

from typing import Any

from app.minima import (
    answer_panel,
    card_panel,
    lineage_panel,
    list_panel,
    path_panel,
    shares_panel,
    tree_panel,
)
from app.minima.address import ALL_KINDS, FIELDS
from app.minima.all_sheet import panels
from app.minima.answer_panel import KIND_NAMES
from app.minima.scene import ANALYSES, MINIMA, Scene, scene
from app.minima.words import WORDS
from app.shared.address.address import Address
from app.shared.page import problem_bar
from app.shared.page.contract import Control, Draw, Panel, Sheet, View


def _one(name: str, title: str, draw: Draw, span: int, height: int, **rest: Any) -> Panel:
    reads = ("problem", *rest.pop("reads", ()))
    return Panel(name, title, (MINIMA,), reads, draw, WORDS[name], span=span, height=height,
                 **rest)  # fmt: skip


def problem(scene: Scene, address: Address) -> None:
    """The problem by its number, and the way to others."""
    problem_bar.place(scene.question(MINIMA), address)


KIND = Control("kind", "Starts", {ALL_KINDS: "all", **KIND_NAMES}, kind="select", width=185)
ENERGY = Control("energy", "Energy", {"absolute": "E", "above": "above T"})
PAIR = Control("pair", "Path", path_panel.options, kind="select", width=155,
               shown=path_panel.several)  # fmt: skip

PROBLEM = (
    _one("answer", "How many minima", answer_panel.headline, 24, 0, kind="sentence"),
    _one("lineage", "From level to level", lineage_panel.draw, 16, 264,
         reads=("kind", "minimum"), on_pick=lineage_panel.picked),
    _one("shares", "Who falls where", shares_panel.draw, 8, 264, on_pick=shares_panel.picked,
         asks=("More starts", "draw more starts of each kind", ""),
         on_answer=lambda address, key: {"q": key}),
    _one("tree", "How they hang together", tree_panel.draw, 8, 344, reads=("minimum", "energy"),
         on_pick=tree_panel.picked,
         asks=("Profile", "compute the energy along the softest and stiffest direction", ""),
         on_answer=lambda address, key: {}),
    _one("path", "The way between two", path_panel.draw, 8, 344, reads=("pair", "energy"),
         on_pick=path_panel.picked, asks=("Connect", "look for saddles, with another budget", ""),
         on_answer=lambda address, key: {}),
    _one("card", "Chosen point", card_panel.draw, 8, 344, reads=("minimum", "pair"),
         on_pick=card_panel.picked),
    _one("list", "Minima at this level", list_panel.draw, 24, 0, kind="table",
         reads=("minimum",), on_pick=list_panel.picked),
)  # fmt: skip


def one(scene: Scene) -> bool:
    """Whether there is a level to choose: not where nothing was computed."""
    return MINIMA in scene.asked


def several(scene: Scene) -> bool:
    """Whether there are several problems; nothing is known of any where nothing was computed."""
    question = scene.question(MINIMA)
    return question is None or question.rows > 1


VIEW = View(
    name="minima",
    title="Minima",
    fields=FIELDS,
    scene=scene,
    prefers=MINIMA,
    sheets=(
        Sheet(
            "problem",
            "One problem",
            PROBLEM,
            ((problem, KIND, ENERGY, PAIR),),
            levels=one,
            line=True,
        ),
        Sheet("all", "All problems", panels, shown=several),
    ),
    has=lambda there: there.any(*ANALYSES),
    analyses=frozenset(ANALYSES),
    any_problems=True,
)
