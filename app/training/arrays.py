"""Arrays along training that stand in the shards alone: eigenvalues, and slices of one problem."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from app.shared.asks import reading
from app.shared.asks.kept import kept, sealed
from app.shared.drawing.bands import QUANTILES
from app.shared.drawing.levels import LEVEL_ORDER
from app.shared.drawing.planes import surface
from app.training.figures.planes import MARKS, POINTS, Tile
from ired_interp_core.schema import LEVELS
from store import QuestionInfo, Store

SPECTRA = 32
"""Problems whose eigenvalues are drawn at every step: 64 kB of spectra each, for 20 steps 40 MB."""


def common(questions: Sequence[QuestionInfo]) -> np.ndarray:
    """Problems that every question has answers to, ascending."""
    found = reading.problems_present(questions[0]) if questions else np.zeros(0, int)
    for q in questions[1:]:
        found = np.intersect1d(found, reading.problems_present(q), assume_unique=True)
    return found


@kept(256, "Reading eigenvalues along the training")
def _spectra(
    store: Store, question: QuestionInfo, problems: tuple[int, ...], place: str
) -> np.ndarray:
    part = reading.read(store, question, problems, ("eigenvalue_spectrum",))
    values = part["eigenvalue_spectrum"].sel(level=range(LEVELS), place=place)
    pooled = values.transpose("level", "problem", "eigenvalue").values.reshape(LEVELS, -1)
    found = np.nanquantile(pooled.astype(float), QUANTILES, axis=1).T
    sealed(found)
    return found


def spectra(
    store: Store, questions: Sequence[QuestionInfo], problems: Sequence[int], level: int, place: str
) -> np.ndarray:
    """Eigenvalues of some problems together, level frame [step, quantile of `bands.QUANTILES`]."""
    wanted = tuple(int(i) for i in problems)
    every = [_spectra(store, question, wanted, place)[level] for question in questions]
    return np.array(every).reshape(-1, len(QUANTILES))


@dataclass(frozen=True)
class Cut:
    """A slice at one step.

    Args:
        tile: what is drawn.
        centre: point at its middle, data frame.
        direction: what spans it, data frame.
        error: stated error of the surface, as a share of its energy range.
        radius: length of one unit, data frame.
    """

    tile: Tile
    centre: np.ndarray
    direction: np.ndarray
    error: float
    radius: float


NEEDED = (
    "energy", "node", "nodes", "method", "surface_error", "radius", "centre", "direction",
    "centre_energy", "point_position", "point_distance", "point_gap",
)  # fmt: skip


@kept(256)
def cut(store: Store, question: QuestionInfo, problem: int, level: int, scale: str) -> Cut | None:
    """A slice of one problem; None where it is not there, or its directions span no plane."""
    if problem not in reading.problems_present(question):
        return None
    read = reading.dataset(store, question, (problem,), NEEDED).isel(problem=0)
    if not int(read["nodes"]):
        return None
    half = float(question.parameters["half_width"])
    drawn = surface(read, half, scale, POINTS)
    at = LEVEL_ORDER.index(level)
    return Cut(
        Tile(drawn.values[at], _places(read, at, half)),
        read["centre"].values,
        read["direction"].values,
        float(drawn.error[at]),
        drawn.radius,
    )


def _places(read: xr.Dataset, at: int, half: float) -> Mapping[str, tuple[float, float]]:
    positions = read["point_position"].sel(level=LEVEL_ORDER[at]).values.astype(float)
    return {
        name: (float(a) / half, float(b) / half)
        for name, (a, b) in zip(map(str, read["point"].values), positions, strict=True)
        if name in MARKS
    }
