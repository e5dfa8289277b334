"""An eigenvalue that a reader clicked: its eigenvector as a matrix, and the energy along it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from app.components.said import Picked
from app.landscape import point
from app.landscape.eigen_address import Eigen
from app.landscape.figures import eigenvector
from app.landscape.numbers import LEVELS
from app.landscape.scene import Scene
from app.shared.address.address import Address
from app.shared.asks import live, reading
from app.shared.asks import slices as asked_slices
from app.shared.page.contract import Compute, Drawn, Fields, Missing, Outcome, Source
from ired_interp_core import registry
from ired_interp_core.curvature.ideal import INDEX_TOLERANCE
from store import QuestionInfo

ANALYSIS, SPECTRUM = "eigenvector", "hessian_spectrum"
READS = ("problem", "place", "frame", "eigen", "point", "plane", "centre", "q")


def picked(at_point: bool) -> Any:
    """What a click on an eigenvalue of a spectrum does; one beside them does nothing."""

    def pick(address: Address, picked: Picked) -> Mapping[str, Any] | None:
        rank = picked.custom[0] if picked.custom else None
        if not live.offered() or not isinstance(rank, int | float) or rank < 1:
            return None
        return {"eigen": Eigen(int(rank), at_point)}

    return pick


def another_plane(address: Address, key: str) -> Mapping[str, Any]:
    """Show another slice: the coordinates of a point on this one would be another point there."""
    eigen = address["eigen"]
    kept = None if eigen is not None and eigen.at_point else eigen
    return {"plane": address["plane"], "centre": "", "q": key, "point": None, "eigen": kept}


@dataclass(frozen=True)
class _Of:
    """The spectrum whose eigenvalue is meant, and its answer."""

    question: QuestionInfo
    answer: xr.Dataset

    @property
    def count(self) -> int:
        """How many eigenvalues it has."""
        return int(self.answer.sizes["eigenvalue"])


def _spectrum(scene: Scene, fields: Fields) -> _Of | Missing:
    eigen = fields["eigen"]
    if eigen.at_point:
        found = point.found(scene, fields)
        return found if isinstance(found, Missing) else _Of(*found)
    question = scene.asked.get(SPECTRUM)
    answer = scene.read(question, fields["problem"])
    if question is None or answer is None:
        return Missing("An eigenvector belongs to a spectrum, which has not been computed yet.")
    return _Of(question, answer)


def _asks(scene: Scene, fields: Fields, of: _Of) -> Compute:
    """The question about the eigenvector."""
    given = {"rank": of.count - fields["eigen"].rank}
    given |= {} if fields["eigen"].at_point else {"place": fields["place"]}
    subject, inputs = scene.subject, {"spectrum": of.question.key}
    also = "also fills the energy along it"
    return Compute(
        ANALYSIS, subject.model, subject.problems, fields["problem"], given, inputs, also
    )


def _question(scene: Scene, asks: Compute, of: _Of) -> QuestionInfo | None:
    """The very question in the store, found by its key."""
    filled = {
        "model": asks.model, "problems": asks.problems.digest, "spectrum": of.question.key,
        "descent": of.question.inputs["descent"],
    }  # fmt: skip
    key = registry.get(ANALYSIS).question(filled, asks.parameters).key
    there = reading.questions(scene.store, scene.subject, ANALYSIS)
    return next((q for q in there if q.key == key), None)


def _kept(of: _Of, fields: Fields) -> xr.Dataset | None:
    """The eigenvector out of the spectrum's own answer, where that keeps it; without E along it."""
    if "vector_top" not in of.answer:
        return None
    answer, rank = of.answer, fields["eigen"].rank
    if not fields["eigen"].at_point:
        answer = answer.sel(place=fields["place"])
    many, back = answer.sizes["vector"], of.count - rank
    if rank > many and back >= many:
        return None
    end, at = ("vector_top", back) if back < many else ("vector_bottom", rank - 1)
    lam = answer["eigenvalue_spectrum"].values.astype(np.float64)
    every = np.sort(lam, axis=-1)[:, max(rank - 2, 0) : rank + 1]
    gap = np.abs(np.delete(every, min(rank - 1, 1), axis=-1) - lam[:, [rank - 1]]).min(-1)
    vector = answer[end].isel(vector=at).values.astype(np.float64)
    error = INDEX_TOLERANCE[of.question.parameters["dtype"]]
    n = vector.shape[-1]
    return xr.Dataset(
        {
            "vector": (("level", "row", "col"), vector),
            "eigenvalue": ("level", lam[:, rank - 1]),
            "gap": ("level", gap),
            "resolved": ("level", gap > error * np.abs(lam).max(-1)),
            "symmetric_share": (
                "level", (((vector + vector.swapaxes(1, 2)) / 2) ** 2).sum((1, 2))
            ),
            "diagonal_share": ("level", (np.diagonal(vector, axis1=1, axis2=2) ** 2).sum(-1)),
            "symmetric_share_random": ((), (n + 1) / (2 * n)),
            "diagonal_share_random": ((), 1 / n),
        },
        {"level": answer["level"].values},
    )  # fmt: skip


def _found(scene: Scene, fields: Fields, along: bool) -> tuple[xr.Dataset, Source, _Of] | Missing:
    of = _spectrum(scene, fields)
    if isinstance(of, Missing):
        return of
    rank = fields["eigen"].rank
    if rank > of.count:
        return Missing(f"The spectrum has {of.count} eigenvalues, and none of rank {rank}.")
    asks, problem = _asks(scene, fields, of), {"problems": [fields["problem"]]}
    question = _question(scene, asks, of)
    answer = scene.read(question, fields["problem"])
    if question is not None and answer is not None:
        return answer, Source(question, problem), of
    kept = None if along else _kept(of, fields)
    if kept is not None:
        names = ["eigenvalue_spectrum", "vector_top", "vector_bottom"]
        return kept, Source(of.question, {**problem, "variables": names}), of
    return Missing(f"The eigenvector of rank {rank} has not been computed.", compute=asks)


def draw_matrix(scene: Scene, fields: Fields) -> Outcome:
    """The eigenvector as a matrix, with its shares beside those of random directions."""
    found = _found(scene, fields, along=False)
    if isinstance(found, Missing):
        return found
    answer, used, of = found
    shown = numbers(answer, scene, fields, of.count).drop_dims("s", errors="ignore")
    return Drawn(
        eigenvector.matrix(shown),
        shown,
        [used],
        eigenvector.notes(shown),
        asks=_plane(scene, fields, of.count),
    )


def draw_along(scene: Scene, fields: Fields) -> Outcome:
    """The energy along the eigenvector, beside the parabola that the Hessian predicts."""
    found = _found(scene, fields, along=True)
    if isinstance(found, Missing):
        return found
    answer, used, of = found
    shown = numbers(answer, scene, fields, of.count).drop_dims(["row", "column"])
    return Drawn(eigenvector.along(shown), shown, [used], eigenvector.departures(shown))


def numbers(answer: xr.Dataset, scene: Scene, fields: Fields, count: int) -> xr.Dataset:
    """What both panels draw: the matrix and its shares, and E along it where that is known."""
    ordered = answer.sel(LEVELS)
    alpha_bar = scene.schedule.alphas_cumprod[LEVELS["level"]]
    level = fields["frame"] == "level"
    factor, unit = (np.ones_like(alpha_bar), "E/ỹ²") if level else (alpha_bar, "E/y²")
    matrix = ("level", "row", "column")
    data: dict[str, Any] = {
        "vector": (matrix, ordered["vector"].values, _named("eigenvector v", "1")),
        "eigenvalue": ("level", ordered["eigenvalue"].values * factor, _named("λ", unit)),
        "gap": ("level", ordered["gap"].values * factor, _named("gap to the next λ", unit)),
        "resolved": (
            "level", ordered["resolved"].values.astype(np.int8),
            _named("whether the gap exceeds the error of the spectrum", "1"),
        ),
    }  # fmt: skip
    for name, said in (
        ("symmetric_share", "symmetric share"),
        ("diagonal_share", "diagonal share"),
    ):
        data[name] = ("level", ordered[name].values, _named(said, "1"))
        random = float(ordered[f"{name}_random"])
        data[f"{name}_random"] = ((), random, _named(f"{said} of a random direction", "1"))
    coords: dict[str, Any] = dict(LEVELS)
    if "energy_along" in ordered:
        s = ordered["position"].values
        energy = ordered["energy_along"].transpose("level", "node").values
        root = np.sqrt(alpha_bar)[:, None]
        slope, lam = (ordered[n].values[:, None] for n in ("slope_along", "eigenvalue"))
        middle = energy[:, [len(s) // 2]]
        parabola = middle + root * s * slope + (root * s) ** 2 * lam / 2
        data["energy"] = (("level", "s"), energy, _named("E_t along v", "E"))
        data["parabola"] = (("level", "s"), parabola, _named("what ∇E and λ predict", "E"))
        coords["s"] = ("s", s, _named("position along v, data frame", "y"))
    eigen: Eigen = fields["eigen"]
    place = "point" if eigen.at_point else fields["place"]
    facts = {"rank": eigen.rank, "eigenvalues": count, "place": place, "frame": fields["frame"]}
    return xr.Dataset(data, coords, facts)


def _named(long_name: str, units: str) -> dict[str, str]:
    return {"long_name": long_name, "units": units}


def _plane(scene: Scene, fields: Fields, count: int) -> tuple[Compute, ...]:
    """A plane along it and another direction, around where the spectrum was taken."""
    slice_, eigen = scene.slice(fields), fields["eigen"]
    if slice_ is None:
        return ()
    back = count - eigen.rank
    rank = back if back < count / 2 else -eigen.rank  # as a plane counts them, from either end
    given: dict[str, Any] = {
        "u": "eigenvector", "u_index": rank, "v": "eigenvector", "v_index": 0 if rank == -1 else -1,
        "place": fields["place"],
    }  # fmt: skip
    if eigen.at_point:
        a, b = fields["point"]
        given |= {"place": "point", "a": a, "b": b}
    subject = scene.subject
    return (
        Compute(
            asked_slices.DIRECTED, subject.model, subject.problems, fields["problem"], given,
            {"slice": slice_.key}, free=True, label=f"plane along rank {eigen.rank}",
            hides=("u", "u_index", "place", "a", "b", "step", "seed"), follows="level",
        ),
    )  # fmt: skip
