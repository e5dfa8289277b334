"""Atoms on a plane as declared in `analyses/dictionary_map.py`: PCA, and UMAP by cosine."""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float, Float64

from ired_interp_core.dictionaries.neighbours import unit_rows
from ired_interp_core.records import Gathered

PAIRS_AT_ONCE = 2**22
"""Distances sorted together: 50 MB with their places."""

FEWEST = 5
"""With fewer atoms UMAP's spectral start is not defined, and a map would say nothing."""


def map_dataset(gathered: Gathered, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Maps of the atoms.

    Args:
        gathered: a dictionary.
        parameters: as the analysis declares.

    Returns:
        The declared variables.
    """
    read = gathered.upstream["dictionary"].read(variables=["decoder"])
    units = unit_rows(np.asarray(read["decoder"]))
    places, share = pca(units)
    columns = {
        "pca": (("feature", "coordinate"), places.astype(np.float32)),
        "pca_share": (("coordinate",), share.astype(np.float32)),
    }
    count = min(parameters["neighbours"], len(units) - 1)
    if parameters["with_umap"]:
        gathered.desk.report(0.1, f"UMAP of {len(units)} atoms")
        places = umap(units, count, parameters["min_dist"], parameters["seed"])
        columns["umap"] = (("feature", "coordinate"), places.astype(np.float32))
    kept = neighbours_kept(units, places.astype(np.float32), count)
    return xr.Dataset(
        columns
        | {
            "neighbours_kept": ((), np.float64(kept)),
            "neighbours_kept_random": (
                (), np.float64(count / (len(units) - 1) if len(units) > 1 else np.nan)
            ),
        },
        coords={"coordinate": np.arange(2)},
    )  # fmt: skip


def pca(
    atoms: Float[np.ndarray, "m d"],
) -> tuple[Float64[np.ndarray, "m 2"], Float64[np.ndarray, "2"]]:
    """First two principal components, and the share of the variance that each explains.

    Args:
        atoms: rows.

    Returns:
        Coordinates, their signs such that the largest of a component is positive; shares, NaN where
        all atoms are the same. A component that is not there is 0.
    """
    centred = atoms.astype(np.float64)
    centred -= centred.mean(axis=0)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    places, share = np.zeros((len(atoms), 2)), np.zeros(2)
    count = min(2, len(s))
    places[:, :count] = u[:, :count] * s[:count]
    far = np.abs(places).argmax(axis=0)
    places *= np.where(places[far, [0, 1]] < 0, -1.0, 1.0)
    with np.errstate(invalid="ignore"):
        share[:count] = s[:count] ** 2
        return places, share / (s**2).sum()


def umap(
    atoms: Float[np.ndarray, "m d"], neighbours: int, min_dist: float, seed: int
) -> Float[np.ndarray, "m 2"]:
    """UMAP of cosine distances, the same to the bit for the same seed.

    Args:
        atoms: unit rows.
        neighbours: of each atom; at most m − 1.
        min_dist: of points on the map.
        seed: of start and descent.

    Returns:
        Coordinates; NaN where there are fewer than FEWEST atoms, or fewer than that differ.
    """
    if len(np.unique(atoms, axis=0)) < FEWEST:
        return np.full((len(atoms), 2), np.nan)
    # Heavy: its import compiles for seconds.
    from umap import UMAP

    with warnings.catch_warnings():
        # It says that a seed costs it its threads: n_jobs asks for one.
        warnings.simplefilter("ignore", UserWarning)
        return UMAP(
            n_neighbors=neighbours, min_dist=min_dist, metric="cosine", random_state=seed, n_jobs=1
        ).fit_transform(atoms)


def neighbours_kept(
    atoms: Float[np.ndarray, "m d"], places: Float[np.ndarray, "m 2"], count: int
) -> float:
    """Mean share of an atom's nearest by cosine that are also its nearest on a map.

    Args:
        atoms: unit rows.
        places: on the map.
        count: nearest ones that are looked at.

    Returns:
        0 … 1; NaN where there is no map, or no other atom.
    """
    if count < 1 or not np.isfinite(places).all():
        return float("nan")
    m, kept = len(atoms), 0
    rows = max(1, PAIRS_AT_ONCE // m)
    squared = (places**2).sum(axis=1)
    for start in range(0, m, rows):
        tile = slice(start, start + rows)
        by_cosine = _nearest(-(atoms[tile] @ atoms.T), start, count)
        on_map = _nearest(squared - 2 * places[tile] @ places.T, start, count)
        kept += int((by_cosine & on_map).sum())
    return kept / (m * count)


def _nearest(distance: Float[np.ndarray, "t m"], start: int, count: int) -> np.ndarray:
    """Which are the nearest, each row's own atom left out; overwrites `distance`."""
    rows = np.arange(len(distance))
    distance[rows, start + rows] = np.inf
    found = np.zeros(distance.shape, dtype=bool)
    near = np.argpartition(distance, count - 1, axis=1)[:, :count]
    np.put_along_axis(found, near, True, axis=1)
    return found
