"""Data with a known dictionary, and how much of it was found again."""

import numpy as np
import xarray as xr
from scipy.optimize import linear_sum_assignment

from ired_interp_core.records import Question

LEVELS, STEPS = 10, 6


def planted(
    rows: int, width: int = 64, atoms: int = 96, active: int = 4, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Sparse non-negative codes × random unit atoms plus a little noise, and the atoms."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(atoms, width))
    truth /= np.linalg.norm(truth, axis=1, keepdims=True)
    codes = np.zeros((rows, atoms))
    for row in codes:
        row[rng.choice(atoms, active, replace=False)] = rng.uniform(0.7, 1.5, active)
    x = codes @ truth + 0.01 * rng.normal(size=(rows, width)) + 0.3
    return x.astype("f4"), truth


def found_again(decoder: np.ndarray, truth: np.ndarray) -> float:
    """PW-MCC: mean |cos| of atoms paired one to one by the Hungarian method."""
    cosine = np.abs(decoder @ truth.T)
    return float(cosine[linear_sum_assignment(-cosine)].mean())


class Shelf:
    """Activations of some problems, and which of them were read."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values
        self.reads: list[int] = []
        self.question = Question("activations", 1, {}, {})

    @property
    def count(self) -> int:
        return len(self.values)

    def read(self, problems=None, variables=None) -> xr.Dataset:
        problems = list(range(self.count)) if problems is None else list(problems)
        self.reads += problems
        values = self.values[problems]
        return xr.Dataset({"activation": (("problem", "level", "step", "unit"), values)})


def shelf(problems: int = 40, **kinds) -> Shelf:
    """Planted activations, 60 points a problem."""
    x, _ = planted(problems * LEVELS * STEPS, **kinds)
    return Shelf(x.reshape(problems, LEVELS, STEPS, -1))
