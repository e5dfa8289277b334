"""Quantities of the annealing view, problem by problem, and the problems behind a point of it."""

from dataclasses import dataclass

import numpy as np

from app.annealing import arrays
from app.annealing.figures.ridges import EIGENVALUE
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
from ired_interp_core.spelling import counted
from store import Store

NEAR = 6
"""Problems named beside a picked point."""

SPACE_KINDS = ("alignment", "unresolved", "angle")


def quantity(id_: str) -> Quantity | None:
    """The declaration of a scalar, or of "eigenspace.…", read off eigenspaces; None without."""
    analysis, _, rest = id_.partition(".")
    if analysis != "eigenspace":
        return derived.quantity(id_)
    kind, *words = rest.split(".")
    if kind not in SPACE_KINDS or len(words) != (2 if kind == "alignment" else 1):
        return None
    side = {"top": "stiff", "bottom": "soft"}.get(words[-1], words[-1])
    label = {
        "unresolved": f"degenerate gap of the {side} directions",
        "angle": f"turning of the {side} directions",
        "alignment": f"{side} directions in “{words[0].replace('_', ' ')}”",
    }[kind]
    return Quantity(id_, label, "rad" if kind == "angle" else "1", label, PLACED)


def known(family: Family, id_: str) -> bool:
    """Whether `raw` gives a quantity of these questions."""
    if id_ == EIGENVALUE:
        return "hessian_spectrum" in family.asked
    one = quantity(id_)
    if one is None or "level" not in one.dims or not one.by_problem or one.open_dims:
        return False
    return all(a in family.asked for a in {one.analysis, *(p.analysis for p in one.parts)})


def raw(store: Store, family: Family, id_: str, place: str) -> tuple[np.ndarray, np.ndarray]:
    """Problems, and a quantity that is `known` [problem, level], in the frame of the store."""
    if id_.startswith("eigenspace."):
        return _space(store, family, id_.partition(".")[2], place)
    return by_level(store, family, known_quantity(id_), place)


def known_quantity(id_: str) -> Quantity:
    """The same of a quantity that is `known`."""
    one = quantity(id_)
    if one is None:
        raise Refusal("no such quantity", came=id_)
    return one


def _space(store: Store, family: Family, name: str, place: str) -> tuple[np.ndarray, np.ndarray]:
    found = arrays.spaces(store, family.asked["eigenspace"], place)
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


def scaling(id_: str, frame: str, schedule: Schedule) -> np.ndarray:
    """What turns a stored quantity into the chosen frame [level]; see `quantities.factor`."""
    return factor(known_quantity(id_), frame, schedule)


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
    store: Store, family: Family, address: Address, groups: Groups, pick: Pick, schedule: Schedule
) -> Behind | None:
    """Find the problems behind a point.

    Args:
        store: opened.
        family: the questions.
        address: settled.
        groups: of the problems.
        pick: the point.
        schedule: of the model.

    Returns:
        They, or None where the point has no problem.
    """
    id_ = EXTREMES[_side(pick.percent)] if pick.what == EIGENVALUE else pick.what
    problems, values = raw(store, family, id_, address["place"])
    own = (groups.of(problems) == pick.group) & np.isfinite(values[:, pick.level])
    problems, values = problems[own], values[own, pick.level]
    if not len(problems):
        return None
    factor = float(scaling(id_, address["frame"], schedule)[pick.level])
    if pick.what == EIGENVALUE:
        choice = _extreme(values, _side(pick.percent))
    elif pick.percent == SHARE:
        choice = _below(values) if id_ == "descent.energy_excess" else _undetermined(values)
    else:
        choice = _beyond(values, pick.percent, factor)
    whose = f", {groups.by} {groups.names[pick.group]}" if groups.by else ""
    many = ", of" if choice.limit is None else f": {choice.count:,} of"
    sentence = (
        f"{known_quantity(id_).label} {choice.said} at t = {pick.level}{whose}"
        f"{many} {counted(len(problems), 'problem')}"
    )
    near = tuple((int(problems[i]), float(values[i] * factor)) for i in choice.order[:NEAR])
    if id_ not in tables.columns(store, family.scope()):
        return Behind(sentence, near, None)
    return Behind(sentence, near, _table(address, id_, choice, groups.bounds[pick.group]))


EXTREMES = {
    -1: "hessian_spectrum.smallest_eigenvalue",
    0: "hessian_spectrum.trace",
    1: "hessian_spectrum.largest_eigenvalue",
}
"""Behind a quantile of all eigenvalues stand the problems that reach farthest that way."""


def _side(percent: int) -> int:
    return (percent > 50) - (percent < 50)


@dataclass(frozen=True)
class _Choice:
    """Which problems of a group stand behind a point.

    Args:
        order: positions, those to be named first.
        said: of them, in the sentence.
        operator: of `fields.OPERATORS`, on the side where they lie.
        limit: of a filter that keeps them; None where they are ranked alone.
        count: how many pass it.
    """

    order: np.ndarray
    said: str
    operator: str
    limit: float | None = None
    count: int = 0


def _extreme(values: np.ndarray, side: int) -> _Choice:
    said = {-1: "smallest", 0: "nearest to the median", 1: "largest"}[side]
    ranked = -side * values if side else np.abs(values - np.median(values))
    return _Choice(np.argsort(ranked, kind="stable"), said, "ge" if side > 0 else "le")


def _below(values: np.ndarray) -> _Choice:
    order = np.argsort(values, kind="stable")
    order = order[values[order] < 0]
    return _Choice(order, "below 0", "lt", 0.0, len(order))


def _undetermined(values: np.ndarray) -> _Choice:
    order = np.flatnonzero(values >= 0.5)
    return _Choice(order, "not determined", "ge", 0.5, len(order))


def _beyond(values: np.ndarray, percent: int, factor: float) -> _Choice:
    """Beyond a quantile, those nearest to it first; the limit is spelled as a link can spell it."""
    value = float(np.quantile(values, percent / 100))
    outward = abs(value) * 1e-5  # so that rounding leaves nobody out
    order = np.argsort(np.abs(values - value), kind="stable")
    if percent >= 50:
        limit = float(f"{value - outward:.6g}")
        said = f"at least {value * factor:.4g}"
        return _Choice(order, said, "ge", limit, int((values >= limit).sum()))
    limit = float(f"{value + outward:.6g}")
    said = f"at most {value * factor:.4g}"
    return _Choice(order, said, "le", limit, int((values <= limit).sum()))


def _table(
    address: Address, id_: str, choice: _Choice, bounds: tuple[float | None, float | None]
) -> Address:
    """Where the table of problems shows them."""
    filters = [] if choice.limit is None else [Filter(id_, choice.operator, choice.limit)]
    if by := address["group"]:
        ends = zip(("gt", "le"), bounds, strict=True)
        filters += [Filter(by, operator, end) for operator, end in ends if end is not None]
    return address.carry(
        "problems",
        filter=tuple(filters),
        sort=id_,
        order="down" if choice.operator == "ge" else "up",
        y=id_,
        problem=None,
        page=1,
        q=address["q"],
    )
