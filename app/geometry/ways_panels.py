"""Subspaces: energy against distance over all problems; angles and ways to the truth of one."""

import numpy as np
import xarray as xr

from app.geometry.address import place
from app.geometry.figures import angles, dots, way
from app.geometry.figures.dots import Field
from app.geometry.scene import GEOMETRY, Scene
from app.geometry.subspaces import VARIABLES
from app.geometry.subspaces_panels import DISTANCE_LABELS, WALK, levelled, said, subspaces
from app.geometry.words import between, correlation
from app.shared.drawing import colours
from app.shared.page.contract import Drawn, Fields, Outcome
from app.shared.page.lacking import answer
from ired_interp_core import intervals
from ired_interp_core.geometry.names import FACTORS
from ired_interp_core.spelling import number

RANDOM = 0.05
"""Standard deviation of the cosine of random directions in 400 dimensions."""
ANGLES = ("principal_angle", "angle_random", "angle_random_sd")
WAYS = ("path_energy", "straight_energy", "transport_cosine")
BARRIERS = ("path_barrier", "straight_barrier")


def draw_energy(scene: Scene, fields: Fields) -> Outcome:
    """Energy excess against both distances, one dot a problem."""
    of = subspaces(scene, fields)
    colour, chosen = colours.PLACES[of.place], fields["problem"]
    drawn = [
        Field(DISTANCE_LABELS[of.kind], of.own.T, of.excess.T, colour, chosen=chosen),
        Field("Euclidean ‖ŷ − y*‖ [y]", of.euclidean.T, of.excess.T, colour, chosen=chosen),
    ]
    figure = dots.figure(drawn, of.problems, "E − E(y*) [E]", fields.look.ink.text)
    dims = ("level", "problem")
    numbers = levelled(
        {
            "distance": (dims, of.own.T, said(f"{of.kind} distance", "rad")),
            "euclidean": (dims, of.euclidean.T, said("‖ŷ − y*‖", "y")),
            "excess": (dims, of.excess.T, said("energy above the truth's", "E")),
            "rho": ("level", [one.rho for one in of.follows], said("Spearman with distance")),
            "rho_euclidean": ("level", [c.rho for c in of.straight], said("with ‖ŷ − y*‖")),
            "shuffled": ("level", [one.shuffled for one in of.follows],
                         said("95 % of shuffled pairs stay below")),
        },
        problem=of.problems,
    )  # fmt: skip
    notes = [
        f"t = {t} · ρ {correlation(of.follows[t])} and {correlation(of.straight[t])}" for t in WALK
    ]
    return Drawn(figure, numbers, scene.sources(GEOMETRY, *VARIABLES), notes)


def draw_angles(scene: Scene, fields: Fields) -> Outcome:
    """Principal angles of one problem at every level."""
    problem, where = fields["problem"], place(fields["place"])
    found = scene.one(GEOMETRY, problem, *ANGLES)
    if found is None:
        return answer(scene, scene.asked[GEOMETRY], problem)
    k = min(fields["k"], int(found["dimension"].values[-1]))
    theta = found["principal_angle"].sel(place=where, dimension=k)
    theta = theta.transpose("level", "factor", "angle").values[..., :k]
    mean, sd = (found[name].sel(dimension=k).values[:k] for name in ANGLES[1:])
    figure = angles.figure(theta, mean, sd, colours.PLACES[where], fields.look.ink.muted)
    numbers = levelled(
        {
            "angle": (("level", "factor", "number"), theta, said("principal angle", "rad")),
            "random": ("number", mean, said("of random pairs, mean", "rad")),
            "random_sd": ("number", sd, said("of random pairs, s.d.", "rad")),
        },
        factor=list(FACTORS), number=np.arange(1, k + 1),
    )  # fmt: skip
    return Drawn(figure, numbers, scene.sources(GEOMETRY, *ANGLES, problem=problem),
                 f"problem {problem}, k = {k}")  # fmt: skip


def draw_path(scene: Scene, fields: Fields) -> Outcome:
    """Energy of one problem along the geodesic path and straight on."""
    problem = fields["problem"]
    found = scene.one(GEOMETRY, problem, *WAYS)
    if found is None:
        return answer(scene, scene.asked[GEOMETRY], problem)
    turned, straight, cosine = (found[name].values for name in WAYS)
    passed = found["passed"].values
    figure = way.figure(passed, turned, straight, cosine, RANDOM, fields.look.ink.muted)
    every = scene.read(GEOMETRY, *BARRIERS)
    shares = {name: _unimodal(every[name]) for name in BARRIERS}
    dims = ("level", "passed")
    numbers = levelled(
        {
            "geodesic": (dims, turned, said("E along the geodesic path", "E")),
            "straight": (dims, straight, said("E along the straight line", "E")),
            "cosine": (dims, cosine, said("cosine of the transported gradient")),
            "random": ((), RANDOM, said("s.d. of the cosine of random directions")),
            **{f"{name}_{part}": ("level", values, said(words))
               for name, found_ in shares.items()
               for part, values, words in zip(
                   ("unimodal", "low", "high"), found_,
                   ("share of problems with one valley", "lower end", "upper end"), strict=True)},
        },
        passed=passed,
    )  # fmt: skip
    notes = [f"problem {problem} · one valley in {_spelled(shares['path_barrier'], t)} of problems,"
             f" straight {_spelled(shares['straight_barrier'], t)}" for t in WALK]  # fmt: skip
    sources = scene.sources(GEOMETRY, *WAYS, problem=problem)
    return Drawn(figure, numbers, [*sources, *scene.sources(GEOMETRY, *BARRIERS)], notes)


def _unimodal(barrier: xr.DataArray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Share of problems without a barrier at each level, with its exact interval."""
    values = barrier.transpose("problem", "level").values
    count = np.isfinite(values).sum(0)
    hits = (values <= 0).sum(0)
    share = np.where(count > 0, hits / np.maximum(count, 1), np.nan)
    return share, *intervals.proportion(hits, count)


def _spelled(found: tuple[np.ndarray, np.ndarray, np.ndarray], t: int) -> str:
    share, low, high = (100 * values[t] for values in found)
    return f"{number(share, '.0f')} %{between(low, high, '.0f')}"
