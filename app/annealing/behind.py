"""Quantities of the annealing view, problem by problem, and the problems behind a point of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.annealing import arrays
from app.shared.address.address import Address
from app.shared.address.fields import Filter
from app.shared.asks.chosen import Family
from app.shared.drawing.bands import Groups
from app.shared.drawing.by_level import SHARE, Pick
from app.shared.table import catalog as tables
from app.shared.table import derived
from app.shared.table.by_level import by_level
from app.shared.table.quantities import PLACED, Quantity, factor
from ired_interp_core.errors import Refusal
from ired_interp_core.schedule import Schedule
from ired_interp_core.schema import LEVELS
from store import Store

NEAR = 6
"""Problems named beside a picked point."""

EIGENVALUE = "hessian_spectrum.eigenvalue"
"""Of all problems together; a problem stands behind it by its smallest or largest, or its trace."""

SPACE_KINDS = ("alignment", "unresolved", "angle")


def quantity(what: str) -> Quantity | None:
    """Look up what a row shows.

    Args:
        what: id of a scalar, or "eigenspace.…" of what is read off eigenspaces.

    Returns:
        Its declaration; None where there is no such quantity.
    """
    analysis, _, rest = what.partition(".")
    if analysis != "eigenspace":
        return derived.quantity(what)
    kind, *words = rest.split(".")
    if kind not in SPACE_KINDS or len(words) != (2 if kind == "alignment" else 1):
        return None
    side = {"top": "stiff", "bottom": "soft"}.get(words[-1], words[-1])
    label = {
        "unresolved": f"degenerate gap of the {side} directions",
        "angle": f"turning of the {side} directions",
        "alignment": f"{side} directions in “{words[0].replace('_', ' ')}”",
    }[kind]
    return Quantity(what, label, "rad" if kind == "angle" else "1", label, PLACED)


def known(family: Family, what: str) -> bool:
    """Whether a population has a quantity.

    Args:
        family: the questions.
        what: id.

    Returns:
        True if `raw` gives it.
    """
    if what == EIGENVALUE:
        return "hessian_spectrum" in family.asked
    one = quantity(what)
    if one is None or "level" not in one.dims or not one.by_problem or one.open_dims:
        return False
    return all(a in family.asked for a in {one.analysis, *(p.analysis for p in one.parts)})


def raw(s: Store, family: Family, what: str, place: str) -> tuple[np.ndarray, np.ndarray]:
    """A quantity of every problem at every level, in the frame in which it is stored.

    Args:
        s: the store.
        family: the questions.
        what: id that is `known`.
        place: of the curvature.

    Returns:
        Problems, values [problem, level].
    """
    if what.startswith("eigenspace."):
        return _space(s, family, what.partition(".")[2], place)
    return by_level(s, family, known_quantity(what), place)


def known_quantity(what: str) -> Quantity:
    """The same of a quantity that is `known`."""
    one = quantity(what)
    if one is None:
        raise Refusal("no such quantity", came=what)
    return one


def _space(s: Store, family: Family, name: str, place: str) -> tuple[np.ndarray, np.ndarray]:
    found = arrays.spaces(s, family.asked["eigenspace"], place)
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
    """What turns a stored quantity into the chosen frame [level]; see `quantities.factor`."""
    return factor(known_quantity(what), frame, schedule)


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
    s: Store, family: Family, address: Address, groups: Groups, pick: Pick, schedule: Schedule
) -> Behind | None:
    """Find the problems behind a point.

    Args:
        s: the store.
        family: the questions.
        address: settled.
        groups: of the problems.
        pick: the point.
        schedule: of the model.

    Returns:
        They, or None where the point has no problem.
    """
    what, percent = pick.what, pick.percent
    if what == EIGENVALUE:
        return _extreme(s, family, address, groups, pick, schedule)
    problems, values = raw(s, family, what, address["place"])
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
        f"{known_quantity(what).label} {said} at t = {pick.level}{_whose(groups, pick.group)}:"
        f" {int(chosen.sum()):,} of {len(problems):,} problems"
    )
    near = tuple((int(problems[i]), float(values[i] * factor)) for i in order[:NEAR])
    filters = (Filter(what, sign, limit),)
    return Behind(
        sentence, near, _table(s, family, address, groups, pick.group, what, sign, filters)
    )


def _extreme(
    s: Store, family: Family, address: Address, groups: Groups, pick: Pick, schedule: Schedule
) -> Behind | None:
    """Behind a quantile of all eigenvalues stand the problems that reach farthest that way.

    Returns:
        They, or None where there is none.
    """
    side = (pick.percent > 50) - (pick.percent < 50)
    what = {-1: "smallest_eigenvalue", 0: "trace", 1: "largest_eigenvalue"}[side]
    what = f"hessian_spectrum.{what}"
    problems, values = raw(s, family, what, address["place"])
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
        f"{known_quantity(what).label} {said} at t = {pick.level}{_whose(groups, pick.group)},"
        f" of {len(problems):,} problems"
    )
    near = tuple((int(problems[i]), float(values[i] * factor)) for i in order[:NEAR])
    sign = "ge" if side > 0 else "le"
    return Behind(sentence, near, _table(s, family, address, groups, pick.group, what, sign, ()))


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
    family: Family,
    address: Address,
    groups: Groups,
    group: int,
    what: str,
    sign: str,
    filters: Sequence[Filter],
) -> Address | None:
    columns = tables.columns(s, family.scope())
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
