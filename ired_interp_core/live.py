"""What the live answer of one problem costs: declared by its analysis, calibrated by the machine.

Costs are those of a reference core (`REFERENCE_SECONDS` of benchmark work in one second); whoever
answers measures once how fast its own core is. They are right within a factor of two: good enough
to say "about 0.3 s", and to refuse what would take minutes. Light: no torch.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

FLOPS = 9e10
"""Of float32 products on the reference core, a second."""

LOOK = 2.0
"""Time of a look at energy and gradient of 32 points over that of its products alone."""

DOUBLE = 2.0
"""Time of float64 over that of float32."""

EIGENVALUES_400 = 8e-3
"""Seconds for all eigenvalues of a 400 × 400 matrix in float32."""

LEAST = 0.2
"""Seconds for reading, checking and publishing an answer, whatever it is."""


@dataclass(frozen=True)
class Sizes:
    """What a cost depends on beside the parameters of the question.

    Args:
        size: matrix side n.
        n_in: numbers in a problem.
        weights: numbers in the model; 0 where none is needed.
    """

    size: int
    n_in: int
    weights: int = 0

    @property
    def d(self) -> int:
        """Numbers in an answer."""
        return self.size**2

    @property
    def width(self) -> int:
        """Hidden width of the official network with so many weights: 3w² + (n_in + d)·w."""
        half = (self.n_in + self.d) / 6
        return max(1, round(math.sqrt(half**2 + self.weights / 3) - half))

    def look(self, points: float) -> float:
        """Seconds for E and ∇E at some points in float32."""
        return LOOK * 4 * self.weights * points / FLOPS

    def hessians(self, points: float) -> float:
        """Seconds for exact Hessians, both parts, in float32."""
        w, k = self.width, min(self.width, self.d)
        return (8 * w * w * k + 6 * w * k * k) * points / FLOPS

    def spectra(self, matrices: float) -> float:
        """Seconds for all eigenvalues in float32."""
        return EIGENVALUES_400 * (min(self.width, self.d) / 400) ** 3 * matrices


Cost = Callable[[Mapping[str, Any], Sizes], float]


@dataclass(frozen=True)
class Live:
    """An analysis whose answer for one problem may be asked live.

    Args:
        seconds: on the reference core, of the parameters and sizes; `LEAST` not included.
        memory: bytes beyond those of a worker that has its libraries and models loaded.
        together: problems of a sweep that are computed for these seconds, since one problem fills
            a batch of a fixed shape alone.
    """

    seconds: Cost
    memory: Cost
    together: int = 1

    def of(self, problems: int, parameters: Mapping[str, Any], sizes: Sizes) -> float:
        """Seconds on the reference core for so many problems of one block, `LEAST` included."""
        return LEAST + math.ceil(problems / self.together) * self.seconds(parameters, sizes)
