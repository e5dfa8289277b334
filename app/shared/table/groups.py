"""Problems cut into groups by any number of theirs."""

import numpy as np

from app.shared.asks.chosen import Scope
from app.shared.drawing.bands import Groups, cut, together
from app.shared.table import catalog, memory
from app.shared.table.quantities import Quantity
from store import Store


def properties(store: Store, scope: Scope) -> dict[str, Quantity]:
    """What problems can be grouped by, by id: numbers that depend on nothing but the problem."""
    # One that no problem has, such as the residual of an inverse in completion, makes no groups.
    return {
        id_: quantity
        for id_, quantity in catalog.columns(store, scope).items()
        if quantity.parts and not quantity.per and not quantity.labels
        and np.isfinite(np.asarray(memory.values(store, scope, quantity), float)).any()
    }  # fmt: skip


def groups(store: Store, scope: Scope, by: str, many: int) -> Groups:
    """Cut the problems of a subject into groups by a column; all together where it is ""."""
    problems = memory.base(store, scope)
    if not by:
        return together(problems)
    quantity = catalog.columns(store, scope)[by]
    values = memory.values(store, scope, quantity)
    return cut(problems, np.asarray(values, float), many, quantity.axis)
