"""An answer whose arrays are read when they are looked at: only the problems that are."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import xarray as xr
from xarray.backends import BackendArray
from xarray.core import indexing

Read = Callable[[np.ndarray, Sequence[str] | None], xr.Dataset]
"""Problems and variables (None for all) → their answer."""


class _Rows(BackendArray):
    """One variable of all problems, of which nothing has been read.

    Args:
        read: gives the answer about some problems.
        problems: all of them, by position.
        name: of the variable.
        like: the variable of one problem.
    """

    def __init__(self, read: Read, problems: np.ndarray, name: str, like: xr.DataArray) -> None:
        self._read = read
        self._problems = problems
        self._name = name
        self._axis = like.dims.index("problem")
        sizes = {**like.sizes, "problem": len(problems)}
        self.shape = tuple(sizes[d] for d in like.dims)
        self.dtype = np.dtype(object) if like.dtype.kind == "U" else like.dtype

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return indexing.explicit_indexing_adapter(
            key, self.shape, indexing.IndexingSupport.OUTER, self._taken
        )

    def _taken(self, key: tuple[Any, ...]) -> np.ndarray:
        """Some entries along every dim, each an index, a slice or indices."""
        mine = key[self._axis]
        rows = np.atleast_1d(self._problems[mine])
        if rows.size:
            values = self._read(rows, [self._name])[self._name].values
        else:
            values = np.empty([0 if i == self._axis else n for i, n in enumerate(self.shape)])
        values = values.astype(self.dtype, copy=False)
        picks = list(key)
        picks[self._axis] = 0 if np.ndim(mine) == 0 and not isinstance(mine, slice) else slice(None)
        for axis in reversed(range(values.ndim)):  # from the last: an index takes its dim away
            values = values[(slice(None),) * axis + (picks[axis],)]
        return values


def dataset(read: Read, problems: np.ndarray, names: Sequence[str] | None) -> xr.Dataset:
    """An answer that reads no more than is looked at.

    Args:
        read: gives the answer about some problems.
        problems: indices, in the order wanted; at least one.
        names: of variables; all where left out.

    Returns:
        The dataset of a whole read, with the dims, labels and attributes of its first problem.
    """
    first = read(problems[:1], names)
    made: dict[str, Any] = {}
    for name, like in first.data_vars.items():
        if "problem" not in like.dims:
            made[str(name)] = like.variable
            continue
        rows = indexing.LazilyIndexedArray(_Rows(read, problems, str(name), like))
        made[str(name)] = xr.Variable(like.dims, rows, like.attrs)
    coords = {n: c for n, c in first.coords.items() if n != "problem"}
    if "problem" in first.dims:
        own = first.coords["problem"]
        coords["problem"] = xr.DataArray(problems, dims="problem", attrs=own.attrs)
    return xr.Dataset(made, coords, first.attrs)
