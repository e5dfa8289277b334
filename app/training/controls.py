"""Choices of the sheet along training that no field alone describes: series, setting, slice."""

import streamlit as st

from app.shared.address import session
from app.shared.address.address import Address
from app.shared.address.fields import MOST_SERIES
from app.shared.asks import series, slices
from app.shared.page.controls import choice, problem
from app.training import questions
from app.training.scene import Scene
from ired_interp_core.spelling import counted

VIEW = "annealing"


def trainings(scene: Scene, address: Address) -> None:
    """Series of checkpoints, drawn over each other."""
    known = {one.id: one for one in series.known(scene.store)}
    key = "series:chosen"
    st.session_state[key] = [one.id for one in scene.chosen]

    def choose() -> None:
        ids = list(st.session_state[key])
        # A series of another task takes the place of the others: no figure shows two tasks.
        if ids:
            last = known[ids[-1]]
            ids = [i for i in ids if (known[i].task, known[i].size) == (last.task, last.size)]
        ids = ids[-MOST_SERIES:]
        sets = questions.sets(scene.store, [known[i] for i in ids])
        kept = address["set"]
        shown = kept if kept in sets else next(iter(sets), kept)
        session.push(VIEW, series=tuple(ids), set=shown, q="")

    st.multiselect(
        "Series",
        list(known),
        key=key,
        format_func=lambda i: f"{series.name(scene.store, known[i])} · {known[i].task}",
        on_change=choose,
        placeholder="choose series of models",
        help=f"trainings that kept models at several steps; at most {MOST_SERIES}, all of one task",
    )


def problem_sets(scene: Scene, address: Address) -> dict[str, str]:
    """The seeded sets of problems that every step was asked about."""
    there = questions.sets(scene.store, scene.chosen)
    return {name: f"{p.kind} · {p.size}×{p.size} · seed {p.seed}" for name, p in there.items()}


def quantities(scene: Scene, address: Address) -> dict[str, str]:
    """Any scalar of the catalog that these models have."""
    return {i: f"{q.label} · {q.group.lower()}" for i, q in scene.quantities.items()}


def setting(scene: Scene, address: Address) -> None:
    """How the analysis of the quantity was asked, where it was asked in several ways."""
    if address["quantity"] not in scene.quantities:
        return
    analysis = scene.quantities[address["quantity"]].analysis
    ways, shown = scene.ways(analysis), scene.asked(analysis, address["q"])
    if len(ways) < 2 or shown is None:
        return
    choice(
        "series:way", "Setting",
        {w.first.key: f"{w.first.title} · {counted(len(w.by_model), 'model')}" for w in ways},
        shown.first.key,
        lambda key: session.push(VIEW, q=key),
        "the parameters that differ from the defaults", 240,
    )  # fmt: skip


def plane(scene: Scene, address: Address) -> None:
    """The plane, and the point at its centre; the problem."""
    there = scene.slices
    if not there:
        return
    every = tuple(way.first for way in there.values())
    choice(
        "series:plane", "Slice",
        {k: slices.name(q, every) for k, q in zip(there, every, strict=True)},
        scene.plane(address["plane"], address["centre"]),
        lambda place: session.push(VIEW, plane=place[0], centre=place[1]),
        "the plane of the slice and the point at its centre", 380,
    )  # fmt: skip
    most = max((q.rows_present[-1][1] - 1 for q in every if q.rows_present), default=0)
    ends = (0, max(most, address["problem"] or 0))
    problem(address, "problem", "Problem", ends, "index of the problem in its set", 130)
