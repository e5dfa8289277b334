"""Problems like a problem: nearest in all their properties."""

import numpy as np
import pandas as pd

from app.shared.asks.chosen import Scope
from app.shared.asks.kept import kept, sealed
from ired_interp_core import registry
from ired_interp_core.errors import Refusal
from ired_interp_core.spelling import counted
from store import Store


@kept(8)
def _standardised(store: Store, key: str) -> tuple[np.ndarray, np.ndarray]:
    names = [
        n
        for n, v in registry.get("problem_properties").schema.scalars().items()
        if v.dims == ("problem",)
    ]
    listed = ", ".join(f'"{n}"' for n in names)
    frame = store.sql(
        f"SELECT problem, {listed} FROM problem_properties__problem WHERE question = ? "
        "ORDER BY problem",
        [key],
    )
    values = np.array(frame[names], dtype=float)
    values[~np.isfinite(values)] = np.nan
    there = np.isfinite(values).any(axis=0) if len(values) else np.zeros(len(names), dtype=bool)
    values = values[:, there]
    spread = np.nanstd(values, axis=0)
    use = spread > 0
    scaled = (values[:, use] - np.nanmean(values[:, use], axis=0)) / spread[use]
    scaled = np.nan_to_num(scaled).astype(np.float32)
    sealed(scaled)
    return frame["problem"].to_numpy(), scaled


def similar(
    store: Store, scope: Scope, problem: int, most: int = 6, among: np.ndarray | None = None
) -> pd.DataFrame:
    """The problems whose properties are nearest to one problem's.

    Each property is brought to mean 0 and standard deviation 1 over the set; the distance is the
    root mean square difference over the properties, in standard deviations.

    Args:
        store: opened.
        scope: whose properties.
        problem: index.
        most: how many.
        among: problems that may be named; all when left out.

    Returns:
        Columns problem and distance, nearest first, the problem itself left out.

    Raises:
        Refusal: the problem has no properties.
    """
    there, scaled = _standardised(store, scope.key("problem_properties"))
    at = np.flatnonzero(there == problem)
    if not at.size:
        raise Refusal(
            "problem has no properties", came=problem, expected=counted(len(there), "problem")
        )
    distance = np.sqrt(((scaled - scaled[at[0]]) ** 2).mean(axis=1))
    distance[at[0]] = np.inf
    if among is not None:
        distance[~np.isin(there, among)] = np.inf
    few = min(most, int(np.isfinite(distance).sum()))
    if not few:
        return pd.DataFrame({"problem": there[:0], "distance": distance[:0]})
    near = np.flatnonzero(distance <= np.partition(distance, few - 1)[few - 1])
    order = near[np.argsort(distance[near], kind="stable")][:few]
    return pd.DataFrame({"problem": there[order], "distance": distance[order]})
