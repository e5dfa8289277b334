"""Minima over all problems: barriers, gaps, where gradients point, alignment with the error."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from app.components.said import Picked
from app.minima.all_panels import WALK, by_level, said
from app.minima.all_read import everything, sources
from app.minima.everything import RANDOM
from app.minima.figures import all_dots
from app.minima.scene import DESCENT, MINIMA, PATHS, Scene
from app.shared.address.address import Address
from app.shared.page.contract import Drawn, Fields, Missing, Outcome
from ired_interp_core import intervals
from ired_interp_core.spelling import counted, number

QUANTILES = [int(100 * q) for q in all_dots.BAND]


def draw_barriers(scene: Scene, fields: Fields) -> Outcome:
    """Barriers between T and other minima, in both directions."""
    found, look = everything(scene), fields.look
    if not found.pairs:
        return Missing("No problem with paths has a second minimum: there is no barrier.")
    figure = all_dots.barriers(found.verified, found.open, look.ink.text, look.template)
    pairs = found.pairs
    data = {
        name: ("pair", np.array([getattr(p, name) for p in pairs]), said(words, unit))
        for name, words, unit in (
            ("problem", "problem", "1"), ("level", "level t", "1"),
            ("other", "number of the other basin", "1"), ("climb", "barrier from T", "E"),
            ("back", "barrier from the other minimum", "E"),
            ("status", "1 verified, 2 open, 3 not tried", "1"),
        )
    }  # fmt: skip
    untried = len(pairs) - len(found.verified) - len(found.open)
    note = f"{len(found.verified)} verified, {len(found.open)} open, {untried} not tried"
    about = 0 if found.paths is None else found.paths.sizes["problem"]
    note += f" · {counted(about, 'problem')}{_sampled(len(found.verified))}"
    return Drawn(figure, xr.Dataset(data), sources(scene, PATHS, MINIMA), note)


def picked_pair(address: Address, point: Picked) -> Mapping[str, Any] | None:
    """A dot opens the path of its problem."""
    found = _whole(point, 3)
    if found is None:
        return None
    problem, level, other = found
    return {"sheet": "problem", "problem": problem, "level": level, "minimum": other,
            "pair": (0, other)}  # fmt: skip


def _whole(point: Picked, count: int) -> list[int] | None:
    """Whole numbers that a mark tells; None where it tells others."""
    told = point.custom[:count]
    if len(told) < count or not all(isinstance(v, int | float) and v >= 0 for v in told):
        return None
    return [int(v) for v in told if isinstance(v, int | float)]


def draw_gap(scene: Scene, fields: Fields) -> Outcome:
    """Energy of the lowest other minimum less that of T."""
    found = everything(scene)
    gap, basin, out = found.lowest_other
    if not np.isfinite(gap).any():
        return Missing("No problem has a second minimum at any level: there is no gap.")
    figure = all_dots.gaps(gap, basin, out, found.problems, fields.look.template)
    dims = ("problem", "level")
    numbers = xr.Dataset(
        {
            "gap": (dims, gap, said("E of the lowest other minimum less that of T", "E")),
            "basin": (
                dims,
                np.where(np.isfinite(gap), basin, -1),
                said("its number; −1: none, or none of those kept"),
            ),
            "outside": (dims, np.isfinite(gap) & out, said("whether it lies outside the box")),
        },
        {"problem": found.problems, "level": np.arange(gap.shape[1])},
    ).sel(level=WALK)
    return Drawn(figure, numbers, sources(scene, MINIMA),
                 f"{_signs(gap)}{_sampled(int(np.isfinite(gap).sum()))}")  # fmt: skip


def _sampled(count: int) -> str:
    """Say that only some of many dots are drawn; "" where all are."""
    most = all_dots.MOST
    return f" · {most:,} of {count:,} drawn, numbers from all" if count > most else ""


def _signs(gap: np.ndarray) -> str:
    """The sign test at the level at which most problems have another minimum, the sharpest one."""
    below, of = (gap < 0).sum(0), (np.isfinite(gap) & (gap != 0)).sum(0)
    t = int(of.argmax())
    p = float(intervals.sign_test(below[t], of[t]))
    return f"t = {t}: {int(below[t])} of {int(of[t])} below T, sign test p = {number(p, '.2g')}"


def picked_minimum(address: Address, point: Picked) -> Mapping[str, Any] | None:
    """A dot opens its problem with its minimum chosen."""
    found = _whole(point, 3)
    if found is None:
        return None
    problem, level, basin = found
    chosen = {"minimum": basin} if basin > 0 else {}
    return {"sheet": "problem", "problem": problem, "level": level, **chosen}


def draw_pointing(scene: Scene, fields: Fields) -> Outcome:
    """Whether the negative gradient points to the minimum."""
    found, look = everything(scene), fields.look
    at_truth = all_dots.quantiles(found["pointing"])
    straight = all_dots.quantiles(found["pointing_truth"])[1]
    steps = found.at_steps
    flat = None if steps is None else steps.transpose(0, 2, 1).reshape(-1, steps.shape[1])
    at_steps = None if flat is None else all_dots.quantiles(flat)
    figure = all_dots.pointing(at_truth, at_steps, straight, RANDOM, look.ink.text, look.template)
    dims = ("level", "percent")
    data: dict[str, tuple[Any, ...]] = {
        "noised_truth": (dims, at_truth.T, said("cos(−∇E, minimum − ỹ) at the noised truth")),
        "to_truth": ("level", straight, said("median cos(−∇E, √ᾱ y* − ỹ) at the noised truth")),
        "random": ("level", np.full(len(straight), RANDOM), said("s.d. of random directions")),
    }
    if at_steps is not None:
        data["steps"] = (dims, at_steps.T, said("cos(−∇E, minimum − ỹ) at the steps"))
    points, walked = found.points, found.points_at_steps
    note = f"above 0 at the noised truth in {_least(points)}"
    note += f", at the steps in {_least(walked)} of problems" if walked else " of problems"
    numbers = by_level(data, percent=QUANTILES)
    return Drawn(figure, numbers, sources(scene, MINIMA, DESCENT), note)


def _least(share: Any) -> str:
    """A share at the level at which it is least."""
    values = np.where(np.isfinite(share.value), share.value, np.inf)
    t = int(values.argmin())
    return f"{100 * values[t]:.0f} % or more" if np.isfinite(values[t]) else "no"


def draw_align(scene: Scene, fields: Fields) -> Outcome:
    """Centred alignment against the final error."""
    found = everything(scene)
    error, centred = found.alignment
    if not (np.isfinite(error) & np.isfinite(centred)).any():
        return Missing("No problem has both an error and an alignment.")
    one = found.rho
    figure = all_dots.align(error, centred, found.problems, fields.look.template)
    numbers = xr.Dataset(
        {
            "mse": ("problem", error, said("MSE of ŷ", "y²")),
            "alignment": ("problem", found["asymptotic_alignment"], said("asymptotic alignment")),
            "control": (
                "problem", found["asymptotic_other"], said("with another problem's minimum")
            ),
            "centred": ("problem", centred, said("alignment less its control")),
        },
        {"problem": found.problems},
        {"rho": one.rho, "rho_low": one.low, "rho_high": one.high, "shuffled": one.shuffled},
    )  # fmt: skip
    spelled = [number(v, ".2f") for v in (one.rho, one.low, one.high, one.shuffled)]
    note = "too few problems for a ρ" if not np.isfinite(one.rho) else f"ρ {spelled[0]}"
    if np.isfinite(one.low):
        note += f" [{spelled[1]}, {spelled[2]}]; shuffled: |ρ| < {spelled[3]} in 95 %"
    note += _sampled(int((np.isfinite(error) & np.isfinite(centred)).sum()))
    return Drawn(figure, numbers, sources(scene, MINIMA, DESCENT), note)


def picked_problem(address: Address, point: Picked) -> Mapping[str, Any] | None:
    """A dot opens its problem at the last level."""
    found = _whole(point, 1)
    return None if found is None else {"sheet": "problem", "problem": found[0], "level": 0}
