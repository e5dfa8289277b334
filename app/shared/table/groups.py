"""Problems cut into groups by any number of theirs."""

import numpy as np

from app.shared.asks.chosen import Scope
from app.shared.drawing.bands import Groups, cut, together
from app.shared.table import catalog, memory
from app.shared.table.quantities import Quantity
from store import Store


def properties(store: Store, scope: Scope) -> dict[str, Quantity]:
    """What problems can be grouped by: numbers that depend on nothing but the problem.

    Args:
        store: opened.
        scope: questions.

    Returns:
        id → quantity.
    """
    known = catalog.columns(store, scope)
    return {i: q for i, q in known.items() if q.parts and not q.per and not q.labels}


def groups(store: Store, scope: Scope, by: str, many: int) -> Groups:
    """Cut the problems of a subject into groups.

    Args:
        store: opened.
        scope: questions.
        by: id of a column; all problems together when empty.
        many: groups wanted.

    Returns:
        The groups.
    """
    problems = memory.base(store, scope)
    if not by:
        return together(problems)
    quantity = catalog.columns(store, scope)[by]
    values = memory.values(store, scope, quantity)
    return cut(problems, np.asarray(values, float), many, quantity.axis)
