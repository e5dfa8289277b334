"""Atoms on a map: neighbours by direction lie together."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core.records import Gathered
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import Parameter, Variable, first_problems, seed_of

PLACE = ("feature", "coordinate")

VARIABLES = {
    "pca": Variable(PLACE, "float32", "PCA", "1", "first two principal components of the atoms"),
    "pca_share": Variable(
        ("coordinate",), "float32", "explained share", "1",
        "of the atoms' variance by each component: small, so that the plane shows little",
    ),
    "umap": Variable(
        PLACE, "float32", "UMAP", "1",
        "of cosine distances, seeded; distances between far atoms mean nothing", when="with_umap",
    ),
    "neighbours_kept": Variable(
        (), "float64", "neighbours kept", "1",
        "mean share of an atom's `neighbours` nearest by cos that are also nearest on the map (UMAP"
        " if computed, else PCA)", scalar=True,
    ),
    "neighbours_kept_random": Variable(
        (), "float64", "neighbours kept, random map", "1", "neighbours/(m − 1)"
    ),
}  # fmt: skip


@analysis(
    name="dictionary_map",
    version=1,
    title="Map of atoms",
    sentence="Which atoms point in similar directions.",
    rows=1,
    scope="set",
    small={"with_umap": False, "problems": 10},
    inputs={"dictionary": Role("answer", "dictionary")},
    parameters={
        "with_umap": Parameter(bool, True, "UMAP beside PCA; its first fit takes a minute"),
        "neighbours": Parameter(int, 15, "of UMAP", minimum=2, maximum=1000),
        "min_dist": Parameter(float, 0.1, "of UMAP", minimum=0.0, maximum=1.0),
        "seed": seed_of("of UMAP"),
        "problems": first_problems("as for the dictionary"),
    },
    variables=VARIABLES,
    figure="table",
    arithmetic="float32",
)  # fmt: skip
def compute(gathered: Gathered, parameters: Mapping[str, Any]) -> xr.Dataset:
    """PCA and UMAP of the atoms (docs/definitions.md §5).

    Args:
        gathered: a dictionary.
        parameters: as declared.

    Returns:
        The declared variables.
    """
    from ired_interp_core.dictionaries.maps import map_dataset

    return map_dataset(gathered, parameters)
