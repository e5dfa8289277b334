"""Features beside a feature: whose atoms point its way, and which are active together with it."""

import numpy as np
import scipy.sparse
from jaxtyping import Float, Float32, Int32

from ired_interp_core.dictionaries.codes import RangeCodes

SUMS_AT_ONCE = 2**26
"""Entries of Σ f_i f_j in memory: 268 MB of float32, all of them up to m = 8192."""

SORTED_AT_ONCE = 2**22
"""Entries whose largest are looked for together: 50 MB with their places."""

SPARSE_COST = 400
"""Time of a term of a sparse product over that of a dense one (measured: 200 to 700)."""

Near = tuple[Int32[np.ndarray, "m k"], Float32[np.ndarray, "m k"]]


def unit_rows(atoms: Float[np.ndarray, "m d"]) -> Float32[np.ndarray, "m d"]:
    """Atoms divided by their length.

    Args:
        atoms: directions.

    Returns:
        Unit rows; rows of length 0 stay 0.
    """
    length = np.linalg.norm(atoms.astype(np.float64), axis=1, keepdims=True)
    return (atoms / np.where(length > 0, length, 1.0)).astype(np.float32)


def by_cosine(atoms: Float[np.ndarray, "m d"], count: int) -> Near:
    """Features with the largest signed cosine of atoms.

    Args:
        atoms: decoder rows.
        count: kept of each feature.

    Returns:
        Features, nearest first, and cosines; −1 and NaN past the last.
    """
    units = unit_rows(atoms)
    pieces = []
    for start, stop in _tiles(0, len(atoms), len(atoms), SORTED_AT_ONCE):
        cosine = np.clip(units[start:stop] @ units.T, -1.0, 1.0)
        pieces.append(_largest(cosine, start, count, floor=-np.inf))
    return _joined(pieces)


def by_activity(codes: RangeCodes, squares: Float[np.ndarray, "m"], count: int) -> Near:
    """Features with the largest cosine of codes, Σ f_i f_j/√(Σ f_i² Σ f_j²) over all points.

    Sums of a block of problems are products of sparse matrices, or of dense ones where so many
    features are active that these are faster; where m×m numbers are too many for memory, the points
    are walked once for each tile of features.

    Args:
        codes: of all points.
        squares: Σ f_i² of every feature.
        count: kept of each feature.

    Returns:
        Features, most often together first, and cosines; −1 and NaN past the last that is ever
        active together with the feature.
    """
    features = codes.features
    length = np.sqrt(np.where(squares > 0, squares, 1.0)).astype(np.float32)
    pieces = []
    for start, stop in _tiles(0, features, features, SUMS_AT_ONCE):
        sums = np.zeros((stop - start, features), dtype=np.float32)
        for _, f in codes:
            _add_products(sums, f[:, start:stop], f)
        for low, high in _tiles(start, stop, features, SORTED_AT_ONCE):
            cosine = sums[low - start : high - start] / length / length[low:high, None]
            pieces.append(_largest(np.minimum(cosine, 1.0), low, count, floor=0.0))
    return _joined(pieces)


def _add_products(
    sums: Float32[np.ndarray, "t m"], part: scipy.sparse.csc_array, f: scipy.sparse.csc_array
) -> None:
    terms = (part.astype(bool).sum(axis=1) * f.astype(bool).sum(axis=1)).sum()
    if terms * SPARSE_COST > sums.size * f.shape[0]:
        sums += part.toarray().T @ f.toarray()
        return
    pairs = (part.T @ f).tocoo()
    sums[pairs.row, pairs.col] += pairs.data


def _tiles(start: int, stop: int, width: int, entries: int) -> list[tuple[int, int]]:
    """Ranges of rows that have at most so many entries."""
    rows = max(1, entries // width)
    return [(s, min(s + rows, stop)) for s in range(start, stop, rows)]


def _largest(values: Float32[np.ndarray, "t m"], start: int, count: int, floor: float) -> Near:
    """The largest above `floor` in each row but the row's own feature; overwrites `values`."""
    rows, features = values.shape
    values[np.arange(rows), start + np.arange(rows)] = -np.inf
    kept = min(count, features - 1)
    feature = np.full((rows, count), -1, dtype=np.int32)
    value = np.full((rows, count), np.nan, dtype=np.float32)
    if kept > 0:
        some = np.argpartition(values, features - kept, axis=1)[:, features - kept :]
        # Of equal ones the lower index comes first; which of those that tie with the last stay is
        # left to the partition.
        some.sort(axis=1)
        found = np.take_along_axis(values, some, axis=1)
        order = np.argsort(-found, axis=1, kind="stable")
        found = np.take_along_axis(found, order, axis=1)
        value[:, :kept] = np.where(found > floor, found, np.nan)
        feature[:, :kept] = np.where(found > floor, np.take_along_axis(some, order, axis=1), -1)
    return feature, value


def _joined(pieces: list[Near]) -> Near:
    return np.concatenate([p[0] for p in pieces]), np.concatenate([p[1] for p in pieces])
