"""Subspaces of all problems: distance by level, and for every k."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from app.components.said import Picked
from app.geometry import links, over
from app.geometry.address import place
from app.geometry.compared import ONE_A_SET, compared, several
from app.geometry.figures import by_k, by_level
from app.geometry.figures.by_level import Line, Null
from app.geometry.over import Middle
from app.geometry.scene import GEOMETRY, Scene
from app.geometry.subspaces import VARIABLES, Subspaces
from app.shared.address.address import Address
from app.shared.drawing import colours
from app.shared.drawing.levels import LEVEL_ORDER
from app.shared.page.contract import Drawn, Fields, Outcome
from ired_interp_core.geometry.names import FACTORS
from ired_interp_core.schema import LEVELS
from ired_interp_core.spelling import counted, number

WALK = list(LEVEL_ORDER)
SAID = {"geodesic": ("geodesic distance ‖θ‖", "rad"), "chordal": ("chordal distance ‖sin θ‖", "1")}
DISTANCE_LABELS = {"geodesic": "geodesic ‖θ‖ [rad]", "chordal": "chordal ‖sin θ‖ [1]"}


def subspaces(scene: Scene, fields: Fields) -> Subspaces:
    """What the fields of the address ask for."""
    found = scene.read(GEOMETRY, *VARIABLES)
    return Subspaces(found, place(fields["place"]), fields["distance"], fields["k"])


def said(words: str, units: str = "1") -> dict[str, str]:
    """Attributes of an exported variable."""
    return {"long_name": words, "units": units}


def spread(
    name: str, found: Middle, words: str, units: str, kind: str = "median"
) -> dict[str, tuple[Any, ...]]:
    """A median or mean with its interval, quartiles and count, as exported variables."""
    parts = {"": kind, "_low": f"lower end of the 95 % interval of the {kind}",
             "_high": "upper end of it", "_lower": "first quartile",
             "_upper": "third quartile"}  # fmt: skip
    values = (found.value, found.low, found.high, found.lower, found.upper)
    told = {
        f"{name}{end}": ("level", v, said(f"{words}, {part}", units))
        for (end, part), v in zip(parts.items(), values, strict=True)
    }
    return told | {f"{name}_problems": ("level", found.count, said("problems behind it"))}


def levelled(data: Mapping[str, tuple[Any, ...]], **coords: Any) -> xr.Dataset:
    """Variables [level, …], in the order of the walk."""
    return xr.Dataset(dict(data), {"level": np.arange(LEVELS), **coords}).sel(level=WALK)


def draw_distance(scene: Scene, fields: Fields) -> Outcome:
    """Median distance of the leading spaces to those of the truth, by level."""
    of = subspaces(scene, fields)
    if several(scene):
        return _distances(scene, fields, of)
    words, units = SAID[of.kind]
    mean, sd = (values[of.at - 1] for values in of.random)
    whole = np.ones(LEVELS)
    gap = of.resolved[:, of.at - 1]
    told = [f"random {number(mean)}, s.d. {number(sd)}; gap at k in {100 * share:.0f} % of problems"
            for share in gap]  # fmt: skip
    unit = " rad" if units == "rad" else ""
    top = 1.06 * max(mean + 1.96 * sd, float(np.nanmax(of.middle.upper, initial=0.1)))
    low, high = ((mean + side * sd) * whole for side in (-1.96, 1.96))
    figure = by_level.figure(
        [Line(of.place, of.middle, colours.PLACES[of.place], hollow=of.undetermined, told=told)],
        [Null("random pairs", mean * whole, low, high)],
        DISTANCE_LABELS[of.kind], span=(0, top), unit=unit,
    )  # fmt: skip
    numbers = levelled({
        **spread("distance", of.middle, words, units),
        "random": ("level", mean * whole, said(f"{words} of random pairs, mean", units)),
        "random_sd": ("level", sd * whole, said(f"{words} of random pairs, s.d.", units)),
        "gap": ("level", gap, said("share of problems with a gap at k")),
    }).assign_attrs(k=of.at, place=of.place)  # fmt: skip
    return Drawn(figure, numbers, scene.sources(GEOMETRY, *VARIABLES), _note(of))


def _distances(scene: Scene, fields: Fields, own: Subspaces) -> Outcome:
    """The same of sets side by side."""
    each = {}

    def distance(found: xr.Dataset) -> np.ndarray:
        one = each[len(each)] = Subspaces(found, own.place, own.kind, own.k)
        return one.own

    of = compared(scene, GEOMETRY, VARIABLES, distance)
    words, units = SAID[own.kind]
    mean, sd = (values[own.at - 1] for values in own.random)
    whole = np.ones(LEVELS)
    low, high = ((mean + side * sd) * whole for side in (-1.96, 1.96))
    top = 1.06 * max(float(high[0]), *(float(np.nanmax(g.middle.value, initial=0.1))
                                       for g in of.groups))  # fmt: skip
    figure = by_level.figure(
        [g.line(hollow=each[k].undetermined) for k, g in enumerate(of.groups)],
        [Null("random pairs", mean * whole, low, high)], DISTANCE_LABELS[own.kind],
        span=(0, top), unit=" rad" if units == "rad" else "",
    )  # fmt: skip
    numbers = of.numbers("distance", words, units)
    numbers = numbers.assign(random=((), mean, said(f"{words} of random pairs, mean", units)),
                             random_sd=((), sd, said("s.d. of random pairs", units)))  # fmt: skip
    return Drawn(figure, numbers.assign_attrs(k=own.at, place=own.place), of.sources, of.notes,
                 caption=f"{ONE_A_SET} Grey: random pairs. Hollow: no gap at this k.")  # fmt: skip


def _note(of: Subspaces) -> str:
    hollow = int(of.undetermined.sum())
    start = f"k = {of.at} · {counted(len(of.problems), 'problem')}"
    return f"{start} · not determined at {counted(hollow, 'level')}" if hollow else start


def draw_by_k(scene: Scene, fields: Fields) -> Outcome:
    """The same distance for every k, left and right spaces apart."""
    of = subspaces(scene, fields)
    words, units = SAID[of.kind]
    sides = of.sides.transpose("problem", "level", "factor", "dimension").values.astype("f8")
    flat = over.middle(sides.reshape(len(sides), -1)).value
    medians = flat.reshape(sides.shape[1:])
    mean, sd = of.random
    top = 1.06 * max(float((mean + 1.96 * sd).max()), float(np.nanmax(medians, initial=0.1)))
    figure = by_k.figure(medians, of.random, of.at, DISTANCE_LABELS[of.kind], top, FACTORS,
                         fields.look.ink.text)  # fmt: skip
    dims = ("level", "factor", "dimension")
    numbers = levelled(
        {
            "distance": (dims, medians, said(f"{words}, median over problems", units)),
            "gap": (("level", "dimension"), of.resolved, said("share of problems with a gap")),
            "random": ("dimension", mean, said(f"{words} of random pairs, mean", units)),
            "random_sd": ("dimension", sd, said("s.d. of random pairs", units)),
        },
        factor=list(FACTORS), dimension=of.found["dimension"].values,
    )  # fmt: skip
    return Drawn(figure, numbers, scene.sources(GEOMETRY, *VARIABLES),
                 [f"t = {t} · median over problems" for t in WALK])  # fmt: skip


def picked_k(address: Address, point: Picked) -> Mapping[str, Any] | None:
    """A mark chooses its k."""
    k = links.whole(point)
    return {"k": k} if k else None
