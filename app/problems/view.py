"""Problems: every problem of a subject; any scalar sorts, filters, or becomes an axis."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import streamlit as st

from app.components.said import Custom
from app.problems import scatter, similar, table
from app.problems.address import FIELDS, MOST_ASKS
from app.problems.scene import VIEW as NAME
from app.problems.scene import Scene, pages, scene
from app.shared.address import session
from app.shared.address.address import Address
from app.shared.drawing.colours import PLACE_NAMES
from app.shared.page import choices, controls, frame, panels
from app.shared.page.contract import Control, Panel, Sheet, View, Words
from app.shared.table import filters
from app.shared.table import rows as table_rows
from app.shared.table import words as column_words
from app.shared.table.rows import Rows
from ired_interp_core import registry
from ired_interp_core.schema import LEVELS

MOST_CSV = 200_000
"""Rows of a saved table."""


def columns(scene: Scene, address: Address) -> Mapping[str, str]:
    """Columns by id, as menus name them."""
    return {i: column_words.menu(q) for i, q in scene.columns.items()}


def descents(scene: Scene, address: Address) -> Mapping[str, str]:
    """Descents by key, and the one that is shown where none is chosen."""
    return {"": "nearest to the official settings", **choices.descents(scene, address)}


def asks(scene: Scene, address: Address) -> None:
    """Which question of an analysis is shown, where there are several."""
    for name, others in scene.family.others.items():
        if name == "descent" or len(others) < 2:
            continue
        controls.choice(
            f"{NAME}:ask:{name}", registry.get(name).title,
            {q.key: f"{q.title} · {q.key[:8]}" for q in others},
            scene.family.asked[name].key,
            partial(_ask, name),
            "the parameters that differ from the defaults", 220,
        )  # fmt: skip


def _ask(name: str, chosen: str) -> None:
    kept = [t for t in st.session_state[session.key(NAME, "ask")] if not t.startswith(f"{name}~")]
    session.push(NAME, ask=(f"{name}~{chosen}", *kept)[:MOST_ASKS], page=1)


def _filters(scene: Scene, address: Address) -> None:
    filters.form(address, scene.columns)
    frame.save(
        "CSV, all columns",
        f"problems-{address['set']}.csv",
        partial(_csv, scene, address, panels.held("scatter")),
        "every column of the problems that pass the filters, or of those in the lasso; at most"
        f" {MOST_CSV:,} rows",
        f"{NAME}:csv",
    )


def _csv(scene: Scene, address: Address, held: Sequence[Custom] | None) -> str:
    known = scene.columns
    wanted = Rows(address["filter"], address["sort"], address["order"] == "down")
    every = [i for i, q in known.items() if q.parts]
    scope = scene.scope(address.values)
    rows = table_rows.points(scene.store, scope, known, every, wanted, MOST_CSV)
    if held is not None:
        rows = rows[rows["problem"].isin([custom[0] for custom in held])]
    return rows.to_csv(index=False)


FIRST_PAGE = {"page": 1}

CONTROLS = (
    (
        replace(choices.DESCENT, options=descents, resets=FIRST_PAGE),
        asks,
        Control("level", "Level t: 9 smooth … 0 sharp",
                {t: str(t) for t in range(LEVELS - 1, -1, -1)}, "of all numbers by level"),
        Control("place", "Place of the curvature", PLACE_NAMES, "where the curvature is taken",
                kind="select", width=150),
    ),
)  # fmt: skip

TABLE = (
    Control("sort", "Sort by", columns, kind="select", width=210, resets=FIRST_PAGE),
    Control("order", "Order", {"down": "largest first", "up": "smallest first"}, resets=FIRST_PAGE),
    Control("page", "Page", None, "page of the table", kind="number", width=110,
            shown=lambda scene, address: pages(scene.total(address.values)) > 1),
    Control("labels", "Columns", {"few": "few", "all": "every label"},
            "a column for every baseline, subspace, …, or only for those in use",
            shown=lambda scene, address: any(q.labels for q in scene.columns.values())),
    _filters,
    lambda scene, address: filters.chips(address, scene.columns),
)  # fmt: skip

SCATTER = tuple(
    Control(name, label, columns, kind="select", width=200)
    for name, label in (("x", "x"), ("y", "y"), ("colour", "Colour"))
)

PANELS = (
    Panel(
        "table", "All problems", (), table.READS, table.draw,
        Words(
            "One row is one problem. Click a row for similar problems, or a head to sort.",
            "Every scalar that an analysis declares for each problem, at the chosen level and place"
            " and in the frame in which it is stored. The best baseline is the trivial predictor"
            " (a rule that never saw the model) with the smallest mean error on these problems. A"
            " missing number passes no filter and is sorted last.",
        ),
        on_pick=table.picked, controls=TABLE, span=13, height=432, kind="table", fills=True,
    ),
    Panel(
        "scatter", "Problems by two numbers", (), scatter.READS, scatter.draw,
        Words(
            "One point is one problem. Drag to filter the table. Dashed: equal values.",
            "Any two scalars of all problems that pass the filters, coloured by a third. An axis is"
            " logarithmic where its number is positive and spans more than a factor of thirty. The"
            " dashed line marks equal values, and the ring marks the chosen problem.",
        ),
        on_pick=table.toggled, selects="problem", controls=SCATTER, span=11, height=432, fills=True,
    ),
    Panel(
        "similar", "Similar problems", ("problem_properties",), similar.READS, similar.draw,
        Words(
            "The problems with the most similar properties; distance in standard deviations."
            " Click one to open it in Landscape.",
            "Each property is standardised over the set to mean 0 and standard deviation 1. The"
            " distance is the root mean square difference over all properties.",
        ),
        on_pick=similar.picked, controls=(similar.open_landscape,), span=13,
        height=0, kind="table",
    ),
)  # fmt: skip

VIEW = View(
    name=NAME,
    title="Problems",
    fields=FIELDS,
    scene=scene,
    sheets=(Sheet("problems", "Problems", PANELS, CONTROLS),),
    has=lambda there: there.any("descent"),
    analyses=frozenset({"problem_properties", "descent"}),
)
