"""Moves: gradients off and along a manifold, the cost of leaving it, projections, convexity."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from app.components.said import Picked
from app.geometry import links, over
from app.geometry.compared import ONE_A_SET, compared, several
from app.geometry.conditions import Set, slope
from app.geometry.figures import by_level, dots, lengths
from app.geometry.figures import condition as by_condition
from app.geometry.figures.by_level import Line, Null
from app.geometry.figures.dots import Field
from app.geometry.moves import CONVEX, VARIABLES, Moves
from app.geometry.moves_words import BY_KAPPA, SIDE_BY_SIDE
from app.geometry.scene import GEOMETRY, Scene, condition
from app.geometry.slopes import spelled
from app.geometry.subspaces_panels import WALK, levelled, said, spread
from app.geometry.words import between, correlation
from app.shared.address.address import Address, set_name
from app.shared.drawing import colours
from app.shared.page.contract import Drawn, Fields, Missing, Outcome
from ired_interp_core import made_to_order
from ired_interp_core.geometry.names import LENGTHS, MOVES, PROJECTIONS
from ired_interp_core.schema import LEVELS
from ired_interp_core.spelling import counted, number

NAMES = {
    "rank": ["keeping the rank", "raising the rank", "random"],
    "symmetric": ["keeping symmetry", "breaking symmetry", "random"],
}
NONE = (
    "The truths of these problems are not symmetric: only matrices of rank r are a manifold here."
)


def moves(scene: Scene, fields: Fields) -> Moves:
    """What the fields of the address ask for."""
    found = scene.read(GEOMETRY, *VARIABLES)
    return Moves(found, fields["manifold"], float(fields["length"]))


def absent(of: Moves) -> Missing | None:
    """Why there is nothing to draw of a manifold; None where there is something."""
    if np.isfinite(of.begins.value).any():
        return None
    return Missing(NONE if of.manifold == "symmetric" else "No gradient is known of any problem.")


def manifold_name(scene: Scene, of: Moves) -> str:
    """The manifold in words."""
    return f"rank {scene.rank}" if of.manifold == "rank" else "symmetric matrices"


def draw_split(scene: Scene, fields: Fields) -> Outcome:
    """Gradient off the manifold over gradient along it, by level."""
    of = moves(scene, fields)
    if (nothing := absent(of)) is not None:
        return nothing
    if several(scene):
        return _splits(scene, of)
    told = [f"random {number(of.random)}, Gaussian ideal {number(of.ideal.value[t])}"
            for t in range(LEVELS)]  # fmt: skip
    figure = by_level.figure(
        [Line("begin of the level", of.begins, colours.PLACES["noised_truth"], told=told),
         Line("end", of.ends, colours.PLACES["answer"], "dot", "square", band=False, told=told)],
        [Null("random matrix", np.full(LEVELS, of.random)),
         Null("equal", np.ones(LEVELS), dash="dot")],
        "‖∇E‖ off/along [1]", log=True,
    )  # fmt: skip
    words = "‖∇_N E‖/‖∇_T E‖"
    numbers = levelled({
        **spread("begin", of.begins, f"{words} where a level begins", "1"),
        **spread("end", of.ends, f"{words} where it ends", "1"),
        "ideal": ("level", of.ideal.value, said(f"{words} of the Gaussian ideal, median")),
        "random": ("level", np.full(LEVELS, of.random), said(f"{words} of a random matrix")),
    })  # fmt: skip
    note = f"{manifold_name(scene, of)} · {counted(len(of.problems), 'problem')}"
    return Drawn(figure, numbers, scene.sources(GEOMETRY, *VARIABLES), note)


def _splits(scene: Scene, own: Moves) -> Outcome:
    """The same of sets side by side, where a level begins."""
    of = compared(scene, GEOMETRY, VARIABLES,
                  lambda found: Moves(found, own.manifold, own.length).at_begin)  # fmt: skip
    figure = by_level.figure(
        [g.line() for g in of.groups],
        [Null("random matrix", np.full(LEVELS, own.random)),
         Null("equal", np.ones(LEVELS), dash="dot")],
        "‖∇E‖ off/along [1]", log=True,
    )  # fmt: skip
    numbers = of.numbers("begin", "‖∇_N E‖/‖∇_T E‖ where a level begins", "1")
    numbers = numbers.assign(random=((), own.random, said("of a random matrix")))
    return Drawn(figure, numbers, of.sources, of.notes,
                 caption=f"Where a level begins. {ONE_A_SET} Grey: a random matrix.")  # fmt: skip


def draw_length(scene: Scene, fields: Fields) -> Outcome:
    """Energy cost of moves by their length."""
    of = moves(scene, fields)
    if (nothing := absent(of)) is not None:
        return nothing
    flat = over.middle(of.energies.reshape(len(of.energies), -1))
    shape = of.energies.shape[1:]
    quartiles = np.stack([v.reshape(shape) for v in (flat.lower, flat.value, flat.upper)])
    figure = lengths.figure(quartiles, np.array(LENGTHS), NAMES[of.manifold])
    dims = ("quartile", "level", "move", "length")
    numbers = xr.Dataset(
        {"rise": (dims, quartiles, said("ΔE of a move, over problems", "E"))},
        {"quartile": [25, 50, 75], "level": np.arange(LEVELS), "move": list(MOVES),
         "length": list(LENGTHS)},
    ).sel(level=WALK)  # fmt: skip
    note = f"{manifold_name(scene, of)} · {counted(len(of.problems), 'problem')}"
    return Drawn(figure, numbers, scene.sources(GEOMETRY, *VARIABLES), note)


def draw_pairs(scene: Scene, fields: Fields) -> Outcome:
    """Both costs of equal moves, one dot a problem."""
    of = moves(scene, fields)
    if (nothing := absent(of)) is not None:
        return nothing
    keeping, leaving = (of.at_length[..., k].T for k in (0, 1))
    keeps, leaves, _ = NAMES[of.manifold]
    figure = dots.figure(
        [Field(f"ΔE {keeps} [E]", keeping, leaving, colours.SECOND)], of.problems,
        f"ΔE {leaves} [E]", fields.look.ink.text, equal=True, log=True,
    )  # fmt: skip
    dims = ("level", "problem")
    numbers = levelled(
        {"keeping": (dims, keeping, said(f"ΔE {keeps}", "E")),
         "leaving": (dims, leaving, said(f"ΔE {leaves}", "E")),
         **spread("ratio", of.cost, "leaving over keeping", "1")},
        problem=of.problems,
    )  # fmt: skip
    notes = [f"ratio {number(of.cost.value[t], '.2f')}"
             f"{between(of.cost.low[t], of.cost.high[t])} at {number(of.length)} ‖y*‖"
             if np.isfinite(of.cost.value[t]) else "no ratio: keeping costs no energy"
             for t in WALK]  # fmt: skip
    return Drawn(figure, numbers, scene.sources(GEOMETRY, *VARIABLES), notes)


def draw_project(scene: Scene, fields: Fields) -> Outcome:
    """Energy before and after a projection, one dot a problem."""
    of = moves(scene, fields)
    if (nothing := absent(of)) is not None:
        return nothing
    before, after = of.before.T, of.after.transpose(2, 1, 0)
    field = Field("E(ŷ) [E]", before, after[0], colours.PLACES["answer"],
                  manifold_name(scene, of), after[1], "random subspace")  # fmt: skip
    figure = dots.figure([field], of.problems, "E(Pŷ) [E]", fields.look.ink.text, equal=True)
    numbers = levelled(
        {"before": (("level", "problem"), before, said("E of the answer", "E")),
         "after": (("projection", "level", "problem"), after, said("E projected", "E")),
         "rho": (("projection", "level"), [[one.rho for one in row] for row in of.kept],
                 said("Spearman of both"))},
        problem=of.problems, projection=list(PROJECTIONS),
    )  # fmt: skip
    own, chance = of.kept
    notes = [f"ρ {correlation(own[t])}, random {number(chance[t].rho, '.2f')}" for t in WALK]
    return Drawn(figure, numbers, scene.sources(GEOMETRY, *VARIABLES), notes)


def conditioned(scene: Scene) -> list[Set]:
    """The sets of one κ that the model has a geometry on."""
    found = []
    for one in scene.beside:
        bent = scene.read_of(one, "bent_share")
        values = made_to_order.values(one.problems.task, one.problems.variant)
        norm = values.get("kept") == "largest"
        found.append(Set(set_name(one.problems), condition(one.problems) or np.nan, norm,
                         bent["bent_share"].transpose("problem", "level").values))  # fmt: skip
    return found


def draw_convex(scene: Scene, fields: Fields) -> Outcome:
    """Share of pairs of states that are not convex: by κ where there are sets, else by level."""
    sets = conditioned(scene)
    if condition(scene.subject.problems) is None or len({one.condition for one in sets}) < 2:
        return _one_set(scene)
    figure = by_condition.figure(sets, CONVEX, fields.look.ink.text)
    dims = ("level", "set")
    data = {
        f"bent{end}": (dims, np.stack([getattr(one.middle, part) for one in sets], 1),
                       said(f"share of pairs that are not convex, {words}"))
        for end, part, words in (("", "value", "mean"), ("_low", "low", "lower end of 95 %"),
                                 ("_high", "high", "upper end"))
    }  # fmt: skip
    found = [slope(sets, t) for t in range(LEVELS)]
    for part in ("value", "low", "high", "shuffled"):
        each = [np.nan if one is None else getattr(one, part) for one in found]
        data[f"slope_{part}"] = ("level", each, said("of the share on log₁₀ κ"))
    data["condition"] = ("set", [one.condition for one in sets], said("κ"))
    notes = []
    for t in WALK:
        one = found[t]
        notes.append("one κ: no slope" if one is None else spelled(one, "decade of κ"))
    numbers = levelled(data, set=[one.name for one in sets])
    sources = [scene.source(one, "bent_share") for one in scene.beside]
    return Drawn(figure, numbers, sources, notes, caption=BY_KAPPA)


def picked_set(address: Address, point: Picked) -> Mapping[str, Any] | Address | None:
    """A set is shown; a mark of a level leads to its problems."""
    told = point.custom[:1]
    if told and isinstance(told[0], str):
        return {"set": told[0], "q": "", "problem": 0}
    return links.by_level("geometry.bent_share")(address, point)


def _one_set(scene: Scene) -> Outcome:
    """The share of one set by level."""
    if several(scene):
        return _shares(scene)
    of = Moves(scene.read(GEOMETRY, *VARIABLES), "rank", LENGTHS[0])
    mean = of.convexity
    if not np.isfinite(mean.value).any():
        return Missing("No two states of a level lie apart in any problem.")
    top = 1.1 * max(CONVEX, float(np.nanmax([mean.value, mean.high, mean.upper])))
    figure = by_level.figure(
        [Line("mean over problems", mean, colours.IDEAL, kind="mean")],
        [Null("0.05, asked at κ = 10", np.full(LEVELS, CONVEX))],
        "share of pairs", span=(0, min(top, 1.02)),
    )  # fmt: skip
    numbers = levelled(spread("bent", mean, "share of pairs that are not convex", "1", "mean"))
    return Drawn(figure, numbers, scene.sources(GEOMETRY, "bent_share"),
                 f"{counted(len(of.problems), 'problem')} · one set: no slope on κ")  # fmt: skip


def _shares(scene: Scene) -> Outcome:
    """The share by level of sets side by side."""
    of = compared(
        scene,
        GEOMETRY,
        ("bent_share",),
        lambda found: found["bent_share"].transpose("problem", "level").values,
        over.share,
    )
    top = 1.1 * max(CONVEX, *(float(np.nanmax(g.middle.value, initial=0)) for g in of.groups))
    figure = by_level.figure(
        [g.line("mean") for g in of.groups],
        [Null("0.05, asked at κ = 10", np.full(LEVELS, CONVEX))],
        "share of pairs", span=(0, min(top, 1.02)),
    )  # fmt: skip
    return Drawn(figure, of.numbers("bent", "mean share of pairs that are not convex", "1"),
                 of.sources, of.notes, caption=SIDE_BY_SIDE)  # fmt: skip
