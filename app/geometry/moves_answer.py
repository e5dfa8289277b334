"""The sentence of the sheet on moves: hypotheses 4.5, 4.6, 4.2 and 1.4."""

import numpy as np

from app.geometry.answers import chip, correlated, told
from app.geometry.moves import VARIABLES
from app.geometry.moves_panels import NAMES, absent, manifold_name, moves
from app.geometry.scene import GEOMETRY, Scene, condition
from app.geometry.subspaces_panels import WALK, levelled, said, spread
from app.geometry.words import CLOSE, between, correlation
from app.shared.drawing.levels import Line, Sentence, Strong
from app.shared.page.contract import Drawn, Fields, Outcome
from ired_interp_core.schema import LEVELS
from ired_interp_core.spelling import number


def headline(scene: Scene, fields: Fields) -> Outcome:
    """Which moves the energy punishes, and whether it is convex, by level."""
    of = moves(scene, fields)
    if (nothing := absent(of)) is not None:
        return nothing
    keeps, leaves, _ = NAMES[of.manifold]
    first: list[Line] = []
    second: list[Line] = []
    for t in WALK:
        cost, ratio, bent = of.cost, of.begins, of.convexity
        paid: Line = (f"t = {t}: {keeps} costs no energy, so there is no ratio. ",)
        if np.isfinite(cost.value[t]):
            spelled = number(cost.value[t], ".2f") + between(cost.low[t], cost.high[t])
            paid = (f"t = {t}: {leaves} costs ", Strong(spelled), f" times as much as {keeps}. ")
        first.append((
            *paid, f"The gradient off over along it is {number(ratio.value[t], '.2f')}"
            f"{between(ratio.low[t], ratio.high[t])}, random {number(of.random, '.3g')}, Gaussian"
            f" ideal {number(of.ideal.value[t], '.2f')}. ",
        ))  # fmt: skip
        share = [100 * v[t] for v in (bent.value, bent.low, bent.high)]
        second.append((
            f"Order of energies after projection onto {manifold_name(scene, of)}: ρ"
            f" {correlation(of.kept[0][t])}, random subspace {number(of.kept[1][t].rho, '.2f')}. Of"
            f" pairs of states {number(share[0], '.3g')} %{between(share[1], share[2], '.3g')}"
            f" are not convex. {CLOSE}",
        ))  # fmt: skip
    verdicts = {
        "4.2": of.order_is_kept, "4.5": of.normal_dominates, "4.6": of.leaving_costs,
        "1.4": of.convex(condition(scene.subject.problems)),
    }  # fmt: skip
    data = {
        **spread("cost", of.cost, f"{leaves} over {keeps}", "1"),
        **spread("normal_ratio", of.begins, "‖∇_N E‖/‖∇_T E‖ where a level begins", "1"),
        **spread("bent", of.convexity, "share of pairs that are not convex", "1", "mean"),
        **correlated("projected", of.kept[0], "Spearman of E before and after projection"),
        "projected_random": ("level", [one.rho for one in of.kept[1]],
                             said("the same of a random subspace")),
        "ideal": ("level", of.ideal.value, said("‖∇_N E‖/‖∇_T E‖ of the Gaussian ideal")),
        "random": ("level", np.full(LEVELS, of.random), said("of a random matrix")),
    }  # fmt: skip
    words = {f"hypothesis_{name}": told(verdict) for name, verdict in verdicts.items()}
    chips = [chip(name, verdict) for name, verdict in verdicts.items()]
    return Drawn(Sentence([first, second], chips), levelled(data).assign_attrs(words),
                 scene.sources(GEOMETRY, *VARIABLES))  # fmt: skip
