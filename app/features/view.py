"""Features: dictionaries of gradients and hidden layers, their atoms, and what these do."""

from collections.abc import Mapping
from typing import Any

from app.features import (
    answer_panel,
    card_panels,
    compare_panels,
    dictionaries_panels,
    features_panel,
    map_panel,
    parts,
    predicts,
    rows,
    study,
    study_panels,
    training_panels,
)
from app.features.address import FIELDS, SHOWN
from app.features.scene import Scene, scene
from app.features.words import WORDS
from app.shared.address.address import Address
from app.shared.page.contract import Control, Draw, Panel, Sheet, View
from app.shared.table import words as column_words

HIGHEST = 288
"""Pixels of a table that would otherwise grow without end."""


def _panel(name: str, title: str, draw: Draw, **rest: Any) -> Panel:
    return Panel(
        name, title, **{"needs": (), "reads": (), "draw": draw, "words": WORDS[name], **rest}
    )


def _table(name: str, title: str, draw: Draw, **rest: Any) -> Panel:
    return _panel(name, title, draw, kind="table", **rest)


def _line(name: str, title: str, draw: Draw, **rest: Any) -> Panel:
    return _panel(name, title, draw, kind="sentence", span=24, height=0, **rest)


def columns(scene: Scene, address: Address) -> Mapping[str, str]:
    """Numbers of features that sort, filter, or colour."""
    return {i: column_words.menu(c) for i, c in rows.sortable(scene.table).items()}


DICTIONARY = Control(
    "dictionary", "Dictionary",
    lambda scene, address: {q.key: scene.name(q) for q in scene.dictionaries},
    "site (where activations are taken), kind, atoms m, active features k, penalty, seed",
    kind="select", width=440,
    resets={"feature": None, "leaf": 1},
)  # fmt: skip
BESIDE = Control(
    "other", "Beside", parts.beside, "the second dictionary, to compare with",
    kind="select", width=440,
    shown=lambda scene, address: len(parts.beside(scene, address)) > 1 or scene.other is not None,
)  # fmt: skip

# ----- dictionaries

_dictionaries = dictionaries_panels
WORTH = _line("worth", "The chosen one", _dictionaries.draw_worth)
FAITHFUL = (
    _panel("pareto", "Sparsity against faithfulness", _dictionaries.draw_pareto, span=8,
           height=320, on_pick=_dictionaries.picked),
    _panel("levels", "Explained variance by level", _dictionaries.draw_levels, span=6, height=320),
    _table("concepts", "Concepts and absorption", _dictionaries.draw_concepts, span=10, height=320),
)  # fmt: skip


def dictionaries(scene: Scene) -> tuple[Panel, ...]:
    """The panels of the sheet: its table is as high as its rows, up to a limit."""
    table = _table(
        "dictionaries", "Dictionaries", _dictionaries.draw_table, reads=("order",), span=24,
        height=0 if len(scene.dictionaries) <= 9 else HIGHEST, on_pick=_dictionaries.picked,
    )  # fmt: skip
    return (WORTH, table, *FAITHFUL)


# ----- atoms

ATOMS = (
    _line("answer", "What the features do", answer_panel.draw),
    _panel(
        "map", "Map of atoms", map_panel.draw, span=12, height=416, fills=True, selects="feature",
        reads=("map", "tint", "feature", "keep"), on_pick=features_panel.picked, opens="atom",
        controls=(
            Control("tint", "Colour", columns, kind="select", width=280),
            Control("map", "Map", {"umap": "UMAP", "pca": "PCA"},
                    shown=lambda scene, address: _has_umap(scene)),
        ),
    ),
    _table(
        "features", "Features", features_panel.draw, span=12, height=416, fills=True, opens="atom",
        reads=("by", "way", "leaf", "keep", "feature", "@map"), on_pick=features_panel.picked,
        controls=(
            Control("by", "Sort by", columns, kind="select", width=220, resets={"leaf": 1}),
            Control("way", "Order", {"down": "↓", "up": "↑"}, resets={"leaf": 1}),
            parts.filter_form,
            parts.feature_pages,
            parts.filter_chips,
        ),
    ),
)  # fmt: skip


def _has_umap(scene: Scene) -> bool:
    question = scene.question("dictionary_map")
    return bool(question and question.parameters["with_umap"])


CARD = (
    _line("summary", "Feature", card_panels.draw_summary, controls=(parts.label, parts.close),
          reads=("feature",)),
    _panel("atom", "What it looks like", card_panels.draw_atom, span=14, height=208, least=640,
           reads=("feature",)),
    _table("alike", "What is like it", card_panels.draw_alike, span=10, height=208,
           reads=("feature",), on_pick=card_panels.to_card),
    _panel("correlations", "What it goes with", card_panels.draw_correlations, span=10, height=400,
           reads=("feature",)),
    _panel("examples", "Where it is active", card_panels.draw_examples, span=14, height=400,
           reads=("feature", "shown"), on_pick=card_panels.to_landscape,
           controls=(Control("shown", "Shown", SHOWN),)),
    _panel("activity", "When it is active", card_panels.draw_activity, span=6, height=208,
           reads=("feature",)),
    _panel("histogram", "How strongly", card_panels.draw_histogram, span=6, height=208,
           reads=("feature",)),
    _panel("effects", "Whether it matters", card_panels.draw_effects, span=12, height=208,
           reads=("feature",)),
    _panel("predicts", "What it predicts", predicts.draw, span=24, height=264, reads=("feature",)),
)  # fmt: skip


def atoms(scene: Scene) -> tuple[Panel, ...]:
    """Map and table, and the card of a feature where one is chosen."""
    return (*ATOMS, *CARD) if scene.card else ATOMS


# ----- two dictionaries

COMPARE = (
    _line("sides", "The two", compare_panels.draw_sides),
    _table("metrics", "Metrics", compare_panels.draw_metrics, span=12, height=0),
    _table("stability", "Stability", compare_panels.draw_stability, span=12, height=0,
           card="alike"),
    _panel("spread", "How alike the pairs are", compare_panels.draw_spread, span=12, height=576,
           card="alike"),
    _table("pairs", "Matched pairs", compare_panels.draw_pairs, span=12, height=320,
           reads=("feature", "leaf", "order"), on_pick=compare_panels.picked,
           controls=(parts.pair_pages,)),
    _panel("pair", "The chosen pair", compare_panels.draw_pair, span=12, height=320,
           reads=("feature",), controls=(compare_panels.to_cards,)),
    _table("study", "Orthogonality: cost and gain", study_panels.draw_table, span=24, height=0,
           reads=("order",), on_pick=_dictionaries.picked),
)  # fmt: skip
COST = _panel("cost", "Absorption against cost", study_panels.draw_cost, span=24, height=304)


def compare(scene: Scene) -> tuple[Panel, ...]:
    """Two dictionaries; what a penalty costs where there is one: the table says what is missing."""
    return (*COMPARE, COST) if study.penalised(scene.dictionaries) else COMPARE


# ----- training

TRAINING = (
    _line("counts", "Steps", training_panels.draw_counts),
    _panel("penalty", "Penalty and loss", training_panels.draw_penalty, span=12, height=480),
    _panel("course", "Course of the training", training_panels.draw_course, span=12, height=480),
)

VIEW = View(
    name="features",
    title="Features",
    fields=FIELDS,
    scene=scene,
    sheets=(
        Sheet("dictionaries", "Dictionaries", dictionaries, ((DICTIONARY,),)),
        Sheet("atoms", "Atoms", atoms, ((DICTIONARY,),)),
        Sheet("compare", "Compare", compare, ((DICTIONARY, BESIDE),)),
        Sheet("training", "Training", TRAINING, ((DICTIONARY, BESIDE),)),
    ),
    has=lambda there: there.any("dictionary"),
    prefers="dictionary",
    analyses=frozenset(
        {"activations", "dictionary", "dictionary_metrics", "dictionary_match"}
        | {"dictionary_features", "dictionary_causal", "dictionary_map"}
    ),
)
