"""Problems cut into groups by any number of theirs."""

import numpy as np

from app.shared.asks.chosen import Scope
from app.shared.drawing.bands import Groups, cut, together
from app.shared.table import catalog, memory
from app.shared.table.quantities import Quantity
from store import Store


def properties(store: Store, scope: Scope) -> dict[str, Quantity]:
    """What problems can be grouped by, by id: numbers that depend on nothing but the problem."""
    known = catalog.columns(store, scope)
    return {i: q for i, q in known.items() if q.parts and not q.per and not q.labels}


def groups(store: Store, scope: Scope, by: str, many: int) -> Groups:
    """Cut the problems of a subject into groups by a column; all together where it is ""."""
    problems = memory.base(store, scope)
    if not by:
        return together(problems)
    quantity = catalog.columns(store, scope)[by]
    values = memory.values(store, scope, quantity)
    return cut(problems, np.asarray(values, float), many, quantity.axis)
