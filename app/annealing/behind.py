"""Quantities of the annealing view, problem by problem, and the problems behind a point of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.annealing import arrays
from app.shared.address.address import Address
from app.shared.address.fields import Filter
from app.shared.asks import population as people
from app.shared.asks.population import Population
from app.shared.drawing.bands import Groups
from app.shared.drawing.by_level import SHARE, Pick
from app.shared.table import catalog as tables
from ired_interp_core.schedule import Schedule
from ired_interp_core.schema import LEVELS
from store import Store

NEAR = 6
"""Problems named beside a picked point."""

LABELS = {
    "descent.mse": "MSE of ŷ_t",
    "descent.drift": "drift ‖ŷ_t − ŷ_{t+1}‖",
    "descent.minimum_distance": "‖minimum − ŷ_t‖",
    "descent.minimum_ratio": "MSE of minimum over MSE of ŷ_t",
    "descent.energy_excess": "E_t(ŷ_t) − E_t(y*)",
    "hessian_spectrum.index": "index",
    "hessian_spectrum.above_inverse_sigma": "#{λ > 1/σ}",
    "hessian_spectrum.participation_ratio": "participation ratio",
    "hessian_spectrum.entropy_rank": "entropy rank",
    "hessian_spectrum.gauss_newton_norm": "‖GN‖_F",
    "hessian_spectrum.residual_norm": "‖residual‖_F",
    "hessian_spectrum.gauss_newton_residual_cosine": "cos(GN, residual)",
    "hessian_spectrum.smallest_eigenvalue": "min λ",
    "hessian_spectrum.largest_eigenvalue": "max λ",
    "hessian_spectrum.trace": "tr H",
}
EIGENVALUE = "hessian_spectrum.eigenvalue"
"""Of all problems together; a problem stands behind it by its smallest or largest, or its trace."""

SPACE_KINDS = ("alignment", "unresolved", "angle")


def known(pop: Population, what: str) -> bool:
    """Whether a population has a quantity.

    Args:
        pop: the questions.
        what: id.

    Returns:
        True if `raw` gives it.
    """
    analysis, _, rest = what.partition(".")
    if analysis not in pop.asked:
        return False
    if analysis == "eigenspace":
        parts = rest.split(".")
        return parts[0] in SPACE_KINDS and len(parts) == (3 if parts[0] == "alignment" else 2)
    return what in LABELS or what == EIGENVALUE


def raw(s: Store, pop: Population, what: str, place: str) -> tuple[np.ndarray, np.ndarray]:
    """A quantity of every problem at every level, in the frame in which it is stored.

    Args:
        s: the store.
        pop: the questions.
        what: id, from LABELS or "eigenspace.…".
        place: of the curvature.

    Returns:
        Problems, values [problem, level].
    """
    analysis, _, name = what.partition(".")
    question = pop.asked[analysis]
    if analysis == "eigenspace":
        return _space(s, pop, name, place)
    if analysis == "hessian_spectrum":
        levels = people.curvature(s, question, place)
        return levels.problems, levels.values[name]
    if name == "drift":
        steps = arrays.steps(s, question)
        return steps.problems, steps.drift
    levels = people.descent(s, question)
    v = levels.values
    if name == "energy_excess":
        return levels.problems, v["energy_answer"] - v["energy_truth"]
    if name == "minimum_ratio":
        with np.errstate(divide="ignore", invalid="ignore"):
            return levels.problems, v["minimum_mse"] / v["mse"]
    return levels.problems, v[name]


def _space(s: Store, pop: Population, name: str, place: str) -> tuple[np.ndarray, np.ndarray]:
    found = arrays.spaces(s, pop.asked["eigenspace"], place)
    kind, *rest = name.split(".")
    if rest[-1] not in found.ends or (kind == "alignment" and rest[0] not in found.subspaces):
        return found.problems, np.full((len(found.problems), LEVELS), np.nan)
    end = found.ends.index(rest[-1])
    if kind == "unresolved":
        return found.problems, 1.0 - found.resolved[:, :, end]
    if kind == "angle":
        return found.problems, found.turning(end)[0]
    resolved = found.resolved[:, :, end]
    values = found.alignment[:, :, end, found.subspaces.index(rest[0])]
    return found.problems, np.where(resolved, values, np.nan)


def scaling(what: str, frame: str, schedule: Schedule) -> np.ndarray:
    """What turns a stored quantity into the chosen frame, level by level.

    ‖·‖ of a difference of answers is stored in the data frame, √ᾱ of it is that of the level
    frame; a squared error takes ᾱ; a norm of the Hessian is stored in the level frame, ᾱ of it is
    that of the data frame.

    Args:
        what: id.
        frame: "level" or "data".
        schedule: of the model.

    Returns:
        Factors [level].
    """
    alpha_bar = schedule.alphas_cumprod
    curved = {"gauss_newton_norm", "residual_norm", "smallest_eigenvalue", "largest_eigenvalue",
              "trace"}  # fmt: skip
    name = what.partition(".")[2]
    if frame == "level" and what == "descent.mse":
        return alpha_bar
    if frame == "level" and what == "descent.minimum_distance":
        return np.sqrt(alpha_bar)
    if frame == "data" and what.startswith("hessian_spectrum.") and name in curved:
        return alpha_bar
    return np.ones(LEVELS)


def label(what: str) -> str:
    """Name a quantity.

    Args:
        what: id.

    Returns:
        A few words.
    """
    if what in LABELS:
        return LABELS[what]
    _, kind, *rest = what.split(".")
    side = {"top": "stiff", "bottom": "soft"}.get(rest[-1], rest[-1])
    if kind == "unresolved":
        return f"degenerate gap of the {side} directions"
    if kind == "angle":
        return f"turning of the {side} directions"
    return f"{side} directions in “{rest[0].replace('_', ' ')}”"


@dataclass(frozen=True)
class Behind:
    """The problems behind a picked point.

    Args:
        sentence: which they are.
        near: problems and their values.
        table: where the table of problems shows them; None where it has no such column.
    """

    sentence: str
    near: tuple[tuple[int, float], ...]
    table: Address | None


def behind(
    s: Store, pop: Population, address: Address, groups: Groups, pick: Pick, schedule: Schedule
) -> Behind | None:
    """Find the problems behind a point.

    Args:
        s: the store.
        pop: the questions.
        address: settled.
        groups: of the problems.
        pick: the point.
        schedule: of the model.

    Returns:
        They, or None where the point has no problem.
    """
    what, percent = pick.what, pick.percent
    if what == EIGENVALUE:
        return _extreme(s, pop, address, groups, pick, schedule)
    problems, values = raw(s, pop, what, address["place"])
    own = (groups.of(problems) == pick.group) & np.isfinite(values[:, pick.level])
    problems, values = problems[own], values[own, pick.level]
    if not len(problems):
        return None
    factor = float(scaling(what, address["frame"], schedule)[pick.level])
    if percent == SHARE:
        limit, sign = (0.0, "lt") if what == "descent.energy_excess" else (0.5, "ge")
        chosen = values < 0 if sign == "lt" else values >= limit
        said = "below 0" if sign == "lt" else "not determined"
        order = np.argsort(values if sign == "lt" else problems, kind="stable")
        order = order[chosen[order]]
    else:
        value = float(np.quantile(values, percent / 100))
        sign = "ge" if percent >= 50 else "le"
        limit = _outward(value, sign)
        chosen = values >= limit if sign == "ge" else values <= limit
        said = f"at {'least' if sign == 'ge' else 'most'} {value * factor:.4g}"
        order = np.argsort(np.abs(values - value), kind="stable")
    sentence = (
        f"{label(what)} {said} at t = {pick.level}{_whose(groups, pick.group)}:"
        f" {int(chosen.sum()):,} of {len(problems):,} problems"
    )
    near = tuple((int(problems[i]), float(values[i] * factor)) for i in order[:NEAR])
    filters = (Filter(what, sign, limit),)
    return Behind(sentence, near, _table(s, pop, address, groups, pick.group, what, sign, filters))


def _extreme(
    s: Store, pop: Population, address: Address, groups: Groups, pick: Pick, schedule: Schedule
) -> Behind | None:
    """Behind a quantile of all eigenvalues stand the problems that reach farthest that way.

    Returns:
        They, or None where there is none.
    """
    side = (pick.percent > 50) - (pick.percent < 50)
    what = {-1: "smallest_eigenvalue", 0: "trace", 1: "largest_eigenvalue"}[side]
    what = f"hessian_spectrum.{what}"
    problems, values = raw(s, pop, what, address["place"])
    own = (groups.of(problems) == pick.group) & np.isfinite(values[:, pick.level])
    problems, values = problems[own], values[own, pick.level]
    if not len(problems):
        return None
    factor = float(scaling(what, address["frame"], schedule)[pick.level])
    order = np.argsort(-values if side > 0 else values, kind="stable")
    if side == 0:
        order = np.argsort(np.abs(values - np.median(values)), kind="stable")
    said = {-1: "smallest", 0: "nearest to the median", 1: "largest"}[side]
    sentence = (
        f"{LABELS[what]} {said} at t = {pick.level}{_whose(groups, pick.group)},"
        f" of {len(problems):,} problems"
    )
    near = tuple((int(problems[i]), float(values[i] * factor)) for i in order[:NEAR])
    sign = "ge" if side > 0 else "le"
    return Behind(sentence, near, _table(s, pop, address, groups, pick.group, what, sign, ()))


def _whose(groups: Groups, group: int) -> str:
    return f", {groups.by} {groups.names[group]}" if groups.by else ""


def _outward(value: float, sign: str) -> float:
    """A number that a link can spell, on the outer side of a value.

    Returns:
        Six digits.
    """
    step = abs(value) * 1e-5
    return float(f"{value - step if sign == 'ge' else value + step:.6g}")


def _table(
    s: Store,
    pop: Population,
    address: Address,
    groups: Groups,
    group: int,
    what: str,
    sign: str,
    filters: Sequence[Filter],
) -> Address | None:
    columns = tables.columns(s, pop.of)
    if what not in columns:
        return None
    low, high = groups.bounds[group]
    by = address["group"]
    ends = []
    if by and low is not None:
        ends.append(Filter(by, "gt", low))
    if by and high is not None:
        ends.append(Filter(by, "le", high))
    found = address.carry(
        "problems",
        filter=(*filters, *ends),
        sort=what,
        order="down" if sign == "ge" else "up",
        y=what,
        problem=None,
        page=1,
        q=address["q"],
    )
    return found
