"""Symmetry: how far answers are from themselves after turning the problem and turning back."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from app.components.said import Picked
from app.geometry.audit import DISTANCES, TURN_NAMES, VARIABLES, Audit
from app.geometry.compared import ONE_A_SET, compared, several
from app.geometry.figures import audit as rows
from app.geometry.figures import by_level, example
from app.geometry.figures.by_level import Line
from app.geometry.scene import SYMMETRY, Scene
from app.geometry.subspaces_panels import WALK, levelled, said, spread
from app.geometry.words import CLOSE, between
from app.shared.address.address import Address
from app.shared.drawing import colours
from app.shared.drawing.levels import Line as Words
from app.shared.drawing.levels import Sentence, Strong
from app.shared.page.contract import Drawn, Fields, Missing, Outcome
from app.shared.page.lacking import answer
from ired_interp_core.geometry.names import TURNS
from ired_interp_core.spelling import counted, number

MATRICES = ("walked", "turned_back", "turned_problem", "error")
NOTHING = Missing("No transformation of these problems has a distance.")
COLOURS = dict(zip(TURNS, (*colours.GROUPS, colours.OTHER), strict=True))
SYMBOLS = dict(zip(TURNS, ("circle", "square", "diamond", "triangle-up", "x"), strict=True))


def audit(scene: Scene) -> Audit:
    """The audit of all problems."""
    return Audit(scene.read(SYMMETRY, *VARIABLES))


def _numbers(of: Audit) -> dict[str, tuple[Any, ...]]:
    data: dict[str, tuple[Any, ...]] = {}
    for turn in of.turns:
        data |= spread(turn, of.middles[turn], f"rms distance under {TURN_NAMES[turn]}", "y")
    data |= spread("error", of.error, "rms error of the answer", "y")
    return data | {"rounding": ("level", of.rounding.value, said("rounding of the sampler", "y"))}


def headline(scene: Scene, fields: Fields) -> Outcome:
    """Whether the model keeps its task's symmetries, by level."""
    of = audit(scene)
    if not of.turns:
        return NOTHING
    first: list[Words] = []
    second: list[Words] = []
    for t in WALK:
        parts: list[str | Strong] = [f"t = {t}: turned back, the answer is away from itself by "]
        for k, turn in enumerate(of.turns):
            m = of.middles[turn]
            spelled = f"{number(m.value[t])}{between(m.low[t], m.high[t], '.3g')}"
            parts += [", " if k else "", Strong(spelled), f" rms under {TURN_NAMES[turn]}"]
        e = of.error
        first.append((*parts, "."))
        told = ", ".join(f"{number(of.beside[turn].value[t], '.2g')}" for turn in of.turns)
        second.append((
            f"The model's error is {number(e.value[t])}{between(e.low[t], e.high[t], '.3g')}; the"
            f" distances are {told} times it, and rounding {number(of.rounding.value[t], '.2g')}."
            f" {CLOSE}",
        ))  # fmt: skip
    return Drawn(Sentence([first, second]), levelled(_numbers(of)),
                 scene.sources(SYMMETRY, *VARIABLES))  # fmt: skip


def draw_audit(scene: Scene, fields: Fields) -> Outcome:
    """One row a transformation, at the level in view."""
    of, ink = audit(scene), fields.look.ink
    if not of.turns:
        return NOTHING
    drawn = [(turn, TURN_NAMES[turn], of.middles[turn]) for turn in of.turns]
    figure = rows.figure(drawn, of.error, of.rounding, fields["turn"], ink.text, ink.accent,
                         ink.muted)  # fmt: skip
    problems = counted(of.found.sizes["problem"], "problem")
    return Drawn(figure, levelled(_numbers(of)), scene.sources(SYMMETRY, *VARIABLES),
                 [f"t = {t} · {problems}" for t in WALK])  # fmt: skip


def picked_turn(address: Address, point: Picked) -> Mapping[str, Any] | None:
    """A row shows its example: rows stand in the order of the figure's axis."""
    name = point.custom[1:2]
    return {"turn": name[0]} if name and name[0] in TURNS else None


def draw_by_level(scene: Scene, fields: Fields) -> Outcome:
    """The same distances by level, and the model's error."""
    of = audit(scene)
    if not of.turns:
        return NOTHING
    if several(scene):
        return _turned_sets(scene, fields["turn"])
    lines = [Line(TURN_NAMES[turn], of.middles[turn], COLOURS[turn], symbol=SYMBOLS[turn],
                  band=False, sort=_column(DISTANCES[turn])) for turn in of.turns]  # fmt: skip
    null = by_level.Null("error", of.error.value)
    figure = by_level.figure(lines, [null], "rms distance [y]", log=True)
    return Drawn(figure, levelled(_numbers(of)), scene.sources(SYMMETRY, *VARIABLES),
                 "median over problems")  # fmt: skip


def _column(name: str) -> str:
    """A variable of the audit as Problems spells it."""
    return f"{SYMMETRY}.{name}"


def _turned_sets(scene: Scene, turn: str) -> Outcome:
    """Distance under one transformation, of sets side by side, each beside its own error."""
    names, word = (DISTANCES[turn], "error"), TURN_NAMES[turn]
    of = compared(scene, SYMMETRY, names, lambda found: Audit(found).values(DISTANCES[turn]))
    if not any(np.isfinite(g.middle.value).any() for g in of.groups):
        return Missing(f"{word} is no symmetry of this task, or changes nothing here.")
    error = compared(scene, SYMMETRY, names, lambda found: Audit(found).values("error"))
    errors = [Line(f"{g.side.name}, error", g.middle, g.side.colour, "dash", g.side.symbol,
                   band=False, link=g.side.link, sort=_column("error"), listed=False)
              for g in error.groups]  # fmt: skip
    lines = [g.line(sort=_column(DISTANCES[turn])) for g in of.groups]
    label = f"rms distance under {word} [y]"
    figure = by_level.figure([*lines, *errors], [], label, log=True)
    numbers = of.numbers("distance", f"rms distance under {word}", "y")
    own = error.numbers("error", "rms error of the answer", "y")
    own = own.drop_vars([n for n in own.data_vars if str(n).startswith("slope_")])
    return Drawn(
        figure,
        xr.merge([numbers, own]),
        of.sources,
        of.notes,
        caption=f"{word}: distance by level. {ONE_A_SET} Dashed: the model's error.",
    )


def draw_example(scene: Scene, fields: Fields) -> Outcome:
    """One problem, turned and turned back."""
    problem, turn = fields["problem"], fields["turn"]
    found = scene.one(SYMMETRY, problem, *MATRICES)
    if found is None:
        return answer(scene, scene.asked[SYMMETRY], problem)
    mine = found.sel(turn=turn)
    back, own = mine["turned_back"].values, mine["walked"].values
    given = mine["turned_problem"].values
    if not np.isfinite(back).any():
        return Missing(f"{TURN_NAMES[turn]} is no symmetry of this task, or changes nothing here.")
    away = np.sqrt(((back - own) ** 2).mean((-2, -1)))
    error = found["error"].values
    told = [f" · rms {number(a)}, error {number(e)}" for a, e in zip(away, error, strict=True)]
    figure = example.figure(own, back, given.reshape(-1, given.shape[-1]), told,
                            fields.look.ink.text)  # fmt: skip
    dims = ("level", "row", "col")
    numbers = levelled({
        "answer": (dims, own, said("ŷ_t", "y")),
        "turned_back": (dims, back, said("answer to the turned problem, turned back", "y")),
        "turned_problem": (("part", "row", "col"), given, said("what the model was given")),
        "distance": ("level", away, said("rms of the difference", "y")),
        "error": ("level", error, said("rms error of ŷ_t", "y")),
    })  # fmt: skip
    note = f"problem {problem} · {TURN_NAMES[turn]}"
    return Drawn(figure, numbers, scene.sources(SYMMETRY, *MATRICES, problem=problem), note)


def options(scene: Scene, address: Address) -> Mapping[Any, str]:
    """Transformations that the task has."""
    there = audit(scene).turns if SYMMETRY in scene.asked else []
    return {turn: TURN_NAMES[turn] for turn in dict.fromkeys([*there, address["turn"]])}
