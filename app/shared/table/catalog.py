"""All problems of a subject as one wide table: any scalar sorts, filters, or becomes an axis.

Which columns there are follows from the analyses' declarations, and from what the catalog holds of
the chosen questions. A further dim (baseline, subspace, …) gives one column for each label.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.shared.address.fields import Filter
from app.shared.asks.chosen import Scope
from app.shared.asks.kept import kept
from app.shared.drawing.names import baseline_name
from app.shared.table import baselines, derived
from app.shared.table.quantities import PLACED, Part, Quantity
from ired_interp_core.schema import PLACES
from store import Store

MOST_LABELS = 64
"""Labels of a further dim that become columns."""

BESIDE = "Beside the baselines"

_BASES = ("descent", "problem_properties")
"""Analyses whose problems are the rows of the table, the first one that is there."""


def problem_column() -> Quantity:
    """The problem's own index, a column that is always there."""
    return Quantity("problem", "problem", "1", "index of the problem in its set", ("problem",))


@kept(128)
def _labels(
    store: Store, table: str, key: str, dims: tuple[str, ...]
) -> tuple[tuple[str, ...], ...]:
    listed = ", ".join(f'"{d}"' for d in dims)  # dims are those of declarations
    frame = store.sql(
        f"SELECT DISTINCT {listed} FROM {table} WHERE question = ? ORDER BY ALL"
        f" LIMIT {MOST_LABELS}",
        [key],
    )
    return tuple(tuple(map(str, row)) for row in frame.itertuples(index=False))


def labels(store: Store, quantity: Quantity, keys: Sequence[str]) -> list[tuple[str, ...]]:
    """Labels of the open dims of a quantity, as far as an address can spell them.

    Args:
        store: opened.
        quantity: with open dims, all in one of its parts.
        keys: of the questions that have answers to that part.

    Returns:
        One tuple for each column, in the order of `open_dims`.
    """
    dims = quantity.open_dims
    part = next((p for p in quantity.parts if set(dims) <= set(p.dims)), None)
    if part is None:
        return []
    found: dict[tuple[str, ...], None] = {}
    for key in keys:
        for row in _labels(store, part.table, key, dims):
            if all(map(derived.spellable, row)):
                found.setdefault(row)
    return list(found)


def labelled(store: Store, quantity: Quantity, scope: Scope) -> list[Quantity]:
    """A quantity, or one for each label of its further dims.

    Args:
        store: opened.
        quantity: of the analyses in scope.
        scope: questions.

    Returns:
        Baselines worst first, other labels in alphabetical order.
    """
    if not quantity.open_dims:
        return [quantity]
    dims = set(quantity.open_dims)
    keys = [scope.key(p.analysis) for p in quantity.parts if dims <= set(p.dims)]
    rows = labels(store, quantity, keys[:1])
    if quantity.open_dims == ("baseline",):
        rank = {n: i for i, n in enumerate(baselines.of_scope(store, scope))}
        rows.sort(key=lambda row: rank.get(row[0], len(rank)))
    return [derived.labelled(quantity, row) for row in rows]


def columns(store: Store, scope: Scope) -> Mapping[str, Quantity]:
    """Every number of each problem, by id: those beside baselines first, then as declared."""
    return _columns(store, scope.keys)


@kept(64)
def _columns(store: Store, keys: tuple[tuple[str, str], ...]) -> Mapping[str, Quantity]:
    scope = Scope(keys, 0, PLACES[0])
    found: dict[str, Quantity] = {}
    for analysis, _ in scope.keys:
        for quantity in derived.quantities(analysis).values():
            if quantity.by_problem and _there(scope, quantity):
                found |= {q.id: q for q in labelled(store, quantity, scope)}
    first = [problem_column(), *_beside(store, scope, found)]
    return {q.id: q for q in first} | {i: q for i, q in found.items() if i not in _FIRST}


_FIRST = ("descent.energy_excess",)
"""Derived columns that stand with those beside the baselines."""


def _there(scope: Scope, quantity: Quantity) -> bool:
    return all(scope.key(p.analysis) for p in quantity.parts)


def _beside(store: Store, scope: Scope, found: Mapping[str, Quantity]) -> list[Quantity]:
    """Numbers that mean something only beside a baseline, or beside the truth."""
    best = baselines.best(store, scope)
    made = []
    if error := found.get(f"problem_properties.baseline_mse.{best}"):
        said = "error of the trivial predictor with the smallest mean error on these problems"
        label = f"MSE, {baseline_name(best)}"
        made.append(
            replace(error, id="problem_properties.best_baseline", label=label, help=said, labels=())
        )
    if excess := found.get(f"descent.excess.{best}"):
        said = (
            "error of the final answer minus that of the best trivial predictor: above 0 the model"
            " does worse on this problem"
        )
        label = derived.quantities("descent")["descent.excess"].label
        made.append(replace(excess, id="descent.excess", label=label, help=said, labels=()))
    made += [found[i] for i in _FIRST if i in found]
    return [replace(q, group=BESIDE) for q in made]


def base_of(scope: Scope) -> Part:
    """The table that has one row for each problem of the wide table.

    Args:
        scope: questions.

    Returns:
        A part of it, narrowed by level and place alone; without a variable where the subject has
        no numbers of its problems.
    """
    known = dict(scope.keys)
    for analysis in dict.fromkeys((*_BASES, *known)):
        if analysis in known:
            parts = [p for q in derived.quantities(analysis).values() for p in q.parts]
            own = [p for p in parts if p.analysis == analysis and set(p.dims) <= set(PLACED)]
            own = [replace(p, variable="") for p in own if "problem" in p.dims]
            if own:
                return min(own, key=lambda p: len(p.dims))
    return Part("", "", ())


def usable(
    known: Mapping[str, Quantity], filters: Sequence[Filter]
) -> tuple[tuple[Filter, ...], list[str]]:
    """The filters whose column this subject has, and a line for each that was left out."""
    kept = tuple(f for f in filters if f.column in known)
    lost = [f"filter={f}: no such column for this model and set; left out" for f in filters
            if f.column not in known]  # fmt: skip
    return kept, lost
